//! Far more than can be asked.

use super::*;

/// New addresses in each of 10 parts of a second.
const NEW: u32 = 1_000;
/// Seconds that it lasts.
const SECONDS: u32 = 60;
const QUEUE: u64 = 4_096;

#[tokio::test(start_paused = true)]
async fn ten_thousand_new_addresses_a_second_leave_the_suspected_first() {
    let folder = folder();
    let fake = Fake::new(|_, questions| match questions[0].suspicion == Suspicion::SEEN {
        true => Ok(vec![clean()]),
        false => Ok(vec![bad(RiskTier::High)]),
    });
    let fake = fake.with_quota(4, 500);
    let broker = start(folder.path(), &[&fake]).await;
    let known = broker.known();
    // A suspected one in the middle of what comes in each 10th second.
    let suspected = |second: u32| global(second * 10 * NEW + NEW / 2);
    for tenth in 0..SECONDS * 10 {
        for n in tenth * NEW..(tenth + 1) * NEW {
            let is_suspected = n % (NEW * 100) == NEW / 2;
            let suspicion = if is_suspected { Suspicion::from(80) } else { Suspicion::SEEN };
            known.want(global(n).borrowed(), suspicion);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if tenth % 10 == 0 {
            let status = broker.status();
            assert!(status.queued <= QUEUE && status.cached <= 500, "{status:?}");
        }
    }
    let status = broker.status();
    assert_eq!(status.queued, QUEUE);
    let all = status.queue_dropped + status.queued + status.cached + status.notes_dropped;
    assert_eq!(all, u64::from(NEW * SECONDS * 10), "every one is accounted for: {status:?}");
    // Two were asked about that were merely seen, before the first suspected one came, or later, while more
    // than half of the minute's quota was left; all others were suspected.
    let asked: Vec<Question> = fake.requests().into_iter().flat_map(|(_, asked)| asked).collect();
    let seen = asked.iter().filter(|question| question.suspicion == Suspicion::SEEN).count();
    assert!(seen <= 2 && asked.len() >= 4, "{asked:?}");
    until(|| (0..6).all(|n| known.tier(suspected(n * 10).borrowed()) == RiskTier::High)).await;
    let (at, _) = fake.requests().pop().unwrap();
    // Nothing was asked since but what can be told apart at the pace of the looks.
    assert!(at.elapsed() < Duration::from_secs(20) && fake.count() <= 12, "{:?}", fake.requests());
    broker.stop().await;
    asking::within_quota(&fake, 4, 500);
}

#[tokio::test(start_paused = true)]
async fn a_day_at_full_load_stays_within_the_quota() {
    let folder = folder();
    let fake = Fake::clean().with_quota(4, 500);
    let broker = start_slow(folder.path(), &[&fake]).await;
    for hour in 0..30 {
        broker.look_up((0..100).map(|n| question(hour * 100 + n, (n % 3) as u8)).collect());
        seconds(3_600).await;
    }
    let count = fake.count();
    assert!((500..=1_000).contains(&count), "{count}");
    broker.stop().await;
    asking::within_quota(&fake, 4, 500);
}
