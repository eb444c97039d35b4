//! Suppressions, and what a rule would do.

use http::Method;
use serde_json::json;

use crate::api::testing::{NOW, Server, alert};
use crate::store::Role;

#[tokio::test]
async fn a_rule_is_tried_added_and_taken_away() {
    let server = Server::start().await;
    server.add((1..=60).map(alert).collect()).await;
    let rule = json!({ "detector": "port_scan", "source": "10.0.0.0/27" });
    let trial = server.post("/api/suppressions/test", json!({ "rule": rule })).await.good();
    assert_eq!((&trial["tried"], &trial["matched"]), (&60.into(), &31.into()));
    assert_eq!(trial["examples"].as_array().unwrap().len(), 20);
    assert_eq!(trial["empty"], false);

    let request = json!({ "rule": rule, "reason": "our scanner", "apply_to_stored": true });
    let added = server.post("/api/suppressions", request).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let id = added.json()["id"].as_u64().unwrap();
    let left = server.get("/api/alerts?limit=500").await.good();
    assert_eq!(left["alerts"].as_array().unwrap().len(), 29);
    let listed = server.get("/api/suppressions").await.good();
    assert_eq!(listed[0]["rule"]["source"], "10.0.0.0/27");
    assert_eq!(listed[0]["author"], "ada");

    let path = format!("/api/suppressions/{id}");
    let gone = server.ask(Method::DELETE, &path, None, Role::Analyst).await;
    assert_eq!(gone.status, 204);
    let back = server.get("/api/alerts?limit=500").await.good();
    assert_eq!(back["alerts"].as_array().unwrap().len(), 60);
    server.ask(Method::DELETE, &path, None, Role::Analyst).await.refused(404);
    server.ask(Method::DELETE, "/api/suppressions/x", None, Role::Analyst).await.refused(404);
}

#[tokio::test]
async fn rules_that_would_hide_everything_or_nothing_are_refused() {
    let server = Server::start().await;
    server.add(vec![alert(1)]).await;
    let trial = server.post("/api/suppressions/test", json!({ "rule": {} })).await.good();
    assert_eq!((&trial["empty"], &trial["matched"]), (&true.into(), &1.into()));
    for wrong in [
        json!({ "rule": {} }),
        json!({ "rule": { "detectr": "port_scan" } }),
        json!({ "rule": { "source": "10.0.0.0/33" } }),
        json!({ "rule": { "source": "example.com" } }),
        json!({ "rule": { "detector": "", "source": "10.0.0.1" } }),
        json!({ "rule": { "agent": "" } }),
        json!({ "rule": { "agent": "x".repeat(1001) } }),
        json!({ "rule": { "detector": "port_scan" }, "expires": NOW }),
        json!({ "rule": { "detector": "port_scan" }, "expires": "soon" }),
        json!({ "rule": { "detector": "port_scan" }, "reason": "x".repeat(1001) }),
        json!({ "rule": { "detector": "port_scan" }, "aply_to_stored": true }),
        json!({}),
    ] {
        server.post("/api/suppressions", wrong.clone()).await.refused(400);
    }
    assert_eq!(server.get("/api/suppressions").await.good(), json!([]));
}
