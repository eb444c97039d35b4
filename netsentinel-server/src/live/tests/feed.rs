//! What clients are told.

use std::collections::BTreeMap;

use netsentinel_core::Severity;
use netsentinel_core::alert::Endpoint;
use proptest::prelude::*;
use serde_json::json;

use super::{Follower, push_summaries, server, stored};
use crate::api::testing::{Server, alert};
use crate::store::{NewSuppression, Selection, StoredAlert, SuppressionRule, Triage};

#[tokio::test]
async fn all_clients_hear_of_an_alert_in_the_same_words() {
    let server = server(64).await;
    let (mut one, mut two) = (Follower::new(&server).await, Follower::new(&server).await);
    server.add(vec![alert(1), alert(2)]).await;
    for revision in 1..=2 {
        let heard = one.next_of("alert").await;
        assert_eq!(heard, two.next_of("alert").await);
        assert_eq!(heard["new"], true);
        assert_eq!(heard["alert"]["revision"], revision);
        assert_eq!(heard["alert"], server.get(&format!("/api/alerts/{revision}")).await.good());
    }
    let mut update = alert(1);
    update.update = 1;
    update.count = 99;
    update.severity = Severity::Critical;
    let verdicts = json!([{ "provider": "drop", "tier": "HIGH", "detail": "listed" }]);
    let note = json!({
        "indicator": "10.0.0.1", "tier": "HIGH", "detail": "listed", "verdicts": verdicts,
    });
    update.reputation = serde_json::from_value(note).unwrap();
    server.add(vec![update]).await;
    let heard = one.next_of("alert").await;
    let told = &heard["alert"]["alert"];
    assert_eq!((&heard["new"], &told["count"]), (&json!(false), &json!(99)));
    assert_eq!(
        (&told["severity"], &told["reputation"]["verdicts"]),
        (&json!("CRITICAL"), &verdicts)
    );
}

#[tokio::test]
async fn summaries_come_when_they_change() {
    let server = server(64).await;
    push_summaries(&server);
    let mut follower = Follower::new(&server).await;
    let mut first = BTreeMap::new();
    while first.len() < 3 {
        let message = follower.next().await;
        first.insert(String::from(message["type"].as_str().unwrap()), message);
    }
    assert_eq!(first["stats"]["stats"]["revision"], 0);
    assert_eq!(first["timeline"]["minutes"].as_array().unwrap().len(), 60);
    assert_eq!(first["agents"]["agents"], server.get("/api/agents").await.good());
    server.add(vec![alert(1)]).await;
    let stats = follower.next_of("stats").await;
    assert_eq!(stats["stats"], server.get("/api/stats").await.good());
    server.app.store.set_revoked(&server.agent, true, "ada", server.app.now()).await.unwrap();
    let agents = follower.next_of("agents").await;
    assert_eq!(agents["agents"][0]["online"], false);
}

#[tokio::test]
async fn a_client_that_fell_behind_is_told_and_catches_up() {
    let server = server(16).await;
    let mut slow = Follower::new(&server).await;
    let mut quick = Follower::new(&server).await;
    for n in 0..40 {
        server.add((1..=20).map(|i| alert(n * 20 + i)).collect()).await;
        quick.catch_up(&server, (n + 1) * 20).await;
    }
    slow.catch_up(&server, 800).await;
    assert!(slow.resyncs > 0);
    let all = stored(&server).await;
    assert_eq!(all.len(), 800);
    assert!(slow.known == all);
    assert!(quick.known == all);
}

/// What happens on the server.
#[derive(Clone, Debug)]
enum Step {
    /// Alerts come.
    Store(u8),
    /// Every second alert is acknowledged.
    Triage,
    /// A source's alerts are suppressed, those stored already too.
    Suppress(u8),
    /// One of the clients reads.
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u8..60).prop_map(Step::Store),
        1 => Just(Step::Triage),
        1 => any::<u8>().prop_map(Step::Suppress),
        1 => Just(Step::Read),
    ]
}

async fn play(steps: Vec<Step>) {
    let server = server(8).await;
    let store = &server.app.store;
    let (mut often, mut once) = (Follower::new(&server).await, Follower::new(&server).await);
    let mut stored_so_far = 0;
    for step in steps {
        match step {
            Step::Store(count) => {
                let from = stored_so_far;
                stored_so_far += u64::from(count);
                server.add((from..stored_so_far).map(alert).collect()).await;
            }
            Step::Triage => {
                let even = (1..=stored_so_far).filter(|position| position % 2 == 0).collect();
                let even = Selection::Positions(even);
                store.triage(&even, Triage::Acknowledge, "ada", server.app.now()).await.unwrap();
            }
            Step::Suppress(host) => {
                let source = format!("10.0.0.{host}").try_into().unwrap();
                let rule = SuppressionRule { source: Some(source), ..SuppressionRule::default() };
                let new = NewSuppression { rule, reason: String::new(), expires: None };
                store.suppress(new, true, "ada", server.app.now()).await.unwrap();
            }
            Step::Read => {
                let revision = add_last(&server).await;
                often.catch_up(&server, revision).await;
            }
        }
    }
    let revision = add_last(&server).await;
    often.catch_up(&server, revision).await;
    once.catch_up(&server, revision).await;
    let all = stored(&server).await;
    assert_knows(&often, &all);
    assert_knows(&once, &all);
}

/// Alerts that are suppressed when they come are not told; of all others everything is known.
fn assert_knows(follower: &Follower, all: &BTreeMap<u64, StoredAlert>) {
    for (position, stored) in all {
        let known = follower.known.get(position);
        let fits = match stored.suppressed_by {
            None => known == Some(stored),
            Some(_) => known.is_none_or(|known| known == stored),
        };
        assert!(fits, "{known:?}\n{stored:?}");
    }
}

/// Adds an alert that is not suppressed, so that there is something to wait for.
async fn add_last(server: &Server) -> u64 {
    let revision = server.app.store.revision().await.unwrap();
    let mut last = alert(revision + 10_000);
    last.source = Endpoint::ip("192.0.2.1".parse().unwrap());
    server.add(vec![last]).await;
    server.app.store.revision().await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_missed_however_slowly_a_client_reads(
        steps in proptest::collection::vec(step(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}
