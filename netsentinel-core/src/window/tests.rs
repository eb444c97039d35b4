//! The windows when they are reconfigured half way, against a list of everything.

use std::collections::HashSet;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use proptest::prelude::*;

use super::sequence::{Event, Naive, WINDOW_NS, config, events, limits};
use super::{DistinctWindow, EventWindow, SumWindow};

/// A bound and a length in nanoseconds.
type Setting = (u64, u64);

fn settings(most: u64) -> impl Strategy<Value = (Setting, Setting)> {
    let length = prop_oneof![Just(WINDOW_NS as u64), 1..WINDOW_NS as u64 * 3];
    let setting = (1..most, length);
    (setting.clone(), setting)
}

/// What is counted when the settings change after a part of `events`, against what is true.
///
/// `measure` counts the truth over some nanoseconds. `reconfigure` and `add` are the window's.
fn check<W>(
    events: &[Event],
    (old, new): (Setting, Setting),
    mut window: W,
    reconfigure: impl Fn(&mut W, Setting),
    add: impl Fn(&mut W, &Event) -> u64,
    measure: impl Fn(&Naive, u64, u8) -> u64,
) -> Result<W, TestCaseError> {
    let mut naive = Naive::new();
    let (before, after) = events.split_at(events.len() / 2);
    for event in before {
        naive.add(*event);
        let exact = measure(&naive, old.1, event.key).min(old.0);
        prop_assert_eq!(add(&mut window, event).min(old.0), exact);
    }
    reconfigure(&mut window, new);
    let changed = naive.now;
    for event in after {
        naive.add(*event);
        let counted = add(&mut window, event);
        let exact = measure(&naive, new.1, event.key);
        prop_assert!(counted <= exact, "{counted} of {exact}");
        if (new.0 <= old.0 && new.1 <= old.1) || naive.now.nanos_since(changed) > new.1 {
            prop_assert_eq!(counted.min(new.0), exact.min(new.0));
        }
        let least = old.0.min(new.0);
        let kept = measure(&naive, old.1.min(new.1), event.key);
        prop_assert!(counted.min(least) >= kept.min(least), "{counted} of at least {kept}");
    }
    Ok(window)
}

fn bound(setting: Setting) -> (NonZeroU32, Duration) {
    (NonZeroU32::new(setting.0 as u32).unwrap(), Duration::from_nanos(setting.1))
}

fn check_events(events: &[Event], both: (Setting, Setting), max_keys: usize) -> TestCaseResult {
    let (most, length) = bound(both.0);
    let window = check(
        events,
        both,
        EventWindow::<u8>::new(most, length, limits(max_keys)),
        |window, setting| window.reconfigure(bound(setting).0, bound(setting).1),
        |window, event| window.add(event.key, event.time),
        |naive, nanos, key| naive.within_last(nanos, key).count() as u64,
    )?;
    prop_assert_eq!(window.usage().evictions, 0);
    Ok(())
}

fn check_distinct(events: &[Event], both: (Setting, Setting), max_keys: usize) -> TestCaseResult {
    let (most, length) = bound(both.0);
    let window = check(
        events,
        both,
        DistinctWindow::<u8, u16>::new(most, length, limits(max_keys)),
        |window, setting| window.reconfigure(bound(setting).0, bound(setting).1),
        |window, event| {
            let count = window.add(event.key, event.value, event.time).count;
            assert_eq!(window.values(&event.key, event.time).count() as u64, count);
            count
        },
        |naive, nanos, key| {
            let values = naive.within_last(nanos, key).map(|event| event.value);
            values.collect::<HashSet<_>>().len() as u64
        },
    )?;
    prop_assert_eq!(window.usage().evictions, 0);
    Ok(())
}

type TestCaseResult = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn events_go_on_counting(events in events(4, 1), both in settings(20)) {
        check_events(&events, both, 8)?;
    }

    #[test]
    fn room_grows_with_the_threshold_of_events(events in events(1, 1), both in settings(60)) {
        check_events(&events, both, 1)?;
    }

    #[test]
    fn distinct_values_go_on_counting(events in events(4, 12), both in settings(16)) {
        check_distinct(&events, both, 8)?;
    }

    #[test]
    fn room_grows_with_the_threshold_of_values(events in events(1, 60), both in settings(50)) {
        check_distinct(&events, both, 1)?;
    }

    #[test]
    fn sums_go_on_adding_up(events in events(4, 20), both in settings(300)) {
        let bound =
            |setting: Setting| (NonZeroU64::new(setting.0).unwrap(), Duration::from_nanos(setting.1));
        let (most, length) = bound(both.0);
        let window = check(
            &events,
            both,
            SumWindow::<u8>::new(most, length, limits(4), 800),
            |window, setting| window.reconfigure(bound(setting).0, bound(setting).1),
            |window, event| window.add(event.key, event.value.into(), event.time),
            |naive, nanos, key| {
                naive.within_last(nanos, key).map(|event| u64::from(event.value)).sum()
            },
        )?;
        prop_assert_eq!((window.usage().evictions, window.coalesced()), (0, 0));
    }
}

#[test]
fn a_lower_threshold_gives_room_back() {
    let (many, few) = (NonZeroU32::new(100).unwrap(), NonZeroU32::new(3).unwrap());
    let length = Duration::from_secs(10);
    let mut window = DistinctWindow::<u8, u16>::new(many, length, limits(1));
    let at = |nanos| crate::Timestamp::from_nanos(nanos);
    for port in 0..50 {
        window.add(0, port, at(i64::from(port)));
    }
    window.add(0, 7, at(60));
    window.reconfigure(few, length);
    let mut kept: Vec<_> = window.values(&0, at(60)).collect();
    kept.sort_unstable();
    assert_eq!(kept, [7, 48, 49], "those seen most recently");
    assert_eq!(window.add(0, 7, at(61)).count, 3);
}
