//! Lists on a server.

use netsentinel_core::config::Secret;
use wiremock::matchers::{any, header, header_exists, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::feeds::ABUSEIPDB_BLACKLIST;

fn list(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "text/plain")
}

/// From now on the server answers that.
async fn answers(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(any()).respond_with(answer).mount(server).await;
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn bench_with(count: usize) -> (Bench, MockServer) {
    // Of its own, so that it is gone when it is dropped.
    let server = MockServer::builder().start().await;
    answers(&server, list(&names(count))).await;
    let bench = Bench::new(&feed("mine", &server.uri()));
    assert_eq!(bench.step().await, 1);
    assert_eq!((bench.status().indicators, bench.error().as_str()), (count as u64, ""));
    (bench, server)
}

#[tokio::test]
async fn a_list_is_loaded_when_it_is_due_and_not_before() {
    let (bench, server) = bench_with(10).await;
    assert_eq!(bench.tier("x.bad3.example"), Some(RiskTier::Medium));
    assert!(bench.status().active);
    assert_eq!(bench.status().loaded, Some(clock()));
    for _ in 0..23 {
        assert_eq!(bench.step_after(HOUR).await, 0);
    }
    assert_eq!(asked(&server).await, 1);
    answers(&server, list(&names(12))).await;
    assert_eq!(bench.step_after(HOUR).await, 1);
    assert_eq!(bench.status().indicators, 12);
}

#[tokio::test]
async fn a_list_that_shrinks_by_more_than_half_is_refused_until_somebody_agrees() {
    let (bench, server) = bench_with(10).await;
    answers(&server, list(&names(5))).await;
    bench.step_after(DAY).await;
    assert_eq!(bench.status().indicators, 5, "half is not more than half");
    answers(&server, list(&names(2))).await;
    for _ in 0..3 {
        assert_eq!(bench.step_after(DAY).await, 0);
        let told = bench.error();
        assert!(told.contains("2 are on it, and 5 were") && told.contains("mine.list"), "{told}");
        assert!(bench.status().active && bench.tier("bad4.example").is_some());
    }
    assert!(!bench.path("mine.new").exists());
    std::fs::remove_file(bench.path("mine.list")).unwrap();
    assert_eq!(bench.step_after(DAY).await, 1);
    assert_eq!((bench.status().indicators, bench.error().as_str()), (2, ""));
    assert_eq!(bench.tier("bad4.example"), None);
}

#[tokio::test]
async fn what_is_no_list_leaves_the_last_good_one() {
    let (bench, server) = bench_with(10).await;
    for (answer, told) in [
        (list(""), "empty"),
        (list("# nothing\n"), "10 were before"),
        (list("localhost\n10.0.0.1\n"), "none of its 2 entries"),
        (ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html"), "web page"),
        (list("<!doctype html>"), "web page"),
        (ResponseTemplate::new(401), "key"),
        (ResponseTemplate::new(500), "status 500"),
    ] {
        answers(&server, answer).await;
        assert_eq!(bench.step_after(DAY).await, 0);
        assert!(bench.error().contains(told), "{}", bench.error());
        assert!(bench.status().active && bench.tier("bad9.example").is_some());
    }
    answers(&server, list(&names(10))).await;
    bench.step_after(DAY).await;
    assert_eq!(bench.error(), "");
}

#[tokio::test]
async fn a_list_that_was_always_empty_is_no_error() {
    let server = MockServer::start().await;
    answers(&server, list("# nobody today\n")).await;
    let bench = Bench::new(&feed("mine", &server.uri()));
    bench.step().await;
    let status = bench.status();
    assert_eq!((status.active, status.indicators, status.error), (true, 0, None));
}

#[tokio::test]
async fn a_list_that_fails_is_tried_again_ever_more_rarely() {
    let (bench, server) = bench_with(10).await;
    answers(&server, ResponseTemplate::new(500)).await;
    bench.step_after(DAY).await;
    let mut at = Vec::new();
    for minute in 1..=4 * 60 {
        let before = asked(&server).await;
        bench.step_after(MINUTE).await;
        if asked(&server).await > before {
            at.push(minute);
        }
    }
    assert_eq!(at, [5, 15, 35, 75, 155]);
    // As long as the server wants it to be, if that is longer.
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "36000");
    answers(&server, busy).await;
    bench.step_after(DAY).await;
    bench.step_after(HOUR * 9).await;
    assert_eq!(asked(&server).await, 1);
    bench.step_after(HOUR).await;
    assert_eq!(asked(&server).await, 2);
}

#[tokio::test]
async fn what_has_not_changed_stays_and_grows_no_older() {
    let server = MockServer::start().await;
    answers(&server, list(&names(10)).insert_header("etag", "\"v1\"")).await;
    let bench = Bench::new(&feed("mine", &server.uri()));
    bench.step().await;
    server.reset().await;
    Mock::given(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .mount(&server)
        .await;
    for _ in 0..20 {
        assert_eq!(bench.step_after(DAY).await, 0);
    }
    let status = bench.status();
    assert_eq!((status.active, status.error, status.loaded), (true, None, Some(clock())));
    // Without its copy the list itself is needed.
    std::fs::remove_file(bench.path("mine.list")).unwrap();
    bench.step_after(DAY).await;
    assert!(bench.error().contains("404"), "{}", bench.error());
}

#[tokio::test]
async fn a_list_expires_and_counts_again_when_it_is_back() {
    let (bench, server) = bench_with(10).await;
    answers(&server, ResponseTemplate::new(500)).await;
    for _ in 0..14 {
        bench.step_after(DAY).await;
        assert!(bench.status().active);
    }
    assert_eq!(bench.step_after(DAY).await, 1);
    let status = bench.status();
    assert!(!status.active && bench.tier("bad0.example").is_none());
    let told = status.error.unwrap();
    assert!(told.contains("14 days") && told.contains("status 500"), "{told}");
    // What does not count any more protects nothing: it may be as short as it is.
    answers(&server, list("bad0.example\n")).await;
    assert_eq!(bench.step_after(DAY).await, 1);
    assert!(bench.status().active && bench.tier("bad0.example").is_some());
    assert_eq!(bench.status().error, None);
}

#[tokio::test]
async fn after_a_restart_without_a_network_the_lists_are_there() {
    let (bench, server) = bench_with(10).await;
    let uri = server.uri();
    let deployment = deployment(&feed("mine", &uri));
    pass(HOUR);
    drop(server);
    let bench = bench.restarted(&deployment);
    assert_eq!(bench.step().await, 1);
    let status = bench.status();
    assert_eq!((status.active, status.indicators, status.error), (true, 10, None));
    assert!(bench.tier("bad0.example").is_some());
    bench.step_after(DAY).await;
    assert!(!bench.error().is_empty() && bench.status().active);
    // Too old when it comes up.
    pass(15 * DAY);
    let bench = bench.restarted(&deployment);
    bench.step().await;
    assert!(!bench.status().active && bench.tier("bad0.example").is_none());
}

#[tokio::test]
async fn a_copy_that_was_damaged_is_fetched_anew() {
    let (bench, server) = bench_with(10).await;
    std::fs::write(bench.path("mine.json"), "{").unwrap();
    let deployment = deployment(&feed("mine", &server.uri()));
    let bench = bench.restarted(&deployment);
    bench.step().await;
    assert_eq!((asked(&server).await, bench.status().indicators), (2, 10));
    // Of another place, it is another list.
    let other = feed("mine", &format!("{}/other", server.uri()));
    answers(&server, list("bad.example\n")).await;
    let bench = bench.restarted(&super::deployment(&other));
    bench.step().await;
    assert_eq!((bench.status().indicators, bench.error().as_str()), (1, ""));
}

#[tokio::test]
async fn the_blacklist_is_asked_for_once_a_day_restarts_or_not() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/blacklist"))
        .and(header("key", "hunter2"))
        .and(header_exists("accept"))
        .respond_with(list("45.95.11.7\n45.95.11.8\n"))
        .mount(&server)
        .await;
    let mut deployment = deployment("");
    deployment.abuseipdb_api_key = Secret::new("hunter2");
    deployment.reputation.abuseipdb_url = server.uri();
    let mut bench = Bench::of(&deployment, tempfile::tempdir().unwrap());
    bench.step().await;
    let status = bench.status();
    assert_eq!((status.name.as_str(), status.indicators), (ABUSEIPDB_BLACKLIST, 2));
    let listed = Indicator::Ip([45, 95, 11, 7].into());
    assert_eq!(bench.set.tier(listed), Some(RiskTier::High));
    for _ in 0..23 {
        pass(HOUR);
        bench = bench.restarted(&deployment);
        bench.step().await;
        bench.keeper.reload(&deployment, scope(&deployment)).unwrap();
        bench.step().await;
    }
    assert_eq!((asked(&server).await, bench.set.tier(listed)), (1, Some(RiskTier::High)));
    // However often it fails, four times a day are enough, and a restart is no excuse.
    answers(&server, ResponseTemplate::new(500)).await;
    pass(HOUR);
    for _ in 0..24 {
        bench = bench.restarted(&deployment);
        bench.step().await;
        bench.keeper.reload(&deployment, scope(&deployment)).unwrap();
        bench.step().await;
        pass(HOUR);
    }
    assert_eq!(asked(&server).await, 4);
    let folder = std::fs::read_dir(bench.path("")).unwrap();
    for file in folder {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("hunter2"));
    }
}

#[tokio::test]
async fn a_misp_feed_is_its_events() {
    let server = MockServer::start().await;
    let event = |n: u32| format!("{n}{n}{n}{n}{n}{n}{n}{n}-1111-4111-8111-111111111111");
    let manifest = format!(
        r#"{{"{}": {{"timestamp": "1"}}, "{}": {{"timestamp": "2"}}, "{}": {{"timestamp": "3"}}}}"#,
        event(1),
        event(2),
        event(3)
    );
    let json = |text: &str| ResponseTemplate::new(200).set_body_raw(text, "application/json");
    Mock::given(path("/feed/manifest.json")).respond_with(json(&manifest)).mount(&server).await;
    for n in 1..=2 {
        let text = format!(
            "{{\"Event\": {{\"Attribute\": [\n{{\"type\": \"domain\", \"to_ids\": true, \
             \"value\": \"bad{n}.example\"}}]}}}}"
        );
        let at = format!("/feed/{}.json", event(n));
        Mock::given(path(at)).respond_with(json(&text)).mount(&server).await;
    }
    let from = format!("{}/feed/manifest.json", server.uri());
    let bench = Bench::new(&format!(r#"{{"name": "m", "format": "misp", "from": "{from}"}}"#));
    bench.step().await;
    // The third is not there, which the others do not suffer from.
    let status = bench.status();
    assert_eq!((status.indicators, status.error), (2, None));
    assert!(bench.tier("bad1.example").is_some() && bench.tier("bad2.example").is_some());
    assert!(!bench.path("m.event").exists());
}
