//! The server as one who can be asked: it holds the keys, and asks once for the whole site.

use std::time::Duration;

use async_trait::async_trait;
use netsentinel_core::Indicator;
use netsentinel_transport::AskError;
use netsentinel_transport::uplink::{Client, UplinkState};
use netsentinel_transport::wire::{IndicatorAnswer, IndicatorState, REPUTATION_INDICATORS_MAX};
use netsentinel_vt::{Answer, Provider, ProviderError, Question, Quota};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a request waits for the uplink to reach the server.
const REACHED_WITHIN: Duration = Duration::from_secs(20);
/// How long an answer counts for which the server says no time.
const LASTS: Duration = Duration::from_secs(300);
/// How long that counts which is held against an endpoint while the server still asks others: soon it may
/// know worse.
const LASTS_PENDING: Duration = Duration::from_secs(60);

/// The agent's server.
pub(super) struct SiteServer {
    client: Client,
    uplink: watch::Receiver<UplinkState>,
}

impl SiteServer {
    /// Asked by `client`, and only while `uplink` reaches it: so the agent has enrolled, its own connection
    /// is left out of what is judged, and a server that is away is not knocked at from two sides.
    pub(super) const fn new(client: Client, uplink: watch::Receiver<UplinkState>) -> Self {
        Self { client, uplink }
    }

    async fn reached(&self) -> Result<(), ProviderError> {
        let mut uplink = self.uplink.clone();
        let reached = uplink.wait_for(|state| state.connected_since.is_some());
        match timeout(REACHED_WITHIN, reached).await {
            Ok(Ok(_)) => Ok(()),
            // The uplink has ended, or does not get there.
            Ok(Err(_)) | Err(_) => {
                Err(ProviderError::Unavailable("the uplink does not reach the server".into()))
            }
        }
    }
}

#[async_trait]
impl Provider for SiteServer {
    fn name(&self) -> &'static str {
        "server"
    }

    fn takes(&self, _: Indicator<'_>) -> bool {
        true
    }

    fn quota(&self) -> Quota {
        // The server says itself when it is too much.
        Quota::default()
    }

    fn batch_max(&self) -> usize {
        REPUTATION_INDICATORS_MAX
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
        self.reached().await?;
        let asked: Vec<_> = questions
            .iter()
            .map(|question| (question.indicator.clone(), question.suspicion))
            .collect();
        let told = self.client.ask(&asked).await.map_err(meant)?;
        Ok(told.indicators.into_iter().map(answer).collect())
    }
}

/// What the server's answer means to the broker.
fn answer(told: IndicatorAnswer) -> Answer {
    let IndicatorAnswer { state, lasts_s, verdicts, .. } = told;
    match state {
        // What lists hold against it counts at once, whatever is still to come.
        IndicatorState::Pending if verdicts.is_empty() => Answer::Pending,
        IndicatorState::Pending => Answer::Known { verdicts, lasts: Some(LASTS_PENDING) },
        IndicatorState::Known | IndicatorState::NotAsked => {
            let lasts = if lasts_s == 0 { LASTS } else { Duration::from_secs(lasts_s) };
            Answer::Known { verdicts, lasts: Some(lasts) }
        }
    }
}

/// Only a server that can not be asked this is given up, until the agent reloads or restarts. One that does
/// not let the agent in today may do so tomorrow: the uplink tells of that.
fn meant(error: AskError) -> ProviderError {
    match error {
        AskError::NotFound => ProviderError::Unsupported(error.to_string()),
        AskError::Busy { retry_after } => ProviderError::Busy { retry_after },
        AskError::Invalid(why) => ProviderError::Invalid(why),
        other => ProviderError::Unavailable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::{ProviderVerdict, RiskTier};

    use super::*;

    #[test]
    fn what_the_server_says_is_passed_on() {
        let verdict = ProviderVerdict {
            provider: "virustotal".into(),
            tier: RiskTier::High,
            detail: "5 malicious".into(),
        };
        let said = |state, lasts_s, verdicts: &[ProviderVerdict]| {
            answer(IndicatorAnswer {
                indicator: "9.9.9.9".to_owned().into(),
                state,
                lasts_s,
                tier: RiskTier::High,
                verdicts: verdicts.to_vec(),
            })
        };
        let known = |verdicts: &[ProviderVerdict], seconds| Answer::Known {
            verdicts: verdicts.to_vec(),
            lasts: Some(Duration::from_secs(seconds)),
        };
        let bad = [verdict];
        assert_eq!(said(IndicatorState::Known, 77, &bad), known(&bad, 77));
        assert_eq!(said(IndicatorState::Known, 0, &[]), known(&[], 300));
        assert_eq!(said(IndicatorState::NotAsked, 5, &bad), known(&bad, 5));
        assert_eq!(said(IndicatorState::Pending, 0, &[]), Answer::Pending);
        assert_eq!(said(IndicatorState::Pending, 0, &bad), known(&bad, 60));
    }

    #[test]
    fn only_an_older_server_is_given_up() {
        let stops = |error| matches!(meant(error), ProviderError::Unsupported(_));
        assert!(stops(AskError::NotFound));
        assert!(!stops(AskError::Stranger));
        assert!(!stops(AskError::Refused("revoked".into())));
        let retry_after = Some(Duration::from_secs(9));
        assert_eq!(meant(AskError::Busy { retry_after }), ProviderError::Busy { retry_after });
    }
}
