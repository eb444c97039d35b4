//! How full a bounded table is, and how large it may become.

use std::num::NonZeroUsize;

use serde::Serialize;

/// How much of its bounds something uses, and what it had to give up to stay inside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Entries held now.
    pub keys: usize,
    /// Entries it can hold.
    pub max_keys: usize,
    /// Entries given up for newer ones while they might still have mattered.
    pub evictions: u64,
    /// Memory taken, in bytes, all of it at start or when settings changed.
    pub bytes: usize,
}

impl std::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            keys: self.keys + other.keys,
            max_keys: self.max_keys + other.max_keys,
            evictions: self.evictions + other.evictions,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// How large a detector's tables may become. All their memory is taken when they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Hosts (or other keys) remembered at once.
    pub max_keys: NonZeroUsize,
}
