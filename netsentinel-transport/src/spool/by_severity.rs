//! One of each for every severity.

use netsentinel_core::Severity;
use serde::{Deserialize, Serialize};

/// One value for each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BySeverity<T> {
    low: T,
    medium: T,
    high: T,
    critical: T,
}

impl<T> BySeverity<T> {
    /// The value of `severity`.
    pub const fn get(&self, severity: Severity) -> &T {
        match severity {
            Severity::Low => &self.low,
            Severity::Medium => &self.medium,
            Severity::High => &self.high,
            Severity::Critical => &self.critical,
        }
    }

    /// The value of `severity`, to be changed.
    pub const fn get_mut(&mut self, severity: Severity) -> &mut T {
        match severity {
            Severity::Low => &mut self.low,
            Severity::Medium => &mut self.medium,
            Severity::High => &mut self.high,
            Severity::Critical => &mut self.critical,
        }
    }

    /// All of them, the least severity first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Severity, &T)> {
        Severity::ALL.into_iter().map(|severity| (severity, self.get(severity)))
    }
}

impl BySeverity<u64> {
    /// Their sum.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| *count).sum()
    }

    /// Counts `more` of `severity`.
    pub const fn add(&mut self, severity: Severity, more: u64) {
        let count = self.get_mut(severity);
        *count = count.saturating_add(more);
    }

    /// Counts all of `more`.
    pub fn add_all(&mut self, more: &Self) {
        for (severity, count) in more.iter() {
            self.add(severity, *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_read_back() {
        let mut counts = BySeverity::<u64>::default();
        counts.add(Severity::High, 3);
        let mut sum = counts;
        sum.add_all(&counts);
        assert_eq!((sum.total(), *sum.get(Severity::High), *sum.get(Severity::Low)), (6, 6, 0));
        let text = serde_json::to_string(&sum).unwrap();
        assert_eq!(text, r#"{"low":0,"medium":0,"high":6,"critical":0}"#);
        assert_eq!(serde_json::from_str::<BySeverity<u64>>(&text).unwrap(), sum);
        assert_eq!(sum.iter().next_back().unwrap().0, Severity::Critical);
    }
}
