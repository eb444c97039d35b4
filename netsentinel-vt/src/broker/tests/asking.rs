//! Who is asked about what, in which order, how often.

use netsentinel_core::Arrived;
use proptest::prelude::*;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_the_packet_path_wants_is_asked_once_and_arrives() {
    let (folder, fake) = (folder(), Fake::new(|_, _| Ok(vec![bad(RiskTier::High)])));
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    let wanted = global(1);
    assert_eq!(known.tier(wanted.borrowed()), RiskTier::Clean);
    for suspicion in [0, 20, 60] {
        assert!(known.want(wanted.borrowed(), suspicion.into()));
    }
    until(|| known.tier(wanted.borrowed()) == RiskTier::High).await;
    assert_eq!(fake.indicators(), std::slice::from_ref(&wanted));
    assert_eq!(known.take_arrived(), Arrived::Of(vec![wanted.clone()]));
    assert_eq!(known.detail(wanted.borrowed()).unwrap(), "fake: 5 malicious");
    assert!(!known.want(wanted.borrowed(), Suspicion::REACHED));
    seconds(60).await;
    assert_eq!(fake.count(), 1);
    let looked = state(&broker, question(1, 100));
    assert_eq!(looked.tier, RiskTier::High);
    assert!(matches!(looked.state, LookedState::Known { lasts_s } if lasts_s > 167 * 3_600));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_verdict_of_a_domain_counts_for_the_names_below() {
    let (folder, fake) = (folder(), Fake::new(|_, _| Ok(vec![bad(RiskTier::Low)])));
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    let name = Indicator::Domain("a.b.evil.co.uk");
    assert!(known.want(name, Suspicion::SEEN));
    until(|| known.tier(name) == RiskTier::Low).await;
    assert_eq!(fake.indicators(), [IndicatorBuf::Domain("evil.co.uk".into())]);
    let looked = state(&broker, domain("x.evil.co.uk", 0));
    assert_eq!((looked.tier, looked.verdicts.len()), (RiskTier::Low, 1));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_what_is_never_asked() {
    let (folder, fake) = (folder(), Fake::clean());
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    for n in 0..3_000 {
        let name = format!("{n}.nas.local");
        known.want(Indicator::Domain(&name), Suspicion::REACHED);
        if n % 1_000 == 999 {
            seconds(1).await;
            assert!(!known.want(Indicator::Domain(&name), Suspicion::REACHED), "{name}");
        }
    }
    for text in ["192.168.1.1", "203.0.113.7", "nas.local", "com"] {
        let Ok(indicator) = text.parse();
        let looked = state(&broker, Question { indicator, suspicion: Suspicion::REACHED });
        assert_eq!((looked.tier, looked.state), (RiskTier::Clean, LookedState::NotAsked));
    }
    let status = broker.status();
    assert!(status.refused >= 4, "{status:?}");
    assert_eq!((fake.count(), status.queued), (0, 0));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_providers_everything_is_clean() {
    let folder = folder();
    let broker = start(folder.path(), &[]).await;
    assert!(!broker.known().want(global(1).borrowed(), Suspicion::REACHED));
    assert_eq!(state(&broker, question(1, 100)).state, LookedState::NotAsked);
    assert_eq!((broker.status().queued, broker.status().providers.len()), (0, 0));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_suspected_come_first_and_fill_requests() {
    let (folder, mut fake) = (folder(), Fake::clean());
    fake.batch = 2;
    let broker = start(folder.path(), &[&fake]).await;
    let suspicions = [0, 10, 100, 0, 50];
    let questions = (0..).zip(suspicions).map(|(n, suspicion)| question(n, suspicion));
    assert!(
        broker
            .look_up(questions.collect())
            .iter()
            .all(|looked| looked.state == LookedState::Pending)
    );
    until(|| fake.indicators().len() == 5).await;
    assert_eq!(fake.indicators(), [2, 4, 1, 0, 3].map(global));
    assert_eq!(fake.count(), 3);
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn clean_is_told_only_when_all_have_answered() {
    let (folder, first, mut second) = (folder(), Fake::clean(), Fake::clean());
    second.name = "slow";
    second.domains = false;
    second.script = Arc::new(|number, _| match number {
        0 => Ok(vec![Answer::Pending]),
        _ => Ok(vec![bad(RiskTier::Medium)]),
    });
    let broker = start(folder.path(), &[&first, &second]).await;
    let known = broker.known();
    known.want(global(1).borrowed(), Suspicion::SEEN);
    until(|| second.count() == 1).await;
    assert_eq!(first.count(), 1);
    assert!(known.want(global(1).borrowed(), Suspicion::SEEN), "it is still outstanding");
    assert_eq!(state(&broker, question(1, 0)).state, LookedState::Pending);
    until(|| known.tier(global(1).borrowed()) == RiskTier::Medium).await;
    let times: Vec<Instant> = second.requests().iter().map(|(at, _)| *at).collect();
    assert!(times[1] - times[0] >= Duration::from_secs(2));
    // Only one is asked about names.
    broker.look_up(vec![domain("evil.com", 0)]);
    seconds(1).await;
    assert!(matches!(state(&broker, domain("evil.com", 0)).state, LookedState::Known { .. }));
    assert_eq!((first.count(), second.count()), (2, 2));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn those_merely_seen_leave_half_of_the_day_for_the_suspected() {
    let (folder, fake) = (folder(), Fake::clean().with_quota(4, 48));
    let broker = start_slow(folder.path(), &[&fake]).await;
    let began = Instant::now();
    let mut n = 0;
    for _ in 0..24 * 4 {
        // Always more than can be asked, and noted again so that none gets too old.
        broker.look_up((n..n + 40).map(|n| question(n, 0)).collect());
        n += 10;
        seconds(900).await;
    }
    let seen = fake.count();
    assert!((20..=24).contains(&seen), "{seen}");
    let early = fake.requests().iter().filter(|(at, _)| *at - began < DAY / 4).count();
    assert!(early <= 8, "{early} in the first quarter of the day");
    // The suspected may use what is left, as fast as the minute allows.
    broker.look_up((5_000..5_100).map(|n| question(n, 1)).collect());
    seconds(3_600).await;
    let suspected = fake.count() - seen;
    assert!((24..=28).contains(&suspected), "{suspected}");
    broker.stop().await;
    within_quota(&fake, 4, 48);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_asks_nobody_at_the_pace_of_the_quota() {
    let (folder, fake) = (folder(), Fake::clean().with_quota(4, 500));
    let dry = |deployment: &mut Deployment| deployment.reputation.dry_run = true;
    let broker = start_with(folder.path(), &[&fake], dry).await;
    broker.look_up((0..20).map(|n| question(n, 50)).collect());
    seconds(30).await;
    // Two at once, and one 22 s later.
    assert_eq!((only(&broker).requests, fake.count()), (3, 0));
    seconds(600).await;
    let status = broker.status();
    assert!(status.dry_run && status.providers[0].requests == 20 && status.queued == 0);
    assert!(matches!(state(&broker, question(1, 50)).state, LookedState::Known { .. }));
    // For good, nothing was learnt and nothing was used up.
    broker.reload(&Deployment::default(), Site::default()).await.unwrap();
    assert_eq!((only(&broker).left_minute, only(&broker).left_day), (Some(2), Some(500)));
    assert_eq!(state(&broker, question(1, 50)).state, LookedState::Pending);
    until(|| fake.count() == 1).await;
    broker.stop().await;
    let broker = start(folder.path(), &[&fake]).await;
    assert_eq!(broker.status().cached, 1);
    broker.stop().await;
}

/// No 60 seconds and no 24 hours saw more.
pub(super) fn within_quota(fake: &Fake, per_minute: usize, per_day: usize) {
    let times: Vec<Instant> = fake.requests().iter().map(|(at, _)| *at).collect();
    for (most, span) in [(per_minute, Duration::from_secs(60)), (per_day, DAY)] {
        for window in times.windows(most + 1) {
            assert!(window[most] - window[0] >= span, "more than {most} in {span:?}");
        }
    }
}

#[test]
fn no_request_ever_names_what_is_not_global() {
    let texts = prop_oneof![
        any::<std::net::IpAddr>().prop_map(|ip| ip.to_string()),
        any::<u8>().prop_map(|n| format!("192.168.{n}.1")),
        any::<u16>().prop_map(|n| format!("2002:a00:{n:x}::1")),
        any::<u8>().prop_map(|n| format!("::ffff:100.64.{n}.1")),
        any::<u8>().prop_map(|n| format!("64:ff9b::10.0.{n}.1")),
        "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}\\.(com|local|lan|arpa)",
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    let some = prop::collection::vec((texts, any::<u8>()), 1..60);
    let tested = runner.run(&some, |notes| {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (folder, mut fake) = (folder(), Fake::clean());
            fake.batch = 16;
            let broker = start(folder.path(), &[&fake]).await;
            for (text, suspicion) in &notes {
                let Ok(indicator) = text.parse::<IndicatorBuf>();
                broker.known().want(indicator.borrowed(), (*suspicion).into());
                broker.look_up(vec![Question { indicator, suspicion: (*suspicion).into() }]);
            }
            until(|| broker.status().queued == 0).await;
            // The fake has judged all addresses, and would have stopped answering.
            for indicator in fake.indicators() {
                let name = indicator.to_string();
                let private = [".local", ".lan", ".arpa"].iter().any(|end| name.ends_with(end));
                assert!(!private, "{name} was told to somebody");
            }
            broker.stop().await;
        });
        Ok(())
    });
    tested.unwrap();
}

#[tokio::test(start_paused = true)]
async fn look_ups_are_counted_as_peeks_are() {
    let (folder, fake) = (folder(), Fake::clean());
    let broker = start(folder.path(), &[&fake]).await;
    for _ in 0..3 {
        broker.look_up(vec![question(1, 50), question(2, 50)]);
    }
    until(|| fake.count() == 2).await;
    seconds(1).await;
    broker.look_up(vec![question(1, 50)]);
    broker.look(vec![global(3)]);
    let status = broker.status();
    assert_eq!((status.hits, status.misses), (1, 3));
    broker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_without_a_quota_does_not_flood_the_log() {
    let (folder, mut fake) = (folder(), Fake::clean());
    fake.batch = 24;
    let dry = |deployment: &mut Deployment| deployment.reputation.dry_run = true;
    let broker = start_with(folder.path(), &[&fake], dry).await;
    broker.look_up((0..1_000).map(|n| question(n, 50)).collect());
    seconds(60).await;
    let requests = only(&broker).requests;
    assert!((50..=60).contains(&requests), "{requests}");
    assert_eq!(broker.status().queued, 1_000 - requests);
    broker.stop().await;
}
