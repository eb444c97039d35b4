//! What is explained, as one JSON object an address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netsentinel_core::pipeline::{Explanation, Moment, Weighed};
use netsentinel_core::{RiskTier, Timestamp};
use serde::Serialize;

use super::Account;
use super::sightings::Sighting;

#[derive(Serialize)]
struct Line<'a> {
    captures: &'a [String],
    address: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    packets: Option<Packets>,
    rules: Vec<Told<'a>>,
    never_counted: Vec<&'static str>,
}

#[derive(Serialize)]
struct Packets {
    sent: u64,
    received: u64,
    first_frame: u64,
    last_frame: u64,
}

#[derive(Serialize)]
struct Told<'a> {
    rule: &'static str,
    /// Whose behaviour it is, where that is not the address itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<IpAddr>,
    peer: Option<IpAddr>,
    port: Option<u16>,
    tag: Option<u32>,
    outcome: &'static str,
    counted: u64,
    highest: Option<Highest<'a>>,
    alerts: u64,
    first_alert: Option<At>,
    held_again: u64,
    told_by: &'a BTreeMap<&'static str, u64>,
    spared_by: &'a BTreeMap<&'static str, u64>,
    switched_off: u64,
}

#[derive(Serialize)]
struct Highest<'a> {
    count: u64,
    threshold: u64,
    base_threshold: u64,
    must_exceed: bool,
    tier: RiskTier,
    indicator: Option<&'a netsentinel_core::IndicatorBuf>,
    #[serde(flatten)]
    at: At,
}

#[derive(Serialize)]
struct At {
    time: Timestamp,
    frame: u64,
}

/// All that is known of an address, on one line.
///
/// # Errors
///
/// None that can be thought of: all of it can be written.
pub(super) fn line(
    captures: &[String],
    account: &Account<'_>,
    sighting: Option<Sighting>,
) -> serde_json::Result<String> {
    let packets = sighting.map(|seen| Packets {
        sent: seen.sent,
        received: seen.received,
        first_frame: seen.first_frame,
        last_frame: seen.last_frame,
    });
    serde_json::to_string(&Line {
        captures,
        address: account.address,
        packets,
        rules: account
            .rules
            .iter()
            .map(|explanation| Told::of(explanation, account.address))
            .collect(),
        never_counted: account.never_counted(),
    })
}

impl<'a> Told<'a> {
    fn of(explanation: &'a Explanation, address: IpAddr) -> Self {
        Self {
            rule: explanation.rule.id,
            of: Some(explanation.subject.owner()).filter(|owner| *owner != address),
            peer: explanation.subject.peer(),
            port: explanation.subject.port(),
            tag: explanation.subject.tag(),
            outcome: explanation.outcome().name(),
            counted: explanation.weighed,
            highest: explanation.highest.as_ref().map(Highest::of),
            alerts: explanation.raised,
            first_alert: explanation.first_raised.map(At::of),
            held_again: explanation.added,
            told_by: &explanation.merged,
            spared_by: &explanation.spared,
            switched_off: explanation.disabled,
        }
    }
}

impl<'a> Highest<'a> {
    fn of(weighed: &'a Weighed) -> Self {
        let &Weighed { count, threshold, base_threshold, must_exceed, tier, at, .. } = weighed;
        let (at, indicator) = (At::of(at), weighed.indicator.as_ref());
        Self { count, threshold, base_threshold, must_exceed, tier, indicator, at }
    }
}

impl At {
    fn of(moment: Moment) -> Self {
        Self { time: moment.time, frame: moment.frame }
    }
}
