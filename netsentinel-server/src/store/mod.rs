//! What the server keeps.
//!
//! [`Store`] is what the rest of the server knows of it; `sqlite` is the one that comes with the
//! server. Positions and revisions are given out by the store:
//!
//! - an alert's *position* is given once, when it is first stored, and never changes or comes again;
//! - its *revision* is new whenever anything about it changes. Revisions become visible in their
//!   order: whoever has seen all changes up to revision r and asks for those after r misses none.

mod account;
mod agent;
mod alert;
#[cfg(test)]
mod contract;
mod error;
mod observer;
mod sqlite;
mod summary;
mod suppression;

use async_trait::async_trait;
use netsentinel_core::{Alert, Timestamp};
use netsentinel_transport::wire::{AgentId, Heartbeat};

pub use account::{
    AuditEntry, NewSession, NewToken, Role, Session, SessionId, Token, TokenHash, User,
};
pub use agent::{AgentRecord, EnrolOutcome, NewAgent};
pub use alert::{
    AlertFilter, AlertPage, Change, Comment, Cursor, ItemOutcome, Selection, StoredAlert, Triage,
};
pub use error::StoreError;
pub use observer::Observer;
pub use sqlite::SqliteStore;
pub use summary::{CategoryCount, MinuteCounts, SeverityCounts, SourceCount, Stats};
pub use suppression::{NewSuppression, Suppression, SuppressionRule};

/// What every method may fail with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What the server keeps. When a method that changes something returns `Ok`, the change is durable.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Alerts.

    /// Stores alerts of one agent, all in one transaction: each is new, an update, or known already.
    /// Suppressions are applied and their hits counted. The outcomes are in the order of `alerts`.
    async fn add_alerts(
        &self,
        agent: &AgentId,
        alerts: Vec<Alert>,
        received: Timestamp,
    ) -> Result<Vec<ItemOutcome>>;

    /// The alert at `position`.
    async fn alert(&self, position: u64) -> Result<Option<StoredAlert>>;

    /// A page of the alerts that `filter` lets through, the newest timestamp first.
    async fn alerts(
        &self,
        filter: &AlertFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<AlertPage>;

    /// Up to `limit` alerts that changed after `revision`, in the order of their revisions.
    async fn changes(&self, revision: u64, limit: usize) -> Result<Vec<StoredAlert>>;

    /// The newest revision; 0 in an empty store.
    async fn revision(&self) -> Result<u64>;

    /// Acknowledges, archives or reopens the alerts selected, in `actor`'s name, with an audit entry.
    /// Tells how many changed.
    async fn triage(
        &self,
        selection: &Selection,
        triage: Triage,
        actor: &str,
        now: Timestamp,
    ) -> Result<u64>;

    /// Adds a comment to an alert; `None` when there is no such alert.
    async fn comment(
        &self,
        position: u64,
        text: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<Comment>>;

    /// An alert's comments, the oldest first.
    async fn comments(&self, position: u64) -> Result<Vec<Comment>>;

    // Summaries; alerts that are suppressed or archived do not count.

    /// Counters over everything that is kept.
    async fn stats(&self) -> Result<Stats>;

    /// Alerts by minute and severity, `minutes` of them up to and including the minute of `until`,
    /// the oldest first; a minute without alerts is there with zeros.
    async fn timeline(&self, until: Timestamp, minutes: u32) -> Result<Vec<MinuteCounts>>;

    /// The `limit` sources with the most alerts since `since`, the most first.
    async fn top_sources(&self, since: Timestamp, limit: usize) -> Result<Vec<SourceCount>>;

    /// Alerts by category since `since`, the most first.
    async fn categories(&self, since: Timestamp) -> Result<Vec<CategoryCount>>;

    // Agents.

    /// Makes an agent known. The same id and key again is [`EnrolOutcome::Known`] and updates the
    /// rest; the id with another key, or beyond `agents_max` agents, is refused.
    async fn enrol(&self, agent: NewAgent, agents_max: u64, now: Timestamp)
    -> Result<EnrolOutcome>;

    /// One agent.
    async fn agent(&self, id: &AgentId) -> Result<Option<AgentRecord>>;

    /// All agents, by name.
    async fn agents(&self) -> Result<Vec<AgentRecord>>;

    /// Keeps the latest heartbeat of an agent and when it was seen.
    async fn heartbeat(
        &self,
        id: &AgentId,
        heartbeat: Heartbeat,
        address: &str,
        now: Timestamp,
    ) -> Result<()>;

    /// Takes an agent's key away, or gives it back, in `actor`'s name. Whether there was such an agent.
    async fn set_revoked(
        &self,
        id: &AgentId,
        revoked: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool>;

    /// Forgets an agent, in `actor`'s name; its alerts stay. Whether there was one.
    async fn forget_agent(&self, id: &AgentId, actor: &str, now: Timestamp) -> Result<bool>;

    // Suppressions.

    /// All suppressions, with their hits.
    async fn suppressions(&self) -> Result<Vec<Suppression>>;

    /// Adds a suppression. With `apply_to_stored` alerts that are stored already are suppressed too.
    async fn suppress(
        &self,
        suppression: NewSuppression,
        apply_to_stored: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<Suppression>;

    /// Takes a suppression away and brings the alerts that only it suppressed back. Whether there was
    /// one.
    async fn unsuppress(&self, id: u64, actor: &str, now: Timestamp) -> Result<bool>;

    // People, scripts, and what they did.

    /// Adds a user; [`StoreError::Exists`] when the name is taken.
    async fn add_user(&self, user: User, actor: &str, now: Timestamp) -> Result<()>;

    /// One user.
    async fn user(&self, name: &str) -> Result<Option<User>>;

    /// All users, by name.
    async fn users(&self) -> Result<Vec<User>>;

    /// Replaces a user's password hash and ends their sessions. Whether there was such a user.
    async fn set_password(
        &self,
        name: &str,
        password_hash: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool>;

    /// Removes a user and their sessions and tokens. Whether there was one.
    async fn remove_user(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool>;

    /// Keeps a session, and deletes those that have expired when it was made.
    async fn add_session(&self, session: NewSession) -> Result<()>;

    /// The session with this id, unless it has expired at `now`.
    async fn session(&self, id: &SessionId, now: Timestamp) -> Result<Option<Session>>;

    /// Ends a session.
    async fn end_session(&self, id: &SessionId) -> Result<()>;

    /// Keeps a token, in `actor`'s name.
    async fn add_token(&self, token: NewToken, actor: &str, now: Timestamp) -> Result<Token>;

    /// The token with this hash, unless it has expired at `now`; notes that it was used.
    async fn token(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Token>>;

    /// All tokens.
    async fn tokens(&self) -> Result<Vec<Token>>;

    /// Takes a token away. Whether there was one.
    async fn revoke_token(&self, id: u64, actor: &str, now: Timestamp) -> Result<bool>;

    /// Notes in the audit trail what no other method notes by itself, such as a refused sign-in.
    async fn note(&self, entry: AuditEntry) -> Result<()>;

    /// The audit trail, the newest first, from before the entry numbered `before`.
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>>;

    // Upkeep.

    /// Deletes a slice of the alerts that were received before `oldest`, or of the first ones while what
    /// is kept takes more than `bytes_max`, and sessions that expired before `oldest`; tells how many
    /// alerts went. 0 means that nothing is left to do. It is the time of receipt that counts, so that
    /// an agent's wrong clock neither loses alerts nor keeps them for ever.
    async fn retain(&self, oldest: Timestamp, bytes_max: u64) -> Result<u64>;

    /// Bytes that the store takes.
    async fn bytes(&self) -> Result<u64>;

    /// Whether the store can be written now.
    async fn check(&self) -> Result<()>;
}
