//! VirusTotal and AbuseIPDB.
//!
//! Nothing of an answer is believed that was not checked: it must be about what was asked, and its numbers
//! must be such as the provider can give. What is wrong with an answer is told by its place, never by its
//! text, which may be anything.

mod abuseipdb;
mod virustotal;

use std::num::NonZeroU32;

use netsentinel_core::config::{Deployment, Secret};
use netsentinel_core::{ProviderVerdict, RiskTier};
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;

use self::abuseipdb::AbuseIpDb;
use self::virustotal::VirusTotal;
use crate::http::{self, Client, HttpError, Limits, Reply};
use crate::{Answer, Provider, ProviderError, Question, Quota, ReputationSetupError};

/// The providers that the configuration has keys for.
///
/// # Errors
///
/// When an address or a key is wrong, or the HTTP client can not be made.
pub fn configured(deployment: &Deployment) -> Result<Vec<Box<dyn Provider>>, ReputationSetupError> {
    with_limits(deployment, Limits::default())
}

fn with_limits(
    deployment: &Deployment,
    limits: Limits,
) -> Result<Vec<Box<dyn Provider>>, ReputationSetupError> {
    let mut providers: Vec<Box<dyn Provider>> = Vec::new();
    if !deployment.virustotal_api_key.is_empty() {
        providers.push(Box::new(VirusTotal::new(deployment, limits)?));
    }
    if !deployment.abuseipdb_api_key.is_empty() {
        providers.push(Box::new(AbuseIpDb::new(deployment, limits)?));
    }
    Ok(providers)
}

fn client(name: &str, url: &str, limits: Limits) -> Result<Client, ReputationSetupError> {
    let base = http::address(url).map_err(|reason| wrong(name, reason))?;
    Client::new(base, limits).map_err(ReputationSetupError::Client)
}

fn key(name: &str, key: &Secret) -> Result<HeaderValue, ReputationSetupError> {
    http::key_header(key).map_err(|reason| wrong(name, reason))
}

fn wrong(key: &str, reason: &str) -> ReputationSetupError {
    ReputationSetupError::Key { key: key.to_owned(), reason: reason.to_owned() }
}

fn quota(per_minute: u64, per_day: u64) -> Quota {
    let number = |number| NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX));
    Quota { per_minute: number(per_minute), per_day: number(per_day) }
}

/// The one question of a request.
fn only(questions: &[Question]) -> Result<&Question, ProviderError> {
    match questions {
        [question] => Ok(question),
        _ => Err(ProviderError::Invalid("only one question at a time can be asked".into())),
    }
}

/// What a provider holds against an indicator; a clean tier is nothing.
fn known(provider: &str, tier: RiskTier, detail: String) -> Answer {
    let verdict = || ProviderVerdict { provider: provider.to_owned(), tier, detail };
    let verdicts = (tier != RiskTier::Clean).then(verdict).into_iter().collect();
    Answer::Known { verdicts, lasts: None }
}

/// The JSON of an answer. Its errors name a place, not the text there.
fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, ProviderError> {
    let body = reply.body.as_ref().map_err(|error| ProviderError::from(error.clone()))?;
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_eof() { "JSON cut short" } else { "not the JSON that is expected" };
        ProviderError::Invalid(format!("{what}, at line {line}, column {column}"))
    })
}

/// What a status means that is no answer, whoever gives it.
fn refusal(status: u16, url_key: &str) -> ProviderError {
    match status {
        300..=399 => ProviderError::Invalid(format!(
            "redirects elsewhere ({status}), which is not followed: check {url_key}"
        )),
        408 | 500.. => ProviderError::Unavailable(format!("status {status}")),
        _ => ProviderError::Invalid(format!("status {status}")),
    }
}

impl From<HttpError> for ProviderError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooLong(_) => Self::Invalid(error.to_string()),
            HttpError::TimedOut(_) | HttpError::Failed(_) => Self::Unavailable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
