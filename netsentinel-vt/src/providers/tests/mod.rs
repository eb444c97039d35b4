//! Both providers, asked over HTTP, against servers that speak as they do.

mod abuseipdb;
mod virustotal;

use std::time::Duration;

use netsentinel_core::config::{Config, Deployment, ReputationSettings, Secret};
use netsentinel_core::{ProviderVerdict, RiskTier, Suspicion};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const KEY: &str = "5up3r-s3cr3t-k3y";
/// The only address and the only name that are asked about.
const IP: &str = "198.51.100.7";
const NAME: &str = "bad.example";

/// Short, so that nobody waits for a slow server.
const SHORT: Limits =
    Limits { connect: Duration::from_secs(5), request: Duration::from_millis(200), bytes: 4_096 };

fn long() -> Limits {
    Limits { request: Duration::from_secs(10), ..SHORT }
}

fn question(indicator: &str) -> Question {
    let Ok(indicator) = indicator.parse();
    Question { indicator, suspicion: Suspicion::REACHED }
}

/// Answers whatever is asked.
async fn server(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

fn deployment(url: &str) -> Deployment {
    Deployment {
        virustotal_api_key: Secret::new(KEY),
        abuseipdb_api_key: Secret::new(KEY),
        reputation: ReputationSettings {
            virustotal_url: url.to_owned(),
            abuseipdb_url: url.to_owned(),
            ..ReputationSettings::default()
        },
        ..Config::default().deployment
    }
}

/// Asks the provider of that name at that address. Whatever comes of it, it does not tell the key.
async fn ask_at(
    url: &str,
    name: &str,
    indicator: &str,
    limits: Limits,
) -> Result<Answer, ProviderError> {
    let providers = with_limits(&deployment(url), limits).unwrap();
    let provider = providers.iter().find(|provider| provider.name() == name).unwrap();
    let answer = provider.ask(&[question(indicator)]).await;
    assert!(!format!("{answer:?}").contains(KEY));
    answer.map(|answers| {
        assert_eq!(answers.len(), 1);
        answers.into_iter().next().unwrap()
    })
}

fn held(provider: &str, tier: RiskTier, detail: &str) -> Answer {
    let verdict = ProviderVerdict { provider: provider.into(), tier, detail: detail.into() };
    Answer::Known { verdicts: vec![verdict], lasts: None }
}

fn clean() -> Answer {
    Answer::Known { verdicts: Vec::new(), lasts: None }
}

fn busy(seconds: Option<u64>) -> Result<Answer, ProviderError> {
    Err(ProviderError::Busy { retry_after: seconds.map(Duration::from_secs) })
}

/// Where nobody listens.
async fn nowhere() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn without_keys_nobody_is_asked() {
    let mut deployment = deployment("not even an address");
    deployment.virustotal_api_key = Secret::default();
    deployment.abuseipdb_api_key = Secret::default();
    assert!(configured(&deployment).unwrap().is_empty());
}

#[test]
fn whoever_has_a_key_is_asked_with_its_quota() {
    let providers = configured(&deployment("http://127.0.0.1:1")).unwrap();
    let told: Vec<_> = providers.iter().map(|p| (p.name(), p.quota(), p.batch_max())).collect();
    let expected = [("virustotal", quota(4, 500), 1), ("abuseipdb", quota(60, 1_000), 1)];
    assert_eq!(told, expected);
    let [virustotal, abuseipdb] = &providers[..] else { panic!() };
    for (indicator, by_virustotal, by_abuseipdb) in
        [(IP, true, true), (NAME, true, false), ("a/b.example", false, false)]
    {
        let indicator = question(indicator).indicator;
        assert_eq!(virustotal.takes(indicator.borrowed()), by_virustotal);
        assert_eq!(abuseipdb.takes(indicator.borrowed()), by_abuseipdb);
    }
}

#[test]
fn addresses_and_keys_that_can_not_be_used_are_named() {
    let error = |deployment: &Deployment| configured(deployment).err().unwrap().to_string();
    let told = error(&deployment("http://virustotal.example"));
    assert!(told.contains("reputation.virustotal_url") && told.contains("plain HTTP"), "{told}");
    let mut other = deployment("http://127.0.0.1:1");
    other.reputation.abuseipdb_url = "https://user:hunter2@abuseipdb.example".into();
    let told = error(&other);
    assert!(told.contains("reputation.abuseipdb_url") && !told.contains("hunter2"), "{told}");
    other.abuseipdb_api_key = Secret::new("hunter2\r\nX-Other: 1");
    other.reputation.abuseipdb_url = "http://127.0.0.1:1".into();
    let told = error(&other);
    assert!(told.contains("abuseipdb_api_key") && !told.contains("hunter2"), "{told}");
}
