//! The contract, kept by what the other modules do.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use netsentinel_core::{Alert, Timestamp};
use netsentinel_transport::wire::{AgentId, Heartbeat};

use super::audit::By;
use super::insert::{Added, Ready};
use super::work::Work;
use super::{
    SqliteStore, accounts, agents, alert_sql, audit, comments, insert, page, retention, summaries,
    suppressing, triage, users,
};
use crate::store::{
    AgentRecord, AlertFilter, AlertPage, AuditEntry, CategoryCount, Comment, Cursor, EnrolOutcome,
    ItemOutcome, MinuteCounts, NewAgent, NewSession, NewSuppression, NewToken, Observer, Result,
    Selection, Session, SessionId, SourceCount, Stats, Store, StoreError, StoredAlert, Suppression,
    Token, TokenHash, Triage, User,
};

/// For what the observer is not told of.
fn quietly<T>(_: &T, _: &dyn Observer) {}

/// For what may have changed an agent.
fn tell_agents(changed: &bool, observer: &dyn Observer) {
    if *changed {
        observer.agents_changed();
    }
}

impl SqliteStore {
    /// Runs `slices` on a task of its own, so that it comes to its end even if its caller goes.
    async fn to_the_end<T: Send + 'static>(
        slices: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        tokio::spawn(slices)
            .await
            .map_err(|error| StoreError::Database(format!("a change broke off: {error}")))?
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn add_alerts(
        &self,
        agent: &AgentId,
        alerts: Vec<Alert>,
        received: Timestamp,
    ) -> Result<Vec<ItemOutcome>> {
        let ready = alerts.into_iter().map(Ready::new).collect::<Result<Vec<_>>>()?;
        let agent = agent.to_string();
        let add = move |work: &mut Work<'_>| insert::add(work, &agent, ready, received);
        Ok(self.shared.writer.run(add, Added::announce).await?.outcomes())
    }

    async fn alert(&self, position: u64) -> Result<Option<StoredAlert>> {
        self.shared.readers.run(move |connection| alert_sql::alert(connection, position)).await
    }

    async fn alerts(
        &self,
        filter: &AlertFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<AlertPage> {
        let filter = filter.clone();
        let find = move |connection: &_| page::page(connection, &filter, after, limit);
        self.shared.readers.run(find).await
    }

    async fn changes(&self, revision: u64, limit: usize) -> Result<Vec<StoredAlert>> {
        self.shared.readers.run(move |connection| page::changes(connection, revision, limit)).await
    }

    async fn revision(&self) -> Result<u64> {
        self.shared.readers.run(summaries::revision).await
    }

    async fn triage(
        &self,
        selection: &Selection,
        triage: Triage,
        actor: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let (shared, by) = (Arc::clone(&self.shared), By::new(actor, now));
        Self::to_the_end(triage::run(shared, selection.clone(), triage, by)).await
    }

    async fn comment(
        &self,
        position: u64,
        text: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<Comment>> {
        let (text, by) = (text.to_owned(), By::new(actor, now));
        let add = move |work: &mut Work<'_>| {
            let comment = comments::add(work, position, text, &by)?;
            Ok(comment.map(|comment| (comment, work.memory.revision)))
        };
        let tell = |added: &Option<(Comment, u64)>, observer: &dyn Observer| {
            if let Some((_, revision)) = added {
                observer.changed(*revision);
            }
        };
        Ok(self.shared.writer.run(add, tell).await?.map(|added| added.0))
    }

    async fn comments(&self, position: u64) -> Result<Vec<Comment>> {
        self.shared.readers.run(move |connection| comments::list(connection, position)).await
    }

    async fn stats(&self) -> Result<Stats> {
        self.shared.readers.run(summaries::stats).await
    }

    async fn timeline(&self, until: Timestamp, minutes: u32) -> Result<Vec<MinuteCounts>> {
        let read = move |connection: &_| summaries::timeline(connection, until, minutes);
        self.shared.readers.run(read).await
    }

    async fn top_sources(&self, since: Timestamp, limit: usize) -> Result<Vec<SourceCount>> {
        let read = move |connection: &_| summaries::top_sources(connection, since, limit);
        self.shared.readers.run(read).await
    }

    async fn categories(&self, since: Timestamp) -> Result<Vec<CategoryCount>> {
        self.shared.readers.run(move |connection| summaries::categories(connection, since)).await
    }

    async fn enrol(
        &self,
        agent: NewAgent,
        agents_max: u64,
        now: Timestamp,
    ) -> Result<EnrolOutcome> {
        let enrol = move |work: &mut Work<'_>| agents::enrol(work, &agent, agents_max, now);
        let tell = |outcome: &EnrolOutcome, observer: &dyn Observer| {
            let changed = matches!(outcome, EnrolOutcome::Enrolled | EnrolOutcome::Known);
            tell_agents(&changed, observer);
        };
        self.shared.writer.run(enrol, tell).await
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentRecord>> {
        let id = id.clone();
        self.shared.readers.run(move |connection| agents::one(connection, &id)).await
    }

    async fn agents(&self) -> Result<Vec<AgentRecord>> {
        self.shared.readers.run(agents::all).await
    }

    async fn heartbeat(
        &self,
        id: &AgentId,
        heartbeat: Heartbeat,
        address: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (id, address) = (id.clone(), address.to_owned());
        let keep =
            move |work: &mut Work<'_>| agents::heartbeat(work, &id, &heartbeat, &address, now);
        self.shared.writer.run(keep, tell_agents).await.map(drop)
    }

    async fn set_revoked(
        &self,
        id: &AgentId,
        revoked: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let (id, by) = (id.clone(), By::new(actor, now));
        let set = move |work: &mut Work<'_>| agents::set_revoked(work, &id, revoked, &by);
        self.shared.writer.run(set, tell_agents).await
    }

    async fn forget_agent(&self, id: &AgentId, actor: &str, now: Timestamp) -> Result<bool> {
        let (id, by) = (id.clone(), By::new(actor, now));
        let forget = move |work: &mut Work<'_>| agents::forget(work, &id, &by);
        self.shared.writer.run(forget, tell_agents).await
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.shared.readers.run(suppressing::list).await
    }

    async fn suppress(
        &self,
        suppression: NewSuppression,
        apply_to_stored: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<Suppression> {
        let (shared, by) = (Arc::clone(&self.shared), By::new(actor, now));
        Self::to_the_end(suppressing::suppress(shared, suppression, apply_to_stored, by)).await
    }

    async fn unsuppress(&self, id: u64, actor: &str, now: Timestamp) -> Result<bool> {
        let (shared, by) = (Arc::clone(&self.shared), By::new(actor, now));
        Self::to_the_end(suppressing::unsuppress(shared, id, by)).await
    }

    async fn add_user(&self, user: User, actor: &str, now: Timestamp) -> Result<()> {
        let by = By::new(actor, now);
        self.shared.writer.run(move |work| users::add(work, &user, &by), quietly).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>> {
        let name = name.to_owned();
        self.shared.readers.run(move |connection| users::one(connection, &name)).await
    }

    async fn users(&self) -> Result<Vec<User>> {
        self.shared.readers.run(users::all).await
    }

    async fn set_password(
        &self,
        name: &str,
        password_hash: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let (name, hash, by) = (name.to_owned(), password_hash.to_owned(), By::new(actor, now));
        let set = move |work: &mut Work<'_>| users::set_password(work, &name, &hash, &by);
        self.shared.writer.run(set, quietly).await
    }

    async fn remove_user(&self, name: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let (name, by) = (name.to_owned(), By::new(actor, now));
        self.shared.writer.run(move |work| users::remove(work, &name, &by), quietly).await
    }

    async fn add_session(&self, session: NewSession) -> Result<()> {
        self.shared.writer.run(move |work| accounts::add_session(work, &session), quietly).await
    }

    async fn session(&self, id: &SessionId, now: Timestamp) -> Result<Option<Session>> {
        let id = *id;
        self.shared.readers.run(move |connection| accounts::session(connection, &id, now)).await
    }

    async fn end_session(&self, id: &SessionId) -> Result<()> {
        let id = *id;
        self.shared.writer.run(move |work| accounts::end_session(work, &id), quietly).await
    }

    async fn add_token(&self, token: NewToken, actor: &str, now: Timestamp) -> Result<Token> {
        let by = By::new(actor, now);
        self.shared.writer.run(move |work| accounts::add_token(work, &token, &by), quietly).await
    }

    async fn token(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Token>> {
        let hash = *hash;
        let read = move |connection: &_| accounts::token(connection, &hash, now);
        let mut token = self.shared.readers.run(read).await?;
        if let Some(token) = token.as_mut().filter(|token| accounts::use_is_news(token, now)) {
            let id = token.id;
            let note = move |work: &mut Work<'_>| accounts::note_use(work, id, now);
            match self.shared.writer.run(note, quietly).await {
                Ok(()) => token.last_used = Some(now),
                // Whoever shows a good token may read, also while the disk is full.
                Err(error) => tracing::warn!(%error, id, "use of a token not noted"),
            }
        }
        Ok(token)
    }

    async fn tokens(&self) -> Result<Vec<Token>> {
        self.shared.readers.run(accounts::tokens).await
    }

    async fn revoke_token(&self, id: u64, actor: &str, now: Timestamp) -> Result<bool> {
        let by = By::new(actor, now);
        self.shared.writer.run(move |work| accounts::revoke_token(work, id, &by), quietly).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        self.shared.writer.run(move |work| audit::note(work.connection, &entry), quietly).await
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        self.shared.readers.run(move |connection| audit::page(connection, before, limit)).await
    }

    async fn retain(&self, oldest: Timestamp, bytes_max: u64) -> Result<u64> {
        let retain = move |work: &mut Work<'_>| retention::retain(work, oldest, bytes_max);
        self.shared.writer.run(retain, quietly).await
    }

    async fn bytes(&self) -> Result<u64> {
        let log = self.shared.database.with_extension("db-wal");
        let log = fs::metadata(log).map_or(0, |log| log.len());
        self.shared.readers.run(move |connection| summaries::bytes(connection, log)).await
    }

    async fn check(&self) -> Result<()> {
        let write = |work: &mut Work<'_>| {
            work.connection.execute("UPDATE counters SET checks = checks + 1", [])?;
            Ok(())
        };
        self.shared.writer.run(write, quietly).await
    }
}
