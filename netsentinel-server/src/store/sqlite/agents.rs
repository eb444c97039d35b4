//! Agents.

use netsentinel_core::Timestamp;
use netsentinel_transport::wire::{AgentId, Heartbeat};
use rusqlite::{Connection, OptionalExtension, Row, params};
use subtle::ConstantTimeEq;

use super::audit::By;
use super::fault::{Fault, Outcome};
use super::work::{Work, natural};
use crate::store::{AgentRecord, EnrolOutcome, NewAgent, StoreError};

const SELECT: &str = "SELECT id, key_hash, certificate, hostname, os, version, address, first_seen,
    last_seen, revoked, coalesce(alerts, 0), heartbeat FROM agents LEFT JOIN senders ON agent = id";

/// Makes an agent known. A certificate that comes with the right key later is bound from then on; one
/// that is bound already stays.
pub(super) fn enrol(
    work: &mut Work<'_>,
    new: &NewAgent,
    agents_max: u64,
    now: Timestamp,
) -> Outcome<EnrolOutcome> {
    let connection = work.connection;
    if let Some(known) = one(connection, &new.id)? {
        let key: bool = known.key_hash.ct_eq(&new.key_hash).into();
        let other = match (&known.certificate, &new.certificate) {
            (Some(bound), Some(shown)) => bound != shown,
            _ => false,
        };
        if known.revoked || !key || other {
            return Ok(EnrolOutcome::Refused);
        }
        connection.execute(
            "UPDATE agents SET certificate = coalesce(certificate, ?2), hostname = ?3, os = ?4,
                version = ?5, address = ?6, last_seen = max(last_seen, ?7) WHERE id = ?1",
            params![
                new.id.as_str(),
                new.certificate,
                new.hostname,
                new.os,
                new.version,
                new.address,
                now.as_nanos()
            ],
        )?;
        return Ok(EnrolOutcome::Known);
    }
    let known: i64 = connection.query_row("SELECT count(*) FROM agents", [], |row| row.get(0))?;
    if natural(known) >= agents_max {
        return Ok(EnrolOutcome::Full);
    }
    connection.execute(
        "INSERT INTO agents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 0, NULL)",
        params![
            new.id.as_str(),
            new.key_hash,
            new.certificate,
            new.hostname,
            new.os,
            new.version,
            new.address,
            now.as_nanos()
        ],
    )?;
    let by = By::new(&format!("agent:{}", new.id), now);
    let detail = format!("{} from {}", new.hostname, new.address);
    by.note(connection, "agent.enrol", new.id.as_str(), &detail)?;
    Ok(EnrolOutcome::Enrolled)
}

/// One agent.
pub(super) fn one(connection: &Connection, id: &AgentId) -> Outcome<Option<AgentRecord>> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    let mut rows = select.query([id.as_str()])?;
    rows.next()?.map(record).transpose()
}

/// All agents, by name.
pub(super) fn all(connection: &Connection) -> Outcome<Vec<AgentRecord>> {
    let mut select = connection.prepare_cached(&format!("{SELECT} ORDER BY hostname, id"))?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(record(row)?);
    }
    Ok(all)
}

fn record(row: &Row<'_>) -> Outcome<AgentRecord> {
    let id: String = row.get(0)?;
    let heartbeat: Option<String> = row.get(11)?;
    let heartbeat = heartbeat.map(|text| serde_json::from_str(&text)).transpose();
    Ok(AgentRecord {
        id: id.parse().map_err(|_| Fault::Damaged(format!("{id:?} is no agent's id")))?,
        key_hash: row.get(1)?,
        certificate: row.get(2)?,
        hostname: row.get(3)?,
        os: row.get(4)?,
        version: row.get(5)?,
        address: row.get(6)?,
        first_seen: Timestamp::from_nanos(row.get(7)?),
        last_seen: Timestamp::from_nanos(row.get(8)?),
        revoked: row.get(9)?,
        alerts: natural(row.get(10)?),
        heartbeat: heartbeat.map_err(|error| Fault::json("a heartbeat", &error))?,
    })
}

/// Keeps a heartbeat, and what it says of the machine.
pub(super) fn heartbeat(
    work: &mut Work<'_>,
    id: &AgentId,
    heartbeat: &Heartbeat,
    address: &str,
    now: Timestamp,
) -> Outcome<bool> {
    let text = serde_json::to_string(heartbeat)
        .map_err(|error| StoreError::Database(format!("a heartbeat can not be kept: {error}")))?;
    let Heartbeat { hostname, os, version, .. } = heartbeat;
    let known = work
        .connection
        .prepare_cached(
            "UPDATE agents SET heartbeat = ?2, address = ?3, last_seen = max(last_seen, ?4),
                hostname = coalesce(nullif(?5, ''), hostname), os = coalesce(nullif(?6, ''), os),
                version = coalesce(nullif(?7, ''), version)
             WHERE id = ?1",
        )?
        .execute(params![id.as_str(), text, address, now.as_nanos(), hostname, os, version])?;
    Ok(known > 0)
}

/// Takes an agent's key away, or gives it back. Whether there was such an agent.
pub(super) fn set_revoked(
    work: &mut Work<'_>,
    id: &AgentId,
    revoked: bool,
    by: &By,
) -> Outcome<bool> {
    let sql = "UPDATE agents SET revoked = ?2 WHERE id = ?1";
    let known = work.connection.execute(sql, params![id.as_str(), revoked])? > 0;
    if known {
        let action = if revoked { "agent.revoke" } else { "agent.restore" };
        by.note(work.connection, action, id.as_str(), "")?;
    }
    Ok(known)
}

/// Forgets an agent. Whether there was one.
pub(super) fn forget(work: &mut Work<'_>, id: &AgentId, by: &By) -> Outcome<bool> {
    let sql = "DELETE FROM agents WHERE id = ?1 RETURNING hostname";
    let name: Option<String> =
        work.connection.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
    if let Some(name) = &name {
        by.note(work.connection, "agent.forget", id.as_str(), name)?;
    }
    Ok(name.is_some())
}
