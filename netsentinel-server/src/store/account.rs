//! People, scripts, and what they did.

use netsentinel_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody may do; each may do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at everything but accounts and the audit trail.
    Viewer,
    /// Acknowledge, archive, comment, suppress.
    Analyst,
    /// Agents, users, tokens, the audit trail.
    Admin,
}

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The password's argon2id hash, as a PHC string.
    pub password_hash: String,
    /// When the account was made.
    pub created: Timestamp,
}

/// SHA-256 of a session cookie.
pub type SessionId = [u8; 32];

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of the cookie.
    pub id: SessionId,
    /// Who.
    pub user: String,
    /// When.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// From where.
    pub address: String,
}

/// A person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: String,
    /// What they may do now.
    pub role: Role,
    /// Until when.
    pub expires: Timestamp,
}

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// A token to be kept.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// Until when; absent for good.
    pub expires: Option<Timestamp>,
}

/// A token that a script shows. The token itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its number.
    pub id: u64,
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// Who made it.
    pub author: String,
    /// When.
    pub created: Timestamp,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used: Option<Timestamp>,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Its number, given by the store; 0 in one that is to be noted.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a user, `token:NAME`, `agent:ID`, or `command line`.
    pub actor: String,
    /// What, such as `alert.acknowledge`, `user.add`, `login.refused`.
    pub action: String,
    /// To what, such as a position, a name, a number of alerts.
    pub subject: String,
    /// More about it, in a sentence.
    pub detail: String,
}
