//! Several workers tell what one pipeline tells, in the same order.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Config;
use netsentinel_core::pipeline::Sharing;
use netsentinel_core::{
    Alert, Context, Descriptor, Detector, DetectorKind, Finding, Flow, Interest, Judge, LinkType,
    Mac, Packet, Party, Pipeline, Record, Registration, Rule, Setup, Severity, TcpFlags, Timestamp,
    Usage,
};
use netsentinel_synth::frame::{Frame, Segment, fragments};

/// The alerts on frames that come a second after each other, from one pipeline and from workers.
fn alerts(config: &str, registry: &[Registration], frames: &[Vec<u8>]) -> [Vec<Alert>; 2] {
    let config = Config::parse(config).unwrap();
    let builder = || Pipeline::builder(&config).detectors(registry);
    let mut one = builder().build().unwrap();
    let mut four =
        builder().sharing(Sharing::Always).build_workers(NonZeroUsize::new(4).unwrap()).unwrap();
    let engines: [&mut dyn Judge; 2] = [&mut one, &mut four];
    engines.map(|engine| {
        let mut alerts = Vec::new();
        for (n, frame) in frames.iter().enumerate() {
            let record = Record {
                frame: n as u64 + 1,
                timestamp: Timestamp::from_parts(1_800_000_000 + n as i64, 0),
                link: LinkType::ETHERNET,
                wire_len: frame.len() as u32,
                data: frame,
                interface: None,
            };
            engine.push(&record, &mut alerts);
        }
        engine.finish(&mut alerts);
        alerts
    })
}

fn syn(source: Ipv4Addr, destination: Ipv4Addr, port: u16) -> Vec<u8> {
    let mut frame = Vec::new();
    Frame::new(&mut frame)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4(source, destination)
        .tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
    frame
}

#[test]
fn a_frame_is_told_before_the_datagram_that_it_makes_whole() {
    let whole = syn([10, 0, 0, 1].into(), [203, 0, 113, 9].into(), 4444);
    let pieces = fragments(&whole, 8, 7);
    assert!(pieces.len() > 1);
    let bytes: usize = pieces.iter().map(Vec::len).sum();
    let config = format!(r#"{{ "profile": "seed", "exfil_bytes_threshold": {bytes} }}"#);
    let [one, four] = alerts(&config, netsentinel_detectors::BUILTIN, &pieces);
    let rules: Vec<_> = one.iter().map(|alert| &*alert.rule).collect();
    assert_eq!(rules, ["data_exfiltration/volume", "suspicious_port/contact"]);
    assert_eq!(one, four);
}

#[test]
fn what_is_raised_at_once_has_one_order() {
    const RULE: Rule = Rule {
        id: "ends/seen",
        signature: 1_900_002,
        summary: "an end of a packet",
        severity: None,
    };

    /// Raises for both ends of every packet, and for the originator of every flow that ends.
    struct Ends<const DIVIDED: bool>;

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

    impl<const DIVIDED: bool> Detector for Ends<DIVIDED> {
        fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
            let Some(ip) = packet.ip() else { return };
            raise(ip.source, cx);
            raise(ip.destination, cx);
        }
        fn on_flow_end(&mut self, flow: &Flow, cx: &mut Context<'_>) {
            raise(flow.tuple.originator, cx);
        }
        fn usage(&self) -> Usage {
            Usage::default()
        }
    }

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Settings {}

    impl<const DIVIDED: bool> DetectorKind for Ends<DIVIDED> {
        const DIVIDED: bool = DIVIDED;
        type Settings = Settings;
        const DESCRIPTOR: Descriptor = Descriptor {
            id: "ends",
            category: "Ends",
            severity: Severity::Low,
            attack: &[],
            interest: Interest::IP.union(Interest::FLOW),
            judges: Party::Either,
            summary: "tells both ends",
            rules: &[RULE],
            guards: &[],
        };
        fn new(_: Settings, _: &Setup) -> Self {
            Self
        }
    }

    let frames: Vec<_> =
        (0..100).map(|n| syn([10, 0, 1, n].into(), [10, 0, 2, n].into(), 80)).collect();
    let config = r#"{ "alert_cooldown": 1 }"#;
    for ends in [Registration::of::<Ends<false>>(), Registration::of::<Ends<true>>()] {
        let [one, four] = alerts(config, &[ends], &frames);
        assert!(one.len() >= 200, "{}", one.len());
        assert_eq!(one, four);
    }
}

#[test]
fn stats_asked_for_on_the_way_cost_no_alert() {
    let config = Config::parse(r#"{"profile": "seed"}"#).unwrap();
    let builder = Pipeline::builder(&config).detectors(netsentinel_detectors::BUILTIN);
    let mut workers =
        builder.sharing(Sharing::Always).build_workers(NonZeroUsize::new(2).unwrap()).unwrap();
    let frame = syn([10, 0, 0, 1].into(), [203, 0, 113, 9].into(), 4444);
    let record = Record {
        frame: 1,
        timestamp: Timestamp::from_parts(1_800_000_000, 0),
        link: LinkType::ETHERNET,
        wire_len: frame.len() as u32,
        data: &frame,
        interface: None,
    };
    let mut alerts: Vec<Alert> = Vec::new();
    workers.push(&record, &mut alerts);
    assert_eq!(workers.stats().alerts, 1);
    assert_eq!(workers.stats().packets, 1);
    workers.finish(&mut alerts);
    assert_eq!(alerts.len(), 1);
}

#[test]
fn a_detector_is_not_registered_twice() {
    let config = Config::default();
    let arp = Registration::of::<netsentinel_detectors::arp_spoofing::ArpSpoofing>();
    let error = Pipeline::builder(&config).detectors(&[arp, arp]).build().err().unwrap();
    assert_eq!(error.to_string(), "detector arp_spoofing is registered twice");
}
