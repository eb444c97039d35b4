//! AbuseIPDB, API version 2: how often, and by how many, an address was reported.
//!
//! Its score is about reports: good for those who knock at many doors, weak for servers that control
//! malware, and anybody can report. So it never makes an address `CRITICAL`, and what a single reporter
//! says never makes it more than `LOW`.

use std::net::IpAddr;

use async_trait::async_trait;
use netsentinel_core::config::Deployment;
use netsentinel_core::{Indicator, RiskTier};
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::{client, json, key, known, only, quota, refusal};
use crate::http::{Client, Limits, Reply, retry_after, until_reset};
use crate::{Answer, Provider, ProviderError, Question, Quota, ReputationSetupError};

const NAME: &str = "abuseipdb";
const URL_KEY: &str = "reputation.abuseipdb_url";
const KEY_HEADER: HeaderName = HeaderName::from_static("key");
/// The highest score.
const SCORE_MAX: u32 = 100;
/// Reporters without whom a score says little.
const REPORTERS_MIN: u64 = 2;

/// AbuseIPDB.
#[derive(Debug)]
pub(super) struct AbuseIpDb {
    client: Client,
    key: HeaderValue,
    quota: Quota,
    /// How many days back reports count.
    days: u64,
}

/// A report, as far as it is read.
#[derive(Deserialize)]
struct Report {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    ip_address: String,
    /// `null` where it was never decided.
    is_whitelisted: Option<bool>,
    abuse_confidence_score: u32,
    num_distinct_users: u64,
}

#[derive(Deserialize)]
struct Failures {
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    source: Option<Source>,
}

/// What of the question is wrong.
#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    parameter: Option<String>,
}

impl AbuseIpDb {
    pub(super) fn new(
        deployment: &Deployment,
        limits: Limits,
    ) -> Result<Self, ReputationSetupError> {
        let settings = &deployment.reputation;
        Ok(Self {
            client: client(URL_KEY, &settings.abuseipdb_url, limits)?,
            key: key("abuseipdb_api_key", &deployment.abuseipdb_api_key)?,
            quota: quota(settings.abuseipdb_per_minute.get(), settings.abuseipdb_per_day.get()),
            days: settings.abuseipdb_days.get(),
        })
    }
}

#[async_trait]
impl Provider for AbuseIpDb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes(&self, indicator: Indicator<'_>) -> bool {
        matches!(indicator, Indicator::Ip(_))
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
        let Indicator::Ip(ip) = only(questions)?.indicator.borrowed() else {
            return Err(ProviderError::Invalid("only addresses can be asked about".into()));
        };
        let ip = ip.to_canonical();
        let mut url = self.client.url(&["api", "v2", "check"]);
        url.query_pairs_mut()
            .append_pair("ipAddress", &ip.to_string())
            .append_pair("maxAgeInDays", &self.days.to_string());
        let headers = HeaderMap::from_iter([
            (KEY_HEADER, self.key.clone()),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ]);
        let reply = self.client.get(url, headers).await?;
        Ok(vec![answer(ip, &reply)?])
    }
}

fn answer(ip: IpAddr, reply: &Reply) -> Result<Answer, ProviderError> {
    let failures = || json::<Failures>(reply).map(|failures| failures.errors).unwrap_or_default();
    match reply.status {
        200 => judge(ip, &json::<Report>(reply)?.data),
        // Without AbuseIPDB's own errors somebody between here and there has answered.
        403 if failures().is_empty() => {
            Err(ProviderError::Unavailable("status 403, not from AbuseIPDB itself".into()))
        }
        status @ (401 | 403) => {
            Err(ProviderError::Refused(format!("{status}: check abuseipdb_api_key")))
        }
        // It takes no such address, and will take it no better later.
        422 if failures().iter().any(Failure::is_about_the_address) => Ok(Answer::Unknown),
        429 => Err(ProviderError::Busy {
            retry_after: retry_after(&reply.headers).or_else(|| until_reset(&reply.headers)),
        }),
        status => Err(refusal(status, URL_KEY)),
    }
}

impl Failure {
    /// Where it does not say what is wrong, it is the address: all else is the same in every question.
    fn is_about_the_address(&self) -> bool {
        let parameter = self.source.as_ref().and_then(|source| source.parameter.as_deref());
        parameter.is_none_or(|parameter| parameter == "ipAddress")
    }
}

/// Judges a report, which must be about what was asked.
fn judge(ip: IpAddr, data: &Data) -> Result<Answer, ProviderError> {
    if data.ip_address.parse() != Ok(ip) {
        return Err(ProviderError::Invalid("it is about something else".into()));
    }
    if data.abuse_confidence_score > SCORE_MAX {
        return Err(ProviderError::Invalid(format!("a score above {SCORE_MAX}")));
    }
    Ok(known(NAME, tier(data), format!("score {}", data.abuse_confidence_score)))
}

/// The tier that a score gives.
fn tier(data: &Data) -> RiskTier {
    if data.is_whitelisted == Some(true) {
        return RiskTier::Clean;
    }
    let tier = match data.abuse_confidence_score {
        75.. => RiskTier::High,
        50.. => RiskTier::Medium,
        25.. => RiskTier::Low,
        _ => RiskTier::Clean,
    };
    if data.num_distinct_users < REPORTERS_MIN { tier.min(RiskTier::Low) } else { tier }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_follow_the_score_and_the_number_of_reporters() {
        for (score, reporters, whitelisted, expected) in [
            (0, 0, None, RiskTier::Clean),
            (24, 9, Some(false), RiskTier::Clean),
            (25, 9, None, RiskTier::Low),
            (49, 9, None, RiskTier::Low),
            (50, 2, None, RiskTier::Medium),
            (74, 9, None, RiskTier::Medium),
            (75, 2, Some(false), RiskTier::High),
            (100, u64::MAX, None, RiskTier::High),
            (100, 1, None, RiskTier::Low),
            (24, 1, None, RiskTier::Clean),
            (100, 99, Some(true), RiskTier::Clean),
        ] {
            let data = Data {
                ip_address: String::new(),
                is_whitelisted: whitelisted,
                abuse_confidence_score: score,
                num_distinct_users: reporters,
            };
            assert_eq!(tier(&data), expected, "{score} of {reporters}, {whitelisted:?}");
        }
    }
}
