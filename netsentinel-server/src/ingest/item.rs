//! One alert of a request: read by itself, checked, cut to what may be kept.

use netsentinel_core::text::shown;
use netsentinel_core::{Alert, Timestamp};
use netsentinel_transport::wire::{AgentId, ItemAnswer, ItemStatus};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::{
    CATEGORY_MAX, DETAIL_MAX, HOSTNAME_MAX, INDICATOR_MAX, MESSAGE_MAX, TECHNIQUES_MAX, TITLE_MAX,
    VERDICTS_MAX, WORD_MAX, cut, cut_cow, cut_evidence,
};

/// An alert further ahead of the server's clock than this is counted: some clock is wrong.
const AHEAD_S: u64 = 86_400;
/// Longest reason that is told, in bytes.
const REASON_MAX: usize = 256;

/// An alert that may be stored.
pub(super) struct Item {
    /// The alert, all texts within their limits.
    pub(super) alert: Alert,
    /// Whether something of it was cut off.
    pub(super) cut: bool,
    /// Whether its time is more than a day ahead.
    pub(super) from_the_future: bool,
}

/// Reads one alert that `agent` sent.
///
/// # Errors
///
/// The answer that tells why it will never be taken.
pub(super) fn read(raw: &RawValue, agent: &AgentId, now: Timestamp) -> Result<Item, ItemAnswer> {
    let alert: Alert =
        serde_json::from_str(raw.get()).map_err(|error| rejected(raw, &error.to_string()))?;
    check(&alert).map_err(|reason| rejected(raw, &reason))?;
    let mut alert = alert;
    let cut = trim(&mut alert, raw.get().len());
    alert.agent.id = agent.as_str().into();
    let from_the_future = alert.timestamp.nanos_since(now) > AHEAD_S * 1_000_000_000;
    Ok(Item { alert, cut, from_the_future })
}

/// An alert without its fields: enough to name it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<String>,
    update: Option<u32>,
}

/// The answer for an alert that is put off.
pub(super) fn deferred(raw: &RawValue, reason: &str) -> ItemAnswer {
    let Named { id, update } = name(raw);
    ItemAnswer { id, update, status: ItemStatus::Deferred, reason: Some(reason.into()) }
}

fn rejected(raw: &RawValue, reason: &str) -> ItemAnswer {
    let Named { id, update } = name(raw);
    let mut reason = shown(reason).into_owned();
    cut(&mut reason, REASON_MAX);
    ItemAnswer { id, update, status: ItemStatus::Rejected, reason: Some(reason) }
}

fn name(raw: &RawValue) -> Named {
    let mut named: Named = serde_json::from_str(raw.get()).unwrap_or_default();
    named.id = named.id.filter(|id| id.len() <= WORD_MAX);
    named
}

fn check(alert: &Alert) -> Result<(), String> {
    if alert.v != Alert::VERSION {
        let (found, known) = (alert.v, Alert::VERSION);
        return Err(format!("v: format {found} is not known here, only {known}"));
    }
    let id = alert.id.to_string();
    let digits = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if id.len() != 32 || !digits {
        return Err("id: must be 32 lower-case hexadecimal digits".into());
    }
    for (field, text) in [("detector", &alert.detector), ("rule", &alert.rule)] {
        let is_safe = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'/');
        if !(1..=WORD_MAX).contains(&text.len()) || !text.bytes().all(is_safe) {
            return Err(format!(
                "{field}: must have 1 to {WORD_MAX} lower-case letters, digits, _ and /"
            ));
        }
    }
    Ok(())
}

/// Cuts what is too long of an alert that took `length` bytes. Whether anything was.
fn trim(alert: &mut Alert, length: usize) -> bool {
    let mut any = cut(&mut alert.message, MESSAGE_MAX);
    any |= cut_cow(&mut alert.category, CATEGORY_MAX);
    any |= cut(&mut alert.agent.hostname, HOSTNAME_MAX);
    any |= cut(&mut alert.agent.os, WORD_MAX);
    any |= alert.interface.as_mut().is_some_and(|name| cut(name, WORD_MAX));
    any |= cut_evidence(&mut alert.evidence, length);
    if let Some(note) = &mut alert.reputation {
        any |= cut(&mut note.indicator, INDICATOR_MAX);
        any |= note.detail.as_mut().is_some_and(|detail| cut(detail, DETAIL_MAX));
        any |= note.verdicts.len() > VERDICTS_MAX;
        note.verdicts.truncate(VERDICTS_MAX);
        for verdict in &mut note.verdicts {
            any |= cut(&mut verdict.provider, WORD_MAX);
            any |= cut(&mut verdict.detail, DETAIL_MAX);
        }
    }
    any |= alert.attack.len() > TECHNIQUES_MAX;
    alert.attack.truncate(TECHNIQUES_MAX);
    for note in &mut alert.attack {
        any |= cut_cow(&mut note.technique, WORD_MAX);
        any |= cut_cow(&mut note.name, TITLE_MAX);
        any |= cut_cow(&mut note.tactic, TITLE_MAX);
    }
    if let Some(flow) = &mut alert.flow {
        any |= cut(&mut flow.proto, WORD_MAX);
        any |= cut(&mut flow.community_id, WORD_MAX);
    }
    any
}
