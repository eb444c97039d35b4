use proptest::prelude::*;

use super::super::sequence::config;
use super::*;

const IDLE_NS: i64 = 100;
const IDLE: Duration = Duration::from_nanos(IDLE_NS as u64);

fn map<V>(max_keys: usize, seed: u64) -> BoundedMap<u32, V> {
    let max_keys = NonZeroUsize::new(max_keys).unwrap();
    BoundedMap::with_hasher_seeds(max_keys, IDLE, [seed, 2, 3, 4])
}

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Entry(u32),
    Remove(u32),
    PopIdle,
    PopOldest,
    EvictOne,
    EvictOther(u32),
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let time = prop_oneof![
        10 => Just(0),
        10 => 0..IDLE_NS / 4,
        1 => Just(IDLE_NS),
        1 => Just(IDLE_NS + 1),
        2 => -IDLE_NS..0,
    ];
    let key = 0_u32..12;
    let step = prop_oneof![
        20 => key.clone().prop_map(Step::Entry),
        3 => key.clone().prop_map(Step::Remove),
        2 => Just(Step::PopIdle),
        1 => Just(Step::PopOldest),
        1 => Just(Step::EvictOne),
        2 => key.prop_map(Step::EvictOther),
    ];
    prop::collection::vec((time, step), 1..200)
}

/// The two lists as plain as can be: key, value and last touch, the oldest first.
#[derive(Debug, Default)]
struct Model {
    fresh: Vec<(u32, usize, i64)>,
    kept: Vec<(u32, usize, i64)>,
    now: i64,
    evictions: u64,
    max: usize,
}

impl Model {
    fn entry(&mut self, key: u32, value: usize) -> (usize, Option<(u32, usize)>) {
        if let Some(known) = self.remove(key) {
            self.kept.push((key, known, self.now));
            return (known, None);
        }
        let full = self.fresh.len() + self.kept.len() == self.max;
        let evicted = full.then(|| self.evict(None)).flatten();
        self.fresh.push((key, value, self.now));
        (value, evicted)
    }

    fn remove(&mut self, key: u32) -> Option<usize> {
        for list in [&mut self.fresh, &mut self.kept] {
            if let Some(at) = list.iter().position(|entry| entry.0 == key) {
                return Some(list.remove(at).1);
            }
        }
        None
    }

    fn oldest(&self, spared: Option<u32>) -> Option<(u32, usize, i64)> {
        let others = self.fresh.iter().chain(&self.kept).filter(|entry| Some(entry.0) != spared);
        others.copied().min_by_key(|entry| entry.2)
    }

    fn pop_idle(&mut self, spared: Option<u32>) -> Option<(u32, usize)> {
        let (key, _, _) = self.oldest(spared).filter(|entry| self.now - entry.2 > IDLE_NS)?;
        Some((key, self.remove(key)?))
    }

    fn evict(&mut self, spared: Option<u32>) -> Option<(u32, usize)> {
        self.pop_idle(spared).or_else(|| {
            let few = self.fresh.len() < self.max / 4;
            let lists = if few { [&self.kept, &self.fresh] } else { [&self.fresh, &self.kept] };
            let key = lists.into_iter().flatten().find(|entry| Some(entry.0) != spared)?.0;
            self.evictions += 1;
            Some((key, self.remove(key)?))
        })
    }
}

fn follows_the_model(steps: Vec<(i64, Step)>, max: usize) -> Result<(), TestCaseError> {
    let mut maps = [map(max, 1), map(max, 99)];
    let mut model = Model { now: i64::MIN, max, ..Model::default() };
    let mut clock = 0;
    for (value, (later, step)) in steps.into_iter().enumerate() {
        clock += later;
        if matches!(step, Step::Entry(_) | Step::PopIdle) {
            model.now = model.now.max(clock);
        }
        let known = |model: &Model, key| {
            model.fresh.iter().chain(&model.kept).find(|entry| entry.0 == key).map(|entry| entry.1)
        };
        let before = if let Step::Entry(key) = step { known(&model, key) } else { None };
        let (expected, stays) = match step {
            Step::Entry(key) => {
                let (value, evicted) = model.entry(key, value);
                (evicted, Some(value))
            }
            Step::Remove(key) => (model.remove(key).map(|value| (key, value)), None),
            Step::PopIdle => (model.pop_idle(None), None),
            Step::PopOldest => {
                let oldest = model.oldest(None);
                (oldest.and_then(|(key, ..)| Some((key, model.remove(key)?))), None)
            }
            Step::EvictOne => (model.evict(None), None),
            Step::EvictOther(key) => (model.evict(Some(key)), None),
        };
        for map in &mut maps {
            let left = match step {
                Step::Entry(key) => {
                    let touched = map.entry(key, at(clock), || value);
                    prop_assert_eq!(Some(*touched.value), stays);
                    prop_assert_eq!(touched.inserted, before.is_none());
                    prop_assert_eq!(touched.now, at(model.now));
                    touched.evicted
                }
                Step::Remove(key) => map.remove(&key).map(|value| (key, value)),
                Step::PopIdle => map.pop_idle(at(clock)),
                Step::PopOldest => map.pop_oldest(),
                Step::EvictOne => map.evict_one(),
                Step::EvictOther(key) => map.evict_other(&key),
            };
            prop_assert_eq!(left, expected);
            agrees(map, &model)?;
        }
    }
    Ok(())
}

fn agrees(map: &mut BoundedMap<u32, usize>, model: &Model) -> Result<(), TestCaseError> {
    let held: Vec<_> = map.iter().map(|(&key, &value)| (key, value)).collect();
    let listed = model.fresh.iter().chain(&model.kept);
    prop_assert_eq!(&held, &listed.map(|entry| (entry.0, entry.1)).collect::<Vec<_>>());
    prop_assert_eq!((map.len(), map.is_empty()), (held.len(), held.is_empty()));
    prop_assert_eq!(map.usage().keys, held.len());
    prop_assert_eq!(map.usage().evictions, model.evictions);
    let oldest = map.oldest().map(|(&key, &value, time)| (key, value, time.as_nanos()));
    prop_assert_eq!(oldest, model.oldest(None));
    for key in 0..12 {
        let value = held.iter().find(|entry| entry.0 == key).map(|entry| entry.1);
        prop_assert_eq!(map.get(&key).copied(), value);
        prop_assert_eq!(map.get_mut(&key).copied(), value);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn evicts_as_two_plain_lists_say_under_any_hash_key(steps in steps(), max in 1_usize..10) {
        follows_the_model(steps, max)?;
    }
}

#[test]
fn churn_does_not_make_the_memory_grow() {
    for max in [1, 2, 3, 4, 7, 14, 15, 28, 100, 1000] {
        let mut map = map::<u64>(max, 7);
        let (slots, bytes) = (map.slots.capacity(), map.usage().bytes);
        for n in 0..100_000_u32 {
            map.entry(n, at(i64::from(n)), || 0);
            if n % 3 == 0 {
                map.entry(n, at(i64::from(n)), || 0);
            }
            if n % 100 == 0 {
                map.remove(&n);
            }
        }
        assert_eq!(map.slots.capacity(), slots, "{max} keys");
        assert_eq!(map.usage().bytes, bytes, "{max} keys");
        assert!(map.chains.len() >= 2 * max, "{max} keys");
    }
}

#[test]
fn a_flood_of_strangers_evicts_strangers() {
    let mut map = map::<u32>(100, 1);
    for _ in 0..2 {
        for host in 0..50 {
            map.entry(host, at(0), || host);
        }
    }
    for stranger in 1000..10_000 {
        map.entry(stranger, at(1), || stranger);
    }
    assert!((0..50).all(|host| map.get(&host) == Some(&host)));
    assert_eq!(map.usage().evictions, 9000 - 50);
}

#[test]
fn who_is_new_has_time_to_come_again_where_all_others_have() {
    let mut map = map::<u32>(100, 1);
    for key in 0..10_000 {
        map.entry(key, at(0), || key);
        let earlier = key.saturating_sub(20);
        assert_eq!(map.touch(&earlier, at(0)), Some(&mut { earlier }));
    }
}

#[test]
fn an_entry_is_idle_only_after_the_whole_span() {
    let mut map = map::<()>(1, 1);
    map.entry(1, at(0), || ());
    assert_eq!(map.pop_idle(at(IDLE_NS)), None);
    assert_eq!(map.pop_idle(at(IDLE_NS + 1)), Some((1, ())));
    map.entry(2, at(0), || ());
    assert_eq!(map.oldest(), Some((&2, &(), at(IDLE_NS + 1))), "time does not run back");
    assert_eq!(map.entry(3, at(2 * IDLE_NS + 1), || ()).evicted, Some((2, ())));
    assert_eq!(map.usage().evictions, 1);
    assert_eq!(map.entry(4, at(3 * IDLE_NS + 2), || ()).evicted, Some((3, ())));
    assert_eq!(map.usage().evictions, 1, "an idle entry is no loss");
}

#[test]
fn a_touch_lasts_for_the_grain_once_an_entry_is_kept() {
    let mut map = map(2, 1);
    map.set_grain(Duration::from_nanos(10));
    for (key, now) in [(1, 0), (1, 1), (2, 2), (2, 3), (1, 9)] {
        map.entry(key, at(now), || ());
    }
    assert_eq!(map.oldest().map(|(key, _, touched)| (*key, touched)), Some((1, at(1))));
    map.entry(1, at(11), || ());
    assert_eq!(map.oldest().map(|(key, _, touched)| (*key, touched)), Some((2, at(3))));
}
