//! What can be chosen about a run.

use std::fmt;
use std::time::Duration;

use netsentinel_core::Timestamp;

use crate::traffic::MAX_RATE_PER_HOST;

use super::ScenarioEntry;

/// Most workstations: each takes some 70 bytes while the run lasts.
const MAX_HOSTS: u32 = 1_000_000;

/// Highest rate in frames a second.
const MAX_RATE: u32 = 10_000_000;

/// How a scenario is run. What is `None` is as the scenario's entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Chooses among variants of the same scenario.
    pub seed: u64,
    /// Time of the first moment; the first frame may come a little later.
    pub start: Timestamp,
    /// Frames from `start` plus this long on are left out.
    pub duration: Option<Duration>,
    /// The run ends after so many frames.
    pub packets: Option<u64>,
    /// Workstations taking part, 2 to 1,000,000; only where the entry tells a number.
    pub hosts: Option<u32>,
    /// Frames a second, on average, 1 to 10,000,000; only where the entry tells a number.
    pub rate: Option<u32>,
    /// Bytes kept of each frame, at least 1; the length on the wire stays true.
    pub snaplen: Option<u32>,
}

impl Default for Options {
    /// Seed 1, and a start at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self {
            seed: 1,
            start: Timestamp::from_nanos(1_767_225_600_000_000_000),
            duration: None,
            packets: None,
            hosts: None,
            rate: None,
            snaplen: None,
        }
    }
}

impl Options {
    /// Hosts and rate of a run of `entry`, once all options are found good.
    pub(super) fn traffic(&self, entry: &ScenarioEntry) -> Result<(u32, u32), Error> {
        let name = entry.name;
        let hosts = choose(name, "hosts", self.hosts, entry.hosts, 2, MAX_HOSTS)?;
        let rate = choose(name, "rate", self.rate, entry.rate, 1, MAX_RATE)?;
        if self.snaplen == Some(0) {
            return Err(Error::OutOfRange { option: "snaplen", value: 0, min: 1, max: u32::MAX });
        }
        let needed = rate.div_ceil(MAX_RATE_PER_HOST);
        if entry.hosts.is_some() && hosts < needed {
            return Err(Error::TooFewHosts { rate, hosts, needed });
        }
        Ok((hosts, rate))
    }
}

fn choose(
    scenario: &'static str,
    option: &'static str,
    asked: Option<u32>,
    default: Option<u32>,
    min: u32,
    max: u32,
) -> Result<u32, Error> {
    match (asked, default) {
        (None, default) => Ok(default.unwrap_or(0)),
        (Some(_), None) => Err(Error::NotApplicable { scenario, option }),
        (Some(value), Some(_)) if (min..=max).contains(&value) => Ok(value),
        (Some(value), Some(_)) => Err(Error::OutOfRange { option, value, min, max }),
    }
}

/// Why a scenario can not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The scenario is made of a fixed number of packets.
    NotApplicable {
        /// The scenario.
        scenario: &'static str,
        /// The option it does not take.
        option: &'static str,
    },
    /// A number is too small or too large.
    OutOfRange {
        /// The option.
        option: &'static str,
        /// What was asked for.
        value: u32,
        /// The least it may be.
        min: u32,
        /// The most it may be.
        max: u32,
    },
    /// So few hosts could not send so much without looking like an attack.
    TooFewHosts {
        /// Frames a second asked for.
        rate: u32,
        /// Hosts asked for.
        hosts: u32,
        /// The least there must be.
        needed: u32,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApplicable { scenario, option } => {
                write!(f, "scenario {scenario} has no option {option}: leave it out")
            }
            Self::OutOfRange { option, value, min, max } => {
                write!(f, "option {option} is {value}: use {min} to {max}")
            }
            Self::TooFewHosts { rate, hosts, needed } => write!(
                f,
                "{hosts} hosts can not send {rate} packets a second without looking like an \
                 attack: use {needed} hosts or more"
            ),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use crate::scenario::find;

    use super::*;

    fn error(name: &str, options: &Options) -> String {
        find(name).unwrap().run(options).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let options = Options::default();
        let hosts = Options { hosts: Some(9), ..options.clone() };
        assert_eq!(error("flood", &hosts), "scenario flood has no option hosts: leave it out");
        let rate = Options { rate: Some(0), ..options.clone() };
        assert_eq!(error("mixed", &rate), "option rate is 0: use 1 to 10000000");
        let rate = Options { rate: Some(451), ..hosts };
        assert!(error("mixed", &rate).ends_with("use 10 hosts or more"));
        let snaplen = Options { snaplen: Some(0), ..options };
        assert!(error("showcase", &snaplen).starts_with("option snaplen is 0"));
    }
}
