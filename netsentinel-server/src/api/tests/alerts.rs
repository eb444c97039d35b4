//! Lists, changes, triage and comments.

use serde_json::{Value, json};

use crate::api::testing::{Server, alert};

fn positions(list: &Value) -> Vec<u64> {
    let alerts = list["alerts"].as_array().unwrap();
    alerts.iter().map(|alert| alert["position"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let server = Server::start().await;
    server.add((1..=25).map(alert).collect()).await;
    let mut seen = Vec::new();
    let mut path = String::from("/api/alerts?limit=10");
    loop {
        let page = server.get(&path).await.good();
        assert_eq!(page["revision"], 25);
        seen.extend(positions(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/alerts?limit=10&cursor={next}");
    }
    assert_eq!(seen, (1..=25).collect::<Vec<_>>(), "the newest first");
}

#[tokio::test]
async fn every_filter_counts() {
    let server = Server::start().await;
    server.add((1..=40).map(alert).collect()).await;
    let count = async |query: &str| {
        positions(&server.get(&format!("/api/alerts?{query}")).await.good()).len()
    };
    assert_eq!(count("").await, 40);
    assert_eq!(count("since=10s").await, 10);
    assert_eq!(count("until=10s").await, 30);
    assert_eq!(count("severity=high,critical").await, 20);
    assert_eq!(count("severity=high&severity=LOW&since=20s").await, 10);
    assert_eq!(count("detector=port_scan").await, 40);
    assert_eq!(count("detector=syn_flood").await, 0);
    assert_eq!(count("source=10.0.0.7").await, 1);
    assert_eq!(count("target=198.51.100.9").await, 40);
    assert_eq!(count("agent=07070707070707070707070707070707").await, 40);
    assert_eq!(count("q=SENSOR-1&limit=500").await, 40);
    assert_eq!(count("q=10.0.0.12").await, 1);
    assert_eq!(count("acknowledged=true").await, 0);
    assert_eq!(count("archived=true").await, 0);
    assert_eq!(count("suppressed=true").await, 40);
}

#[tokio::test]
async fn hostile_parameters_are_refused_or_mean_nothing() {
    let server = Server::start().await;
    server.add(vec![alert(1)]).await;
    for (query, told) in [
        ("cursor=AAAA", "cursor"),
        ("limit=0", "from 1 to 500"),
        ("limit=99999999999999999999999", "from 1 to 500"),
        ("since=yesterday", "since=yesterday"),
        ("since=2026-13-45T00:00:00Z", "since="),
        ("severity=worst", "severity=worst"),
        ("archived=maybe", "archived=maybe"),
        ("sevrity=low", "sevrity: no such parameter; there are since, until, severity"),
        ("limit=1&limit=2", "give it once"),
    ] {
        let message = server.get(&format!("/api/alerts?{query}")).await.refused(400);
        assert!(message.contains(told), "{query}: {message}");
    }
    let long = format!("/api/alerts?q={}", "a".repeat(2000));
    server.get(&long).await.refused(400);
    let many = format!("/api/alerts?detector={}", "a,".repeat(200));
    server.get(&many).await.refused(400);
    for text in
        ["%27%20OR%201=1--", "%25", "_", "%00", "%5C", "%22%3B%20DROP%20TABLE%20alerts", "%FF"]
    {
        let list = server.get(&format!("/api/alerts?q={text}")).await.good();
        assert!(positions(&list).is_empty(), "{text}");
    }
    assert_eq!(positions(&server.get("/api/alerts?q=probed").await.good()), [1]);
    for path in
        ["/api/alerts/x", "/api/alerts/-1", "/api/alerts/2", "/api/alerts/18446744073709551615"]
    {
        server.get(path).await.refused(404);
        server.get(&format!("{path}/comments")).await.refused(404);
    }
}

#[tokio::test]
async fn markup_stays_text() {
    let server = Server::start().await;
    let message = "<script>alert(1)</script>\u{2028}\" onload=\"x";
    let mut hostile = alert(1);
    hostile.message = message.into();
    server.add(vec![hostile]).await;
    let reply = server.get("/api/alerts/1").await;
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.good()["alert"]["message"], message);
}

#[tokio::test]
async fn changes_come_in_order_and_tell_whether_there_are_more() {
    let server = Server::start().await;
    server.add((1..=5).map(alert).collect()).await;
    let triage = json!({ "selection": { "positions": [2] }, "triage": "acknowledge" });
    let done = server.post("/api/alerts/triage", triage).await.good();
    assert_eq!(done["changed"], 1);
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let path = format!("/api/alerts/changes?after={after}&limit=2");
        let changes = server.get(&path).await.good();
        seen.extend(positions(&changes));
        after = changes["revision"].as_u64().unwrap();
        if changes["more"] == false {
            break;
        }
    }
    assert_eq!(seen, [1, 3, 4, 5, 2]);
    let none = server.get(&format!("/api/alerts/changes?after={after}")).await.good();
    assert_eq!(none, json!({ "alerts": [], "revision": after, "more": false }));
    let far = server.get("/api/alerts/changes?after=18446744073709551615").await.good();
    assert_eq!(far["revision"], after);
    server.get("/api/alerts/changes").await.refused(400);
    server.get("/api/alerts/changes?after=-1").await.refused(400);
}

#[tokio::test]
async fn triage_takes_what_the_person_has_seen_and_nothing_else() {
    let server = Server::start().await;
    server.add((1..=8).map(alert).collect()).await;
    let matching = json!({
        "selection": { "matching": { "filter": { "severity": ["LOW"] }, "up_to": 4 } },
        "triage": "archive",
    });
    assert_eq!(server.post("/api/alerts/triage", matching).await.good()["changed"], 1);
    assert_eq!(positions(&server.get("/api/alerts?archived=true").await.good()), [4]);
    for wrong in [
        json!({ "selection": { "matching": { "filter": { "sevrity": ["LOW"] }, "up_to": 4 } }, "triage": "archive" }),
        json!({ "selection": { "positions": [1] }, "triage": "delete" }),
        json!({ "selection": { "positions": [-1] }, "triage": "archive" }),
        json!({ "selection": { "positions": vec![1; 5_001] }, "triage": "archive" }),
        json!({ "selection": { "positions": [1] }, "triage": "archive", "force": true }),
        json!([]),
    ] {
        server.post("/api/alerts/triage", wrong).await.refused(400);
    }
}

#[tokio::test]
async fn comments_are_kept_and_bounded() {
    let server = Server::start().await;
    server.add(vec![alert(1)]).await;
    let path = "/api/alerts/1/comments";
    let text = "ours: the <b>Nessus</b> box\nsee #7";
    let added = server.post(path, json!({ "text": text })).await;
    assert_eq!(added.status, 201);
    assert_eq!(added.json()["author"], "ada");
    assert_eq!(server.get(path).await.good()[0]["text"], text);
    assert_eq!(server.get("/api/alerts/1").await.good()["comments"], 1);
    server.post(path, json!({ "text": "  " })).await.refused(400);
    server.post(path, json!({ "text": "ü".repeat(4097) })).await.refused(400);
    assert_eq!(server.post(path, json!({ "text": "ü".repeat(4096) })).await.status, 201);
    server.post("/api/alerts/2/comments", json!({ "text": "x" })).await.refused(404);
}

#[tokio::test]
async fn bodies_must_be_json_and_of_a_fair_size() {
    use http::Method;

    use crate::store::Role;

    let server = Server::start().await;
    let ask = async |body: String| {
        server.ask(Method::POST, "/api/alerts/triage", Some(body), Role::Analyst).await
    };
    ask("{".into()).await.refused(400);
    ask("[".repeat(60_000)).await.refused(400);
    ask(" ".repeat(300_000)).await.refused(413);
    let plain = http::Request::post("/api/alerts/triage")
        .header("content-type", "text/plain")
        .extension(crate::api::testing::person(Role::Analyst))
        .body(String::from("{}"));
    server.send(plain.unwrap()).await.refused(415);
}
