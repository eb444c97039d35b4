//! How long things took.

use std::fmt;
use std::time::Duration;

/// Durations that have been measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quantiles(Vec<Duration>);

impl Quantiles {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The duration that a share of `q` (0 to 1) does not exceed; zero if nothing was measured.
    pub(crate) fn at(&self, q: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |q| self.at(q).as_secs_f64() * 1e3;
        write!(f, "p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms", ms(0.5), ms(0.99), ms(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let mut quantiles = Quantiles::default();
        (1..=100).rev().for_each(|ms| quantiles.add(Duration::from_millis(ms)));
        let ms = |q| quantiles.at(q).as_millis();
        assert_eq!((ms(0.5), ms(0.99), ms(1.0)), (50, 99, 100));
        assert_eq!(Quantiles::default().at(0.5), Duration::ZERO);
    }
}
