//! Providers that do not answer.

use super::*;

fn unavailable() -> Reply {
    Err(ProviderError::Unavailable("connection refused".into()))
}

#[tokio::test(start_paused = true)]
async fn one_that_is_busy_is_left_alone_as_long_as_it_says() {
    let (folder, fake) = (
        folder(),
        Fake::new(|number, _| match number {
            0 => Err(ProviderError::Busy { retry_after: Some(Duration::from_secs(300)) }),
            1 => Err(ProviderError::Busy { retry_after: None }),
            2 => Err(ProviderError::Busy { retry_after: Some(DAY * 30) }),
            _ => Ok(vec![clean()]),
        }),
    );
    let broker = start_slow(folder.path(), &[&fake]).await;
    broker.look_up(vec![question(1, 50)]);
    until(|| fake.count() == 1).await;
    seconds(1).await;
    let status = only(&broker);
    assert_eq!((status.health, status.failed), (Health::Paused, 1));
    let wait = status.paused_until.unwrap().nanos_since(clock()) / 1_000_000_000;
    assert!((290..=300).contains(&wait), "{wait}");
    assert!(status.reason.unwrap().contains("wait 300 s"));
    seconds(400).await;
    broker.look_up(vec![question(1, 50)]);
    seconds(DAY.as_secs()).await;
    let times: Vec<Instant> = fake.requests().iter().map(|(at, _)| *at).collect();
    let waits: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(waits, [300, 60, 86_400]);
    assert_eq!(fake.indicators(), vec![global(1); 4], "the question was not lost");
    assert_eq!((only(&broker).health, only(&broker).answered), (Health::Ok, 1));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_stops_one_and_the_others_go_on() {
    let folder = folder();
    let refuses = Fake::new(|_, _| Err(ProviderError::Refused("wrong \u{1b}key".into())));
    let mut other = Fake::clean();
    other.name = "other";
    other.domains = false;
    let broker = start(folder.path(), &[&refuses, &other]).await;
    let known = broker.known();
    assert!(known.want(Indicator::Domain("evil.com"), Suspicion::SEEN));
    until(|| only(&broker).health == Health::Stopped).await;
    assert_eq!(only(&broker).reason.unwrap(), "wrong \\x1bkey");
    // Nobody is left to be asked about names, but about addresses.
    assert!(!known.want(Indicator::Domain("evil.org"), Suspicion::SEEN));
    assert_eq!(broker.status().queued, 0);
    assert!(known.want(global(1).borrowed(), Suspicion::SEEN));
    until(|| other.count() == 1).await;
    seconds(600).await;
    assert_eq!((refuses.count(), only(&broker).health), (1, Health::Stopped));
    assert!(!known.want(global(1).borrowed(), Suspicion::SEEN));
    // Another key: it is asked again.
    broker.reload(&Deployment::default(), Site::default()).await.unwrap();
    assert_eq!(only(&broker).health, Health::Ok);
    assert!(known.want(Indicator::Domain("evil.net"), Suspicion::SEEN));
    until(|| refuses.count() == 2).await;
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_knows_no_such_questions_is_asked_once() {
    let folder = folder();
    let older = Fake::new(|_, _| Err(ProviderError::Unsupported("it is older".into())));
    let broker = start(folder.path(), &[&older]).await;
    let known = broker.known();
    assert!(known.want(global(1).borrowed(), Suspicion::REACHED));
    until(|| only(&broker).health == Health::Stopped).await;
    assert_eq!(only(&broker).reason.unwrap(), "it is older");
    assert!(!known.want(global(2).borrowed(), Suspicion::REACHED));
    broker.reload(&Deployment::default(), Site::default()).await.unwrap();
    assert!(known.want(global(2).borrowed(), Suspicion::REACHED));
    until(|| older.count() == 2).await;
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_down_burns_no_questions() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let fake = Fake::new(move |_, _| match is_down.load(Ordering::Relaxed) {
        true => unavailable(),
        false => Ok(vec![clean()]),
    });
    let folder = folder();
    let broker = start_slow(folder.path(), &[&fake]).await;
    broker.look_up((0..5).map(|n| question(n, 50)).collect());
    seconds(3_600).await;
    let tries = fake.count();
    assert!((8..=18).contains(&tries), "{tries} tries in an hour");
    let times: Vec<Instant> = fake.requests().iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(5)));
    assert_eq!((broker.status().queued, only(&broker).health), (5, Health::Paused));
    down.store(false, Ordering::Relaxed);
    seconds(3_600).await;
    assert_eq!((broker.status().queued, only(&broker).answered), (0, 5));
    assert_eq!((only(&broker).health, only(&broker).reason), (Health::Ok, None));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_question_that_always_fails_lets_others_pass() {
    let fake = Fake::new(|_, questions| match questions[0].indicator == global(1) {
        true => unavailable(),
        false => Ok(vec![clean()]),
    });
    let folder = folder();
    let broker = start(folder.path(), &[&fake]).await;
    broker.look_up(vec![question(1, 100), question(2, 10), question(3, 0)]);
    until(|| only(&broker).answered == 2).await;
    assert_eq!(broker.status().queued, 1);
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_sense_is_remembered_as_failed() {
    let folder = folder();
    let fake = Fake::new(|number, _| match number {
        0 => Err(ProviderError::Invalid("<html>".into())),
        1 => Ok(vec![clean(), clean()]),
        _ => Ok(vec![bad(RiskTier::Critical)]),
    });
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    for (n, reason) in [(1, "<html>"), (2, "2 answers to 1 questions")] {
        assert!(known.want(global(n).borrowed(), Suspicion::SEEN));
        until(|| fake.count() == n as usize).await;
        seconds(1).await;
        assert!(only(&broker).reason.unwrap().contains(reason));
        assert!(!known.want(global(n).borrowed(), Suspicion::SEEN), "nobody waits for it");
        seconds(60).await;
    }
    assert_eq!((fake.count(), broker.status().queued), (2, 0));
    // After the minutes of an error it is wanted and asked again.
    seconds(15 * 60).await;
    assert!(known.want(global(1).borrowed(), Suspicion::SEEN));
    until(|| known.tier(global(1).borrowed()) == RiskTier::Critical).await;
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_holds_nobody_up() {
    let (folder, fake) = (folder(), Fake::clean());
    fake.hangs.store(true, Ordering::Relaxed);
    let mut other = Fake::clean();
    other.name = "other";
    let broker = start(folder.path(), &[&fake, &other]).await;
    broker.look_up(vec![question(1, 50), question(2, 50)]);
    until(|| other.count() == 2).await;
    assert_eq!(fake.count(), 1);
    // In the end it counts as down.
    until(|| only(&broker).health == Health::Paused).await;
    until(|| fake.count() == 2).await;
    let before = Instant::now();
    broker.reload(&Deployment::default(), Site::default()).await.unwrap();
    until(|| fake.count() == 3).await;
    broker.stop().await;
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_finding_out_is_asked_again_ever_more_rarely() {
    let (folder, fake) = (folder(), Fake::new(|_, _| Ok(vec![Answer::Pending])));
    let broker = start(folder.path(), &[&fake]).await;
    broker.look_up(vec![question(1, 10)]);
    seconds(240).await;
    let times: Vec<Instant> = fake.requests().iter().map(|(at, _)| *at).collect();
    let waits: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
    // Who is more suspected now must be told so at once.
    let before = fake.count();
    broker.look_up(vec![question(1, 90)]);
    seconds(1).await;
    assert_eq!(fake.count(), before + 1);
    assert_eq!(fake.requests()[before].1, [question(1, 90)]);
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_is_told_and_goes_on() {
    let fake = Fake::new(|number, questions| match number {
        0 => panic!("asked about {}", questions[0].indicator),
        _ => Ok(vec![bad(RiskTier::High)]),
    });
    let folder = folder();
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    broker.look_up(vec![question(1, 90), question(2, 50)]);
    until(|| only(&broker).health == Health::Paused).await;
    let status = only(&broker);
    assert_eq!((status.failed, broker.status().queued), (1, 1));
    assert!(status.reason.unwrap().contains("panic"));
    assert!(!known.want(global(1).borrowed(), Suspicion::SEEN), "nobody waits for it");
    until(|| known.tier(global(2).borrowed()) == RiskTier::High).await;
    assert_eq!((only(&broker).health, fake.count()), (Health::Ok, 2));
    broker.stop().await;
}
