//! VirusTotal, API version 3: what some 90 engines say of addresses and domains.

use std::time::Duration;

use async_trait::async_trait;
use netsentinel_core::config::Deployment;
use netsentinel_core::{Indicator, RiskTier};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::{client, json, key, known, only, quota, refusal};
use crate::http::{Client, Limits, Reply, retry_after};
use crate::{Answer, Provider, ProviderError, Question, Quota, ReputationSetupError};

const NAME: &str = "virustotal";
const URL_KEY: &str = "reputation.virustotal_url";
const KEY_HEADER: HeaderName = HeaderName::from_static("x-apikey");
/// Engines that can agree; a count beyond is no count. There are about 90.
const ENGINES_MAX: u32 = 1_000;
/// How long to wait when a quota is used up and nothing is said of how long. It may be the minute's, the
/// day's, which comes back at midnight UTC, or the month's: an hour costs 24 requests a day at most, and
/// none of ours counts against a quota that is used up.
const QUOTA_WAIT: Duration = Duration::from_secs(60 * 60);
/// Characters of a domain name, and of one of its labels, at most.
const NAME_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

/// VirusTotal.
#[derive(Debug)]
pub(super) struct VirusTotal {
    client: Client,
    key: HeaderValue,
    quota: Quota,
}

/// A report, as far as it is read.
#[derive(Deserialize)]
struct Report {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    id: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    last_analysis_stats: Stats,
    /// What its users think of it; absent where nobody has voted.
    #[serde(default)]
    reputation: i32,
}

/// How many engines say what.
#[derive(Clone, Copy, Deserialize)]
struct Stats {
    malicious: u32,
    suspicious: u32,
}

#[derive(Deserialize)]
struct Failure {
    error: FailureCode,
}

#[derive(Deserialize)]
struct FailureCode {
    code: String,
}

impl VirusTotal {
    pub(super) fn new(
        deployment: &Deployment,
        limits: Limits,
    ) -> Result<Self, ReputationSetupError> {
        let settings = &deployment.reputation;
        Ok(Self {
            client: client(URL_KEY, &settings.virustotal_url, limits)?,
            key: key("virustotal_api_key", &deployment.virustotal_api_key)?,
            quota: quota(settings.virustotal_per_minute.get(), settings.virustotal_per_day.get()),
        })
    }

    fn url(&self, indicator: Indicator<'_>) -> Result<Url, ProviderError> {
        match indicator {
            Indicator::Ip(ip) => {
                let ip = ip.to_canonical().to_string();
                Ok(self.client.url(&["api", "v3", "ip_addresses", &ip]))
            }
            Indicator::Domain(name) if is_name(name) => {
                Ok(self.client.url(&["api", "v3", "domains", name]))
            }
            Indicator::Domain(_) => {
                Err(ProviderError::Invalid("no name that can be asked about".into()))
            }
        }
    }
}

#[async_trait]
impl Provider for VirusTotal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes(&self, indicator: Indicator<'_>) -> bool {
        match indicator {
            Indicator::Ip(_) => true,
            Indicator::Domain(name) => is_name(name),
        }
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
        let asked = only(questions)?.indicator.borrowed();
        let headers = HeaderMap::from_iter([(KEY_HEADER, self.key.clone())]);
        let reply = self.client.get(self.url(asked)?, headers).await?;
        Ok(vec![answer(asked, &reply)?])
    }
}

fn answer(asked: Indicator<'_>, reply: &Reply) -> Result<Answer, ProviderError> {
    let code = || {
        let failure: Option<Failure> = json(reply).ok();
        failure.map(|failure| failure.error.code).filter(|code| is_code(code))
    };
    let refused = |code: &str| {
        ProviderError::Refused(format!("{} {code}: check virustotal_api_key", reply.status))
    };
    match reply.status {
        200 => judge(asked, json(reply)?),
        // The habit of version 2.
        204 => Err(ProviderError::Busy { retry_after: retry_after(&reply.headers) }),
        401 => Err(refused(&code().unwrap_or_default())),
        // Without VirusTotal's own code somebody between here and there has answered.
        403 => Err(code().map_or_else(
            || ProviderError::Unavailable("status 403, not from VirusTotal itself".into()),
            |code| refused(&code),
        )),
        // Nor has anything but VirusTotal itself never heard of it.
        404 if code().as_deref() == Some("NotFoundError") => Ok(Answer::Unknown),
        // It takes no such indicator, and will take it no better later.
        400 if code().as_deref() == Some("InvalidArgumentError") => Ok(Answer::Unknown),
        429 => {
            let used_up = || code().filter(|code| code == "QuotaExceededError").map(|_| QUOTA_WAIT);
            Err(ProviderError::Busy { retry_after: retry_after(&reply.headers).or_else(used_up) })
        }
        status => Err(refusal(status, URL_KEY)),
    }
}

/// Judges a report, which must be about what was asked.
fn judge(asked: Indicator<'_>, report: Report) -> Result<Answer, ProviderError> {
    let Data { id, attributes } = report.data;
    let same = match asked {
        Indicator::Ip(ip) => id.parse() == Ok(ip.to_canonical()),
        Indicator::Domain(name) => id.eq_ignore_ascii_case(name),
    };
    if !same {
        return Err(ProviderError::Invalid("it is about something else".into()));
    }
    let stats = attributes.last_analysis_stats;
    if stats.malicious > ENGINES_MAX || stats.suspicious > ENGINES_MAX {
        return Err(ProviderError::Invalid(format!("more than {ENGINES_MAX} engines")));
    }
    let (tier, detail) = tier(stats, attributes.reputation);
    Ok(known(NAME, tier, detail))
}

/// The tier that so many engines give, and why.
fn tier(stats: Stats, reputation: i32) -> (RiskTier, String) {
    let malicious = || format!("{} malicious", stats.malicious);
    match (stats.malicious, stats.suspicious) {
        (9.., _) => (RiskTier::Critical, malicious()),
        (3..=8, _) => (RiskTier::High, malicious()),
        (1..=2, _) => (RiskTier::Medium, malicious()),
        (0, 5..) => (RiskTier::Medium, format!("{} suspicious", stats.suspicious)),
        (0, 0..=4) if reputation < -10 => (RiskTier::Low, format!("reputation {reputation}")),
        (0, 0..=4) => (RiskTier::Clean, String::new()),
    }
}

/// Whether a name can be asked about: labels of letters, digits, `-` and `_`. The broker asks about no
/// other; nothing else must get into the address all the same.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() <= NAME_CHARS_MAX
        && name.contains('.')
        && name
            .split('.')
            .all(|label| (1..=LABEL_CHARS_MAX).contains(&label.len()) && label.bytes().all(fits))
}

/// Whether it looks like one of VirusTotal's codes, such as `WrongCredentialsError`. No key does, so none
/// is ever shown, whoever answers.
fn is_code(code: &str) -> bool {
    code.len() <= 40
        && code.ends_with("Error")
        && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_those_of_the_table() {
        for (malicious, suspicious, reputation, expected, detail) in [
            (0, 0, 0, RiskTier::Clean, ""),
            (0, 4, -10, RiskTier::Clean, ""),
            (0, 0, i32::MAX, RiskTier::Clean, ""),
            (0, 0, -11, RiskTier::Low, "reputation -11"),
            (0, 4, -23, RiskTier::Low, "reputation -23"),
            (0, 0, i32::MIN, RiskTier::Low, "reputation -2147483648"),
            (0, 5, 0, RiskTier::Medium, "5 suspicious"),
            (0, 6, -100, RiskTier::Medium, "6 suspicious"),
            (1, 0, 100, RiskTier::Medium, "1 malicious"),
            (2, 9, -100, RiskTier::Medium, "2 malicious"),
            (3, 0, 0, RiskTier::High, "3 malicious"),
            (5, 7, 0, RiskTier::High, "5 malicious"),
            (8, 90, -100, RiskTier::High, "8 malicious"),
            (9, 0, 0, RiskTier::Critical, "9 malicious"),
            (90, 0, 500, RiskTier::Critical, "90 malicious"),
        ] {
            let got = tier(Stats { malicious, suspicious }, reputation);
            assert_eq!(got, (expected, detail.to_owned()), "{malicious} {suspicious}");
        }
    }

    #[test]
    fn only_names_get_into_an_address() {
        for good in ["example.com", "_dmarc.a-b.example", "xn--bcher-kva.example"] {
            assert!(is_name(good), "{good}");
        }
        let long = format!("{}.example", "a".repeat(64));
        let longer = "a.".repeat(130) + "example";
        for bad in [
            "",
            ".",
            "..",
            "com",
            "a..b",
            ".example.com",
            "example.com.",
            "a/b.example",
            "a.example/../../users",
            "a.example?x=1",
            "a%2fb.example",
            "a.example#b",
            "a b.example",
            "ü.example",
            "a\0.example",
            "a\\b.example",
            "a:80.example",
            "a@b.example",
            &long,
            &longer,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
