//! A pipeline tells whoever asks why a host did or did not raise an alert.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::net::IpAddr;
use std::sync::Arc;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Config;
use netsentinel_core::pipeline::{Explained, Explanation, Outcome};
use netsentinel_core::{
    Alert, Context, Descriptor, Detector, DetectorKind, Finding, Guard, Indicator, Interest,
    KnownReputation, LinkType, Mac, Packet, Party, Pipeline, PipelineBuilder, Record, Registration,
    RiskTier, Rule, Setup, Severity, TcpFlags, Timestamp, Usage,
};
use netsentinel_synth::frame::{Frame, Segment};

const WHOLE: Rule = rule("knocks/many", 1_900_001);
const PART: Rule = rule("knocks/part", 1_900_002);
const SPARED: Rule = rule("knocks/spared", 1_900_003);
const POLITE: Guard = Guard { id: "knocks/polite", summary: "whoever knocks politely" };

const fn rule(id: &'static str, signature: u32) -> Rule {
    Rule { id, signature, summary: "somebody knocks often", severity: None }
}

/// Counts packets: from the tenth on the whole holds; a part of it from the twelfth; a third rule
/// always, but it is spared.
struct Knocks(u64);

impl Detector for Knocks {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        self.0 += 1;
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(ip.source));
        for (rule, base) in [(&WHOLE, 20), (&PART, 24), (&SPARED, 1)] {
            let Some(reached) = cx.reaches(rule, subject, base, self.0, indicator) else {
                continue;
            };
            if rule == &SPARED && cx.spares(&POLITE, rule, subject) {
                continue;
            }
            let (source, target) = (Endpoint::ip(ip.source), Endpoint::ip(ip.destination));
            let finding = Finding { rule, subject, reached, step: 1, source, target, window: None };
            if rule == &WHOLE || !cx.is_part_of(&WHOLE, subject, &finding) {
                cx.raise(finding, |_| ());
            }
        }
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Settings {}

impl DetectorKind for Knocks {
    type Settings = Settings;
    const DESCRIPTOR: Descriptor = Descriptor {
        id: "knocks",
        category: "Knocks",
        severity: Severity::Low,
        attack: &[],
        interest: Interest::SYN,
        judges: Party::Source,
        summary: "counts packets",
        rules: &[WHOLE, PART, SPARED],
        guards: &[POLITE],
    };
    fn new(_: Settings, _: &Setup) -> Self {
        Self(0)
    }
}

const HOST: [u8; 4] = [192, 0, 2, 1];

/// What is explained of `hosts` after so many knocks, and the alerts.
fn knock(times: u64, config: &str, hosts: Option<Vec<IpAddr>>) -> (Explained, usize) {
    let config = Config::parse(config).unwrap();
    let known = KnownReputation::from_json(r#"{"192.0.2.1": "MEDIUM"}"#).unwrap();
    let builder = Pipeline::builder(&config).detectors(&[Registration::of::<Knocks>()]);
    let builder = builder.reputation(Arc::new(known));
    let builder = hosts.into_iter().fold(builder, PipelineBuilder::explain);
    let mut pipeline = builder.build().unwrap();
    let mut alerts: Vec<Alert> = Vec::new();
    let mut data = Vec::new();
    Frame::new(&mut data)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4(HOST.into(), [10, 0, 0, 2].into())
        .tcp(Segment::new(40_000, 22, TcpFlags::SYN), &[]);
    for frame in 1..=times {
        let record = Record {
            frame,
            timestamp: Timestamp::from_parts(i64::try_from(frame).unwrap(), 0),
            link: LinkType::ETHERNET,
            wire_len: u32::try_from(data.len()).unwrap(),
            data: &data,
            interface: None,
        };
        pipeline.push(&record, &mut alerts);
    }
    pipeline.finish(&mut alerts);
    (pipeline.explained(), alerts.iter().filter(|alert| alert.update == 0).count())
}

fn of<'a>(told: &'a Explained, rule: &Rule) -> &'a Explanation {
    told.explanations.iter().find(|one| one.rule == rule).unwrap()
}

#[test]
fn what_was_weighed_is_told_with_its_outcome() {
    let (told, alerts) = knock(15, "{}", Some(vec![HOST.into()]));
    assert_eq!((told.explanations.len(), told.left_out, alerts), (3, 0, 1));
    let whole = of(&told, &WHOLE);
    assert_eq!(whole.outcome(), Outcome::Raised);
    assert_eq!((whole.weighed, whole.raised, whole.added), (15, 1, 5));
    assert_eq!(whole.first_raised.unwrap().frame, 10);
    let highest = whole.highest.as_ref().unwrap();
    assert_eq!((highest.count, highest.threshold, highest.base_threshold), (15, 10, 20));
    assert_eq!((highest.tier, highest.at.frame), (RiskTier::Medium, 15));
    assert_eq!(highest.indicator.as_ref().unwrap().borrowed().to_string(), "192.0.2.1");
    let part = of(&told, &PART);
    assert_eq!((part.outcome(), part.merged["knocks/many"]), (Outcome::Merged, 4));
    let spared = of(&told, &SPARED);
    assert_eq!((spared.outcome(), spared.spared["knocks/polite"]), (Outcome::Spared, 15));
}

#[test]
fn below_the_threshold_it_tells_how_close_it_came() {
    let (told, alerts) = knock(9, "{}", Some(Vec::new()));
    let whole = of(&told, &WHOLE);
    assert_eq!((whole.outcome(), whole.percent(), alerts), (Outcome::Below, 90, 0));
}

#[test]
fn what_is_switched_off_is_told_as_such() {
    let off = r#"{"disabled_rules": ["knocks/many"], "disabled_guards": ["knocks/polite"]}"#;
    let (told, alerts) = knock(10, off, Some(Vec::new()));
    let whole = of(&told, &WHOLE);
    assert_eq!((whole.outcome(), whole.disabled), (Outcome::Disabled, 1));
    let spared = of(&told, &SPARED);
    assert_eq!((spared.outcome(), spared.spared.len(), alerts), (Outcome::Raised, 0, 1));
}

#[test]
fn nothing_is_kept_unless_somebody_asks() {
    let somebody_else = Some(vec!["10.0.0.2".parse().unwrap()]);
    for hosts in [None, somebody_else] {
        let (told, alerts) = knock(15, "{}", hosts);
        assert!(told.explanations.is_empty());
        assert_eq!(alerts, 1);
    }
}
