use std::collections::BTreeMap;

use ahash::RandomState;
use netsentinel_core::config::Config;
use netsentinel_core::decode::decode;
use netsentinel_core::{Alert, LinkType, Network, Pipeline, Record};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, SynthPacket, scenario};
use proptest::prelude::*;

use super::*;

/// The kernel gathers no longer than this.
const GATHER_MS: u64 = 10;

/// Records at strictly growing times, as one ring would give them.
struct Traffic(Vec<SynthPacket>);

impl Traffic {
    fn of(name: &str) -> Self {
        let options = Options { seed: 7, ..Options::default() };
        let run = scenario::find(name).unwrap().run(&options).unwrap();
        let mut packets: Vec<_> = run.collect();
        packets.sort_by_key(|packet| packet.timestamp);
        let mut last = Timestamp::MIN;
        for packet in &mut packets {
            packet.timestamp = packet.timestamp.max(last.after(Duration::from_nanos(1)));
            last = packet.timestamp;
        }
        Self(packets)
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (1..).zip(&self.0).map(|(frame, packet)| Record {
            frame,
            timestamp: packet.timestamp,
            link: LinkType::ETHERNET,
            wire_len: packet.wire_len,
            data: &packet.data,
            interface: Some("eth0"),
        })
    }
}

/// Both ways of a flow give one number, as the kernel's hash does: ports left out, so that fragments do too.
fn ring_of(record: &Record<'_>, hasher: &RandomState, rings: usize) -> usize {
    let Network::Ip(ip) = decode(record).headers.network else { return 0 };
    let ends = (ip.source.min(ip.destination), ip.source.max(ip.destination));
    (hasher.hash_one(ends) % rings as u64) as usize
}

/// A ring as its thread reads it: now and then it is looked at, and shows what the kernel no longer gathers.
struct Ring<'a> {
    left: VecDeque<Record<'a>>,
    next_look: u64,
}

/// What the rings deliver when looked at in these intervals, in milliseconds; merged, and numbered again.
fn merged(
    traffic: &Traffic,
    rings: usize,
    seed: u64,
    intervals: &[u64],
    limit: u64,
    each: &mut impl FnMut(&Record<'_>),
) {
    let hasher = RandomState::with_seed(seed as usize);
    let mut split: Vec<_> =
        (0..rings).map(|_| Ring { left: VecDeque::new(), next_look: 0 }).collect();
    for record in traffic.records() {
        split[ring_of(&record, &hasher, rings)].left.push_back(record);
    }
    let first = traffic.0[0].timestamp;
    let end = traffic.0[traffic.0.len() - 1].timestamp.nanos_since(first) / 1_000_000 + 1_000;
    let base = Instant::now();
    let mut merge = Merge::new(rings, 16);
    let mut intervals = intervals.iter().cycle();
    let mut frame = 0;
    for ms in 0..end {
        let now = base + Duration::from_millis(ms);
        for (number, ring) in split.iter_mut().enumerate() {
            if ms < ring.next_look {
                continue;
            }
            let wait = intervals.next().unwrap();
            // What came in the last milliseconds may still be gathered.
            let shown = first.after(Duration::from_millis(ms.saturating_sub(wait % GATHER_MS)));
            let mut block = Block::new();
            while let Some(record) = ring.left.pop_front_if(|record| record.timestamp <= shown) {
                block.push(&record);
            }
            block.read_at = now;
            if !block.is_empty() {
                merge.deliver(number, block);
            }
            merge.note_empty(number, Some(now));
            ring.next_look = ms + wait;
        }
        let mut hand = |_: usize, block: &Block, place: usize| {
            frame += 1;
            each(&block.record(place, frame, "eth0").unwrap());
        };
        while merge.release(limit, &mut hand, &mut |_, _| {}) > 0 {}
    }
    assert!(merge.is_empty() && split.iter().all(|ring| ring.left.is_empty()));
}

fn alerts_of(judge: impl FnOnce(&mut dyn FnMut(&Record<'_>))) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    let config = Config::default();
    let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
    judge(&mut |record| pipeline.push(record, &mut alerts));
    pipeline.finish(&mut alerts);
    assert_eq!(pipeline.stats().packets_out_of_order, 0);
    alerts
}

fn as_text(alerts: &[Alert]) -> Vec<String> {
    alerts.iter().map(|alert| serde_json::to_string(alert).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_by_flow_gives_the_same_alerts(
        rings in 1_usize..6,
        seed in any::<u64>(),
        intervals in prop::collection::vec(1_u64..60, 1..40),
        limit in 1_u64..3_000,
        name in prop::sample::select(vec!["showcase", "port_scan-above", "brute_force-above"]),
    ) {
        let traffic = Traffic::of(name);
        let one = alerts_of(|judge| traffic.records().for_each(|record| judge(&record)));
        prop_assert!(!one.is_empty());
        let many = alerts_of(|judge| {
            merged(&traffic, rings, seed, &intervals, limit, &mut |record| judge(record));
        });
        prop_assert_eq!(as_text(&one), as_text(&many));
    }
}

/// A block of packets at these milliseconds, taken at this one.
fn block(base: Instant, read_at: u64, times: &[i64]) -> Block {
    let mut block = Block::new();
    for time in times {
        block.push(&Record {
            frame: 0,
            timestamp: Timestamp::from_nanos(time * 1_000_000),
            link: LinkType::ETHERNET,
            wire_len: 60,
            data: &[0; 60],
            interface: None,
        });
    }
    block.read_at = base + Duration::from_millis(read_at);
    block
}

/// The lane and time of each packet that may go.
fn released(merge: &mut Merge) -> Vec<(usize, i64)> {
    let mut out = Vec::new();
    let mut hand = |lane: usize, block: &Block, place: usize| {
        out.push((lane, block.time(place).unwrap().as_nanos() / 1_000_000));
    };
    merge.release(u64::MAX, &mut hand, &mut |_, block| assert!(!block.is_empty()));
    out
}

#[test]
fn a_quiet_ring_holds_the_others_up_until_it_is_known_to_be_empty() {
    let base = Instant::now();
    let at = |ms| base + Duration::from_millis(ms);
    let mut merge = Merge::new(2, 4);
    merge.deliver(0, block(base, 105, &[100, 101]));
    merge.note_empty(1, Some(at(106)));
    assert_eq!(released(&mut merge), []);
    assert_eq!(merge.due(), Some(at(145)));
    assert_eq!(merge.unknown_at(at(145)).collect::<Vec<_>>(), [1]);
    // What it delivers meanwhile comes where it belongs.
    merge.deliver(1, block(base, 110, &[99, 101]));
    assert_eq!(released(&mut merge), [(1, 99), (0, 100), (0, 101)]);
    merge.note_empty(0, Some(at(150)));
    assert_eq!(released(&mut merge), [(1, 101)]);
    assert!(merge.is_empty() && merge.due().is_none());
}

#[test]
fn where_memory_is_at_its_end_the_quiet_are_not_waited_for_but_the_late_are() {
    let base = Instant::now();
    let mut merge = Merge::new(2, 4);
    merge.deliver(0, block(base, 105, &[100]));
    merge.note_memory(0, true);
    assert_eq!(released(&mut merge), [], "nothing is known of the other");
    merge.note_empty(1, Some(base));
    assert_eq!(released(&mut merge), [(0, 100)]);
}

#[test]
fn a_clock_set_back_holds_nothing_up_for_ever() {
    let base = Instant::now();
    let mut merge = Merge::new(2, 64);
    merge.deliver(0, block(base, 0, &[3_600_000]));
    for ms in 0..20 {
        merge.deliver(1, block(base, ms * 100, &[ms as i64]));
    }
    let order = released(&mut merge);
    assert_eq!(order.len(), 12);
    assert_eq!(order[11], (0, 3_600_000), "overtaken for a second and no longer");
    assert!(merge.due().is_some());
}

#[test]
fn lanes_take_turns_as_their_packets_came() {
    let base = Instant::now();
    let mut merge = Merge::new(3, 4);
    let mut expected = BTreeMap::new();
    for (lane, times) in [(0, [1, 5, 9]), (1, [2, 6, 10]), (2, [3, 4, 11])] {
        merge.deliver(lane, block(base, 20, &times));
        merge.note_empty(lane, Some(base + SLACK * 2));
        expected.extend(times.map(|time| (time, lane)));
    }
    let expected: Vec<_> = expected.into_iter().map(|(time, lane)| (lane, time)).collect();
    assert_eq!(released(&mut merge), expected);
}
