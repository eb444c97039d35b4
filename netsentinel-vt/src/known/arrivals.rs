//! Indicators that have become worse, on their way to whoever judges anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use netsentinel_core::{Arrived, IndicatorBuf};

/// Indicators that are named; with more it is anything that may have arrived.
const NAMED_MAX: usize = 1_024;

/// What has arrived since somebody last asked.
#[derive(Debug)]
pub(super) struct Arrivals {
    some: AtomicBool,
    arrived: Mutex<Arrived>,
}

impl Arrivals {
    pub(super) fn new() -> Self {
        Self { some: AtomicBool::new(false), arrived: Mutex::new(NONE) }
    }

    /// Adds one.
    pub(super) fn add(&self, indicator: IndicatorBuf) {
        self.change(|arrived| match arrived {
            Arrived::Of(named) if named.len() < NAMED_MAX => named.push(indicator),
            _ => *arrived = Arrived::Any,
        });
    }

    /// Anything may have arrived.
    pub(super) fn any(&self) {
        self.change(|arrived| *arrived = Arrived::Any);
    }

    fn change(&self, change: impl FnOnce(&mut Arrived)) {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut arrived);
        self.some.store(true, Ordering::Release);
    }

    /// One load where there is nothing. While somebody adds, there is nothing yet: whoever adds wakes the
    /// taker afterwards.
    pub(super) fn take(&self) -> Arrived {
        if !self.some.load(Ordering::Acquire) {
            return NONE;
        }
        let Ok(mut arrived) = self.arrived.try_lock() else { return NONE };
        self.some.store(false, Ordering::Relaxed);
        std::mem::replace(&mut arrived, NONE)
    }
}

const NONE: Arrived = Arrived::Of(Vec::new());

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(n: u32) -> IndicatorBuf {
        IndicatorBuf::Ip(n.to_be_bytes().into())
    }

    #[test]
    fn each_is_given_once() {
        let arrivals = Arrivals::new();
        assert!(arrivals.take().is_empty());
        arrivals.add(indicator(1));
        arrivals.add(indicator(2));
        assert_eq!(arrivals.take(), Arrived::Of(vec![indicator(1), indicator(2)]));
        assert!(arrivals.take().is_empty());
    }

    #[test]
    fn more_than_can_be_named_are_any() {
        let arrivals = Arrivals::new();
        (0..NAMED_MAX as u32).for_each(|n| arrivals.add(indicator(n)));
        arrivals.add(indicator(0));
        arrivals.add(indicator(1));
        assert_eq!(arrivals.take(), Arrived::Any);
        arrivals.add(indicator(3));
        assert_eq!(arrivals.take(), Arrived::Of(vec![indicator(3)]));
        arrivals.any();
        assert_eq!(arrivals.take(), Arrived::Any);
    }

    #[test]
    fn the_taker_does_not_wait() {
        let arrivals = Arrivals::new();
        arrivals.add(indicator(1));
        let adding = arrivals.arrived.lock().unwrap();
        assert!(arrivals.take().is_empty());
        drop(adding);
        assert!(!arrivals.take().is_empty());
    }
}
