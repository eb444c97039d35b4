//! Who watched.

use serde::{Deserialize, Serialize};

/// The installation that raised an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Agent {
    /// Its identity; `replay` for captures replayed by hand.
    pub id: String,
    /// The name of the machine.
    pub hostname: String,
    /// Its operating system, such as `linux`.
    pub os: String,
}

/// A replay on a machine that gives no name.
impl Default for Agent {
    fn default() -> Self {
        Self { id: "replay".into(), hostname: String::new(), os: String::new() }
    }
}
