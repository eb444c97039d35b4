//! People.

use netsentinel_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::By;
use super::fault::{Fault, Outcome};
use super::work::{Work, bounded};
use crate::store::{Role, StoreError, User};

/// Users at most.
const USERS_MAX: u64 = 10_000;

/// A role as it is kept.
pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Analyst => "analyst",
        Role::Admin => "admin",
    }
}

/// A role that was kept.
pub(super) fn role_of(name: &str) -> Outcome<Role> {
    [Role::Viewer, Role::Analyst, Role::Admin]
        .into_iter()
        .find(|role| role_name(*role) == name)
        .ok_or_else(|| Fault::Damaged(format!("{name:?} is no role")))
}

/// Adds a user.
pub(super) fn add(work: &mut Work<'_>, user: &User, by: &By) -> Outcome<()> {
    bounded(work.connection, "users", USERS_MAX)?;
    let role = role_name(user.role);
    let added = work.connection.execute(
        "INSERT INTO users VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![user.name, role, user.password_hash, user.created.as_nanos()],
    )?;
    if added == 0 {
        return Err(StoreError::Exists(format!("the user {:?}", user.name)).into());
    }
    by.note(work.connection, "user.add", &user.name, role).map(drop)
}

/// One user.
pub(super) fn one(connection: &Connection, name: &str) -> Outcome<Option<User>> {
    let sql = "SELECT name, role, password_hash, created FROM users WHERE name = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([name])?;
    rows.next()?.map(user).transpose()
}

/// All users, by name.
pub(super) fn all(connection: &Connection) -> Outcome<Vec<User>> {
    let sql = "SELECT name, role, password_hash, created FROM users ORDER BY name";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(user(row)?);
    }
    Ok(all)
}

fn user(row: &Row<'_>) -> Outcome<User> {
    let role: String = row.get(1)?;
    Ok(User {
        name: row.get(0)?,
        role: role_of(&role)?,
        password_hash: row.get(2)?,
        created: Timestamp::from_nanos(row.get(3)?),
    })
}

/// Replaces a password's hash and ends the sessions. Whether there was such a user.
pub(super) fn set_password(work: &mut Work<'_>, name: &str, hash: &str, by: &By) -> Outcome<bool> {
    let sql = "UPDATE users SET password_hash = ?2 WHERE name = ?1";
    let known = work.connection.execute(sql, [name, hash])? > 0;
    if known {
        work.connection.execute("DELETE FROM sessions WHERE user = ?1", [name])?;
        by.note(work.connection, "user.password", name, "")?;
    }
    Ok(known)
}

/// Removes a user with their sessions and the tokens that they made. Whether there was one.
pub(super) fn remove(work: &mut Work<'_>, name: &str, by: &By) -> Outcome<bool> {
    let sql = "DELETE FROM users WHERE name = ?1 RETURNING role";
    let role: Option<String> =
        work.connection.query_row(sql, [name], |row| row.get(0)).optional()?;
    if let Some(role) = &role {
        // The sessions went with the user, by their foreign key.
        work.connection.execute("DELETE FROM tokens WHERE author = ?1", [name])?;
        by.note(work.connection, "user.remove", name, role)?;
    }
    Ok(role.is_some())
}
