//! Exports.

use serde_json::{Value, json};

use crate::api::testing::{NOW, Server, alert};

#[tokio::test]
async fn every_format_has_every_alert() {
    let server = Server::start().await;
    server.add((1..=1100).map(alert).collect()).await;
    for (format, lines) in
        [("ndjson", 1100), ("csv", 1101), ("eve", 1100), ("cef", 1100), ("ecs", 1100)]
    {
        let reply = server.get(&format!("/api/export?format={format}")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.text.lines().count(), lines, "{format}");
        let disposition = reply.headers["content-disposition"].to_str().unwrap();
        let name = format!("netsentinel-alerts-{}.", NOW.strftime("%Y%m%dT%H%M%SZ"));
        assert!(disposition.contains(&name), "{disposition}");
    }
    let all: Vec<Value> =
        serde_json::from_str(&server.get("/api/export?format=json").await.text).unwrap();
    assert_eq!(all.len(), 1100);
    let few = server.get("/api/export?since=10s&severity=low").await;
    assert_eq!(few.text.lines().count(), 2);
}

#[tokio::test]
async fn everything_has_archived_and_suppressed_alerts_too() {
    let server = Server::start().await;
    server.add((1..=10).map(alert).collect()).await;
    let archive = json!({ "selection": { "positions": [3] }, "triage": "archive" });
    server.post("/api/alerts/triage", archive).await.good();
    let rule = json!({ "rule": { "source": "10.0.0.4" }, "apply_to_stored": true });
    assert_eq!(server.post("/api/suppressions", rule).await.status, 201);
    assert_eq!(server.get("/api/export").await.text.lines().count(), 8);
    assert_eq!(server.get("/api/export?everything=true").await.text.lines().count(), 10);
    server.get("/api/export?everything=true&archived=true").await.refused(400);
    server.get("/api/export?format=xml").await.refused(400);
    server.get("/api/export?limit=5").await.refused(400);
}

#[tokio::test]
async fn formulas_markup_and_escapes_stay_text() {
    let server = Server::start().await;
    let mut hostile = alert(1);
    hostile.message = "=cmd|' /C calc'!A0\",\r\n<img src=x>\u{9b}31m".into();
    hostile.agent.hostname = "@SUM(A1:A9)".into();
    server.add(vec![hostile]).await;
    let csv = server.get("/api/export?format=csv").await.text;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("\"'=cmd|' /C calc'!A0\"\","), "{csv}");
    assert!(csv.contains("\"'@SUM(A1:A9)\""), "{csv}");
    for format in ["ndjson", "json", "csv", "eve", "cef", "ecs"] {
        let text = server.get(&format!("/api/export?format={format}")).await.text;
        assert!(!text.contains(['\u{9b}', '\u{1b}']), "{format}: {text}");
    }
}

#[tokio::test]
async fn what_is_held_against_an_endpoint_goes_along() {
    let server = Server::start().await;
    let mut one = alert(1);
    one.message = "probed [VT:HIGH — 5 malicious]".into();
    one.reputation = serde_json::from_value(json!({
        "indicator": "10.0.0.1", "tier": "HIGH", "detail": "5 malicious",
        "verdicts": [{ "provider": "virustotal", "tier": "HIGH", "detail": "5 malicious" }],
    }))
    .unwrap();
    server.add(vec![one, alert(2)]).await;
    let csv = server.get("/api/export?format=csv&q=vt:high").await.text;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains("probed [VT:HIGH — 5 malicious],15") && csv.contains(",HIGH,"), "{csv}");
    let line = server.get("/api/export?q=5%20malicious").await.json();
    let alert = line.get("alert").unwrap_or(&line);
    assert_eq!(alert["reputation"]["verdicts"][0]["provider"], "virustotal");
}

#[tokio::test]
async fn only_so_many_run_at_once() {
    let server = Server::start().await;
    server.add((1..=2000).map(alert).collect()).await;
    let mut running = Vec::new();
    for _ in 0..8 {
        running.push(server.open("/api/export").await);
    }
    server.get("/api/export").await.refused(503);
    drop(running);
    let free = async {
        while server.get("/api/export").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), free).await.unwrap();
}
