//! Playing packets in time.

use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use netsentinel_core::Timestamp;

/// How fast packet time passes, as a multiple of real time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace(f64);

impl FromStr for Pace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "real" => Ok(Self(1.0)),
            _ => match text.parse() {
                Ok(factor) if factor > 0.0 && f64::is_finite(factor) => Ok(Self(factor)),
                _ => Err("expected real or a factor above 0, such as 10"),
            },
        }
    }
}

/// Holds each packet back until its time has come.
pub struct Pacer {
    pace: Pace,
    start: Option<(Instant, Timestamp)>,
}

impl Pacer {
    /// Begins with the first packet.
    pub fn new(pace: Pace) -> Self {
        Self { pace, start: None }
    }

    /// Waits until a packet of time `timestamp` is due; the first one is at once.
    pub fn wait(&mut self, timestamp: Timestamp) {
        let (real, first) = *self.start.get_or_insert_with(|| (Instant::now(), timestamp));
        let nanos = timestamp.nanos_since(first) as f64 / self.pace.0;
        // A wait that no clock can hold never ends, as the capture asks.
        let due = real.checked_add(Duration::from_nanos(nanos as u64));
        while let Some(left) = due.map_or(Some(Duration::MAX), |due| {
            due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
        }) {
            thread::park_timeout(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_real_or_positive() {
        assert_eq!("real".parse(), Ok(Pace(1.0)));
        assert_eq!("2.5".parse(), Ok(Pace(2.5)));
        for wrong in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(wrong.parse::<Pace>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn packets_wait_for_their_time_and_late_ones_do_not() {
        let mut pacer = Pacer::new(Pace(100.0));
        let start = Instant::now();
        pacer.wait(Timestamp::from_parts(10, 0));
        pacer.wait(Timestamp::from_parts(12, 0));
        assert!(start.elapsed() >= Duration::from_millis(20));
        pacer.wait(Timestamp::from_parts(9, 0));
    }
}
