//! One table over all detectors: what raises an alert and what just does not, at the threshold, at
//! the edges of the window and of the cooldown, with every tier of reputation, and with settings of
//! one's own. A new detector adds its lines to `attacks/mod.rs` and is tested like the others.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

mod attacks;

use std::time::Duration;

use attacks::{CUSTOM, Case, DEFAULT};
use netsentinel_core::config::Profile;
use netsentinel_core::{Alert, RiskTier, Severity};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::SynthPacket;
use netsentinel_tests::capture::{Order, Ticks, pcap};
use netsentinel_tests::program::Replay;
use netsentinel_tests::replay::{START, builtin_knowing, raised, replay};

const NANOSECOND: Duration = Duration::from_nanos(1);

/// Every case, with default and with its own settings, by the seed rules: those of profile `tuned` are
/// tested beside the detectors.
fn each(mut check: impl FnMut(&Case, &str)) {
    for profile in ["seed"] {
        for case in DEFAULT.iter().chain(CUSTOM) {
            check(case, profile);
        }
    }
}

/// What the built-in detectors say of `packets`; none but the detector of `case` may say anything.
fn alerts(case: &Case, profile: &str, known: &str, packets: &[SynthPacket]) -> Vec<Alert> {
    let config = format!(r#"{{"profile": "{profile}", "max_hosts": 256 {}}}"#, case.settings);
    let alerts = replay(&mut builtin_knowing(&config, known), packets);
    let others = alerts.iter().find(|alert| alert.detector != case.detector);
    assert!(others.is_none(), "{} at work, but {others:?}", case.detector);
    alerts
}

/// `packets` moved by `span`.
fn later(packets: Vec<SynthPacket>, span: Duration) -> impl Iterator<Item = SynthPacket> {
    packets.into_iter().map(move |p| SynthPacket { timestamp: p.timestamp.after(span), ..p })
}

/// `packets` with the last one moved by `span`.
fn last_later(mut packets: Vec<SynthPacket>, span: Duration) -> Vec<SynthPacket> {
    let last = packets.pop().unwrap();
    packets.into_iter().chain(later(vec![last], span)).collect()
}

#[test]
fn every_detector_has_its_lines() {
    // Those that profile seed has: the table is of what both profiles tell.
    let of_both = BUILTIN.iter().filter(|each| !each.asks(Profile::Seed).interest.is_empty());
    let builtin: Vec<_> = of_both.map(|each| each.descriptor().id).collect();
    for table in [DEFAULT, CUSTOM] {
        assert_eq!(table.iter().map(|case| case.detector).collect::<Vec<_>>(), builtin);
    }
}

#[test]
fn one_less_than_the_threshold_raises_nothing() {
    each(|case, profile| {
        let packets = (case.attack)(case.least(RiskTier::Clean) - 1);
        assert!(!packets.is_empty());
        assert_eq!(alerts(case, profile, "{}", &packets), [], "{}", case.detector);
    });
}

#[test]
fn the_threshold_raises_one_alert() {
    each(|case, profile| {
        let least = case.least(RiskTier::Clean);
        let packets = (case.attack)(least);
        let alerts = alerts(case, profile, "{}", &packets);
        let [alert] = &alerts[..] else { panic!("{}: {alerts:?}", case.detector) };
        assert_eq!((alert.update, alert.severity), (0, case.severity), "{}", case.detector);
        assert_eq!(alert.base_severity, case.severity);
        assert_eq!((alert.count, alert.threshold), (least, case.threshold), "{}", case.detector);
        assert_eq!(alert.window_s, case.window.map_or(0, |window| window.as_secs()));
        assert_eq!((alert.timestamp, alert.first_seen), (START, START));
        assert_eq!(alert.frame, packets.len() as u64, "{}", case.detector);
        assert!(!alert.message.contains("[VT:"), "{}", alert.message);
    });
}

#[test]
fn windows_end_one_nanosecond_after_their_length() {
    each(|case, profile| {
        let Some(window) = case.window else { return };
        let attack = || (case.attack)(case.least(RiskTier::Clean));
        let inside = alerts(case, profile, "{}", &last_later(attack(), window));
        assert_eq!(inside.len(), 1, "{}", case.detector);
        assert_eq!(inside[0].first_seen, START);
        let outside = alerts(case, profile, "{}", &last_later(attack(), window + NANOSECOND));
        assert_eq!(outside, [], "{}", case.detector);
    });
}

#[test]
fn an_attack_that_goes_on_is_told_twice_in_all() {
    each(|case, profile| {
        let least = case.least(RiskTier::Clean);
        let more = later((case.attack)(3 * least), Duration::from_secs(1));
        let packets: Vec<_> = (case.attack)(least).into_iter().chain(more).collect();
        let alerts = alerts(case, profile, "{}", &packets);
        let [alert, closing] = &alerts[..] else { panic!("{}: {alerts:?}", case.detector) };
        assert_eq!((alert.update, closing.update), (0, 1));
        assert_eq!((&alert.id, alert.timestamp), (&closing.id, closing.timestamp));
        assert_eq!((alert.frame, alert.severity), (closing.frame, closing.severity));
        // The length of a name does not grow by asking again; every other count does.
        let grows = case.detector != "dns_tunnelling";
        assert_eq!(closing.count > alert.count, grows, "{}: {}", case.detector, closing.count);
        assert!(closing.evidence["repeats"].as_u64() > Some(0), "{}", case.detector);
        assert_eq!(closing.last_seen, START.after(Duration::from_secs(1)));
    });
}

#[test]
fn the_cooldown_ends_one_nanosecond_after_its_length() {
    each(|case, profile| {
        let twice = |pause: Duration| {
            let attack = || (case.attack)(case.least(RiskTier::Clean));
            let packets: Vec<_> = attack().into_iter().chain(later(attack(), pause)).collect();
            alerts(case, profile, "{}", &packets)
        };
        let quiet_too_short = twice(case.cooldown);
        assert_eq!(raised(&quiet_too_short).len(), 1, "{}", case.detector);
        let quiet = twice(case.cooldown + NANOSECOND);
        let [first, second] = raised(&quiet)[..] else { panic!("{}: {quiet:?}", case.detector) };
        assert_eq!(second.timestamp, START.after(case.cooldown + NANOSECOND));
        assert_ne!(first.id, second.id);
    });
}

#[test]
fn tiers_lower_the_threshold_and_raise_the_severity() {
    each(|case, profile| {
        let Some(indicator) = case.indicator else { return };
        for tier in RiskTier::ALL {
            let detail = format!("{} malicious", tier as u8);
            let known = format!(r#"{{"{indicator}": {{"tier": "{tier}", "detail": "{detail}"}}}}"#);
            let least = case.least(tier);
            let below = alerts(case, profile, &known, &(case.attack)(least - 1));
            assert_eq!(below, [], "{} {tier}", case.detector);
            let found = alerts(case, profile, &known, &(case.attack)(least));
            let [alert] = &found[..] else { panic!("{} {tier}: {found:?}", case.detector) };
            assert_eq!((alert.count, alert.base_threshold), (least, case.threshold));
            assert_eq!(alert.threshold, case.scaled(tier), "{} {tier}", case.detector);
            assert_eq!(alert.severity, severity(tier, case.severity), "{} {tier}", case.detector);
            assert_eq!(alert.base_severity, case.severity);
            let suffix = format!(" [VT:{tier} — {detail}]");
            assert_eq!(alert.message.ends_with(&suffix), tier != RiskTier::Clean);
            let note = alert.reputation.as_ref().unwrap();
            assert_eq!((note.tier, note.detail.as_deref()), (tier, Some(&*detail)));
            let below_or_same = note.indicator.strip_suffix(indicator).unwrap();
            assert!(below_or_same.is_empty() || below_or_same.ends_with('.'));
        }
    });
}

/// The same through the program: a capture and a reputation file in, alerts out.
#[test]
fn tiers_hold_in_a_replay_with_a_reputation_file() {
    let folder = tempfile::tempdir().unwrap();
    let [capture, table] = ["attack.pcap", "known.json"].map(|name| folder.path().join(name));
    for case in DEFAULT {
        let Some(indicator) = case.indicator else { continue };
        for tier in RiskTier::ALL {
            std::fs::write(&table, format!(r#"{{"{indicator}": "{tier}"}}"#)).unwrap();
            let replay = |count| {
                let packets = (case.attack)(count);
                std::fs::write(&capture, pcap(&packets, Order::Little, Ticks::Nanos)).unwrap();
                let options = ["-q", "--profile", "seed", "--reputation"];
                Replay::new(options).arg(&table).arg(&capture).run()
            };
            let least = case.least(tier);
            let below = replay(least - 1);
            below.assert_silent_success();
            assert_eq!(below.alerts().len(), 0, "{} {tier}", case.detector);
            let alerts = replay(least).alerts();
            assert_eq!(alerts.len(), 1, "{} {tier}", case.detector);
            assert_eq!(alerts[0]["threshold"], case.scaled(tier), "{} {tier}", case.detector);
            assert_eq!(alerts[0]["severity"], severity(tier, case.severity).name());
            let told = alerts[0]["message"].as_str().unwrap();
            assert_eq!(told.ends_with(&format!(" [VT:{tier}]")), tier != RiskTier::Clean);
        }
    }
}

/// As the tiers are defined: one level more from `MEDIUM` on, the worst whatever it was.
fn severity(tier: RiskTier, base: Severity) -> Severity {
    match (tier, base) {
        (RiskTier::Clean | RiskTier::Low, base) => base,
        (RiskTier::Critical, _) => Severity::Critical,
        (_, Severity::Low) => Severity::Medium,
        (_, Severity::Medium) => Severity::High,
        (_, Severity::High | Severity::Critical) => Severity::Critical,
    }
}

#[test]
fn arp_spoofing_asks_nobody() {
    let case = DEFAULT.iter().find(|case| case.indicator.is_none()).unwrap();
    assert_eq!(case.detector, "arp_spoofing");
    for tier in RiskTier::ALL {
        let known = format!(r#"{{"10.0.0.1": "{tier}", "10.0.0.10": "{tier}"}}"#);
        assert_eq!(alerts(case, "seed", &known, &(case.attack)(0)), []);
        let found = alerts(case, "seed", &known, &(case.attack)(1));
        let [alert] = &found[..] else { panic!("{tier}: {found:?}") };
        assert_eq!((alert.severity, alert.threshold), (Severity::Critical, 1));
        assert!(alert.reputation.is_none() && !alert.message.contains("[VT:"));
    }
}
