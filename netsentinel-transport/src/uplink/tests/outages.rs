//! A server that is away, comes back, and answers whatever it likes in between.

use std::time::Duration;

use proptest::prelude::*;

use super::server::{Reply, Server};
use super::{Running, append, assert_stored};
use crate::spool::{Spool, SpoolLimits};

#[tokio::test(start_paused = true)]
async fn waits_grow_while_the_server_is_away_and_end_when_it_is_back() {
    let server = Server::default();
    let away = [Reply::Unreachable, Reply::Status(503, true), Reply::Status(404, false)];
    server.says(away.into_iter().cycle().take(20));
    let running = Running::start(&server, 5);
    running.drained().await;
    let times: Vec<_> = server.stored().requests.iter().map(|(at, _)| *at).collect();
    assert_eq!(times.len(), 21);
    for (failures, pair) in times.windows(2).enumerate() {
        let longest = (0.5 * f64::from(1 << failures.min(10))).min(60.0) + 0.01;
        let wait = (pair[1] - pair[0]).as_secs_f64();
        assert!((0.05..=longest).contains(&wait), "{wait} after {failures}");
    }
    assert_stored(&server, 5, &[]);
    let state = running.state.borrow().clone();
    assert_eq!((state.failures, state.connected_since), (0, Some(super::CLOCK)));
}

#[tokio::test(start_paused = true)]
async fn alerts_that_arrive_in_an_outage_do_not_hammer_the_server() {
    let server = Server::default();
    server.says([Reply::Status(502, false); 30]);
    let running = Running::start(&server, 1);
    for n in 1..300 {
        append(&running.spool, n..n + 1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let requests = server.stored().requests.len();
    assert!(requests < 20, "{requests} requests in 30 s");
    running.drained().await;
    assert_stored(&server, 300, &[]);
}

#[tokio::test(start_paused = true)]
async fn failing_alerts_and_heartbeats_do_not_disturb_each_other() {
    let server = Server { clock_ahead: Duration::from_secs(40), ..Server::default() };
    server.says([Reply::Silence; 8]);
    let mut running = Running::start(&server, 3);
    let state = running.until(|state| state.heartbeats == 3).await;
    assert_eq!((state.accepted, state.clock_ahead_s), (0, Some(40)));
    running.drained().await;
    assert_stored(&server, 3, &[]);
}

#[tokio::test(start_paused = true)]
async fn stopping_sends_what_is_left() {
    let server = Server { latency: Duration::from_millis(300), ..Server::default() };
    let running = Running::start(&server, 2000);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (took, _dir) = running.stop(Duration::from_secs(10)).await;
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_stored(&server, 2000, &[]);
}

#[tokio::test(start_paused = true)]
async fn stopping_takes_no_longer_than_it_may_and_keeps_the_rest() {
    let server = Server { latency: Duration::from_secs(2), ..Server::default() };
    let running = Running::start(&server, 3000);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spool = running.spool.clone();
    let (took, dir) = running.stop(Duration::from_secs(4)).await;
    assert!(took <= Duration::from_millis(4100), "{took:?}");
    let left = spool.report().alerts;
    assert_eq!(left + server.stored().accepted.len() as u64, 3000);
    drop(spool);
    let again = Spool::open(dir.path(), SpoolLimits::new(64 << 20)).unwrap();
    assert_eq!(again.recovery().pending, left);
}

#[tokio::test(start_paused = true)]
async fn stopping_while_the_server_is_away_tries_once_more() {
    let server = Server::default();
    server.says([Reply::Unreachable; 4]);
    let mut running = Running::start(&server, 5);
    // A heartbeat that is answered meanwhile begins the count of failures anew.
    running.until(|state| server.has_said_all() && state.last_error.is_some()).await;
    running.stop(Duration::from_secs(10)).await;
    assert_stored(&server, 5, &[]);
}

fn reply() -> impl Strategy<Value = Reply> {
    let status = prop::sample::select(&[302_u16, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503]);
    prop_oneof![
        Just(Reply::Proper),
        Just(Reply::LostAnswer),
        Just(Reply::Silence),
        Just(Reply::Unreachable),
        Just(Reply::Nonsense),
        Just(Reply::TooFew),
        Just(Reply::Mixed),
        (0..20usize, 0..9u64).prop_map(|(first, seconds)| Reply::Defer(first, seconds)),
        (status, any::<bool>()).prop_map(|(status, told)| Reply::Status(status, told)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every alert ends up accepted once, or as a dead letter.
    #[test]
    fn whatever_the_server_answers_nothing_is_lost_or_doubled(
        script in prop::collection::vec(reply(), 0..40),
        count in 1..60_u32,
        rejects in prop::collection::vec(0..60_u64, 0..4),
        alerts_max in prop::option::of(1..30usize),
        knows_nobody: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server { rejects, alerts_max, knows_nobody, ..Server::default() };
            server.says(script);
            let running = Running::start(&server, count);
            running.drained().await;
            let (letters, stored) = (running.letters(), server.stored());
            for n in 0..u64::from(count) {
                let accepted = stored.accepted.get(&n).copied().unwrap_or(0);
                let is_letter = letters.contains(&n);
                assert!(accepted == 1 || is_letter, "{n}: accepted {accepted} times");
                assert!(accepted <= 1, "{n}: accepted {accepted} times");
            }
        });
    }
}
