//! The identity of an alert.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Subject;
use crate::Timestamp;

/// 32 hexadecimal digits: the first half of a SHA-1 over agent, rule, subject and packet time.
///
/// Derived, not drawn: replaying a capture gives the same ids, so a store that has seen an alert
/// knows it again. It protects nothing, so that SHA-1 is broken does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AlertId(String);

impl AlertId {
    /// The id of the alert that `agent` raises by `rule` for `subject` at `time`.
    pub fn of(agent: &str, rule: &str, subject: &Subject, time: Timestamp) -> Self {
        Self::digest(agent, rule, subject, time)
    }

    /// The id of the alert that a verdict raises at `time`: never that of one that a packet of the same
    /// time raises.
    pub fn of_verdict(agent: &str, rule: &str, subject: &Subject, time: Timestamp) -> Self {
        Self::digest(agent, rule, &format_args!("{subject},verdict"), time)
    }

    /// The id of the alert that `agent` raises at `time` about its own `part`, such as an interface,
    /// by a rule that is about no host: see [`sensor`](crate::sensor). No rule is of both kinds.
    pub fn of_sensor(agent: &str, rule: &str, part: &str, time: Timestamp) -> Self {
        Self::digest(agent, rule, &part, time)
    }

    fn digest(agent: &str, rule: &str, subject: &dyn fmt::Display, time: Timestamp) -> Self {
        let text = format!("{agent}\0{rule}\0{subject}\0{}", time.as_nanos());
        let mut digits = sha1_smol::Sha1::from(text).hexdigest();
        digits.truncate(32);
        Self(digits)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let host = |ip: &str| Subject::host(ip.parse().unwrap());
        let (a, b) = (host("10.0.0.1"), host("10.0.0.2"));
        let t = Timestamp::from_nanos;
        let id = AlertId::of("a", "r/v", &a, t(1));
        assert_eq!(id, AlertId::of("a", "r/v", &a, t(1)));
        assert_eq!(id.to_string().len(), 32);
        let others = [
            AlertId::of("b", "r/v", &a, t(1)),
            AlertId::of("a", "r/w", &a, t(1)),
            AlertId::of("a", "r/v", &b, t(1)),
            AlertId::of("a", "r/v", &a, t(2)),
            AlertId::of_verdict("a", "r/v", &a, t(1)),
        ];
        assert!(others.iter().all(|other| *other != id));
    }
}
