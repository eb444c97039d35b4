//! Agents and people against a whole server, with a provider of our own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use netsentinel_core::config::Secret;
use netsentinel_core::{ProviderVerdict, RiskTier, Site as Networks};
use netsentinel_transport::wire::{IndicatorState, ReputationAnswer};
use netsentinel_vt::{Answer, Provider, ProviderError, Question, Quota, Status};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::listen::Patience;
use crate::server::ServerSetup;
use crate::store::Role;
use crate::testing::{Running, Site, TestAgent, problem};

/// What the provider holds something against.
const BAD: &str = "1.2.3.4";

/// Answers once it may.
#[derive(Clone)]
struct Fake {
    may: Arc<Semaphore>,
    asked: Arc<Mutex<Vec<Question>>>,
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn takes(&self, _: netsentinel_core::Indicator<'_>) -> bool {
        true
    }

    fn quota(&self) -> Quota {
        Quota::default()
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
        let _permit = self.may.acquire().await.unwrap();
        self.asked.lock().unwrap().extend_from_slice(questions);
        let answer = |question: &Question| match question.indicator.to_string().as_str() {
            BAD => Answer::Known { verdicts: vec![verdict()], lasts: None },
            _ => Answer::Unknown,
        };
        Ok(questions.iter().map(answer).collect())
    }
}

fn verdict() -> ProviderVerdict {
    let (provider, detail) = ("fake".into(), "5 malicious".into());
    ProviderVerdict { provider, tier: RiskTier::High, detail }
}

/// A server that asks the fake.
struct Asking {
    running: Running,
    fake: Fake,
}

impl Asking {
    async fn new() -> Self {
        let fake = Fake { may: Arc::new(Semaphore::new(0)), asked: Arc::default() };
        let site = Site::new();
        let networks = Networks::new(vec!["9.9.0.0/16".parse().unwrap()]);
        let mut setup = ServerSetup::new(site.deployment(), networks);
        setup.providers = Some(vec![Box::new(fake.clone())]);
        Self { running: site.start(setup, Patience::default()).await, fake }
    }

    fn agent_asks(&self, agent: &TestAgent, query: &str) -> RequestBuilder {
        let url = self.running.agents(&format!("/api/reputation?{query}"));
        agent.sign(self.running.client.get(url))
    }

    async fn person_asks(&self, token: &str, path: &str) -> Response {
        let request = self.running.client.get(self.running.gui(path));
        request.bearer_auth(token).send().await.unwrap()
    }

    /// Asks until everything is known.
    async fn known(&self, agent: &TestAgent, query: &str) -> ReputationAnswer {
        let all = async {
            loop {
                let answer = self.agent_asks(agent, query).send().await.unwrap();
                if answer.status() == 200 {
                    let answer: ReputationAnswer = answer.json().await.unwrap();
                    let pending = |state| state == IndicatorState::Pending;
                    if !answer.indicators.iter().any(|one| pending(one.state)) {
                        return answer;
                    }
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), all).await.unwrap()
    }
}

async fn states(response: Response) -> Vec<IndicatorState> {
    if response.status() != 200 {
        panic!("{}", response.text().await.unwrap());
    }
    let answer: ReputationAnswer = response.json().await.unwrap();
    answer.indicators.iter().map(|one| one.state).collect()
}

#[tokio::test]
async fn an_agent_is_told_what_is_known_once_it_is() {
    let asking = Asking::new().await;
    let agent = asking.running.agent().await;
    let query = "indicator=1.2.3.4,87&indicator=10.0.0.1,100&indicator=9.9.9.9&indicator=5.6.7.8";
    let first = asking.agent_asks(&agent, query).send().await.unwrap();
    use IndicatorState::{Known, NotAsked, Pending};
    assert_eq!(states(first).await, [Pending, NotAsked, NotAsked, Pending]);
    asking.fake.may.add_permits(10);
    let answer = asking.known(&agent, query).await;
    let told: Vec<_> = answer.indicators.iter().map(|one| (one.state, one.tier)).collect();
    let (high, clean) = (RiskTier::High, RiskTier::Clean);
    assert_eq!(told, [(Known, high), (NotAsked, clean), (NotAsked, clean), (Known, clean)]);
    assert_eq!(answer.indicators[0].verdicts, [verdict()]);
    let lasts: Vec<u64> = answer.indicators.iter().map(|one| one.lasts_s).collect();
    assert!((604_000..=604_800).contains(&lasts[0]), "{lasts:?}");
    assert!((86_000..=86_400).contains(&lasts[3]) && lasts[1] > 0, "{lasts:?}");
    let mut asked = asking.fake.asked.lock().unwrap().clone();
    asked.sort_by_key(|question| question.suspicion);
    let asked: Vec<_> =
        asked.iter().map(|one| (one.indicator.to_string(), one.suspicion.percent())).collect();
    assert_eq!(asked, [("5.6.7.8".into(), 0), (BAD.into(), 87)]);
}

#[tokio::test]
async fn viewers_look_and_analysts_ask() {
    let asking = Asking::new().await;
    let viewer = asking.running.token(Role::Viewer).await;
    let analyst = asking.running.token(Role::Analyst).await;
    let path = "/api/reputation?indicator=1.2.3.4";
    use IndicatorState::{Known, NotAsked, Pending};
    assert_eq!(states(asking.person_asks(&viewer, path).await).await, [NotAsked]);
    assert_eq!(states(asking.person_asks(&analyst, path).await).await, [Pending]);
    assert_eq!(states(asking.person_asks(&viewer, path).await).await, [Pending]);
    asking.fake.may.add_permits(10);
    let known = async {
        while states(asking.person_asks(&viewer, path).await).await != [Known] {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
    let asked = asking.fake.asked.lock().unwrap().clone();
    assert_eq!(asked.iter().map(|one| one.suspicion.percent()).collect::<Vec<_>>(), [100]);
}

#[tokio::test]
async fn each_door_has_its_callers() {
    let asking = Asking::new().await;
    let agent = asking.running.agent().await;
    let token = asking.running.token(Role::Admin).await;
    let (client, query) = (&asking.running.client, "?indicator=1.2.3.4");
    for request in [
        client.get(asking.running.gui(&format!("/api/reputation{query}"))),
        agent.sign(client.get(asking.running.gui(&format!("/api/reputation{query}")))),
        client.get(asking.running.agents(&format!("/api/reputation{query}"))).bearer_auth(&token),
        client.get(asking.running.gui("/api/reputation/status")),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    for path in ["/api/reputation/status", "/api/reputation/flush"] {
        let request = agent.sign(client.get(asking.running.agents(path)));
        assert!(request.send().await.unwrap().status().is_client_error(), "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told() {
    let asking = Asking::new().await;
    let agent = asking.running.agent().await;
    let many = ["indicator=1.2.3.4"; 25].join("&");
    for (query, told) in [
        ("", "given 0 times"),
        (&*many, "given 25 times, where 1 to 24"),
        ("indicator=a%20b", "indicator=a b: neither"),
        ("indicator=a.example,500", "from 0 to 100"),
        ("indicator=1.2.3.4&indicators=5", "indicators: no such parameter"),
    ] {
        let refused = asking.agent_asks(&agent, query).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{query}");
        let problem: Value = refused.json().await.unwrap();
        assert!(problem["message"].as_str().unwrap().contains(told), "{problem}");
    }
    assert!(asking.fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nobody_asks_too_often() {
    let asking = Asking::new().await;
    let (agent, other) = (asking.running.agent().await, asking.running.agent().await);
    let ask = |agent| asking.agent_asks(agent, "indicator=10.0.0.1").send();
    let mut asked = 0;
    let refused = loop {
        let answer = ask(&agent).await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        asked += 1;
        assert!(asked < 200, "never refused");
    };
    assert!(asked >= 20, "{asked}");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(problem(refused).await, (429, "too_many_look_ups".into()));
    assert_eq!(ask(&other).await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_administrator_makes_it_forget() {
    let asking = Asking::new().await;
    asking.fake.may.add_permits(10);
    let agent = asking.running.agent().await;
    asking.known(&agent, "indicator=1.2.3.4").await;
    let tokens =
        (asking.running.token(Role::Viewer).await, asking.running.token(Role::Admin).await);
    let status: Status =
        asking.person_asks(&tokens.0, "/api/reputation/status").await.json().await.unwrap();
    assert_eq!((status.cached, status.providers[0].name.as_str()), (1, "fake"));
    let metrics = asking.person_asks(&tokens.0, "/metrics").await.text().await.unwrap();
    for line in [
        "netsentinel_reputation_cached 1",
        "netsentinel_reputation_requests_total{provider=\"fake\"} 1",
        "netsentinel_reputation_health{provider=\"fake\",state=\"ok\"} 1",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} is not in\n{metrics}");
    }
    let url = asking.running.gui("/api/reputation/flush");
    let flush = |token: &str| asking.running.client.post(&url).bearer_auth(token).send();
    assert_eq!(flush(&tokens.0).await.unwrap().status(), 403);
    assert_eq!(flush(&tokens.1).await.unwrap().status(), 204);
    let app = asking.running.server.app();
    assert_eq!(app.reputation.status().cached, 0);
    let audit = app.store.audit(None, 1).await.unwrap();
    assert_eq!((&*audit[0].action, &*audit[0].actor), ("reputation.flush", "token:tests"));
    asking.running.server.stop().await;
}

#[tokio::test]
async fn without_keys_and_lists_nothing_is_made() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let url = running.agents("/api/reputation?indicator=1.2.3.4,100");
    let answer = agent.sign(running.client.get(url)).send().await.unwrap();
    assert_eq!(states(answer).await, [IndicatorState::NotAsked]);
    let folder = running.site.path("data/reputation");
    assert!(!folder.exists());
    assert_eq!(running.server.app().reputation.status(), Status::default());

    // What is wrong changes nothing, neither here nor elsewhere.
    let mut deployment = running.site.deployment();
    deployment.virustotal_api_key = Secret::new("0123456789abcdef");
    let mut wrong = deployment.clone();
    wrong.reputation.virustotal_url = "ftp://127.0.0.1".into();
    wrong.server.offline_after = serde_json::from_value(json!(7)).unwrap();
    let error = running.server.reload(&wrong).await.unwrap_err().to_string();
    assert!(error.contains("virustotal_url") && !error.contains("0123456789"), "{error}");
    assert_ne!(running.server.app().settings().offline_after.get(), 7);
    assert!(running.server.app().reputation.status().providers.is_empty());

    running.server.reload(&deployment).await.unwrap();
    let status = running.server.app().reputation.status();
    assert_eq!(status.providers[0].name, "virustotal");
    deployment.virustotal_api_key = Secret::default();
    running.server.reload(&deployment).await.unwrap();
    assert!(running.server.app().reputation.status().providers.is_empty());
    running.server.stop().await;
    assert!(folder.exists());
}
