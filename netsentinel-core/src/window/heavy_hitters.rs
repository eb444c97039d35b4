//! Which of many items weigh most, in a few counters.

/// Space-Saving counters: the heaviest of any number of items, with `N` counters.
///
/// An item without a counter takes over the smallest one and goes on from there. So with a total
/// weight of `S` added so far,
///
/// - every count is at least the item's true weight, and too high by at most `S / N`;
/// - every item heavier than `S / N` has a counter;
/// - [`top`](Self::top) is the truly heaviest item if that leads by more than `S / N`.
///
/// After [`halve`](Self::halve) the same holds for the halved weights, give or take 1.
/// It holds no pointers and takes no memory elsewhere, so it can be the value of a
/// [`BoundedMap`](super::BoundedMap). Adding looks at all `N` counters.
#[derive(Clone, Copy, Debug)]
pub struct HeavyHitters<T, const N: usize> {
    /// Those that have a counter come first.
    items: [Option<T>; N],
    counts: [u64; N],
    /// The counter added to last, where the next weight most likely goes, too.
    latest: u8,
    /// The largest counter; of equal ones the first.
    top: u8,
}

impl<T: Copy + Eq, const N: usize> HeavyHitters<T, N> {
    /// Nothing counted yet. `N` must not be 0, nor above 256.
    pub const fn new() -> Self {
        const { assert!(N > 0 && N <= 256, "at least one counter") };
        Self { items: [None; N], counts: [0; N], latest: 0, top: 0 }
    }

    /// Adds to the weight of `item`. Of equal counters the first is taken over.
    pub fn add(&mut self, item: T, weight: u64) {
        let mut at = usize::from(self.latest);
        if self.items[at] != Some(item) {
            at = self.counter_of(item);
            self.items[at] = Some(item);
            self.latest = at as u8;
        }
        let count = self.counts[at].saturating_add(weight);
        self.counts[at] = count;
        let top = usize::from(self.top);
        let most = self.counts[top];
        if count > most || (count == most && at < top) {
            self.top = at as u8;
        }
    }

    /// The counter of `item`, or else one that is free, or else the smallest.
    fn counter_of(&self, item: T) -> usize {
        let mut smallest = (0, u64::MAX);
        for (at, (known, count)) in self.items.iter().zip(self.counts).enumerate() {
            if known.is_none_or(|known| known == item) {
                return at;
            }
            if count < smallest.1 {
                smallest = (at, count);
            }
        }
        smallest.0
    }

    /// The item with the largest count and that count, an upper bound of its weight; of equal ones
    /// the first.
    pub fn top(&self) -> Option<(T, u64)> {
        let top = usize::from(self.top);
        Some((self.items[top]?, self.counts[top]))
    }

    /// Halves all counts, rounding up, so that the past weighs less than what comes.
    pub fn halve(&mut self) {
        for count in &mut self.counts {
            *count = count.div_ceil(2);
        }
        // Counts that were apart may be equal now.
        let most = self.counts[usize::from(self.top)];
        self.top = self.counts.iter().position(|count| *count == most).unwrap_or(0) as u8;
    }
}

impl<T: Copy + Eq, const N: usize> Default for HeavyHitters<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const N: usize = 4;

    /// True weights, doubled in number as often as the counters were halved.
    fn check(counters: &HeavyHitters<u8, N>, weights: &HashMap<u8, f64>) {
        let total: f64 = weights.values().sum();
        let bound = total / N as f64 + 1.0;
        let pairs = counters.items.iter().zip(counters.counts);
        let counted: HashMap<u8, u64> =
            pairs.filter_map(|(item, count)| Some(((*item)?, count))).collect();
        let most = counters.counts.iter().max().unwrap();
        let first = counters.counts.iter().position(|count| count == most).unwrap();
        assert_eq!(usize::from(counters.top), first, "the first of the largest");
        for (item, &weight) in weights {
            match counted.get(item) {
                Some(&count) => {
                    let count = count as f64;
                    assert!(count >= weight && count <= weight + bound, "{count} for {weight}");
                }
                None => assert!(weight <= bound, "{weight} without a counter"),
            }
        }
        let mut order: Vec<(u8, f64)> = weights.iter().map(|(&item, &w)| (item, w)).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        if let [first, rest @ ..] = &order[..]
            && rest.first().is_none_or(|second| first.1 > second.1 + bound)
        {
            assert_eq!(counters.top().map(|top| top.0), Some(first.0));
        }
    }

    proptest! {
        #[test]
        fn counts_are_within_the_bound(
            adds in prop::collection::vec((0_u8..10, 1_u64..100, 0_u8..30), 0..200),
        ) {
            let mut counters = HeavyHitters::<u8, N>::new();
            let mut weights = HashMap::new();
            for (item, weight, halve) in adds {
                // Squared so that some items weigh much more than others.
                let item = item * item / 10;
                counters.add(item, weight);
                *weights.entry(item).or_insert(0.0) += weight as f64;
                if halve == 0 {
                    counters.halve();
                    weights.values_mut().for_each(|weight| *weight /= 2.0);
                }
                check(&counters, &weights);
            }
        }
    }

    #[test]
    fn with_a_counter_for_each_item_it_is_exact() {
        let mut counters = HeavyHitters::<char, 3>::default();
        assert_eq!(counters.top(), None);
        for (item, weight) in [('a', 5), ('b', 7), ('c', 1), ('a', 2)] {
            counters.add(item, weight);
        }
        assert_eq!(counters.top(), Some(('a', 7)), "of equal ones the first");
        counters.add('c', 9);
        assert_eq!(counters.top(), Some(('c', 10)));
        counters.halve();
        assert_eq!(counters.top(), Some(('c', 5)));
    }

    #[test]
    fn the_smallest_counter_is_taken_over_with_its_count() {
        let mut counters = HeavyHitters::<char, 2>::new();
        counters.add('a', 5);
        counters.add('b', 3);
        counters.add('c', 4);
        assert_eq!(counters.top(), Some(('c', 7)));
        counters.add('c', u64::MAX);
        assert_eq!(counters.top(), Some(('c', u64::MAX)));
    }
}
