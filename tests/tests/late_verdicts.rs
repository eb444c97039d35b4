//! Verdicts that come after the packets: what was counted meanwhile is told then, once, without another
//! packet, and an alert that is open is told anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod attacks;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use attacks::{CUSTOM, Case, DEFAULT};
use netsentinel_core::config::Config;
use netsentinel_core::format::Format;
use netsentinel_core::pipeline::Sharing;
use netsentinel_core::{Alert, Arrived, Judge, LinkType, Pipeline, Record, RiskTier, Timestamp};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::SynthPacket;
use netsentinel_tests::late::Late;
use netsentinel_tests::replay::{START, replay, scenario_packets};

const BAD: [RiskTier; 4] = [RiskTier::Low, RiskTier::Medium, RiskTier::High, RiskTier::Critical];

/// A pipeline or workers whose verdicts are outstanding.
struct Site {
    judge: Box<dyn Judge>,
    reputation: Arc<Late>,
    frame: u64,
    alerts: Vec<Alert>,
}

impl Site {
    fn new(settings: &str, profile: &str, workers: usize) -> Self {
        let config = format!(r#"{{"profile": "{profile}", "max_hosts": 256 {settings}}}"#);
        let config = Config::parse(&config).unwrap();
        let reputation = Arc::new(Late::default());
        let builder = Pipeline::builder(&config).detectors(BUILTIN).reputation(reputation.clone());
        let judge: Box<dyn Judge> = match NonZeroUsize::new(workers).unwrap() {
            NonZeroUsize::MIN => Box::new(builder.build().unwrap()),
            workers => Box::new(builder.sharing(Sharing::Always).build_workers(workers).unwrap()),
        };
        Self { judge, reputation, frame: 0, alerts: Vec::new() }
    }

    /// Pushes `packets`, moved by `span`; what has come of them.
    fn push(&mut self, packets: Vec<SynthPacket>, span: Duration) -> Vec<Alert> {
        for packet in packets {
            self.frame += 1;
            let record = Record {
                frame: self.frame,
                timestamp: packet.timestamp.after(span),
                link: LinkType::ETHERNET,
                wire_len: packet.wire_len,
                data: &packet.data,
                interface: None,
            };
            self.judge.push(&record, &mut self.alerts);
        }
        self.take()
    }

    /// Lets time pass up to `span` after the start.
    fn wait(&mut self, span: Duration) -> Vec<Alert> {
        self.judge.advance(START.after(span), &mut self.alerts);
        self.take()
    }

    fn arrive(&mut self, indicator: &str, tier: RiskTier) -> Vec<Alert> {
        let arrived = self.reputation.tell(indicator, tier);
        self.reconsider(&arrived)
    }

    fn reconsider(&mut self, arrived: &Arrived) -> Vec<Alert> {
        self.judge.reconsider(arrived, &mut self.alerts);
        self.take()
    }

    fn finish(&mut self) -> Vec<Alert> {
        self.judge.finish(&mut self.alerts);
        self.take()
    }

    fn take(&mut self) -> Vec<Alert> {
        self.judge.flush(&mut self.alerts);
        std::mem::take(&mut self.alerts)
    }

    fn waiting(&mut self) -> usize {
        self.judge.stats().tables["waiting"].keys
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn case(detector: &str) -> &'static Case {
    DEFAULT.iter().find(|case| case.detector == detector).unwrap()
}

/// Every case that asks about somebody, with whom, with default and with its own settings, by the
/// seed rules.
fn each(mut check: impl FnMut(&Case, &str, &mut dyn FnMut() -> Site)) {
    for profile in ["seed"] {
        for case in DEFAULT.iter().chain(CUSTOM) {
            let Some(indicator) = case.indicator else { continue };
            check(case, indicator, &mut || Site::new(case.settings, profile, 1));
        }
    }
}

#[test]
fn a_verdict_tells_what_was_counted_before_it() {
    each(|case, indicator, site| {
        for tier in BAD {
            let least = case.least(tier);
            if least == case.least(RiskTier::Clean) {
                continue;
            }
            let (mut site, what) = (site(), format!("{} {tier}", case.detector));
            assert_eq!(site.push((case.attack)(least), Duration::ZERO), [], "{what}");
            assert_eq!(site.wait(seconds(20)), [], "{what}");
            let told = site.arrive(indicator, tier);
            let [alert] = &told[..] else { panic!("{what}: {told:?}") };
            check(case, tier, alert);
            assert_eq!(site.waiting(), 0, "{what}");
            assert_eq!(site.reconsider(&Arrived::Any), [], "{what}");
            // What comes next belongs to the alert that is open.
            assert_eq!(site.push((case.attack)(least), seconds(21)), [], "{what}");
            let closing = site.finish();
            let [closing] = &closing[..] else { panic!("{what}: {closing:?}") };
            assert_eq!((&closing.id, closing.update), (&alert.id, 1), "{what}");
            assert_eq!(closing.last_seen, START.after(seconds(21)), "{what}");
        }
    });
}

/// An alert of the least count, raised by a verdict of `tier` 20 s later.
fn check(case: &Case, tier: RiskTier, alert: &Alert) {
    let what = format!("{} {tier}", case.detector);
    let count = case.least(tier);
    assert_eq!((&*alert.detector, alert.update), (case.detector, 0), "{what}");
    assert_eq!((alert.count, alert.threshold), (count, case.scaled(tier)), "{what}");
    assert_eq!((alert.base_threshold, alert.base_severity), (case.threshold, case.severity));
    assert_eq!(alert.severity, tier.severity(case.severity), "{what}");
    assert_eq!((alert.timestamp, alert.last_seen), (START.after(seconds(20)), START), "{what}");
    assert_eq!((alert.first_seen, alert.frame, &alert.flow), (START, 0, &None), "{what}");
    assert_eq!(alert.evidence["verdict_after_s"], 20.0, "{what}");
    assert_eq!(alert.window_s, case.window.map_or(0, |window| window.as_secs()));
    let suffix = format!(" [VT:{tier} — {} malicious]", tier as u8);
    assert!(alert.message.ends_with(&suffix), "{}", alert.message);
    assert!(alert.message.contains(&count.to_string()), "{}", alert.message);
    // The packets alone tell the same, but for when and by which packet.
    let mut known = Site::new(case.settings, "seed", 1);
    known.reputation.tell(case.indicator.unwrap(), tier);
    let told = known.push((case.attack)(count), Duration::ZERO);
    let [at_once] = &told[..] else { panic!("{what}: {told:?}") };
    assert_eq!((alert.source, alert.target), (at_once.source, at_once.target), "{what}");
    assert_eq!((&alert.message, &alert.reputation), (&at_once.message, &at_once.reputation));
    assert_eq!((&alert.rule, &alert.attack), (&at_once.rule, &at_once.attack));
    assert_ne!(alert.id, at_once.id);
}

#[test]
fn a_verdict_that_is_not_enough_tells_nothing_and_lowers_the_threshold() {
    each(|case, indicator, site| {
        for tier in BAD {
            let least = case.least(tier);
            let (mut site, what) = (site(), format!("{} {tier}", case.detector));
            if least == case.least(RiskTier::Clean) {
                continue;
            }
            assert_eq!(site.push((case.attack)(least - 1), Duration::ZERO), [], "{what}");
            assert_eq!(site.arrive(indicator, tier), [], "{what}");
            assert_eq!(site.waiting(), 0, "{what}: nothing is outstanding any more");
            let later = case.window.unwrap_or_default() + seconds(1);
            let told = site.push((case.attack)(least), later);
            let [alert] = &told[..] else { panic!("{what}: {told:?}") };
            assert_eq!((alert.count, alert.threshold), (least, case.scaled(tier)), "{what}");
            assert!(alert.frame > 0 && !alert.evidence.contains_key("verdict_after_s"), "{what}");
        }
    });
}

#[test]
fn an_open_alert_escalates() {
    each(|case, indicator, site| {
        let least = case.least(RiskTier::Clean);
        let (mut site, what) = (site(), case.detector);
        let told = site.push((case.attack)(least), Duration::ZERO);
        let [alert] = &told[..] else { panic!("{what}: {told:?}") };
        assert_eq!((alert.severity, alert.threshold), (case.severity, case.threshold), "{what}");
        assert_eq!(site.push((case.attack)(least), seconds(1)), [], "{what}");
        for (update, tier) in (1..).zip([RiskTier::Low, RiskTier::High, RiskTier::Critical]) {
            let told = site.arrive(indicator, tier);
            let [worse] = &told[..] else { panic!("{what} {tier}: {told:?}") };
            assert_eq!((&worse.id, worse.update), (&alert.id, update), "{what}");
            assert_eq!((worse.timestamp, worse.frame), (alert.timestamp, alert.frame), "{what}");
            assert_eq!(worse.severity, tier.severity(case.severity), "{what} {tier}");
            assert_eq!(worse.threshold, case.scaled(tier), "{what} {tier}");
            assert_eq!(worse.last_seen, START.after(seconds(1)));
            let suffix = format!(" [VT:{tier} — {} malicious]", tier as u8);
            assert_eq!(worse.message, format!("{}{suffix}", alert.message), "{what}");
            assert_eq!(worse.reputation.as_ref().unwrap().tier, tier);
            assert!(Format::Table.line(worse).contains("(worse) "), "{what}");
            assert_eq!(site.reconsider(&Arrived::Any), [], "{what}: told once");
        }
        assert_eq!(site.arrive(indicator, RiskTier::Medium), [], "{what}: less is no news");
        let told = site.finish();
        let [closing] = &told[..] else { panic!("{what}: {told:?}") };
        assert_eq!((&closing.id, closing.update), (&alert.id, 4), "{what}");
        assert_eq!(closing.reputation.as_ref().unwrap().tier, RiskTier::Critical);
        assert!(Format::Table.line(closing).contains("(total) "), "{what}");
    });
}

#[test]
fn an_alert_that_is_closed_stays_as_it_was() {
    let scan = case("port_scan");
    let mut site = Site::new("", "seed", 1);
    assert_eq!(site.push((scan.attack)(15), Duration::ZERO).len(), 1);
    site.wait(scan.cooldown + seconds(1));
    assert_eq!(site.arrive("203.0.113.66", RiskTier::Critical), []);
}

#[test]
fn a_count_is_judged_that_stood_within_ten_minutes() {
    const LOOKBACK: Duration = netsentinel_core::pipeline::LOOKBACK;
    const NONE: [u64; 0] = [];
    let scan = case("port_scan").attack;
    let waited = |more: &[(u64, Duration)], wait: Duration, tier| {
        let mut site = Site::new("", "seed", 1);
        assert_eq!(site.push(scan(14), Duration::ZERO), []);
        for (ports, later) in more {
            assert_eq!(site.push(scan(*ports), *later), []);
        }
        site.wait(wait);
        site.arrive("203.0.113.66", tier).iter().map(|alert| alert.count).collect::<Vec<_>>()
    };
    let (high, critical) = (RiskTier::High, RiskTier::Critical);
    assert_eq!(waited(&[], LOOKBACK, high), [14]);
    assert_eq!(waited(&[], LOOKBACK + Duration::from_nanos(1), high), NONE);
    // The highest, and when that is too long ago, the latest.
    let trickle = [(3, seconds(300)), (2, seconds(320)), (3, seconds(400))];
    assert_eq!(waited(&trickle, LOOKBACK, high), [14]);
    assert_eq!(waited(&trickle, LOOKBACK + seconds(1), high), NONE);
    assert_eq!(waited(&trickle, LOOKBACK + seconds(1), critical), [3]);
    // The rule's window, where it is longer.
    let patient = case("brute_force").attack;
    let mut site = Site::new(r#", "bruteforce_window": 3600"#, "seed", 1);
    assert_eq!(site.push(patient(29), Duration::ZERO), []);
    site.wait(seconds(3_600));
    assert_eq!(site.arrive("203.0.113.66", high).len(), 1);
}

#[test]
fn a_finding_waits_on_while_a_verdict_is_outstanding() {
    let mut site = Site::new("", "seed", 1);
    site.push((case("port_scan").attack)(14), Duration::ZERO);
    let waiting = site.waiting();
    assert!(waiting > 0);
    assert_eq!(site.reconsider(&Arrived::Any), []);
    assert_eq!(site.arrive("203.0.113.67", RiskTier::Critical), []);
    assert_eq!(site.waiting(), waiting);
    assert_eq!(site.arrive("203.0.113.66", RiskTier::Clean), []);
    assert_eq!(site.waiting(), 0);
}

#[test]
fn of_several_names_of_one_host_the_one_with_the_verdict_is_told() {
    let query = case("dns_tunnelling").attack;
    let mut site = Site::new("", "seed", 1);
    for length in [20, 45, 30] {
        assert_eq!(site.push(query(length), Duration::ZERO), []);
    }
    let told = site.arrive("z", RiskTier::High);
    let [alert] = &told[..] else { panic!("{told:?}") };
    let name = alert.evidence["query"].as_str().unwrap();
    assert_eq!((alert.count, name.len()), (45, 45));
    assert!(name.ends_with(".z") && alert.message.contains(name));
    assert_eq!(alert.reputation.as_ref().unwrap().indicator, name);
    assert_eq!(site.waiting(), 0);
}

#[test]
fn verdicts_are_wanted_by_suspicion_and_warmed_once() {
    let wanted = |workers, packets: Vec<SynthPacket>| {
        let mut site = Site::new("", "seed", workers);
        site.push(packets, Duration::ZERO);
        let mut wanted = site.reputation.take_wanted();
        wanted.sort();
        wanted
    };
    let ip = |percent| ("203.0.113.66".to_owned(), percent);
    for workers in [1, 3] {
        // Of 3 ports two are a scan for the worst tier; each attempt is also told as seen.
        let scan = wanted(workers, (case("port_scan").attack)(3));
        assert_eq!(scan, [ip(0), ip(0), ip(0), ip(13), ip(20)], "{workers}");
        let contact = wanted(workers, (case("suspicious_port").attack)(1));
        assert_eq!(contact, [ip(0), ip(100)], "{workers}");
        let claims = wanted(workers, (case("arp_spoofing").attack)(1));
        assert_eq!(claims, [], "{workers}");
    }
}

#[test]
fn verdicts_that_never_come_change_nothing() {
    let packets = scenario_packets("showcase");
    let mut plain = Pipeline::builder(&Config::default()).detectors(BUILTIN).build().unwrap();
    let mut outstanding = Site::new("", "seed", 1);
    outstanding.judge = Box::new(
        Pipeline::builder(&Config::default())
            .detectors(BUILTIN)
            .reputation(outstanding.reputation.clone())
            .build()
            .unwrap(),
    );
    let told = [outstanding.push(packets.clone(), Duration::ZERO), outstanding.finish()].concat();
    assert!(outstanding.judge.stats().tables["waiting"].max_keys > 0);
    assert_eq!(told, replay(&mut plain, &packets));
    assert!(told.len() > 10);
}

/// Scans by `hosts` hosts outside, of so many ports each.
fn scans(hosts: std::ops::Range<u32>, ports: u64) -> Vec<SynthPacket> {
    const SOURCE: std::ops::Range<usize> = 26..30;
    let mut packets = Vec::new();
    for host in hosts {
        for mut packet in (case("port_scan").attack)(ports) {
            packet.data[SOURCE].copy_from_slice(&(0x0b00_0000 + host).to_be_bytes());
            packets.push(packet);
        }
    }
    packets
}

fn scanner(host: u32) -> String {
    std::net::Ipv4Addr::from_bits(0x0b00_0000 + host).to_string()
}

#[test]
fn a_flood_of_findings_stays_within_bounds_and_tells_nothing_wrong() {
    let mut site = Site::new(r#", "max_hosts": 65536"#, "seed", 1);
    assert_eq!(site.push(scans(0..10_000, 2), Duration::ZERO), []);
    let waiting = site.judge.stats().tables["waiting"];
    assert!(waiting.keys <= waiting.max_keys && waiting.evictions > 7_000, "{waiting:?}");
    assert!(waiting.bytes < 2 << 20, "{waiting:?}");
    for host in (0..10_000).step_by(100) {
        // Enough for the worst tier only.
        let tier = if host % 200 == 0 { RiskTier::Critical } else { RiskTier::High };
        site.reputation.tell(&scanner(host), tier);
    }
    let told = site.reconsider(&Arrived::Any);
    assert!((5..50).contains(&told.len()), "{}", told.len());
    for alert in &told {
        assert_eq!((&*alert.rule, alert.count, alert.threshold), ("port_scan/vertical", 2, 2));
        let ip = alert.source.ip.unwrap();
        let critical = (0..10_000).step_by(200).map(scanner);
        assert!(critical.into_iter().any(|host| host == ip.to_string()), "{ip}");
    }
}

#[test]
fn workers_tell_what_one_pipeline_tells() {
    let story = |workers: usize| {
        let mut site = Site::new("", "seed", workers);
        let mut told = Vec::new();
        let mut packets = scans(0..60, 14);
        packets.extend(scans(60..80, 16));
        packets.extend(DEFAULT.iter().flat_map(|case| (case.attack)(case.least(RiskTier::Medium))));
        told.extend(site.push(packets, Duration::ZERO));
        told.extend(site.wait(seconds(7)));
        for (host, tier) in (0..80).zip(BAD.into_iter().cycle()) {
            site.reputation.tell(&scanner(host), tier);
        }
        told.extend(site.reconsider(&Arrived::Any));
        told.extend(site.push(scans(30..90, 5), seconds(9)));
        told.extend(site.arrive("203.0.113.66", RiskTier::Critical));
        told.extend(site.arrive("z", RiskTier::Critical));
        told.extend(site.arrive(&scanner(85), RiskTier::Critical));
        told.extend(site.finish());
        told
    };
    let one = story(1);
    let by_verdict = |alert: &&Alert| alert.update == 0 && alert.frame == 0;
    assert!(one.iter().filter(by_verdict).count() > 40, "{}", one.len());
    let order: Vec<(Timestamp, String)> = one
        .iter()
        .filter(|alert| alert.timestamp == START.after(seconds(7)) && alert.update == 0)
        .map(|alert| (alert.last_seen, alert.id.to_string()))
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    for workers in [2, 3, 5] {
        assert_eq!(story(workers), one, "{workers}");
    }
}
