//! Which detectors are judged with by which of several workers.

use std::cmp::Reverse;

use crate::config::Profile;
use crate::{Interest, Registration};

/// What finding out of a packet all that is found out once costs the first worker beside its detectors, in the
/// same measure as theirs.
const FRONT: u64 = 500;

/// What dealing has to know of a detector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Card {
    cost: u64,
    divided: bool,
    /// Whether it sees most packets, or may come to.
    sees_most: bool,
}

/// Kinds that most packets are of.
const OF_MOST: Interest =
    Interest::IP.union(Interest::TCP).union(Interest::UDP).union(Interest::TCP_DATA);

impl Card {
    /// That of a detector under `profile`.
    pub(super) fn of(registration: &Registration, profile: Profile) -> Self {
        let sees = registration.asks(profile).interest | registration.watches(profile);
        Self {
            cost: registration.cost().into(),
            divided: registration.is_divided(),
            sees_most: sees.intersects(OF_MOST),
        }
    }
}

/// The detectors of each of `workers` workers, by their numbers among `cards`, the lowest first.
///
/// One that is divided has a share with everybody. Those that see most packets stay with the first worker, who has read
/// the headers: to read them once more, on another core, costs about as much as such a detector. The others go, the
/// dearest first, each to who has least to do.
pub(super) fn deal(cards: &[Card], workers: usize) -> Vec<Vec<usize>> {
    let mut hands = vec![(0, Vec::new()); workers.max(1)];
    if let Some((load, _)) = hands.first_mut() {
        *load = FRONT;
    }
    let mut whole = Vec::new();
    for (number, card) in cards.iter().enumerate() {
        if card.divided {
            hands.iter_mut().for_each(|(_, hand)| hand.push(number));
        } else if card.sees_most
            && let Some((load, hand)) = hands.first_mut()
        {
            *load += card.cost;
            hand.push(number);
        } else {
            whole.push((card.cost, number));
        }
    }
    whole.sort_by_key(|(cost, _)| Reverse(*cost));
    for (cost, number) in whole {
        if let Some((load, hand)) = hands.iter_mut().min_by_key(|(load, _)| *load) {
            *load += cost;
            hand.push(number);
        }
    }
    hands.iter_mut().for_each(|(_, hand)| hand.sort_unstable());
    hands.into_iter().map(|(_, hand)| hand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn whole(cost: u64) -> Card {
        Card { cost, divided: false, sees_most: false }
    }

    #[test]
    fn everybody_has_a_part_of_what_is_divided_and_nobody_much_more_to_do_than_others() {
        let divided = Card { divided: true, ..whole(9) };
        let cards = [divided, whole(10), whole(250), whole(210), whole(60)];
        assert_eq!(deal(&cards, 1), [[0, 1, 2, 3, 4]]);
        assert_eq!(deal(&cards, 2), [vec![0, 1], vec![0, 2, 3, 4]]);
        let dealt = deal(&cards, 8);
        assert_eq!(dealt.len(), 8);
        for number in 1..cards.len() {
            let having = dealt.iter().filter(|hand| hand.contains(&number)).count();
            assert_eq!(having, 1, "{number}: {dealt:?}");
        }
        assert!(dealt.iter().all(|hand| hand.starts_with(&[0]) && hand.is_sorted()));
    }

    #[test]
    fn who_sees_most_packets_stays_where_they_have_been_read() {
        let sees_most = |cost| Card { sees_most: true, ..whole(cost) };
        let cards = [sees_most(900), whole(10), sees_most(900), whole(20)];
        assert_eq!(deal(&cards, 3), [vec![0, 2], vec![3], vec![1]]);
    }
}
