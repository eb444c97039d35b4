//! A detector that says nothing of verdicts is told by a plain sentence.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Config;
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::{
    Alert, Arrived, Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest,
    LinkType, Mac, Packet, Party, Pipeline, ProviderVerdict, Record, Registration, Reputation,
    RiskTier, Rule, Setup, Severity, Suspicion, TcpFlags, Timestamp, Usage,
};
use netsentinel_synth::frame::{Frame, Segment};

const RULE: Rule = Rule {
    id: "knocks/many",
    signature: 1_900_004,
    summary: "somebody knocks often",
    severity: None,
};
const BASE: u64 = 10;

/// Counts packets, whoever sends them.
struct Knocks(u64);

impl Detector for Knocks {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        self.0 += 1;
        let indicator = Some(Indicator::Ip(ip.source));
        let subject = Subject::host(ip.source);
        let Some(reached) = cx.reaches(&RULE, subject, BASE, self.0, indicator) else { return };
        let finding = Finding {
            rule: &RULE,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination),
            window: Seconds::new(9),
        };
        cx.raise(finding, |report| {
            report.message("on a packet");
        });
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
        rules: &[RULE],
        guards: &[],
    };
    fn new(_: Settings, _: &Setup) -> Self {
        Self(0)
    }
}

/// Everybody is malicious, once that is out.
#[derive(Default)]
struct Scandal(AtomicBool);

impl Reputation for Scandal {
    fn tier(&self, _: Indicator<'_>) -> RiskTier {
        if self.0.load(Ordering::Relaxed) { RiskTier::Medium } else { RiskTier::Clean }
    }
    fn want(&self, _: Indicator<'_>, _: Suspicion) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
    fn verdicts(&self, _: Indicator<'_>) -> Vec<ProviderVerdict> {
        let detail = "2 malicious".into();
        vec![ProviderVerdict { provider: "somebody".into(), tier: RiskTier::Medium, detail }]
    }
}

#[test]
fn a_detector_without_words_of_its_own_is_told_by_a_plain_sentence() {
    let (config, scandal) = (Config::default(), Arc::new(Scandal::default()));
    let builder = Pipeline::builder(&config).detectors(&[Registration::of::<Knocks>()]);
    let mut pipeline = builder.reputation(scandal.clone()).build().unwrap();
    let mut alerts: Vec<Alert> = Vec::new();
    pipeline.reconsider(&Arrived::Any, &mut alerts);
    let mut data = Vec::new();
    Frame::new(&mut data)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4([203, 0, 113, 9].into(), [10, 0, 0, 1].into())
        .tcp(Segment::new(40_000, 22, TcpFlags::SYN), &[]);
    let start = Timestamp::from_parts(1_800_000_000, 0);
    for frame in 1..=7 {
        let (link, wire_len) = (LinkType::ETHERNET, data.len() as u32);
        let record =
            Record { frame, timestamp: start, link, wire_len, data: &data, interface: None };
        pipeline.push(&record, &mut alerts);
    }
    pipeline.advance(start.after(Duration::from_millis(1_500)), &mut alerts);
    assert_eq!(alerts, []);
    scandal.0.store(true, Ordering::Relaxed);
    pipeline.reconsider(&Arrived::Any, &mut alerts);
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(
        alert.message,
        "203.0.113.9 with target 10.0.0.1: somebody knocks often, counted 7 within 9 s [VT:MEDIUM]"
    );
    assert_eq!((alert.count, alert.threshold, alert.severity), (7, 5, Severity::Medium));
    assert_eq!((alert.source.mac, alert.source.internal), (Some(Mac([2; 6])), Some(false)));
    assert_eq!(alert.evidence["verdict_after_s"], 1.5);
    assert_eq!(alert.reputation.as_ref().unwrap().verdicts.len(), 1);
    assert_eq!(pipeline.stats().detectors["knocks"].rules[RULE.id].alerts, 1);
    // What waits is given up at the end of a capture.
    pipeline.finish(&mut alerts);
    pipeline.reconsider(&Arrived::Any, &mut alerts);
    assert_eq!(alerts.len(), 1);
}
