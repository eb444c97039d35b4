//! Other settings, and the task itself.

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::*;

/// Two lists in files.
fn two() -> (TempDir, String, String) {
    let lists = tempfile::tempdir().unwrap();
    let list = |name: &str| {
        let path = lists.path().join(name);
        std::fs::write(&path, format!("{name}.example\nboth.example\n")).unwrap();
        feed(name, path.to_str().unwrap())
    };
    let (a, b) = (list("a"), list("b"));
    (lists, a, b)
}

#[tokio::test]
async fn lists_come_and_go_and_the_others_stay() {
    let (_lists, a, b) = two();
    let bench = Bench::new(&a);
    bench.step().await;
    let loaded = bench.status().loaded;
    pass(MINUTE);
    let both = deployment(&format!("{b}, {a}"));
    bench.keeper.reload(&both, scope(&both)).unwrap();
    bench.step().await;
    let status = bench.keeper.status();
    assert_eq!(status.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(status[1].loaded, loaded, "it was not due");
    assert!(bench.tier("a.example").is_some() && bench.tier("b.example").is_some());
    let only = deployment(&b);
    bench.keeper.reload(&only, scope(&only)).unwrap();
    assert!(bench.step().await > 0);
    assert!(bench.tier("a.example").is_none() && bench.tier("both.example").is_some());
    let none = deployment("");
    bench.keeper.reload(&none, scope(&none)).unwrap();
    bench.step().await;
    assert!(bench.keeper.status().is_empty() && bench.tier("both.example").is_none());
}

#[tokio::test]
async fn settings_that_are_wrong_change_nothing() {
    let (_lists, a, b) = two();
    let bench = Bench::new(&a);
    bench.step().await;
    let wrong = deployment(&format!("{b}, {b}"));
    assert!(bench.keeper.reload(&wrong, scope(&wrong)).is_err());
    assert_eq!(bench.step().await, 0);
    assert!(bench.tier("a.example").is_some() && bench.tier("b.example").is_none());
}

#[tokio::test]
async fn another_tier_counts_at_once_from_the_copy() {
    let (lists, a, _) = two();
    let bench = Bench::new(&a);
    bench.step().await;
    drop(lists);
    let other = deployment(&a.replacen('{', r#"{"tier": "CRITICAL", "#, 1));
    bench.keeper.reload(&other, scope(&other)).unwrap();
    bench.step().await;
    assert_eq!(bench.tier("a.example"), Some(RiskTier::Critical));
}

#[tokio::test]
async fn the_task_loads_reloads_and_stops() {
    let (_lists, a, b) = two();
    let bench = Bench::new(&a);
    let (stop, news) = (CancellationToken::new(), Arc::new(Notify::new()));
    let changed = {
        let news = Arc::clone(&news);
        Arc::new(move || news.notify_one())
    };
    // On a thread with its own time, and no test's: all that is asked is that it goes on.
    let task = tokio::spawn(Arc::clone(&bench.keeper).run(stop.clone(), changed));
    news.notified().await;
    assert!(bench.tier("a.example").is_some());
    let only = deployment(&b);
    bench.keeper.reload(&only, scope(&only)).unwrap();
    while bench.tier("b.example").is_none() || bench.tier("a.example").is_some() {
        news.notified().await;
    }
    stop.cancel();
    task.await.unwrap();
}
