//! Agents against a whole server.

use netsentinel_core::config::AgentAuth;
use netsentinel_transport::wire::{BatchAnswer, Enrolled, HeartbeatAnswer, ItemStatus, KEY_HEADER};
use serde_json::{Value, json};

use crate::listen::Patience;
use crate::store::AlertFilter;
use crate::testing::{Running, Site, TestAgent, alert, problem};

const ALERT: &str = "/api/alert";
const HEARTBEAT: &str = "/api/agent/heartbeat";

fn batch(numbers: impl IntoIterator<Item = u64>) -> Value {
    let alerts: Vec<_> = numbers.into_iter().map(alert).collect();
    json!({ "alerts": alerts })
}

async fn send(running: &Running, agent: &TestAgent, body: &Value) -> (u16, BatchAnswer) {
    let answer = running.post(agent, ALERT, body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn statuses(answer: &BatchAnswer) -> Vec<ItemStatus> {
    answer.results.iter().map(|item| item.status).collect()
}

async fn stored(running: &Running) -> Vec<netsentinel_core::Alert> {
    let page = running.server.app().store.alerts(&AlertFilter::default(), None, 500).await;
    page.unwrap().alerts.into_iter().map(|stored| stored.alert).collect()
}

#[tokio::test]
async fn an_agent_enrols_and_reports() {
    let running = Running::new().await;
    let agent = TestAgent::new();
    let before = running.post(&agent, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(problem(before).await, (401, "unknown_agent".into()));
    for _ in 0..2 {
        let enrolled: Enrolled = running.enrol(&agent).await.json().await.unwrap();
        assert_eq!(enrolled.id, agent.id);
    }
    let beat = json!({ "packets": 7, "hostname": "x".repeat(400), "of_tomorrow": [1] });
    let beat = running.post(&agent, HEARTBEAT, &beat).send().await.unwrap();
    let told: HeartbeatAnswer = beat.json().await.unwrap();
    assert!(running.server.app().now().nanos_since(told.at) < 10_000_000_000);
    let kept = running.server.app().store.agent(&agent.id).await.unwrap().unwrap();
    let kept = kept.heartbeat.unwrap();
    assert_eq!((kept.packets, kept.hostname.len()), (7, 255));
}

#[tokio::test]
async fn wrong_keys_get_nowhere() {
    let running = Running::new().await;
    let agent = TestAgent::new();
    for wrong in ["", "wrong", agent.key.expose()] {
        let request = running.client.post(running.agents("/api/agent/enrol"));
        let request = request.header(KEY_HEADER, wrong).json(&agent.enrolment());
        assert_eq!(problem(request.send().await.unwrap()).await, (401, "unauthorized".into()));
    }
    let agent = running.agent().await;
    let thief = TestAgent { id: agent.id.clone(), key: TestAgent::new().key };
    let beat = running.post(&thief, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(problem(beat).await, (401, "unauthorized".into()));
    assert_eq!(problem(running.enrol(&thief).await).await, (409, "enrolled_otherwise".into()));
    let weak =
        TestAgent { key: netsentinel_core::config::Secret::new("short"), ..TestAgent::new() };
    assert_eq!(problem(running.enrol(&weak).await).await.0, 400);
    // The shared key opens nothing but enrolment.
    let shared = TestAgent {
        id: agent.id.clone(),
        key: netsentinel_core::config::Secret::new(crate::testing::SHARED_KEY),
    };
    let beat = running.post(&shared, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(problem(beat).await, (401, "unauthorized".into()));
}

#[tokio::test]
async fn a_revoked_agent_is_not_heard_until_it_is_restored() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let app = running.server.app();
    for (revoked, status) in [(true, 403), (false, 200)] {
        app.store.set_revoked(&agent.id, revoked, "tests", app.now()).await.unwrap();
        app.gate.agents.refresh(&*app.store).await.unwrap();
        let beat = running.post(&agent, HEARTBEAT, &json!({})).send().await.unwrap();
        assert_eq!(beat.status(), status);
        let again = running.enrol(&agent).await;
        assert_eq!(again.status(), if revoked { 409 } else { 200 });
    }
    app.store.forget_agent(&agent.id, "tests", app.now()).await.unwrap();
    app.gate.agents.refresh_one(&agent.id, &*app.store).await.unwrap();
    let beat = running.post(&agent, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(problem(beat).await, (401, "unknown_agent".into()));
}

#[tokio::test]
async fn there_are_never_more_agents_than_may_be() {
    let running = Running::with(json!({ "agents_max": 2 })).await;
    running.agent().await;
    running.agent().await;
    let third = running.enrol(&TestAgent::new()).await;
    assert_eq!(third.headers()["retry-after"], "60");
    assert_eq!(problem(third).await, (503, "agents_full".into()));
}

#[tokio::test]
async fn each_alert_is_judged_by_itself() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let mut items = batch(0..12)["alerts"].clone();
    let set = |items: &mut Value, at: usize, field: &str, value: Value| items[at][field] = value;
    set(&mut items, 1, "v", json!(2));
    set(&mut items, 2, "severity", json!("AWFUL"));
    set(&mut items, 3, "detector", json!("Port Scan"));
    set(&mut items, 4, "id", json!("../../etc"));
    items[5] = json!("no object");
    set(&mut items, 6, "rule", json!("r".repeat(65)));
    items[7].as_object_mut().unwrap().remove("message");
    items[8] = items[0].clone();
    set(&mut items, 9, "of_tomorrow", json!({ "deep": [[[[]]]] }));
    set(&mut items, 10, "timestamp", json!("2200-01-01T00:00:00Z"));
    let (status, answer) = send(&running, &agent, &json!({ "alerts": items, "more": 1 })).await;
    assert_eq!(status, 200);
    use ItemStatus::{Accepted, Duplicate, Rejected};
    let mut expected = vec![Rejected; 12];
    for at in [0, 9, 10, 11] {
        expected[at] = Accepted;
    }
    expected[8] = Duplicate;
    assert_eq!(statuses(&answer), expected, "{answer:?}");
    let reason = |at: usize| answer.results[at].reason.clone().unwrap_or_default();
    assert!(reason(1).starts_with("v: "), "{}", reason(1));
    assert!(reason(2).contains("AWFUL"), "{}", reason(2));
    assert!(reason(3).starts_with("detector: "), "{}", reason(3));
    assert!(reason(7).contains("message"), "{}", reason(7));
    assert_eq!(answer.results[1].id, Some(alert(1).id.to_string()));
    assert_eq!(answer.results[5].id, None);
    let kept = stored(&running).await;
    assert_eq!(kept.len(), 4);
    assert!(kept.iter().all(|alert| alert.agent.id == agent.id.as_str()));
    assert!(running.counted("netsentinel_alerts_from_the_future_total 1"));
    assert!(running.counted("netsentinel_alerts_total{outcome=\"rejected\"} 7"));
}

#[tokio::test]
async fn an_alert_may_come_alone_and_again_and_grow() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let mut one = serde_json::to_value(alert(1)).unwrap();
    assert_eq!(statuses(&send(&running, &agent, &one).await.1), [ItemStatus::Accepted]);
    assert_eq!(statuses(&send(&running, &agent, &one).await.1), [ItemStatus::Duplicate]);
    one["update"] = json!(1);
    one["count"] = json!(99);
    let (_, answer) = send(&running, &agent, &one).await;
    assert_eq!(statuses(&answer), [ItemStatus::Accepted]);
    assert_eq!(answer.results[0].update, Some(1));
    assert_eq!(stored(&running).await.first().unwrap().count, 99);
    assert!(send(&running, &agent, &json!({ "alerts": [] })).await.1.results.is_empty());
}

/// An agent raises an alert, a verdict comes and makes it worse, and at last the total is told.
#[tokio::test]
async fn a_verdict_that_comes_later_is_told_whole() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let mut one = serde_json::to_value(alert(1)).unwrap();
    send(&running, &agent, &one).await;
    one["update"] = json!(1);
    one["severity"] = json!("CRITICAL");
    let verdicts: Vec<Value> = (0..18)
        .map(|n| json!({ "provider": format!("list-{n}"), "tier": "HIGH", "detail": "listed" }))
        .collect();
    one["reputation"] = json!({
        "indicator": "192.0.2.7", "tier": "CRITICAL", "detail": "11 malicious", "verdicts": verdicts,
    });
    one["message"] = json!("15 ports in 10 s [VT:CRITICAL — 11 malicious]");
    assert_eq!(statuses(&send(&running, &agent, &one).await.1), [ItemStatus::Accepted]);
    let kept = serde_json::to_value(stored(&running).await.pop().unwrap()).unwrap();
    for field in ["reputation", "severity", "base_severity", "message", "update"] {
        assert_eq!(kept[field], one[field], "{field}");
    }
    one["update"] = json!(2);
    one["count"] = json!(99);
    assert_eq!(statuses(&send(&running, &agent, &one).await.1), [ItemStatus::Accepted]);
    let stats = running.server.app().store.stats().await.unwrap();
    assert_eq!((stats.alerts.critical, stats.alerts.total()), (1, 1));
    assert!(!running.counted("netsentinel_alerts_truncated_total 1"));
}

#[tokio::test]
async fn what_is_too_long_is_cut() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let mut one = serde_json::to_value(alert(1)).unwrap();
    let long = "ä".repeat(5_000);
    for field in ["message", "category", "interface"] {
        one[field] = json!(long);
    }
    one["agent"]["hostname"] = json!(long);
    let verdict = json!({ "provider": long, "tier": "HIGH", "detail": long });
    one["reputation"] = json!({
        "indicator": long, "tier": "HIGH", "detail": long, "verdicts": vec![verdict; 30],
    });
    let technique = json!({ "technique": "T1046", "name": long, "tactic": "discovery" });
    one["attack"] = json!(vec![technique; 20]);
    let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
    one["evidence"] = json!({ "deep": deep });
    assert_eq!(statuses(&send(&running, &agent, &one).await.1), [ItemStatus::Accepted]);
    let kept = stored(&running).await.pop().unwrap();
    assert_eq!((kept.message.len(), kept.category.len()), (2048, 64));
    assert_eq!(kept.agent.hostname.len(), 254);
    assert_eq!((kept.attack.len(), kept.attack[0].name.len()), (8, 128));
    let note = kept.reputation.unwrap();
    assert_eq!((note.detail.unwrap().len(), note.verdicts.len()), (512, 24));
    assert_eq!((note.verdicts[23].provider.len(), note.verdicts[23].detail.len()), (64, 512));
    assert_eq!(Value::Object(kept.evidence), json!({ "truncated": true }));
    assert!(running.counted("netsentinel_alerts_truncated_total 1"));
}

#[tokio::test]
async fn what_is_too_much_is_deferred_and_can_come_later() {
    let running = Running::with(json!({ "alerts_max": 3, "alerts_window": 3600 })).await;
    let agent = running.agent().await;
    let answer = running.post(&agent, ALERT, &batch(0..5)).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3600..=3636).contains(&wait), "{wait}");
    let answer: BatchAnswer = answer.json().await.unwrap();
    use ItemStatus::{Accepted, Deferred};
    assert_eq!(statuses(&answer), [Accepted, Accepted, Accepted, Deferred, Deferred]);
    assert_eq!(answer.results[4].id, Some(alert(4).id.to_string()));
    assert_eq!(stored(&running).await.len(), 3);
    let (status, answer) = send(&running, &agent, &json!(alert(5))).await;
    assert_eq!((status, statuses(&answer)), (429, vec![Deferred]));
    let other = running.agent().await;
    assert_eq!(send(&running, &other, &json!(alert(6))).await.0, 200);
    let mut deployment = running.site.deployment();
    deployment.server.alerts_max = serde_json::from_str("100").unwrap();
    running.server.reload(&deployment).await.unwrap();
    assert_eq!(send(&running, &agent, &batch(3..5)).await.0, 200);
    assert_eq!(stored(&running).await.len(), 6);
}

#[tokio::test]
async fn a_batch_has_its_limit() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let many = json!({ "alerts": vec![Value::Null; 501] });
    let answer = running.post(&agent, ALERT, &many).send().await.unwrap();
    assert_eq!(problem(answer).await, (413, "too_large".into()));
}

#[tokio::test]
async fn nothing_is_acknowledged_that_is_not_stored() {
    let running = Running::with(json!({ "alerts_max": 3 })).await;
    let agent = running.agent().await;
    let database = running.site.path("data/netsentinel.db");
    let database = rusqlite::Connection::open(database).unwrap();
    database.execute_batch("ALTER TABLE alerts RENAME TO elsewhere").unwrap();
    let answer = running.post(&agent, ALERT, &batch(0..3)).send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(problem(answer).await.0, 503);
    assert!(running.counted("netsentinel_store_failures_total 1"));
    let ready = running.client.get(running.agents("/readyz")).send().await.unwrap();
    assert_eq!(problem(ready).await, (503, "not_ready".into()));
    database.execute_batch("ALTER TABLE elsewhere RENAME TO alerts").unwrap();
    let (status, answer) = send(&running, &agent, &batch(0..3)).await;
    assert_eq!((status, statuses(&answer)), (200, vec![ItemStatus::Accepted; 3]));
}

#[tokio::test]
async fn with_mtls_the_certificate_counts_too() {
    let site = Site::new();
    let mut deployment = site.deployment();
    deployment.agent_auth = AgentAuth::Mtls;
    let mut running = site.start(deployment, Patience::default()).await;
    let health = running.client.get(running.agents("/healthz")).send().await;
    assert!(health.is_err(), "without a certificate there is no connection");
    running.client = running.site.client(Some("one"));
    let agent = running.agent().await;
    let beat = running.post(&agent, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(beat.status(), 200);
    running.client = running.site.client(Some("two"));
    let beat = running.post(&agent, HEARTBEAT, &json!({})).send().await.unwrap();
    assert_eq!(problem(beat).await, (403, "forbidden".into()));
    assert_eq!(problem(running.enrol(&agent).await).await.0, 409);
    // People need none.
    running.client = running.site.client(None);
    let health = running.client.get(running.gui("/healthz")).send().await.unwrap();
    assert_eq!(health.status(), 200);
}
