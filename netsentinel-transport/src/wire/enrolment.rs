//! How an agent makes itself known.

use std::fmt;
use std::str::FromStr;

use netsentinel_core::config::Secret;
use serde::{Deserialize, Serialize};

/// An agent's identity: 32 lower-case hexadecimal digits, drawn once when it is installed.
///
/// A name is only a label: two machines may bear the same one, and one machine may be installed anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AgentId(String);

impl AgentId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id made of 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AgentId {
    type Err = InvalidAgentId;

    fn from_str(text: &str) -> Result<Self, InvalidAgentId> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 32 && digits { Ok(Self(text.into())) } else { Err(InvalidAgentId) }
    }
}

impl TryFrom<String> for AgentId {
    type Error = InvalidAgentId;

    fn try_from(text: String) -> Result<Self, InvalidAgentId> {
        text.parse()
    }
}

impl From<AgentId> for String {
    fn from(id: AgentId) -> Self {
        id.0
    }
}

/// The text is no agent's id.
#[derive(Debug, thiserror::Error)]
#[error("an agent's id is 32 lower-case hexadecimal digits")]
pub struct InvalidAgentId;

/// An agent asks to be known by an id and a key that it has drawn itself and keeps already.
///
/// Because the agent draws both, an answer that gets lost costs nothing: the same enrolment again is
/// answered the same. An id that is enrolled with another key is refused with 409.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enrolment {
    /// Its identity.
    pub id: AgentId,
    /// Its own key: [`KEY_BYTES`](super::KEY_BYTES) random bytes in URL-safe base64.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub key: Secret,
    /// The machine's name.
    pub hostname: String,
    /// Its operating system, such as `linux`.
    pub os: String,
    /// The agent's version.
    pub version: String,
}

/// The server knows the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enrolled {
    /// Its identity, as asked.
    pub id: AgentId,
}
