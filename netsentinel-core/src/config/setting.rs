//! Values that can not be wrong: each refuses, when read, what lies outside its range.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A count that must be reached, from 1 to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Threshold<const MAX: u64 = 1_000_000_000_000>(u64);

impl<const MAX: u64> Threshold<MAX> {
    /// The threshold `value`; `None` outside the range.
    pub const fn new(value: u64) -> Option<Self> {
        if value >= 1 && value <= MAX { Some(Self(value)) } else { None }
    }

    /// The count.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The count as sums take it.
    pub const fn at_least_one(self) -> NonZeroU64 {
        match NonZeroU64::new(self.0) {
            Some(value) => value,
            None => NonZeroU64::MIN,
        }
    }

    /// The count as windows take it; one beyond their range becomes the largest.
    pub fn non_zero(self) -> NonZeroU32 {
        NonZeroU32::new(u32::try_from(self.0).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
    }
}

/// The length of a window or a pause in whole seconds, from 1 to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Seconds(u64);

impl Seconds {
    /// The longest window: a day.
    pub const MAX: u64 = 86_400;

    /// A span of `value` seconds; `None` outside the range.
    pub const fn new(value: u64) -> Option<Self> {
        if value >= 1 && value <= Self::MAX { Some(Self(value)) } else { None }
    }

    /// Whole seconds.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The span.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

/// How many entries a table may hold, from 16 to about a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Capacity(u32);

impl Capacity {
    const MIN: u64 = 16;
    const MAX: u64 = 1 << 20;

    /// Room for `value` entries; `None` outside the range.
    pub const fn new(value: u64) -> Option<Self> {
        if value >= Self::MIN && value <= Self::MAX { Some(Self(value as u32)) } else { None }
    }

    /// The number of entries.
    pub const fn get(self) -> std::num::NonZeroUsize {
        match std::num::NonZeroUsize::new(self.0 as usize) {
            Some(entries) => entries,
            None => std::num::NonZeroUsize::MIN,
        }
    }
}

/// How much memory tables may take together, in mebibytes, up to a tebibyte; 0 for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryLimit(Whole<0, { 1 << 20 }>);

impl MemoryLimit {
    /// No limit.
    pub const NONE: Self = Self(Whole(0));

    /// A limit of `mebibytes`; `None` above a tebibyte.
    pub const fn new(mebibytes: u64) -> Option<Self> {
        match Whole::new(mebibytes) {
            Some(mebibytes) => Some(Self(mebibytes)),
            None => None,
        }
    }

    /// The bytes, where there is a limit.
    pub fn bytes(self) -> Option<usize> {
        let mebibytes = self.0.get();
        (mebibytes > 0).then(|| usize::try_from(mebibytes << 20).unwrap_or(usize::MAX))
    }
}

/// A whole number from `MIN` to `MAX`: sizes, lengths, counts of agents and servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number `value`; `None` outside the range.
    pub const fn new(value: u64) -> Option<Self> {
        if value >= MIN && value <= MAX { Some(Self(value)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> TryFrom<u64> for Whole<MIN, MAX> {
    type Error = OutOfRange;

    fn try_from(value: u64) -> Result<Self, OutOfRange> {
        Self::new(value).ok_or(OutOfRange { min: MIN, max: MAX })
    }
}

impl<const MIN: u64, const MAX: u64> From<Whole<MIN, MAX>> for u64 {
    fn from(number: Whole<MIN, MAX>) -> Self {
        number.0
    }
}

/// A number lies outside the range of its setting.
#[derive(Debug)]
pub struct OutOfRange {
    min: u64,
    max: u64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a whole number from {} to {}", self.min, self.max)
    }
}

impl<const MAX: u64> TryFrom<u64> for Threshold<MAX> {
    type Error = OutOfRange;

    fn try_from(value: u64) -> Result<Self, OutOfRange> {
        Self::new(value).ok_or(OutOfRange { min: 1, max: MAX })
    }
}

impl TryFrom<u64> for Seconds {
    type Error = OutOfRange;

    fn try_from(value: u64) -> Result<Self, OutOfRange> {
        Self::new(value).ok_or(OutOfRange { min: 1, max: Self::MAX })
    }
}

impl TryFrom<u64> for Capacity {
    type Error = OutOfRange;

    fn try_from(value: u64) -> Result<Self, OutOfRange> {
        Self::new(value).ok_or(OutOfRange { min: Self::MIN, max: Self::MAX })
    }
}

impl<const MAX: u64> From<Threshold<MAX>> for u64 {
    fn from(threshold: Threshold<MAX>) -> Self {
        threshold.get()
    }
}

impl From<Seconds> for u64 {
    fn from(seconds: Seconds) -> Self {
        seconds.get()
    }
}

impl From<Capacity> for u64 {
    fn from(capacity: Capacity) -> Self {
        Self::from(capacity.0)
    }
}
