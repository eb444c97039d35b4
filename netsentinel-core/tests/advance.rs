//! Time that passes without packets does what a packet that shows nothing would do.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Config;
use netsentinel_core::pipeline::Sharing;
use netsentinel_core::{
    Alert, Context, Descriptor, Detector, DetectorKind, Finding, Flow, Interest, Judge, LinkType,
    Mac, Packet, Party, Pipeline, Record, Registration, Rule, Setup, Severity, TcpFlags, Timestamp,
    Usage,
};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::frame::{Frame, Segment};
use proptest::prelude::*;

const RULE: Rule = Rule {
    id: "hours/struck",
    signature: 1_900_003,
    summary: "a new second began",
    severity: None,
};

/// Raises an alert at every tick and for every flow that ends.
struct Hours;

fn raise(host: IpAddr, cx: &mut Context<'_>) {
    let Some(reached) = cx.reaches(&RULE, Subject::host(host), 1, 1, None) else { return };
    let finding = Finding {
        rule: &RULE,
        subject: Subject::host(host),
        reached,
        step: 1,
        source: Endpoint::ip(host),
        target: Endpoint::default(),
        window: None,
    };
    cx.raise(finding, |report| {
        report.message(host);
    });
}

impl Detector for Hours {
    fn on_packet(&mut self, _: &Packet<'_>, _: &mut Context<'_>) {}
    fn on_flow_end(&mut self, flow: &Flow, cx: &mut Context<'_>) {
        raise(flow.tuple.originator, cx);
    }
    fn on_tick(&mut self, cx: &mut Context<'_>) {
        for last in 1..4 {
            raise([192, 0, 2, last].into(), cx);
        }
    }
    fn usage(&self) -> Usage {
        Usage::default()
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Settings {}

impl DetectorKind for Hours {
    type Settings = Settings;
    const DESCRIPTOR: Descriptor = Descriptor {
        id: "hours",
        category: "Hours",
        severity: Severity::Low,
        attack: &[],
        interest: Interest::FLOW,
        judges: Party::Either,
        summary: "tells of every second",
        rules: &[RULE],
        guards: &[],
    };
    fn new(_: Settings, _: &Setup) -> Self {
        Self
    }
}

const HOURS: &[Registration] = &[Registration::of::<Hours>()];

/// What comes: a SYN by one of a few hosts, or nothing but time; each some nanoseconds after the last.
#[derive(Clone, Copy, Debug)]
enum Step {
    Syn(i64, u8, u16),
    Time(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let span = prop_oneof![
        Just(0),
        0..1_500_000_000_i64,
        0..20_000_000_000_i64,
        Just(15_000_000_000),
        Just(400_000_000_000),
        -2_000_000_000..0_i64,
    ];
    let step = prop_oneof![
        2 => (span.clone(), 1_u8..5, 4440_u16..4446).prop_map(|(t, h, p)| Step::Syn(t, h, p)),
        1 => span.prop_map(Step::Time),
    ];
    prop::collection::vec(step, 1..60)
}

fn record(nanos: i64, frame: u64, data: &[u8]) -> Record<'_> {
    Record {
        frame,
        timestamp: Timestamp::from_nanos(1_800_000_000_000_000_000 + nanos),
        link: LinkType::ETHERNET,
        wire_len: data.len() as u32,
        data,
        interface: None,
    }
}

/// The alerts of `steps`, where `pass` tells the judge of time.
fn alerts(
    judge: &mut dyn Judge,
    steps: &[Step],
    mut pass: impl FnMut(&mut dyn Judge, i64, &mut Vec<Alert>),
) -> Vec<Alert> {
    let (mut nanos, mut alerts) = (0, Vec::new());
    for (step, frame) in steps.iter().zip(1..) {
        match *step {
            Step::Syn(span, host, port) => {
                nanos += span;
                let mut data = Vec::new();
                Frame::new(&mut data)
                    .ethernet(Mac([2; 6]), Mac([4; 6]))
                    .ipv4([10, 0, 0, host].into(), [203, 0, 113, 9].into())
                    .tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
                judge.push(&record(nanos, frame, &data), &mut alerts);
            }
            Step::Time(span) => {
                nanos += span;
                pass(judge, nanos, &mut alerts);
            }
        }
    }
    judge.finish(&mut alerts);
    alerts
}

fn advance(judge: &mut dyn Judge, nanos: i64, alerts: &mut Vec<Alert>) {
    judge.advance(record(nanos, 0, &[]).timestamp, alerts);
}

/// A packet that shows nothing, where time alone would do something.
fn nothing(judge: &mut dyn Judge, nanos: i64, alerts: &mut Vec<Alert>) {
    let record = record(nanos, 0, &[]);
    if judge.newest().is_some_and(|newest| record.timestamp > newest) {
        judge.push(&record, alerts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn time_does_what_an_empty_packet_does(steps in steps()) {
        let text = r#"{"max_hosts": 64, "max_flows": 64, "port_scan_threshold": 3}"#;
        let config = Config::parse(text).unwrap();
        let builder = || Pipeline::builder(&config).detectors(BUILTIN).detectors(HOURS);
        let mut passed = builder().build().unwrap();
        let mut pushed = builder().build().unwrap();
        let expected = alerts(&mut pushed, &steps, nothing);
        prop_assert_eq!(&alerts(&mut passed, &steps, advance), &expected);
        let [ours, theirs] = [passed.stats(), pushed.stats()];
        prop_assert_eq!(ours.packets_out_of_order, theirs.packets_out_of_order);
        let syns = steps.iter().filter(|step| matches!(step, Step::Syn(..))).count();
        prop_assert_eq!(ours.packets, syns as u64);
        prop_assert_eq!(passed.newest(), pushed.newest());
    }
}

#[test]
fn workers_take_time_in_its_place_among_the_records() {
    let syn = |span, host| Step::Syn(span, host, 4444);
    let second = 1_000_000_000;
    let steps: Vec<_> = (0..200)
        .flat_map(|n| [syn(second / 3, n % 4 + 1), Step::Time(20 * second * i64::from(n % 3 == 0))])
        .collect();
    let config = Config::parse(r#"{"max_hosts": 4096, "max_flows": 4096}"#).unwrap();
    let builder = || Pipeline::builder(&config).detectors(BUILTIN).detectors(HOURS);
    let mut one = builder().build().unwrap();
    let mut three =
        builder().sharing(Sharing::Always).build_workers(NonZeroUsize::new(3).unwrap()).unwrap();
    let expected = alerts(&mut one, &steps, advance);
    assert!(expected.len() > 200, "{}", expected.len());
    assert_eq!(alerts(&mut three, &steps, advance), expected);
    assert_eq!(three.newest(), one.newest());
}

#[test]
fn a_quiet_network_still_closes_its_alerts() {
    let config = Config::parse(r#"{"profile": "seed"}"#).unwrap();
    let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
    let mut alerts = Vec::new();
    advance(&mut pipeline, 5, &mut alerts);
    assert_eq!(pipeline.newest(), None, "before the first packet there is no time");
    let mut data = Vec::new();
    Frame::new(&mut data)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4([10, 0, 0, 1].into(), [203, 0, 113, 9].into())
        .tcp(Segment::new(40_000, 4444, TcpFlags::SYN), &[]);
    pipeline.push(&record(0, 1, &data), &mut alerts);
    pipeline.push(&record(1, 2, &data), &mut alerts);
    let second = 1_000_000_000;
    advance(&mut pipeline, -second, &mut alerts);
    assert_eq!(pipeline.newest(), Some(record(1, 0, &[]).timestamp));
    advance(&mut pipeline, 15 * second + 1, &mut alerts);
    assert_eq!(alerts.len(), 1, "the cooldown lasts as long as its length");
    advance(&mut pipeline, 16 * second, &mut alerts);
    let [raised, closing] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&closing.id, closing.update, closing.count), (&raised.id, 1, 2));
    assert_eq!(pipeline.stats().packets, 2);
}
