//! Agents and summaries.

use std::time::Duration;

use http::Method;
use netsentinel_transport::wire::Heartbeat;

use crate::api::testing::{NOW, Server, alert};
use crate::store::Role;

#[tokio::test]
async fn an_agent_is_online_until_it_falls_silent_or_is_revoked() {
    let server = Server::start().await;
    let path = format!("/api/agents/{}", server.agent);
    let first = server.get(&path).await.good();
    assert_eq!(first["online"], true);
    assert_eq!(first["heartbeat"], serde_json::Value::Null);
    assert!(!first.to_string().contains("key"), "{first}");

    let store = &server.app.store;
    let heard = |seconds: i64| {
        netsentinel_core::Timestamp::from_nanos(NOW.as_nanos() - seconds * 1_000_000_000)
    };
    let heartbeat = Heartbeat { packets: 12, at: NOW, ..Heartbeat::default() };
    let after = NOW.after(Duration::from_secs(1));
    store.heartbeat(&server.agent, heartbeat, "192.0.2.8", after).await.unwrap();
    let second = server.get("/api/agents").await.good();
    assert_eq!(second[0]["online"], true);
    assert_eq!(second[0]["heartbeat"]["packets"], 12);

    let old = crate::store::AgentRecord {
        last_seen: heard(91),
        ..store.agent(&server.agent).await.unwrap().unwrap()
    };
    assert!(!crate::api::agents::AgentView::new(old.clone(), &server.app).online);
    let edge = crate::store::AgentRecord { last_seen: heard(90), ..old };
    assert!(crate::api::agents::AgentView::new(edge, &server.app).online);

    let post = async |action: &str| {
        server.ask(Method::POST, &format!("{path}/{action}"), None, Role::Admin).await.good()
    };
    let revoked = post("revoke").await;
    assert_eq!((&revoked["revoked"], &revoked["online"]), (&true.into(), &false.into()));
    let restored = post("restore").await;
    assert_eq!((&restored["revoked"], &restored["online"]), (&false.into(), &true.into()));
    let gone = server.ask(Method::DELETE, &path, None, Role::Admin).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    server.get(&path).await.refused(404);
    server.ask(Method::DELETE, &path, None, Role::Admin).await.refused(404);
}

#[tokio::test]
async fn what_is_no_id_is_no_agent() {
    let server = Server::start().await;
    for id in [
        "x",
        "..",
        "%2e%2e",
        "07070707070707070707070707070708",
        "0707070707070707070707070707070G",
    ] {
        server.get(&format!("/api/agents/{id}")).await.refused(404);
        let path = format!("/api/agents/{id}/revoke");
        server.ask(Method::POST, &path, None, Role::Admin).await.refused(404);
    }
}

#[tokio::test]
async fn summaries_count_what_is_there() {
    let server = Server::start().await;
    server.add((0..120).map(alert).collect()).await;
    let stats = server.get("/api/stats").await.good();
    assert_eq!(stats["alerts"]["critical"], 30);
    assert_eq!(stats["revision"], 120);
    let timeline = server.get("/api/timeline?minutes=3").await.good();
    let minutes = timeline.as_array().unwrap();
    assert_eq!(minutes.len(), 3);
    let total: u64 = minutes.iter().map(|minute| minute["alerts"]["low"].as_u64().unwrap()).sum();
    assert_eq!(total, 30);
    assert_eq!(server.get("/api/timeline").await.good().as_array().unwrap().len(), 60);
    assert_eq!(server.get("/api/sources").await.good().as_array().unwrap().len(), 10);
    assert_eq!(
        server.get("/api/sources?limit=100&since=1h").await.good().as_array().unwrap().len(),
        100
    );
    let categories = server.get("/api/categories").await.good();
    assert_eq!(categories[0]["category"], "Port Scan");
    server.get("/api/timeline?minutes=0").await.refused(400);
    server.get("/api/timeline?minutes=1441").await.refused(400);
    server.get("/api/sources?limit=1001").await.refused(400);
    server.get("/api/stats?x=1").await.refused(400);
}
