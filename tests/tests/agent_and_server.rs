//! An agent's spool and uplink against a whole server over real TLS: whatever happens between them,
//! every alert that the spool took is stored once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod site;

use std::time::Duration;

use netsentinel_core::Alert;
use netsentinel_core::config::AgentAuth;
use serde_json::json;
use site::{Sensor, Site, Trust};

#[tokio::test]
async fn what_is_raised_is_stored_once() {
    let mut site = Site::new(&json!({}));
    let _server = site.start().await;
    let agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts = agent.alerts(1_200);
    for chunk in alerts.chunks(77) {
        agent.raise(chunk);
    }
    agent.drained().await;
    site.assert_stored(&alerts).await;
    let state = agent.state.borrow().clone();
    assert_eq!((state.accepted, state.duplicate, state.rejected), (1_200, 0, 0));
    assert!(state.connected_since.is_some() && state.failures == 0, "{state:?}");
    let known = site.agents().await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].hostname, "sensor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_and_goes_costs_nothing() {
    let mut site = Site::new(&json!({}));
    let mut server = site.start().await;
    let agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts = agent.alerts(2_000);
    for (round, chunk) in alerts.chunks(500).enumerate() {
        // A batch is on its way while the server goes.
        let before = agent.state.borrow().accepted;
        agent.raise(&chunk[..250]);
        agent.until(|state| state.accepted > before || state.failures > 0).await;
        agent.raise(&chunk[250..400]);
        if round % 2 == 0 {
            server.stop().await;
        } else {
            drop(server);
        }
        agent.raise(&chunk[400..]);
        if round == 0 {
            agent.until(|state| state.failures > 0).await;
            assert!(agent.spool.report().alerts > 0);
        }
        server = site.start().await;
    }
    agent.drained().await;
    site.assert_stored(&alerts).await;
    assert_eq!(agent.state.borrow().rejected, 0);
}

#[tokio::test]
async fn a_server_that_wants_fewer_gets_them_later() {
    let mut site = Site::new(&json!({ "alerts_max": 20, "alerts_window": 1 }));
    let _server = site.start().await;
    let agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts = agent.alerts(60);
    agent.raise(&alerts);
    let took = agent.drained().await;
    site.assert_stored(&alerts).await;
    let state = agent.state.borrow().clone();
    // 20 at once and 20 a second; each time the server says to wait for a whole second.
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!((40..=80).contains(&state.deferred), "{state:?}");
    assert_eq!((state.accepted, state.duplicate, state.rejected), (60, 0, 0));
}

#[tokio::test]
async fn a_revoked_agent_keeps_its_alerts_until_it_is_let_in_again() {
    let mut site = Site::new(&json!({}));
    let server = site.start().await;
    let mut agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts = agent.alerts(40);
    agent.raise(&alerts[..10]);
    agent.drained().await;
    site.set_revoked(&server, &agent, true).await;
    agent.raise(&alerts[10..]);
    let state = agent.until(|state| state.failures > 0).await;
    let (_, told) = state.last_error.unwrap();
    assert!(told.contains("revoked"), "{told}");
    assert_eq!(agent.spool.report().alerts, 30);
    site.assert_stored(&alerts[..10]).await;
    // What it still holds when it is started anew is sent once it may.
    site.set_revoked(&server, &agent, false).await;
    agent.reconnect(&site, Trust::PLAIN).await;
    agent.drained().await;
    site.assert_stored(&alerts).await;
}

#[tokio::test]
async fn a_server_of_another_authority_is_told_nothing() {
    let mut site = Site::new(&json!({}));
    let _server = site.start().await;
    let agent = Sensor::start(&site, "one", Trust { ca: "other-ca.crt", shows: None });
    agent.raise(&agent.alerts(5));
    let state = agent.until(|state| state.failures >= 3).await;
    let (_, told) = state.last_error.unwrap();
    assert!(told.contains("certificate"), "{told}");
    assert_eq!(agent.spool.report().alerts, 5);
    assert!(site.agents().await.is_empty() && site.stored().await.is_empty());
}

#[tokio::test]
async fn where_certificates_are_asked_for_a_key_is_not_enough() {
    let mut site = Site::new(&json!({}));
    site.deployment.agent_auth = AgentAuth::Mtls;
    let _server = site.start().await;
    let mut agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts = agent.alerts(5);
    agent.raise(&alerts);
    let state = agent.until(|state| state.failures >= 2).await;
    let (_, told) = state.last_error.unwrap();
    assert!(told.contains("agent.client_cert"), "{told}");
    assert_eq!(agent.spool.report().alerts, 5);
    assert!(site.agents().await.is_empty());
    agent.reconnect(&site, Trust { shows: Some("one"), ..Trust::PLAIN }).await;
    agent.drained().await;
    site.assert_stored(&alerts).await;
    // From then on another agent's certificate will not do, though the key is right.
    agent.reconnect(&site, Trust { shows: Some("two"), ..Trust::PLAIN }).await;
    agent.raise(&agent.alerts(8)[5..]);
    let state = agent.until(|state| state.failures > 0).await;
    let (_, told) = state.last_error.unwrap();
    assert!(told.contains("certificate"), "{told}");
    assert_eq!(agent.spool.report().alerts, 3);
    site.assert_stored(&alerts).await;
}

#[tokio::test]
async fn the_same_packets_again_change_nothing() {
    let mut site = Site::new(&json!({}));
    let _server = site.start().await;
    let agent = Sensor::start(&site, "one", Trust::PLAIN);
    let alerts: Vec<Alert> = agent.alerts(100);
    agent.raise(&alerts);
    agent.drained().await;
    let positions = async || -> Vec<_> {
        site.stored().await.iter().map(|kept| (kept.position, kept.revision)).collect()
    };
    let before = positions().await;
    agent.raise(&agent.alerts(100));
    agent.drained().await;
    let state = agent.state.borrow().clone();
    assert_eq!((state.accepted, state.duplicate), (100, 100));
    assert_eq!(positions().await, before);
    site.assert_stored(&alerts).await;
}
