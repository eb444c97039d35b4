//! Against a list of everything, and against itself.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::sequence::{WINDOW, WINDOW_NS, config, limits};
use super::*;

const PATIENCE_NS: i64 = WINDOW_NS / 5;
const PATIENCE: Duration = Duration::from_nanos(PATIENCE_NS as u64);

/// How many there are of each item below 3, and how many of each are overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kinds([[u32; 2]; 3]);

impl Tally for Kinds {
    type Item = u8;

    fn count(&mut self, item: u8, overdue: bool, by: i32) {
        let kinds = &mut self.0[usize::from(item)][usize::from(overdue)];
        *kinds = kinds.checked_add_signed(by).expect("counted out but not in");
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Notes a value dated so long ago.
    Note {
        value: u32,
        item: u8,
        ago: i64,
    },
    Settle {
        value: u32,
        item: u8,
    },
    Look,
}

/// How much later, of which key, what.
fn steps(keys: u8, values: u32) -> impl Strategy<Value = Vec<(i64, u8, Step)>> {
    let ago = prop_oneof![4 => Just(0), 1 => 0..WINDOW_NS * 2];
    let step = prop_oneof![
        4 => (0..values, 0..3_u8, ago).prop_map(|(value, item, ago)| Step::Note { value, item, ago }),
        2 => (0..values, 0..3_u8).prop_map(|(value, item)| Step::Settle { value, item }),
        1 => Just(Step::Look),
    ];
    let later = prop_oneof![
        4 => Just(0),
        8 => 0..WINDOW_NS / 8,
        2 => Just(PATIENCE_NS),
        2 => Just(WINDOW_NS),
        1 => 0..WINDOW_NS * 2,
        1 => -WINDOW_NS..0,
    ];
    prop::collection::vec((later, 0..keys, step), 1..150)
}

/// The values of each key, oldest first.
#[derive(Default)]
struct Naive {
    now: i64,
    keys: HashMap<u8, Vec<(i64, u32, u8)>>,
}

impl Naive {
    fn values(&mut self, key: u8) -> &mut Vec<(i64, u32, u8)> {
        let values = self.keys.entry(key).or_default();
        values.retain(|(time, ..)| self.now - time <= WINDOW_NS);
        values
    }

    /// Whether the value was known.
    fn take(&mut self, key: u8, step: Step, max: usize) -> bool {
        let now = self.now;
        let values = self.values(key);
        match step {
            Step::Note { value, item, ago } => {
                let before = values.len();
                values.retain(|(_, other, _)| *other != value);
                let known = values.len() < before;
                if ago <= WINDOW_NS || known {
                    if values.len() == max {
                        values.remove(0);
                    }
                    values.push((now - ago, value, item));
                    values.sort_by_key(|(time, ..)| *time);
                }
                known
            }
            Step::Settle { value, item } => {
                let found = values.iter_mut().find(|(_, other, _)| *other == value);
                found.map(|(.., old)| *old = item).is_some()
            }
            Step::Look => false,
        }
    }

    fn tally(&mut self, key: u8) -> Kinds {
        let now = self.now;
        let mut kinds = Kinds::default();
        for (time, _, item) in self.values(key) {
            kinds.count(*item, now - *time >= PATIENCE_NS, 1);
        }
        kinds
    }
}

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn window(max: u32, max_keys: usize) -> TallyWindow<u8, Kinds> {
    TallyWindow::new(NonZeroU32::new(max).unwrap(), WINDOW, PATIENCE, limits(max_keys))
}

fn take(window: &mut TallyWindow<u8, Kinds>, key: u8, step: Step, now: i64) -> Tallied<Kinds> {
    let newest = window.groups.newest().max(at(now)).as_nanos();
    match step {
        Step::Note { value, item, ago } => {
            window.note(key, value, at(newest - ago), at(now), |_| item)
        }
        Step::Settle { value, item } => window.settle(&key, value, at(now), |old| *old = item),
        Step::Look => Tallied { known: false, tally: window.tally(&key, at(now)) },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tallies_like_a_list_of_everything(steps in steps(4, 12), max in 1_u32..16) {
        let (mut window, mut naive, mut now) = (window(max, 16), Naive::default(), 0);
        for (later, key, step) in steps {
            now += later;
            // A settled key that is not there does not move the clock of the window.
            naive.now = naive.now.max(now);
            window.tally(&key, at(naive.now));
            let known = naive.take(key, step, max as usize);
            let tallied = take(&mut window, key, step, now);
            prop_assert_eq!(tallied, Tallied { known, tally: naive.tally(key) });
            prop_assert_eq!(window.recount(&key, at(naive.now)), tallied.tally);
            let mut values: Vec<_> = window.dated(&key, at(naive.now)).collect();
            values.reverse();
            let dates: Vec<_> = values.iter().map(|(time, ..)| time.as_nanos()).collect();
            let expected: Vec<_> = naive.values(key).iter().map(|(time, ..)| *time).collect();
            prop_assert_eq!(dates, expected);
            prop_assert_eq!(window.oldest(&key, at(naive.now)), values.first().map(|first| first.0));
            for value in 0..12 {
                let held = naive.values(key).iter().any(|(_, other, _)| *other == value);
                prop_assert_eq!(window.contains(&key, value, at(naive.now)), held);
            }
        }
        prop_assert_eq!(window.usage().evictions, 0);
    }

    #[test]
    fn too_little_room_never_counts_too_much(
        steps in steps(6, 60), max in 1_u32..50, max_keys in 1_usize..4,
    ) {
        let mut window = window(max, max_keys);
        let (bytes, mut now) = (window.usage().bytes, 0);
        for (later, key, step) in steps {
            now += later;
            let tallied = take(&mut window, key, step, now);
            let time = window.groups.newest().max(at(now));
            prop_assert_eq!(window.recount(&key, time), tallied.tally);
            if let Step::Note { value, ago, .. } = step {
                prop_assert_eq!(window.contains(&key, value, time), ago <= WINDOW_NS);
            }
            prop_assert!(window.dated(&key, time).count() <= max as usize);
        }
        prop_assert_eq!(window.usage().bytes, bytes);
    }

    #[test]
    fn other_bounds_keep_what_was_dated_last(
        steps in steps(3, 40), max in 2_u32..30, fewer in 1_u32..30, more in 1_u32..90,
    ) {
        let (mut window, mut now) = (window(max, 4), 0);
        for (later, key, step) in &steps {
            now += later;
            take(&mut window, *key, *step, now);
        }
        let time = window.groups.newest();
        for max in [fewer, more] {
            let before: Vec<Vec<_>> =
                (0..3).map(|key| window.dated(&key, time).collect()).collect();
            window.reconfigure(NonZeroU32::new(max).unwrap(), WINDOW);
            for (key, before) in before.into_iter().enumerate() {
                let after: Vec<_> = window.dated(&(key as u8), time).collect();
                prop_assert_eq!(after, before.into_iter().take(max as usize).collect::<Vec<_>>());
                let tally = window.tally(&(key as u8), time);
                prop_assert_eq!(tally, window.recount(&(key as u8), time));
            }
        }
        for value in 0..more {
            take(&mut window, 0, Step::Note { value, item: 0, ago: 0 }, now);
        }
        prop_assert_eq!(window.dated(&0, time).count(), more as usize);
    }
}

#[test]
fn both_ends_of_the_window_and_of_patience_count() {
    let mut window = window(5, 2);
    window.note(1, 80, at(0), at(0), |_| 0);
    let waits = Kinds([[1, 0], [0; 2], [0; 2]]);
    let overdue = Kinds([[0, 1], [0; 2], [0; 2]]);
    assert_eq!(window.tally(&1, at(PATIENCE_NS - 1)), waits);
    assert_eq!(window.tally(&1, at(PATIENCE_NS)), overdue);
    assert_eq!(window.tally(&1, at(WINDOW_NS)), overdue);
    assert_eq!(window.tally(&1, at(WINDOW_NS + 1)), Kinds::default());
}

#[test]
fn numbers_of_keys_that_are_gone_are_given_again() {
    let mut window = window(2, 3);
    for key in 0..200 {
        window.note(key, 7, at(0), at(i64::from(key)), |old| {
            assert_eq!(old, None, "a value of another key");
            0
        });
    }
    assert_eq!(window.numbers, 3);
    assert_eq!(window.usage().keys, 3);
}
