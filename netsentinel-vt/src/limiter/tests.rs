use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::history::DAY;
use super::minute::MINUTE;
use super::*;

const START: Timestamp = Timestamp::from_nanos(1_763_700_000_000_000_000);

fn quota(minute: u32, day: u32) -> Quota {
    Quota { per_minute: NonZeroU32::new(minute), per_day: NonZeroU32::new(day) }
}

/// A limiter and the plainest model of it: a list of times.
struct Pair {
    folder: Option<TempDir>,
    limiter: Limiter,
    quota: Quota,
    made: Vec<Timestamp>,
    now: Timestamp,
    /// The time that the limiter was told last.
    told: Timestamp,
    /// Whether the clock has ever stepped back.
    stepped_back: bool,
    /// Whether it may refuse more than the model does: the file was damaged, or it was read after the clock
    /// had stepped back, and may hold what memory had forgotten.
    stricter: bool,
}

impl Pair {
    fn new(quota: Quota, on_disk: bool) -> Self {
        let folder = on_disk.then(|| TempDir::new().unwrap());
        let file = folder.as_ref().map(|folder| folder.path().join("quota"));
        let limiter = Limiter::open(file.as_deref(), quota, START).unwrap();
        Self {
            folder,
            limiter,
            quota,
            made: Vec::new(),
            now: START,
            told: START,
            stepped_back: false,
            stricter: false,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("quota")
    }

    fn within(&self, span: Duration) -> usize {
        self.made.iter().filter(|made| self.now.nanos_since(**made) < nanos(span)).count()
    }

    fn full(&self, limit: Option<NonZeroU32>, span: Duration) -> bool {
        limit.is_some_and(|limit| self.within(span) >= limit.get() as usize)
    }

    /// The limiter is about to be told the time: what lies in the future was made now, and what is a day
    /// old is forgotten for good, even if the clock should step back later.
    fn tell_time(&mut self) {
        let now = self.now;
        self.stepped_back |= now < self.told;
        self.told = now;
        self.made.retain(|made| now.nanos_since(*made) < nanos(DAY));
        for made in &mut self.made {
            *made = (*made).min(self.now);
        }
    }

    fn take(&mut self) -> Result<(), Timestamp> {
        self.tell_time();
        let day_full = self.full(self.quota.per_day, DAY);
        let minute_full = self.full(self.quota.per_minute, MINUTE);
        let left = self.limiter.left(self.now);
        let outcome = self.limiter.take(self.now);
        match outcome {
            Ok(()) => {
                assert!(!day_full, "more than the day's quota");
                assert!(!minute_full, "more than the minute's quota");
                assert!(left.minute != Some(0) && left.day != Some(0), "{left:?}");
                self.made.push(self.now);
            }
            Err(again) => {
                assert!(again > self.now);
                assert!(left.minute == Some(0) || left.day == Some(0), "{left:?}");
                let wait = Duration::from_nanos(again.nanos_since(self.now));
                assert!(wait <= if left.day == Some(0) { DAY } else { MINUTE }, "{wait:?}");
                assert!(
                    self.stricter || day_full || self.within(MINUTE) > 0,
                    "refused for nothing"
                );
            }
        }
        if !self.stricter
            && let Some(quota) = self.quota.per_day
        {
            let left = u64::from(quota.get()).saturating_sub(self.within(DAY) as u64);
            assert_eq!(self.limiter.left(self.now).day, Some(left));
        }
        outcome
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Take(times) => {
                for _ in 0..times {
                    let _ = self.take();
                }
            }
            Step::TakeAll => while self.take().is_ok() {},
            Step::Wait => {
                // The day's quota may be free before the minute's is, never more.
                let Err(again) = self.take() else { return };
                self.now = again;
                if let Err(again) = self.take() {
                    self.now = again;
                    assert_eq!(self.take(), Ok(()));
                }
            }
            Step::Forward(span) => self.now = self.now.after(span),
            Step::Back(span) => self.now = before(self.now, span),
            Step::Restart(ref tail) => self.restart(tail),
            Step::Damage(at) => self.damage(at),
            Step::Quota(quota) => {
                self.tell_time();
                self.quota = quota;
                self.limiter.set_quota(quota, self.now);
            }
        }
    }

    /// As after a crash: nothing is closed, and what was being written is cut short.
    fn restart(&mut self, tail: &[u8]) {
        if self.folder.is_none() {
            return;
        }
        self.tell_time();
        self.stricter |= self.stepped_back;
        OpenOptions::new().append(true).open(self.file()).unwrap().write_all(tail).unwrap();
        fs::write(self.file().with_extension("new"), b"half of a fi").unwrap();
        self.limiter = Limiter::open(Some(&self.file()), self.quota, self.now).unwrap();
    }

    fn damage(&mut self, at: usize) {
        if self.folder.is_none() {
            return;
        }
        let mut bytes = fs::read(self.file()).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 0x55;
        fs::write(self.file(), bytes).unwrap();
        self.stricter = true;
        self.restart(&[]);
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap()
}

#[derive(Clone, Debug)]
enum Step {
    Take(usize),
    TakeAll,
    Wait,
    Forward(Duration),
    Back(Duration),
    Restart(Vec<u8>),
    Damage(usize),
    Quota(Quota),
}

fn spans() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..2_000_000_000_u64).prop_map(Duration::from_nanos),
        (0..70_000_u64).prop_map(Duration::from_millis),
        (0..180_000_u64).prop_map(Duration::from_secs),
        Just(MINUTE),
        Just(DAY),
    ]
}

fn quotas() -> impl Strategy<Value = Quota> {
    // Without any limit nothing is counted, so the model would differ.
    prop_oneof![
        4 => (1..12_u32, 1..40_u32).prop_map(|(minute, day)| quota(minute, day)),
        1 => (1..12_u32).prop_map(|minute| quota(minute, 0)),
        1 => (1..40_u32).prop_map(|day| quota(0, day)),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..6_usize).prop_map(Step::Take),
        3 => Just(Step::Wait),
        6 => spans().prop_map(Step::Forward),
        1 => spans().prop_map(Step::Back),
        2 => proptest::collection::vec(any::<u8>(), 0..16).prop_map(Step::Restart),
        1 => any::<usize>().prop_map(Step::Damage),
        1 => quotas().prop_map(Step::Quota),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #[test]
    fn no_window_sees_more_than_the_quota(quota in quotas(), steps in steps()) {
        let mut pair = Pair::new(quota, false);
        for step in &steps {
            pair.step(step);
        }
    }
}

proptest! {
    // Each request waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_window_sees_more_than_the_quota_across_restarts(
        quota in quotas(), steps in steps(),
    ) {
        let mut pair = Pair::new(quota, true);
        for step in &steps {
            pair.step(step);
        }
    }
}

#[test]
fn a_minute_asked_as_fast_as_possible_sees_its_quota_at_most() {
    for minute in (1..40).chain([99, 100, 1_000]) {
        let mut pair = Pair::new(quota(minute, 0), false);
        let mut fullest = 0;
        while pair.now < START.after(3 * MINUTE) {
            pair.step(&Step::TakeAll);
            fullest = fullest.max(pair.within(MINUTE));
            pair.now = pair.take().unwrap_err();
        }
        assert_eq!(fullest, minute as usize, "the quota can be used");
        let sustained = pair.made.iter().filter(|made| **made >= START.after(2 * MINUTE)).count();
        assert!(sustained > minute as usize / 2, "{sustained} of {minute}");
    }
}

/// Whatever delays the one and not the other: what a provider counts is what it gets.
#[test]
fn no_window_on_the_wire_sees_more_however_late_requests_are_sent() {
    let quota_of = [(4, 20), (1, 3), (60, 1_000)];
    for (minute, day) in quota_of {
        let mut pair = Pair::new(quota(minute, day), false);
        while pair.now < START.after(2 * DAY) {
            pair.step(&Step::TakeAll);
            pair.now = pair.take().unwrap_err();
        }
        for (limit, window) in [(minute, 60), (day, 24 * 3_600)] {
            for first in pair.made.windows(limit as usize + 1) {
                let late = first[0].after(SENT_WITHIN);
                let apart = first[limit as usize].nanos_since(late);
                assert!(apart >= nanos(Duration::from_secs(window)), "{limit} in {window} s");
            }
        }
    }
}

#[test]
fn a_day_asked_as_often_as_possible_sees_all_of_its_quota() {
    let mut pair = Pair::new(quota(4, 500), false);
    let mut made = 0;
    while pair.now < START.after(3 * DAY) {
        match pair.take() {
            Ok(()) => made += 1,
            Err(again) => pair.now = again,
        }
    }
    assert_eq!(made, 1_500);
}

#[test]
fn two_of_four_go_at_once_and_the_others_every_twenty_two_seconds() {
    let mut limiter = Limiter::open(None, quota(4, 3), START).unwrap();
    assert_eq!(limiter.left(START), Left { minute: Some(2), day: Some(3) });
    assert_eq!((limiter.take(START), limiter.take(START)), (Ok(()), Ok(())));
    assert_eq!(limiter.left(START), Left { minute: Some(0), day: Some(1) });
    let next = START.after(Duration::from_secs(22));
    assert_eq!(limiter.take(START), Err(next));
    assert_eq!(limiter.left(next), Left { minute: Some(1), day: Some(1) });
    assert_eq!(limiter.take(next), Ok(()));
    assert_eq!(limiter.take(next), Err(START.after(DAY)));
    assert_eq!(limiter.left(START.after(DAY)), Left { minute: Some(2), day: Some(2) });
}

#[test]
fn without_a_quota_nothing_is_counted() {
    let mut limiter = Limiter::open(None, Quota::default(), START).unwrap();
    assert!((0..1_000).all(|_| limiter.take(START).is_ok()));
    assert_eq!(limiter.left(START), Left::default());
}

#[test]
fn another_quota_counts_what_was_asked() {
    let mut limiter = Limiter::open(None, quota(100, 10), START).unwrap();
    assert!((0..10).all(|_| limiter.take(START).is_ok()));
    limiter.set_quota(quota(4, 12), START);
    assert_eq!(limiter.left(START), Left { minute: Some(0), day: Some(2) });
    // Never later than a minute after the last.
    assert_eq!(limiter.take(START), Err(START.after(MINUTE)));
    assert_eq!(limiter.take(START.after(MINUTE)), Ok(()));
    limiter.set_quota(quota(4, 5), START.after(MINUTE));
    assert_eq!(limiter.take(START.after(MINUTE)), Err(START.after(DAY)));
}

#[test]
fn a_clock_that_steps_back_costs_a_minute_and_a_day_at_most() {
    let mut limiter = Limiter::open(None, quota(4, 2), START).unwrap();
    assert_eq!((limiter.take(START), limiter.take(START)), (Ok(()), Ok(())));
    let year = before(START, 365 * DAY);
    assert_eq!(limiter.take(year), Err(year.after(DAY)));
    assert_eq!(limiter.take(year.after(DAY)), Ok(()));
}

#[test]
fn a_file_that_makes_no_sense_is_a_quota_used_up() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quota");
    for text in [&b""[..], b"{}", b"<html>a page that is longer than a header</html>"] {
        fs::write(&file, text).unwrap();
        let mut limiter = Limiter::open(Some(&file), quota(4, 500), START).unwrap();
        assert_eq!(limiter.left(START), Left { minute: Some(0), day: Some(0) });
        assert_eq!(limiter.take(START), Err(START.after(DAY)));
        // Also after a restart, and not for longer than a day.
        let mut limiter = Limiter::open(Some(&file), quota(4, 500), START.after(MINUTE)).unwrap();
        assert_eq!(limiter.take(START.after(MINUTE)), Err(START.after(DAY)));
        assert_eq!(limiter.take(START.after(DAY)), Ok(()));
    }
}

#[test]
fn a_damaged_record_is_a_request_made_now() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quota");
    let mut limiter = Limiter::open(Some(&file), quota(0, 5), START).unwrap();
    for seconds in 0..3 {
        limiter.take(START.after(Duration::from_secs(seconds))).unwrap();
    }
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(bytes.len(), 4 * 16);
    bytes[20] ^= 1;
    fs::write(&file, bytes).unwrap();
    let now = START.after(DAY / 2);
    let limiter = Limiter::open(Some(&file), quota(0, 5), now).unwrap();
    assert_eq!(limiter.left(now).day, Some(2));
    assert_eq!(limiter.left(START.after(DAY + MINUTE)).day, Some(4), "two are a day old");
    assert_eq!(limiter.left(now.after(DAY)).day, Some(5));
}

#[test]
fn a_damaged_record_may_have_stood_for_several_requests() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quota");
    let mut limiter = Limiter::open(Some(&file), quota(0, 5), START).unwrap();
    for _ in 0..3 {
        limiter.take(START).unwrap();
    }
    drop(Limiter::open(Some(&file), quota(0, 5), START).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(bytes.len(), 2 * 16, "one moment is one record");
    bytes[16] ^= 1;
    fs::write(&file, bytes).unwrap();
    let limiter = Limiter::open(Some(&file), quota(0, 5), START).unwrap();
    assert_eq!(limiter.left(START).day, Some(2));
}

#[test]
fn the_file_is_written_anew_before_it_grows_without_end() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quota");
    let mut limiter = Limiter::open(Some(&file), quota(0, 3), START).unwrap();
    let mut longest = 0;
    for day in 0..360 {
        for _ in 0..3 {
            limiter.take(START.after(DAY * day)).unwrap();
        }
        longest = longest.max(fs::metadata(&file).unwrap().len());
    }
    assert!(longest <= (1_024 + 10) * 16, "{longest}");
    let now = START.after(DAY * 359);
    let limiter = Limiter::open(Some(&file), quota(0, 3), now).unwrap();
    assert_eq!(limiter.left(now).day, Some(0));
    assert_eq!(fs::metadata(&file).unwrap().len(), 2 * 16, "one moment");
}

#[test]
fn a_disk_that_takes_nothing_grants_nothing() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("state");
    fs::create_dir(&inner).unwrap();
    let file = inner.join("quota");
    let mut limiter = Limiter::open(Some(&file), quota(0, 5), START).unwrap();
    limiter.journal.as_mut().unwrap().file = None;
    fs::remove_dir_all(&inner).unwrap();
    assert_eq!(limiter.take(START), Err(START.after(DISK_RETRY)));
    assert_eq!(limiter.left(START).day, Some(5));
    fs::create_dir(&inner).unwrap();
    assert_eq!(limiter.take(START), Ok(()));
    let missing = folder.path().join("nowhere/quota");
    let error = Limiter::open(Some(&missing), quota(0, 5), START).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quota");
    Limiter::open(Some(&file), quota(1, 1), START).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
