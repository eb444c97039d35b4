//! Which detectors are judged with by which of several workers.

use std::cmp::Reverse;

use crate::Registration;

/// What finding out of a packet all that is found out once costs the first worker beside its detectors, in the
/// same measure as theirs.
const FRONT: u64 = 500;

/// What dealing has to know of a detector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Card {
    cost: u64,
    divided: bool,
}

impl From<&Registration> for Card {
    fn from(registration: &Registration) -> Self {
        Self { cost: registration.cost().into(), divided: registration.is_divided() }
    }
}

/// The detectors of each of `workers` workers, by their numbers among `cards`, the lowest first.
///
/// One that is divided has a share with everybody. The others go, the dearest first, each to who has least to
/// do.
pub(super) fn deal(cards: &[Card], workers: usize) -> Vec<Vec<usize>> {
    let mut hands = vec![(0, Vec::new()); workers.max(1)];
    if let Some((load, _)) = hands.first_mut() {
        *load = FRONT;
    }
    let mut whole = Vec::new();
    for (number, card) in cards.iter().enumerate() {
        match card.divided {
            true => hands.iter_mut().for_each(|(_, hand)| hand.push(number)),
            false => whole.push((card.cost, number)),
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
        Card { cost, divided: false }
    }

    #[test]
    fn everybody_has_a_part_of_what_is_divided_and_nobody_much_more_to_do_than_others() {
        let cards = [Card { cost: 9, divided: true }, whole(10), whole(250), whole(210), whole(60)];
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
}
