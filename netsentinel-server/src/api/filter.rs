//! Which alerts a request is about.

use std::net::IpAddr;

use schemars::JsonSchema;

use super::query::Query;
use crate::refusal::Refusal;
use crate::store::AlertFilter;

/// Severities and detectors in a filter at most, each.
const ITEMS_MAX: usize = 100;
/// Bytes of a text in a filter at most.
const TEXT_BYTES_MAX: usize = 1024;

/// The parameters that choose alerts.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used; `from_query` reads the parameters")]
pub(super) struct FilterParameters {
    /// Not before this time: RFC 3339, or how long ago, such as `15m`, `24h`, `7d`.
    since: Option<String>,
    /// Before this time, written as `since`.
    until: Option<String>,
    /// `low`, `medium`, `high`, `critical`; several times, or with commas.
    severity: Option<Vec<String>>,
    /// Ids of detectors, such as `port_scan`; several times, or with commas.
    detector: Option<Vec<String>>,
    /// The source's address.
    source: Option<String>,
    /// The target's address.
    target: Option<String>,
    /// The agent's id.
    agent: Option<String>,
    /// A text in category, message, source address or hostname, in any case.
    q: Option<String>,
    /// Only those that somebody has acknowledged, or only those that nobody has.
    acknowledged: Option<bool>,
    /// Archived alerts instead of those that are not.
    archived: Option<bool>,
    /// Suppressed alerts too.
    suppressed: Option<bool>,
}

/// The filter that a query string tells.
pub(super) fn from_query(query: &mut Query) -> Result<AlertFilter, Refusal> {
    let filter = AlertFilter {
        since: query.time("since")?,
        until: query.time("until")?,
        severity: query.list("severity")?,
        detector: query.list("detector")?,
        source: query.text("source")?.as_deref().map(address),
        target: query.text("target")?.as_deref().map(address),
        agent: query.text("agent")?,
        text: query.text("q")?,
        acknowledged: query.parsed("acknowledged")?,
        archived: query.parsed("archived")?.unwrap_or_default(),
        suppressed: query.parsed("suppressed")?.unwrap_or_default(),
    };
    check(&filter)?;
    Ok(filter)
}

/// Refuses a filter that would be too long for the database.
pub(super) fn check(filter: &AlertFilter) -> Result<(), Refusal> {
    if filter.severity.len() > ITEMS_MAX || filter.detector.len() > ITEMS_MAX {
        let message = format!("a filter may have {ITEMS_MAX} severities and {ITEMS_MAX} detectors");
        return Err(Refusal::bad_request(message));
    }
    let texts = [&filter.source, &filter.target, &filter.agent, &filter.text];
    let texts = texts.into_iter().flatten().chain(&filter.detector);
    if texts.into_iter().any(|text| text.len() > TEXT_BYTES_MAX) {
        let message = format!("a text in a filter may have {TEXT_BYTES_MAX} bytes");
        return Err(Refusal::bad_request(message));
    }
    Ok(())
}

/// An address the way that alerts write it.
fn address(text: &str) -> String {
    match text.parse::<IpAddr>() {
        Ok(ip) => ip.to_string(),
        Err(_) => text.to_ascii_lowercase(),
    }
}
