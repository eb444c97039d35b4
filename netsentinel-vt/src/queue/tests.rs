use proptest::prelude::*;

use super::*;

fn indicator(number: u8) -> IndicatorBuf {
    IndicatorBuf::Ip([8, 8, 8, number].into())
}

fn queue(capacity: usize, askers: usize) -> Queue {
    Queue::new(NonZeroUsize::new(capacity).unwrap(), askers)
}

fn order(queue: &mut Queue, asker: usize, now: Instant) -> Vec<IndicatorBuf> {
    std::iter::from_fn(|| queue.take(asker, now)).map(|question| question.indicator).collect()
}

fn first(queue: &mut Queue, now: Instant) -> Option<Suspicion> {
    queue.first(0, now).map(|question| question.suspicion)
}

#[test]
fn the_most_suspected_comes_first_and_among_equals_who_waits_longest() {
    let (mut queue, now) = (queue(16, 1), Instant::now());
    for (number, suspicion) in [(1, 0), (2, 50), (3, 0), (4, 50), (5, 90)] {
        assert!(queue.note(&indicator(number), suspicion.into(), 1, now).urgent);
    }
    // Noted again: once with more, which counts, once with less, which does not.
    assert!(queue.note(&indicator(3), 50.into(), 1, now).urgent);
    assert!(!queue.note(&indicator(5), 10.into(), 1, now).urgent);
    assert_eq!(queue.len(), 5);
    assert_eq!(order(&mut queue, 0, now), [5, 2, 3, 4, 1].map(indicator));
}

#[test]
fn when_full_the_least_suspected_and_oldest_goes() {
    let (mut queue, now) = (queue(3, 1), Instant::now());
    for (number, suspicion) in [(1, 5), (2, 0), (3, 0)] {
        queue.note(&indicator(number), suspicion.into(), 1, now);
    }
    let mut dropped =
        |number, suspicion: u8| queue.note(&indicator(number), suspicion.into(), 1, now).dropped;
    assert_eq!(dropped(4, 0), Some(indicator(2)));
    assert_eq!(dropped(5, 9), Some(indicator(3)));
    assert_eq!(dropped(6, 9), Some(indicator(4)));
    assert_eq!(dropped(7, 1), Some(indicator(7)));
    assert_eq!((queue.len(), queue.dropped()), (3, 4));
    assert_eq!(order(&mut queue, 0, now), [5, 6, 1].map(indicator));
}

#[test]
fn each_provider_has_its_own_turn() {
    let (mut queue, now) = (queue(16, 2), Instant::now());
    queue.note(&indicator(1), 0.into(), 0b11, now);
    queue.note(&indicator(2), 0.into(), 0b10, now);
    assert_eq!(order(&mut queue, 0, now), [indicator(1)]);
    assert_eq!(order(&mut queue, 1, now), [1, 2].map(indicator));
    // Being asked about, it is not asked about once more.
    queue.note(&indicator(1), 100.into(), 0b11, now);
    assert_eq!(queue.take(0, now), None);
    assert!(!queue.done(0, &indicator(1)));
    assert!(queue.done(1, &indicator(1)) && queue.done(1, &indicator(2)));
    assert_eq!(queue.len(), 0);
    queue.note(&indicator(3), 0.into(), 0b11, now);
    queue.note(&indicator(4), 0.into(), 0b01, now);
    assert_eq!(queue.forget(0), [indicator(4)]);
    assert_eq!(
        (queue.first(0, now), queue.take(1, now).map(|q| q.indicator)),
        (None, Some(indicator(3)))
    );
}

#[test]
fn one_that_is_put_off_comes_when_due_or_more_suspected() {
    let (mut queue, now) = (queue(16, 1), Instant::now());
    let later = now + Duration::from_secs(2);
    queue.note(&indicator(1), 10.into(), 1, now);
    queue.note(&indicator(2), 0.into(), 1, now);
    for times in 0..2 {
        queue.take(0, now);
        queue.again(0, &indicator(1), |tries| {
            assert_eq!(tries, times);
            Some(later)
        });
        assert_eq!(queue.due(0), Some(later));
        assert_eq!(first(&mut queue, now), Some(0.into()));
        queue.note(&indicator(1), Suspicion::from(20 + times as u8), 1, now);
        assert!(first(&mut queue, now) > Some(10.into()));
    }
    queue.take(0, now);
    queue.again(0, &indicator(1), |_| Some(later));
    assert_eq!(order(&mut queue, 0, now), [indicator(2)]);
    assert_eq!(order(&mut queue, 0, later), [indicator(1)]);
    queue.again(0, &indicator(1), |_| None);
    assert_eq!(order(&mut queue, 0, now), [indicator(1)]);
}

#[test]
fn nobody_waits_for_ever() {
    let (mut queue, now) = (queue(16, 1), Instant::now());
    queue.note(&indicator(1), 9.into(), 1, now);
    queue.note(&indicator(2), 9.into(), 1, now);
    queue.note(&indicator(3), 10.into(), 1, now);
    let hour = now + SEEN_WAITS;
    queue.note(&indicator(2), 0.into(), 1, hour);
    assert_eq!(queue.expire(hour), []);
    assert_eq!(queue.expire(hour + Duration::from_secs(1)), [indicator(1)]);
    let left = queue.expire(now + ANY_WAITS + SEEN_WAITS);
    assert_eq!((left.len(), queue.len(), queue.dropped()), (2, 0, 3));
    assert!(queue.ranked.is_empty() && queue.lines.iter().all(|line| line.ready.is_empty()));
}

#[derive(Clone, Debug)]
enum Step {
    Note(u8, u8, Askers),
    Take(usize),
    Done(usize),
    Again(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..12, 0_u8..4, 1_u8..4).prop_map(|(a, b, c)| Step::Note(a, b, c)),
        3 => (0_usize..2).prop_map(Step::Take),
        1 => (0_usize..2).prop_map(Step::Done),
        1 => (0_usize..2).prop_map(Step::Again),
    ]
}

/// The same, as a list in the order of arrival: indicator, suspicion, open and taken by provider.
#[derive(Default)]
struct Naive(Vec<(u8, u8, Askers, Askers)>);

impl Naive {
    fn note(&mut self, number: u8, suspicion: u8, open: Askers) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == number) {
            entry.1 = entry.1.max(suspicion);
            entry.2 |= open;
            return;
        }
        if self.0.len() == 6 {
            let least = self.0.iter().map(|entry| entry.1).min().unwrap();
            if least > suspicion {
                return;
            }
            let at = self.0.iter().position(|entry| entry.1 == least).unwrap();
            self.0.remove(at);
        }
        self.0.push((number, suspicion, open, 0));
    }

    fn take(&mut self, asker: usize) -> Option<u8> {
        let waits = |entry: &&mut (u8, u8, Askers, Askers)| (entry.2 & !entry.3) >> asker & 1 == 1;
        let waiting = self.0.iter_mut().filter(waits).rev();
        let first = waiting.max_by_key(|entry| entry.1)?;
        first.3 |= 1 << asker;
        Some(first.0)
    }

    fn give_back(&mut self, asker: usize, number: u8, done: bool) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == number) {
            entry.3 &= !(1 << asker);
            entry.2 &= !(Askers::from(done) << asker);
        }
        self.0.retain(|entry| entry.2 != 0);
    }
}

proptest! {
    #[test]
    fn does_what_a_sorted_list_does(steps in prop::collection::vec(step(), 1..200)) {
        let (mut queue, mut naive, now) = (queue(6, 2), Naive::default(), Instant::now());
        let mut taken: Vec<(usize, u8)> = Vec::new();
        for step in steps {
            match step {
                Step::Note(number, suspicion, open) => {
                    queue.note(&indicator(number), suspicion.into(), open, now);
                    naive.note(number, suspicion, open);
                }
                Step::Take(asker) => {
                    let question = queue.take(asker, now).map(|question| question.indicator);
                    let number = naive.take(asker);
                    prop_assert_eq!(question, number.map(indicator));
                    taken.extend(number.map(|number| (asker, number)));
                }
                Step::Done(asker) | Step::Again(asker) => {
                    let at = taken.iter().position(|of| of.0 == asker);
                    let Some((_, number)) = at.map(|at| taken.remove(at)) else { continue };
                    let done = matches!(step, Step::Done(_));
                    if done {
                        queue.done(asker, &indicator(number));
                    } else {
                        queue.again(asker, &indicator(number), |_| None);
                    }
                    naive.give_back(asker, number, done);
                }
            }
            prop_assert_eq!(queue.len(), naive.0.len());
            prop_assert_eq!(queue.ranked.len(), queue.len());
        }
    }
}
