//! Answers whoever looks something up.

use std::cmp::Reverse;

use netsentinel_core::{IndicatorBuf, RiskTier};

use super::shared::{Noted, Shared};
use super::{Looked, LookedState};
use crate::Question;

/// Tells what is known of each, and queues what is not.
pub(super) fn look_up(shared: &Shared, questions: Vec<Question>) -> Vec<Looked> {
    let mut urgent = false;
    let looked = questions
        .into_iter()
        .map(|question| {
            let (looked, queued) = want(shared, question);
            urgent |= queued;
            looked
        })
        .collect();
    if urgent {
        shared.nudge();
    }
    looked
}

/// Tells what is known, and queues nothing.
pub(super) fn look(shared: &Shared, indicator: IndicatorBuf) -> Looked {
    tell(shared, indicator, |asked| match asked {
        Some(asked) => shared.standing(asked),
        None => Noted::NotAsked,
    })
}

/// Whether somebody has something to ask by it, too.
fn want(shared: &Shared, question: Question) -> (Looked, bool) {
    let Question { indicator, suspicion } = question;
    let (seen, mut urgent) = (indicator.clone(), false);
    let looked = tell(shared, indicator, |_| {
        let noted = shared.note(seen.borrowed(), suspicion);
        urgent = matches!(noted, Noted::Queued { urgent: true });
        noted
    });
    (looked, urgent)
}

/// What is known of `indicator`; `noted` says how it stands, given what is asked about.
fn tell(
    shared: &Shared,
    indicator: IndicatorBuf,
    noted: impl FnOnce(Option<&IndicatorBuf>) -> Noted,
) -> Looked {
    let (scope, now) = (shared.scope(), (shared.clock)());
    let seen = indicator.borrowed();
    if scope.allows(seen) {
        let (tier, verdicts, state) = (RiskTier::Clean, Vec::new(), LookedState::NotAsked);
        return Looked { indicator, tier, verdicts, state };
    }
    let asked = scope.asked_about(seen);
    let remembered = asked.as_ref().and_then(|asked| shared.cache.look(asked, now));
    let listed = shared.feeds.tier(seen);
    let found = remembered.is_some() || listed.is_some();
    // Whoever asks once more for what waits is not counted again.
    if found || !asked.as_ref().is_some_and(|asked| shared.waits(asked)) {
        shared.known.count(found);
    }
    let state = match (noted(asked.as_ref()), &remembered) {
        (Noted::Queued { .. }, _) => LookedState::Pending,
        (Noted::Settled, Some(remembered)) => {
            let lasts_s = (remembered.until.nanos_since(now) / 1_000_000_000).max(1);
            LookedState::Known { lasts_s }
        }
        (Noted::Settled | Noted::NotAsked, _) => LookedState::NotAsked,
    };
    let mut verdicts = shared.feeds.verdicts(seen);
    let mut tier = listed.unwrap_or_default();
    if let Some(remembered) = remembered {
        tier = tier.max(remembered.tier);
        verdicts.extend(remembered.verdicts);
        verdicts.sort_by_key(|verdict| Reverse(verdict.tier));
    }
    Looked { indicator, tier, verdicts, state }
}
