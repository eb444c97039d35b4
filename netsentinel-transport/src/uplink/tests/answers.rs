//! What each kind of answer leads to.

use std::time::Duration;

use super::server::{Reply, Server};
use super::{Running, append, assert_stored};

#[tokio::test(start_paused = true)]
async fn alerts_go_out_in_batches_and_new_ones_at_once() {
    let server = Server::default();
    let running = Running::start(&server, 1203);
    running.drained().await;
    let lengths: Vec<_> = server.stored().requests.iter().map(|(_, alerts)| *alerts).collect();
    assert_eq!(lengths, [500, 500, 203]);
    append(&running.spool, 1203..1204);
    assert!(running.drained().await < Duration::from_millis(50));
    assert_stored(&server, 1204, &[]);
    assert_eq!(running.state.borrow().accepted, 1204);
}

#[tokio::test(start_paused = true)]
async fn what_is_rejected_becomes_a_dead_letter() {
    let server = Server { rejects: vec![3, 70], ..Server::default() };
    let running = Running::start(&server, 100);
    running.drained().await;
    assert_stored(&server, 100, &[3, 70]);
    assert_eq!(running.letters(), [3, 70]);
    assert_eq!((running.state.borrow().rejected, running.spool.report().rejected), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn what_the_state_counts_has_left_the_spool() {
    let server = Server::default();
    let mut running = Running::start(&server, 3);
    for count in [3, 4, 5] {
        running.until(|state| state.accepted == u64::from(count)).await;
        assert_eq!(running.spool.report().alerts, 0);
        append(&running.spool, count..count + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_doubles_nothing() {
    let server = Server::default();
    server.says([Reply::LostAnswer]);
    let running = Running::start(&server, 50);
    running.drained().await;
    assert_stored(&server, 50, &[]);
    let state = running.state.borrow().clone();
    assert_eq!((state.accepted, state.duplicate), (0, 50));
    assert!(state.last_error.unwrap().1.contains("lost"));
    assert!(state.connected_since.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_throttled_agent_waits_whatever_else_arrives() {
    let server = Server::default();
    server.says([Reply::Defer(50, 5), Reply::Status(429, true), Reply::Defer(0, 7)]);
    let mut running = Running::start(&server, 100);
    running.until(|state| state.deferred == 50).await;
    for n in 100..120 {
        append(&running.spool, n..n + 1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    running.drained().await;
    assert_stored(&server, 120, &[]);
    assert_eq!(server.stored().duplicates, 0);
    let times: Vec<_> = server.stored().requests.iter().map(|(at, _)| *at).collect();
    let waits: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(waits, [5, 1, 7]);
    assert!(running.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bad_batch_is_halved_until_the_bad_alert_is_alone() {
    let server = Server { refuses_batch_with: vec![0, 77, 499], ..Server::default() };
    let running = Running::start(&server, 500);
    assert!(running.drained().await < Duration::from_secs(1));
    assert_stored(&server, 500, &[0, 77, 499]);
    assert_eq!(running.letters(), [0, 77, 499]);
    assert!(server.stored().requests.len() < 60);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_is_halved() {
    let server = Server { alerts_max: Some(100), ..Server::default() };
    let running = Running::start(&server, 500);
    running.drained().await;
    assert_stored(&server, 500, &[]);
    assert!(running.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn answers_for_other_alerts_settle_nothing() {
    let server = Server::default();
    server.says([Reply::TooFew, Reply::Mixed, Reply::Nonsense, Reply::Status(400, false)]);
    let running = Running::start(&server, 30);
    running.drained().await;
    assert_stored(&server, 30, &[]);
    assert!(running.letters().is_empty());
    assert_eq!(running.state.borrow().accepted + running.state.borrow().duplicate, 30);
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_the_server_chokes_on_blocks_no_other() {
    let server = Server { chokes_on: vec![0, 1, 250], ..Server::default() };
    let mut running = Running::start(&server, 500);
    let state = running.until(|state| state.accepted == 497).await;
    assert_eq!(state.rejected, 0);
    // New ones pass at once while the bad ones are aside.
    append(&running.spool, 500..510);
    running.until(|state| state.accepted == 507).await;
    assert_stored(&server, 510, &[0, 1, 250]);
    assert_eq!(running.spool.report().alerts, 3);
    let before = server.stored().requests.len();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let tried = server.stored().requests.len() - before;
    assert!((20..=33).contains(&tried), "each once a minute, not {tried} times in ten");
}

#[tokio::test(start_paused = true)]
async fn first_contact_enrols() {
    let server = Server { knows_nobody: true, ..Server::default() };
    let mut running = Running::start(&server, 10);
    assert!(running.drained().await < Duration::from_secs(1));
    assert_stored(&server, 10, &[]);
    running.until(|state| state.heartbeats > 0).await;
    assert!(server.stored().enrolments >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_enrolment_is_tried_seldom() {
    let server = Server { knows_nobody: true, enrolment_status: Some(409), ..Server::default() };
    let mut running = Running::start(&server, 10);
    let state = running.until(|state| state.failures > 4).await;
    assert!(state.last_error.unwrap().1.contains("enrolment was refused"));
    assert_eq!(running.spool.report().alerts, 10);
    let times: Vec<_> = server.stored().requests.iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| (pair[1] - pair[0]).as_secs() >= 30));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_loses_nothing_and_is_tried_seldom() {
    let server = Server::default();
    server.says([Reply::Status(403, true), Reply::Status(401, true), Reply::Status(401, true)]);
    let running = Running::start(&server, 10);
    let took = running.drained().await.as_secs();
    assert!((90..=181).contains(&took), "{took}");
    assert_stored(&server, 10, &[]);
    assert!(running.letters().is_empty());
}
