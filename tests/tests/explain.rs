//! `sentinel-replay --explain`: why an address did or did not raise alerts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use netsentinel_tests::capture::{packets, scenario_pcap};
use netsentinel_tests::program::{Ended, Replay};
use serde_json::Value;

fn explain(scenario: &str, options: &[&str]) -> Ended {
    let ended = Replay::new(["-q", "-", "--profile", "seed"]).args(options);
    ended.run_with(&scenario_pcap(scenario))
}

/// Who raises the one alert of a scenario.
fn scanner() -> String {
    let alert = Replay::new(["-q", "-"]).run_with(&scenario_pcap("port_scan-above"));
    alert.alerts()[0]["source"]["ip"].as_str().unwrap().to_owned()
}

#[test]
fn it_takes_the_place_of_the_alerts() {
    let scanner = scanner();
    let ended = explain("port_scan-above", &["--explain", &scanner]);
    ended.assert_silent_success();
    let lines: Vec<_> = ended.out.lines().collect();
    assert_eq!(lines[0], "standard input");
    assert!(lines[2].starts_with(&format!("{scanner}: sent ")), "{}", ended.out);
    let scan = lines.iter().find(|line| line.contains("port_scan/vertical")).unwrap();
    assert!(scan.starts_with("  ALERT     port_scan/vertical: 15 of 15 (100 %), at 20"), "{scan}");
    assert!(scan.contains("; 1 alert, first at 20"), "{scan}");
    assert!(lines.last().unwrap().starts_with("  counted nothing: "), "{}", ended.out);
}

#[test]
fn what_stayed_below_is_told_with_how_close_it_came() {
    let ended = explain("port_scan-below", &["--explain", "all"]);
    ended.assert_silent_success();
    assert!(
        ended.out.contains("  below     port_scan/vertical: 14 of 15 (93 %), "),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("ALERT"));
}

#[test]
fn what_raises_an_alert_is_counted_once() {
    for profile in ["seed", "tuned"] {
        let options = ["-q", "-", "--profile", profile, "--format", "ndjson", "--explain", "all"];
        let ended = Replay::new(options).run_with(&scenario_pcap("syn_flood-above"));
        let told = ended.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let rules: Vec<Value> =
            told.flat_map(|line| line["rules"].as_array().cloned().unwrap_or_default()).collect();
        let raised = rules.iter().find(|rule| rule["outcome"] == "raised").unwrap();
        assert_eq!(raised["rule"], "syn_flood/source", "{profile}");
        assert_eq!((&raised["highest"]["count"], &raised["counted"]), (&200.into(), &200.into()));
    }
}

#[test]
fn who_was_not_there_is_told_so() {
    let ended = explain("port_scan-above", &["--explain", "192.0.2.99,2001:db8::99"]);
    ended.assert_silent_success();
    for address in ["192.0.2.99", "2001:db8::99"] {
        assert!(ended.out.contains(&format!("\n{address}: no packet of it was seen\n")));
    }
}

#[test]
fn as_json_it_is_one_object_an_address() {
    let scanner = scanner();
    let whom = format!("{scanner},192.0.2.99");
    let ended = explain("port_scan-above", &["--format", "ndjson", "--explain", &whom]);
    ended.assert_silent_success();
    let lines: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [found, absent] = lines.as_slice() else { panic!("{}", ended.out) };
    assert_eq!(found["address"], scanner.as_str());
    let sent = packets("port_scan-above", &netsentinel_synth::Options::default()).len();
    assert!(found["packets"]["sent"].as_u64().unwrap() <= sent as u64);
    let rule = &found["rules"][0];
    assert_eq!((&rule["rule"], &rule["outcome"]), (&"port_scan/vertical".into(), &"raised".into()));
    assert_eq!((&rule["alerts"], &rule["highest"]["threshold"]), (&1.into(), &15.into()));
    assert_eq!(rule["highest"]["tier"], "CLEAN");
    assert_eq!(absent["packets"]["sent"], 0);
    assert_eq!(absent["rules"].as_array().unwrap().len(), 0);
    assert!(absent["never_counted"].as_array().unwrap().len() > 7);
}

#[test]
fn the_exit_status_still_tells_of_alerts() {
    let code = |scenario| explain(scenario, &["--explain", "all", "--fail-on", "low"]).code;
    assert_eq!((code("port_scan-above"), code("port_scan-below")), (1, 0));
}

#[test]
fn wrong_usage_is_told() {
    for (options, told) in [
        (&["--explain", "everybody"][..], "expected an IP address, or all"),
        (&["--explain", "all", "--format", "cef"], "in sentences or as ndjson, not as cef"),
        (&["--explain", "all", "--server", "https://x:1"], "cannot be used with"),
    ] {
        let ended = Replay::new(["-"]).args(options).run();
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{options:?}");
        assert!(ended.err.contains(told), "{options:?}: {}", ended.err);
    }
}
