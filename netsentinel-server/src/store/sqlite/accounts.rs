//! Sessions and tokens.

use netsentinel_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::By;
use super::fault::{Fault, Outcome};
use super::users::{role_name, role_of};
use super::work::{Work, bounded, integer, moment, natural};
use crate::store::{NewSession, NewToken, Session, SessionId, StoreError, Token, TokenHash};

/// Sessions of one user at most; with one more the oldest ends.
const SESSIONS_EACH: i64 = 100;
/// Tokens at most.
const TOKENS_MAX: u64 = 10_000;
const MINUTE_NANOS: u64 = 60_000_000_000;

const TOKEN: &str = "SELECT id, name, role, author, created, expires, last_used FROM tokens";

/// Keeps a session, and deletes those that have expired.
pub(super) fn add_session(work: &mut Work<'_>, session: &NewSession) -> Outcome<()> {
    let NewSession { id, user, created, expires, address } = session;
    work.connection.execute("DELETE FROM sessions WHERE expires <= ?1", [created.as_nanos()])?;
    work.connection.execute(
        "DELETE FROM sessions WHERE rowid IN
            (SELECT rowid FROM sessions WHERE user = ?1 ORDER BY rowid DESC LIMIT -1 OFFSET ?2)",
        params![user, SESSIONS_EACH - 1],
    )?;
    work.connection.execute(
        "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, user, created.as_nanos(), expires.as_nanos(), address],
    )?;
    Ok(())
}

/// The session with this id, unless it has expired.
pub(super) fn session(
    connection: &Connection,
    id: &SessionId,
    now: Timestamp,
) -> Outcome<Option<Session>> {
    let found = connection
        .prepare_cached(
            "SELECT user, role, expires FROM sessions JOIN users ON name = user
             WHERE id = ?1 AND expires > ?2",
        )?
        .query_row(params![id, now.as_nanos()], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })
        .optional()?;
    found
        .map(|(user, role, expires)| {
            let expires = Timestamp::from_nanos(expires);
            Ok(Session { user, role: role_of(&role)?, expires })
        })
        .transpose()
}

/// Ends a session.
pub(super) fn end_session(work: &mut Work<'_>, id: &SessionId) -> Outcome<()> {
    work.connection.execute("DELETE FROM sessions WHERE id = ?1", [id])?;
    Ok(())
}

/// Keeps a token.
pub(super) fn add_token(work: &mut Work<'_>, new: &NewToken, by: &By) -> Outcome<Token> {
    bounded(work.connection, "tokens", TOKENS_MAX)?;
    let added = work.connection.execute(
        "INSERT INTO tokens (hash, name, role, author, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        params![
            new.hash,
            new.name,
            role_name(new.role),
            by.actor,
            by.now.as_nanos(),
            new.expires.map(Timestamp::as_nanos)
        ],
    )?;
    if added == 0 {
        return Err(StoreError::Exists("the token".into()).into());
    }
    let id = natural(work.connection.last_insert_rowid());
    let detail = format!("{} ({})", new.name, role_name(new.role));
    by.note(work.connection, "token.add", &id.to_string(), &detail)?;
    Ok(Token {
        id,
        name: new.name.clone(),
        role: new.role,
        author: by.actor.clone(),
        created: by.now,
        expires: new.expires,
        last_used: None,
    })
}

/// The token with this hash, unless it has expired.
pub(super) fn token(
    connection: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Outcome<Option<Token>> {
    let sql = format!("{TOKEN} WHERE hash = ?1 AND (expires IS NULL OR expires > ?2)");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![hash, now.as_nanos()])?;
    rows.next()?.map(read_token).transpose()
}

/// Whether it is time to note that the token was used.
pub(super) fn use_is_news(token: &Token, now: Timestamp) -> bool {
    token.last_used.is_none_or(|last| now.nanos_since(last) >= MINUTE_NANOS)
}

/// Notes that a token was used.
pub(super) fn note_use(work: &mut Work<'_>, id: u64, now: Timestamp) -> Outcome<()> {
    work.connection
        .prepare_cached("UPDATE tokens SET last_used = ?2 WHERE id = ?1")?
        .execute([integer(id), now.as_nanos()])?;
    Ok(())
}

/// All tokens.
pub(super) fn tokens(connection: &Connection) -> Outcome<Vec<Token>> {
    let mut select = connection.prepare_cached(&format!("{TOKEN} ORDER BY id"))?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read_token(row)?);
    }
    Ok(all)
}

fn read_token(row: &Row<'_>) -> Outcome<Token> {
    let role: String = row.get(2)?;
    let read = |row: &Row<'_>| -> rusqlite::Result<_> {
        let (created, expires) = (Timestamp::from_nanos(row.get(4)?), moment(row.get(5)?));
        Ok((natural(row.get(0)?), row.get(1)?, row.get(3)?, created, expires, moment(row.get(6)?)))
    };
    let (id, name, author, created, expires, last_used) = read(row).map_err(Fault::from)?;
    Ok(Token { id, name, role: role_of(&role)?, author, created, expires, last_used })
}

/// Takes a token away. Whether there was one.
pub(super) fn revoke_token(work: &mut Work<'_>, id: u64, by: &By) -> Outcome<bool> {
    let sql = "DELETE FROM tokens WHERE id = ?1 RETURNING name";
    let name: Option<String> =
        work.connection.query_row(sql, [integer(id)], |row| row.get(0)).optional()?;
    if let Some(name) = &name {
        by.note(work.connection, "token.revoke", &id.to_string(), name)?;
    }
    Ok(name.is_some())
}
