//! What is explained, in sentences.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use netsentinel_core::RiskTier;
use netsentinel_core::pipeline::{Explanation, Moment, Outcome, Weighed};

use super::Account;
use super::sightings::Sighting;

/// Subjects told of one rule; of others only the number.
const SUBJECTS_MAX: usize = 3;
/// Where all are explained, who stayed below so much of every threshold, in percent, is only counted.
const FAR: u64 = 50;

/// One address that was asked about.
pub(super) fn one(out: &mut String, account: &Account<'_>, sighting: Option<Sighting>) {
    let address = account.address;
    if sighting.is_some_and(Sighting::is_empty) && account.rules.is_empty() {
        *out += &format!("\n{address}: no packet of it was seen\n");
        return;
    }
    *out += &format!("\n{address}:");
    if let Some(Sighting { sent, received, first_frame, last_frame }) = sighting {
        *out += &format!(
            " sent {sent} packets, received {received}, frames {first_frame} to {last_frame}"
        );
    }
    out.push('\n');
    rules(out, account);
    let never = account.never_counted();
    if !never.is_empty() {
        *out += &format!("  counted nothing: {}\n", never.join(", "));
    }
}

/// All addresses that came somewhere near an alert.
pub(super) fn all(out: &mut String, accounts: &[Account<'_>]) {
    let is_near = |told: &&Explanation| told.outcome() < Outcome::Below || told.percent() >= FAR;
    let (near, far): (Vec<_>, Vec<_>) =
        accounts.iter().partition(|account| account.rules.iter().any(is_near));
    for account in near {
        *out += &format!("\n{}:\n", account.address);
        rules(out, account);
    }
    if !far.is_empty() {
        let whose = if far.len() == 1 { "address" } else { "addresses" };
        *out += &format!("\n{} {whose} more, below {FAR} % of every threshold\n", far.len());
    }
}

/// The rules in the order of their strongest subject, each with its strongest subjects.
fn rules(out: &mut String, account: &Account<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for strongest in &account.rules {
        let rule = strongest.rule.id;
        if told.contains(&rule) {
            continue;
        }
        told.push(rule);
        let of_rule: Vec<_> = account.rules.iter().filter(|other| other.rule.id == rule).collect();
        // Of what was never enough, the closest will do.
        let shown = match strongest.outcome() {
            Outcome::Below => 1,
            _ => SUBJECTS_MAX,
        };
        for explanation in of_rule.iter().take(shown) {
            *out += &format!("  {}\n", sentence(explanation, account.address));
        }
        if of_rule.len() > shown {
            *out += &format!("{:11} and of {} others\n", "", of_rule.len() - shown);
        }
    }
}

fn sentence(told: &Explanation, address: IpAddr) -> String {
    let mut out =
        format!("{:<9} {}{}: ", word(told.outcome()), told.rule.id, subject(told, address));
    out += &told.highest.as_ref().map_or_else(|| "no count".into(), highest);
    let _ = write!(out, "; {}", times("counted", told.weighed));
    if told.raised > 0 {
        let plural = if told.raised == 1 { "" } else { "s" };
        let _ = write!(out, "; {} alert{plural}", told.raised);
        out += &told.first_raised.map(|at| format!(", first {}", moment(at))).unwrap_or_default();
        if told.added > 0 {
            let _ = write!(out, "; {} more while it was open", times("held", told.added));
        }
    }
    each(&mut out, "told by the alert of", &told.merged);
    each(&mut out, "spared by", &told.spared);
    if told.disabled > 0 {
        let _ = write!(out, "; the rule is switched off, and {}", times("held", told.disabled));
    }
    if told.outcome() == Outcome::Withheld {
        out += "; enough, but the rule asks for more than a count";
    }
    out
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Raised => "ALERT",
        Outcome::Merged => "merged",
        Outcome::Disabled => "off",
        Outcome::Spared => "spared",
        Outcome::Withheld => "withheld",
        Outcome::Below => "below",
    }
}

/// What of the subject is not the address itself.
fn subject(told: &Explanation, address: IpAddr) -> String {
    let owner = told.subject.owner();
    let peer = match told.subject.peer() {
        Some(_) if owner != address => Some(format!(" of {owner} with it")),
        peer => peer.map(|peer| format!(" with {peer}")),
    };
    let port = told.subject.port().map(|port| format!(" port {port}"));
    let tag = told.subject.tag().map(|tag| format!(" of {tag:08x}"));
    [peer, port, tag].into_iter().flatten().collect()
}

fn highest(weighed: &Weighed) -> String {
    let &Weighed { count, threshold, base_threshold, must_exceed, tier, at, .. } = weighed;
    let more = if must_exceed { "more than " } else { "" };
    let mut out = format!("{count} of {more}{threshold} ({} %)", weighed.percent());
    if tier > RiskTier::Clean {
        let of = weighed.indicator.as_ref().map(|whom| format!(" of {}", whom.borrowed()));
        let of = of.unwrap_or_default();
        let _ = write!(out, ", lowered from {base_threshold} by tier {tier}{of}");
    }
    let _ = write!(out, ", {}", moment(at));
    out
}

fn moment(at: Moment) -> String {
    let time = at.time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
    match at.frame {
        0 => format!("at {time}"),
        frame => format!("at {time} (frame {frame})"),
    }
}

fn each(out: &mut String, what: &str, by: &BTreeMap<&'static str, u64>) {
    for (id, count) in by {
        let _ = write!(out, "; {}", times(&format!("{what} {id}"), *count));
    }
}

fn times(what: &str, count: u64) -> String {
    match count {
        1 => format!("{what} once"),
        _ => format!("{what} {count} times"),
    }
}
