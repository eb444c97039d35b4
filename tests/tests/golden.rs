//! Golden replays: what the program prints for captures that anybody can make again, as reviewed
//! snapshots. After a change that is meant, `INSTA_UPDATE=always` writes them anew; read the diff.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use netsentinel_synth::SCENARIOS;
use netsentinel_tests::capture::scenario_pcap;
use netsentinel_tests::program::Replay;

/// The scenarios in which a rule just holds, and the one in which all do.
fn scenarios() -> impl Iterator<Item = &'static str> {
    let names = SCENARIOS.iter().map(|entry| entry.name);
    names.filter(|name| name.ends_with("-above") || *name == "showcase")
}

fn replay(scenario: &str, format: &str) -> String {
    let ended = Replay::new(["-q", "-", "--format", format]).run_with(&scenario_pcap(scenario));
    ended.assert_silent_success();
    ended.out
}

#[test]
fn alerts_as_json() {
    for scenario in scenarios() {
        let lines = replay(scenario, "ndjson");
        // Of the showcase, an alert and its closing update will do.
        let shown = |line: &&str| scenario != "showcase" || line.contains("\"port_scan\"");
        let unfolded: Vec<_> =
            lines.lines().filter(shown).map(|line| unfold(&without_agent(line))).collect();
        insta::assert_snapshot!(format!("ndjson_{scenario}"), unfolded.join("\n"));
    }
}

#[test]
fn alerts_as_a_table() {
    let mut all = String::new();
    for scenario in scenarios() {
        all += &format!("== {scenario}\n{}\n", replay(scenario, "table"));
    }
    insta::assert_snapshot!("table", all);
}

/// The line without what depends on the machine it is made on.
fn without_agent(line: &str) -> String {
    let (alert, agent) = line.split_once(r#","agent":{"#).unwrap();
    assert!(agent.ends_with("}}") && agent.contains(r#""hostname":""#), "{agent}");
    format!(r#"{alert},"agent":"[agent]"}}"#)
}

/// One field of the alert a line; the bytes are otherwise as they were.
fn unfold(line: &str) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0, false, false);
    for c in line.chars() {
        match c {
            '"' if !escaped => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
        if c == ',' && depth == 1 && !in_text {
            out.push_str("\n ");
        }
    }
    out
}
