//! Text for people. What providers and lists say comes from outside, and can forge nothing here.

use std::fmt::Write as _;

use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;
use netsentinel_transport::wire::{IndicatorAnswer, IndicatorState, ReputationAnswer};
use netsentinel_vt::Status;
use netsentinel_vt::status::{FeedStatus, Health, ProviderStatus};

use crate::accounts::minutes;

const NANOS: u64 = 1_000_000_000;

/// How reputation is, at `now`.
pub(super) fn status(status: &Status, now: Timestamp) -> String {
    let mut text = String::new();
    let mut line = |what: &str, told: String| {
        // Writing to a string can not fail.
        let _ = writeln!(text, "{what:<9} {told}");
    };
    if status.dry_run {
        line("dry run", "nobody is asked; what would be is in the server's log".into());
    }
    line(
        "verdicts",
        format!(
            "{} remembered of {} at most, {} given up early",
            status.cached, status.cache_max, status.cache_evictions
        ),
    );
    line(
        "queue",
        format!(
            "{} waiting of {} at most, {} given up for more suspected ones, {} never to be asked about",
            status.queued, status.queue_max, status.queue_dropped, status.refused
        ),
    );
    line("look-ups", format!("{} found something, {} found nothing", status.hits, status.misses));
    if status.providers.is_empty() {
        line("providers", "none: no key is set, or the server does not run".into());
    }
    let width = |name: usize| name.min(24);
    let names = status.providers.iter().map(|one| one.name.len());
    let names = names.chain(status.feeds.iter().map(|one| one.name.len()));
    let width = width(names.max().unwrap_or_default());
    for one in &status.providers {
        line("provider", format!("{:<width$}  {}", shown(&one.name), provider(one)));
    }
    for one in &status.feeds {
        line("list", format!("{:<width$}  {}", shown(&one.name), feed(one, now)));
    }
    text
}

fn provider(one: &ProviderStatus) -> String {
    let mut told = String::from(match one.health {
        Health::Ok => "ok",
        Health::Paused => "paused",
        Health::Stopped => "stopped",
    });
    if let Some(until) = one.paused_until {
        let _ = write!(told, " until {}", minutes(until));
    }
    if let Some(reason) = &one.reason {
        let _ = write!(told, " ({})", shown(reason));
    }
    for (left, window) in [(one.left_minute, "minute"), (one.left_day, "day")] {
        if let Some(left) = left {
            let _ = write!(told, ", {left} left this {window}");
        }
    }
    let ProviderStatus { requests, answered, failed, .. } = one;
    let _ = write!(told, ", {requests} requests, {answered} answers, {failed} failed");
    told
}

fn feed(one: &FeedStatus, now: Timestamp) -> String {
    let mut told = format!("{:<8} ", one.tier);
    match one.loaded {
        None => told.push_str("not loaded yet"),
        Some(loaded) => {
            let age = span(now.nanos_since(loaded) / NANOS);
            let _ = write!(told, "{} entries, loaded {age} ago", one.indicators);
        }
    }
    if one.loaded.is_some() && !one.active {
        told.push_str(", too old to count");
    }
    if one.skipped > 0 {
        let _ = write!(told, ", {} lines skipped", one.skipped);
    }
    if let Some(error) = &one.error {
        let _ = write!(told, ": {}", shown(error));
    }
    told
}

/// What is known of each indicator, and who says so.
pub(super) fn answer(answer: &ReputationAnswer) -> String {
    let all = &answer.indicators;
    let names: Vec<String> =
        all.iter().map(|one| shown(&one.indicator.to_string()).into_owned()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().min(45);
    let mut text = String::new();
    for (one, name) in all.iter().zip(&names) {
        let _ = writeln!(text, "{name:<width$}  {:<8}  {}", one.tier, state(one));
        for said in &one.verdicts {
            let (who, why) = (shown(&said.provider), shown(&said.detail));
            let _ = writeln!(text, "    {who:<16}  {:<8}  {why}", said.tier);
        }
    }
    text
}

fn state(one: &IndicatorAnswer) -> String {
    match one.state {
        IndicatorState::Known => format!("known, for {} more", span(one.lasts_s)),
        IndicatorState::Pending => "not all have answered yet: ask again later".into(),
        IndicatorState::NotAsked => "nobody is asked about it".into(),
    }
}

/// Seconds as people read them: the two largest units.
fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::{ProviderVerdict, RiskTier};

    use super::*;

    const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

    #[test]
    fn hostile_words_stay_on_their_line() {
        let said = |provider: &str, detail: &str| ProviderVerdict {
            provider: provider.into(),
            tier: RiskTier::High,
            detail: detail.into(),
        };
        let one = IndicatorAnswer {
            indicator: "1.2.3.4".to_owned().into(),
            state: IndicatorState::Known,
            lasts_s: 90_000,
            tier: RiskTier::High,
            verdicts: vec![said("virustotal", "5 malicious"), said("li\u{1b}[2Jst", "a\nb")],
        };
        let other = IndicatorAnswer {
            indicator: "sub.example.com".to_owned().into(),
            state: IndicatorState::Pending,
            lasts_s: 0,
            tier: RiskTier::Clean,
            verdicts: Vec::new(),
        };
        let text = answer(&ReputationAnswer { at: NOW, indicators: vec![one, other] });
        let expected = "\
1.2.3.4          HIGH      known, for 1 d 1 h more
    virustotal        HIGH      5 malicious
    li\\x1b[2Jst       HIGH      a\\x0ab
sub.example.com  CLEAN     not all have answered yet: ask again later
";
        assert_eq!(text, expected);
    }

    #[test]
    fn everything_of_the_status_is_told() {
        let provider = ProviderStatus {
            name: "virustotal".into(),
            health: Health::Paused,
            reason: Some("asked too often".into()),
            paused_until: Some(NOW),
            requests: 5,
            answered: 4,
            failed: 1,
            left_minute: Some(0),
            left_day: Some(480),
        };
        let drop = FeedStatus {
            name: "drop".into(),
            tier: RiskTier::High,
            active: true,
            indicators: 1_000,
            skipped: 2,
            loaded: Some(Timestamp::from_parts(1_794_989_000, 0)),
            error: None,
        };
        let fresh = FeedStatus {
            name: "mine".into(),
            active: false,
            skipped: 0,
            loaded: None,
            error: Some("no such\nfile".into()),
            ..drop.clone()
        };
        let all = Status {
            hits: 7,
            misses: 8,
            cached: 3,
            cache_max: 100,
            providers: vec![provider],
            feeds: vec![drop, fresh],
            ..Status::default()
        };
        let expected = "\
verdicts  3 remembered of 100 at most, 0 given up early
queue     0 waiting of 0 at most, 0 given up for more suspected ones, 0 never to be asked about
look-ups  7 found something, 8 found nothing
provider  virustotal  paused until 2026-11-18 11:06 UTC (asked too often), 0 left this minute, \
480 left this day, 5 requests, 4 answers, 1 failed
list      drop        HIGH     1000 entries, loaded 3 h 3 min ago, 2 lines skipped
list      mine        HIGH     not loaded yet: no such\\x0afile
";
        assert_eq!(status(&all, NOW), expected);
        let none = status(&Status { dry_run: true, ..Status::default() }, NOW);
        assert!(none.starts_with("dry run   nobody is asked") && none.contains("no key is set"));
    }

    #[test]
    fn spans_have_two_units() {
        assert_eq!([5, 65, 3_700, 90_000].map(span), ["5 s", "1 min", "1 h 1 min", "1 d 1 h"]);
    }
}
