//! What outlives a restart, a reload, a flush.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[tokio::test(start_paused = true)]
async fn verdicts_and_quotas_outlive_a_restart() {
    let folder = folder();
    let fake = Fake::new(|_, _| Ok(vec![bad(RiskTier::High)])).with_quota(4, 500);
    let broker = start(folder.path(), &[&fake]).await;
    broker.look_up((0..10).map(|n| question(n, 50)).collect());
    seconds(30).await;
    assert_eq!((fake.count(), broker.status().queued), (3, 7));
    broker.stop().await;
    let kept = folder.path().join("reputation");
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(kept.join("cache.ndjson").exists() && kept.join("quota-fake").exists());

    let broker = start(folder.path(), &[&fake]).await;
    assert_eq!(broker.known().tier(global(0).borrowed()), RiskTier::High);
    assert_eq!((only(&broker).left_minute, only(&broker).left_day), (Some(0), Some(497)));
    broker.look_up((0..10).map(|n| question(n, 50)).collect());
    seconds(5).await;
    assert_eq!(fake.count(), 3, "the minute is not over");
    seconds(60).await;
    assert_eq!(fake.count(), 6);
    assert_eq!(fake.indicators(), (0..6).map(global).collect::<Vec<_>>());
    broker.stop().await;
    asking::within_quota(&fake, 4, 500);
}

#[tokio::test(start_paused = true)]
async fn verdicts_are_saved_now_and_then_and_end_in_time() {
    let (folder, fake) = (
        folder(),
        Fake::new(|number, _| match number {
            0 => Ok(vec![bad(RiskTier::Low)]),
            _ => Ok(vec![Answer::Unknown]),
        }),
    );
    let broker = start_slow(folder.path(), &[&fake]).await;
    let known = broker.known();
    broker.look_up(vec![question(1, 50)]);
    seconds(301).await;
    assert!(folder.path().join("reputation/cache.ndjson").metadata().unwrap().len() > 0);
    assert_eq!(known.tier(global(1).borrowed()), RiskTier::Low);
    seconds(168 * 3_600).await;
    assert_eq!(known.tier(global(1).borrowed()), RiskTier::Clean);
    assert!(known.want(global(1).borrowed(), Suspicion::SEEN));
    until(|| fake.count() == 2).await;
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_flush_forgets_verdicts_but_no_quota() {
    let folder = folder();
    let fake = Fake::new(|_, _| Ok(vec![bad(RiskTier::High)])).with_quota(4, 500);
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    broker.look_up((0..3).map(|n| question(n, 50)).collect());
    seconds(10).await;
    broker.flush().await;
    let status = broker.status();
    assert_eq!((status.cached, status.queued, status.providers[0].left_day), (0, 1, Some(498)));
    assert_eq!(known.tier(global(0).borrowed()), RiskTier::Clean);
    assert!(known.want(global(0).borrowed(), Suspicion::SEEN));
    drop(broker);
    let broker = start(folder.path(), &[]).await;
    assert_eq!(broker.status().cached, 0, "nor is it on the disk");
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_takes_another_scope_and_keeps_the_rest() {
    let folder = folder();
    let fake = Fake::new(|_, _| Ok(vec![bad(RiskTier::High)])).with_quota(4, 500);
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    broker.look_up((0..6).map(|n| question(n, 50)).collect());
    seconds(10).await;
    assert_eq!(broker.status().queued, 4);
    let mut deployment = Deployment::default();
    deployment.reputation.allow_networks =
        vec!["20.0.0.0/31".parse().unwrap(), "20.0.0.4/31".parse().unwrap()];
    broker.reload(&deployment, Site::default()).await.unwrap();
    let status = broker.status();
    assert_eq!((status.queued, status.cached), (2, 2));
    assert_eq!((status.providers[0].requests, status.providers[0].left_day), (2, Some(498)));
    assert_eq!(known.tier(global(0).borrowed()), RiskTier::Clean, "it is allowed now");
    seconds(120).await;
    assert_eq!(fake.indicators(), [0, 1, 2, 3].map(global));
    broker.stop().await;
    asking::within_quota(&fake, 4, 500);
}

#[tokio::test(start_paused = true)]
async fn names_that_make_no_file_and_names_given_twice_are_refused() {
    let folder = folder();
    for names in [["../evil", "b"], ["a", "a"], ["", "b"]] {
        let fakes = names.map(|name| Box::new(Fake { name, ..Fake::clean() }) as Box<dyn Provider>);
        let setup = BrokerSetup {
            deployment: Deployment::default(),
            site: Site::default(),
            folder: folder.path().join("reputation"),
            providers: Some(fakes.into()),
            wake: Arc::new(|| ()),
        };
        assert!(Broker::start(setup).await.is_err(), "{names:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_can_not_be_made_is_told() {
    let folder = folder();
    std::fs::write(folder.path().join("reputation"), "a file").unwrap();
    let setup = BrokerSetup {
        deployment: Deployment::default(),
        site: Site::default(),
        folder: folder.path().join("reputation"),
        providers: Some(Vec::new()),
        wake: Arc::new(|| ()),
    };
    let error = Broker::start(setup).await.unwrap_err().to_string();
    assert!(error.contains("reputation"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn lists_are_kept_where_nobody_else_is_given() {
    BEGAN.set(Some(Instant::now()));
    let folder = folder();
    let list = folder.path().join("own.txt");
    std::fs::write(&list, "20.0.0.0/24\nevil.com\n").unwrap();
    let feed = format!(r#"[{{"name": "own", "format": "plain", "from": {list:?}}}]"#);
    let mut deployment = Deployment::default();
    deployment.reputation.feeds = serde_json::from_str(&feed).unwrap();
    let (wake, mut woken) = tokio::sync::watch::channel(());
    let setup = BrokerSetup {
        deployment,
        site: Site::default(),
        folder: folder.path().join("reputation"),
        providers: None,
        wake: Arc::new(move || wake.send_replace(())),
    };
    let broker = Broker::start_at(setup, clock, NOTES_EVERY).await.unwrap();
    let listed = global(7);
    while broker.known().tier(listed.borrowed()) != RiskTier::Medium {
        woken.changed().await.unwrap();
    }
    assert_eq!(broker.known().tier(Indicator::Domain("x.evil.com")), RiskTier::Medium);
    let looked = state(&broker, Question { indicator: listed.clone(), suspicion: 0.into() });
    assert_eq!((looked.tier, looked.state), (RiskTier::Medium, LookedState::NotAsked));
    assert_eq!(looked.verdicts[0].provider, "own");
    let status = broker.status();
    assert_eq!((status.feeds[0].indicators, status.feeds[0].active), (2, true));
    // What is allowed is clean, and a list that is no longer named no longer counts.
    let mut other = Deployment::default();
    broker.reload(&other, Site::default()).await.unwrap();
    until(|| broker.known().tier(listed.borrowed()) == RiskTier::Clean).await;
    assert_eq!(broker.status().feeds.len(), 0);
    let wrong = feed.replace(r#""own""#, r#""../own""#);
    other.reputation.feeds = serde_json::from_str(&wrong).unwrap();
    assert!(broker.reload(&other, Site::default()).await.is_err());
    assert_eq!(broker.status().feeds.len(), 0, "nothing has changed");
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_flush_those_who_have_answered_are_asked_again() {
    let (folder, fake) = (folder(), Fake::new(|_, _| Ok(vec![bad(RiskTier::High)])));
    let mut slow = Fake::clean();
    slow.name = "slow";
    slow.hangs.store(true, Ordering::Relaxed);
    let broker = start(folder.path(), &[&fake, &slow]).await;
    let known = broker.known();
    assert!(known.want(global(1).borrowed(), Suspicion::REACHED));
    until(|| known.tier(global(1).borrowed()) == RiskTier::High).await;
    assert_eq!((fake.count(), slow.count(), broker.status().queued), (1, 1, 1));
    broker.flush().await;
    // Nobody needs to see another packet of it.
    until(|| fake.count() == 2).await;
    until(|| known.tier(global(1).borrowed()) == RiskTier::High).await;
    assert_eq!(slow.count(), 1);
    broker.stop().await;
}
