//! Random work, and a fixed piece of it interrupted at every step of the disk.

use netsentinel_core::Severity::{self, Critical, High, Low, Medium};
use proptest::prelude::*;

use super::model::{Model, Op};

/// So much that nothing is dropped.
const AMPLE: u64 = 64 << 20;

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(&Severity::ALL)
}

/// Work on the spool, without anything that goes wrong.
fn work() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => prop::collection::vec((severity(), 0..1500usize), 0..8).prop_map(Op::Append),
        3 => (0..12usize).prop_map(Op::Next),
        3 => any::<u32>().prop_map(Op::Settle),
        1 => any::<u32>().prop_map(Op::Release),
        1 => any::<u32>().prop_map(Op::Reject),
    ]
}

fn run(seed: u64, bytes_max: u64, ops: &[Op]) {
    let mut model = Model::new(seed, bytes_max);
    for op in ops {
        if !model.step(op) {
            model.reopen(true);
        }
    }
    model.reopen(true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn whatever_is_held_outlives_crashes(
        seed: u64,
        ops in prop::collection::vec(
            prop_oneof![
                8 => work(),
                1 => Just(Op::Kill),
                1 => Just(Op::PowerLoss),
                2 => (0..20u32).prop_map(Op::PowerLossAfter),
            ],
            1..60,
        ),
    ) {
        run(seed, 40 << 10, &ops);
    }

    #[test]
    fn whatever_is_held_outlives_failing_writes_and_syncs(
        seed: u64,
        ops in prop::collection::vec(
            prop_oneof![
                8 => work(),
                3 => (0..12u32).prop_map(Op::Fault),
                1 => Just(Op::Kill),
                1 => Just(Op::PowerLoss),
            ],
            1..60,
        ),
    ) {
        run(seed, AMPLE, &ops);
    }
}

/// A new segment that could not be written is taken back. Where the power takes its removal along, it must
/// not come back behind what was appended since to the segment before it.
#[test]
fn what_was_taken_back_never_comes_back_after_what_is_newer() {
    let append = |padding| Op::Append(vec![(Medium, padding)]);
    for case in 0..16 * 4 * 6_u32 {
        let (seed, before, fault) = (case / 24, 1 + case / 6 % 4, case % 6);
        let mut ops = vec![append(900); before as usize];
        ops.extend([Op::Fault(fault), append(900), Op::Kill, append(0), Op::PowerLoss]);
        run(seed.into(), AMPLE, &ops);
    }
}

/// Work that makes every kind of step: new segments, acks, spent segments, dead letters, drops.
fn everything() -> Vec<Op> {
    let mut ops = Vec::new();
    for round in 0..4_usize {
        let padded = |severity, padding| (severity, padding + round);
        ops.push(Op::Append(vec![padded(Low, 900), padded(High, 10), padded(Low, 1200)]));
        ops.push(Op::Append(vec![padded(Medium, 1500), padded(Low, 1500), padded(Critical, 0)]));
        ops.push(Op::Next(4));
        ops.push(Op::Settle(0b1010));
        ops.push(Op::Reject(0b0010));
        ops.push(Op::Release(u32::MAX));
    }
    ops.push(Op::Next(100));
    ops.push(Op::Settle(u32::MAX));
    ops
}

/// How far the work gets when the power goes after `steps`; whether it went.
fn interrupt(seed: u64, bytes_max: u64, steps: u32, loses_power: bool) -> bool {
    let mut model = Model::new(seed, bytes_max);
    model.disk().lose_power_after(steps);
    let interrupted = !everything().iter().all(|op| model.step(op));
    model.reopen(loses_power);
    // And it can be worked with.
    for op in &everything()[..6] {
        assert!(model.step(op));
    }
    interrupted
}

#[test]
fn a_crash_at_every_step_loses_nothing() {
    for (seed, bytes_max) in [(1, AMPLE), (2, 16 << 10)] {
        let mut steps = 0;
        while interrupt(seed + u64::from(steps), bytes_max, steps, true) {
            interrupt(seed, bytes_max, steps, false);
            for more in 1..3 {
                interrupt(seed + 1000 * more, bytes_max, steps, true);
            }
            steps += 1;
        }
        assert!(steps > 100, "only {steps} steps");
    }
}

#[test]
fn a_failure_at_every_step_loses_nothing() {
    for steps in 0.. {
        let mut model = Model::new(u64::from(steps), AMPLE);
        model.disk().fail_after(steps);
        for op in everything() {
            assert!(model.step(&op));
        }
        let failed = model.disk().faults() > 0;
        model.reopen(true);
        if !failed {
            assert!(steps > 100, "only {steps} steps");
            break;
        }
    }
}
