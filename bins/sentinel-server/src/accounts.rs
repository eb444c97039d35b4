//! Users and tokens.

use std::io::{Write as _, stdout};

use anyhow::Result;
use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;
use netsentinel_server::Accounts;
use netsentinel_server::store::Store as _;

use crate::ask;
use crate::cli::{TokenCommand, UserCommand, role_name};
use crate::setup::Setup;

/// How the audit trail calls whoever works here.
pub(crate) const ACTOR: &str = "command line";

/// Manages users.
pub(crate) async fn user(setup: &Setup, command: UserCommand) -> Result<()> {
    let store = setup.store()?;
    let accounts = Accounts::new(store.clone());
    let mut out = stdout();
    match command {
        UserCommand::Add { name, role } => {
            accounts.add(&name, role.into(), ask::new_password(&name)?, ACTOR).await?;
            writeln!(out, "added {}", shown(&name))?;
        }
        UserCommand::Passwd { name } => {
            accounts.set_password(&name, ask::new_password(&name)?, ACTOR).await?;
            writeln!(out, "changed; all sessions of {} have ended", shown(&name))?;
        }
        UserCommand::List => {
            for user in store.users().await? {
                let (name, role) = (shown(&user.name), role_name(user.role));
                writeln!(out, "{name:<24} {role:<8} since {}", minutes(user.created))?;
            }
        }
        UserCommand::Remove { name } => {
            accounts.remove(&name, ACTOR).await?;
            writeln!(out, "removed {}", shown(&name))?;
        }
    }
    Ok(())
}

/// Manages tokens.
pub(crate) async fn token(setup: &Setup, command: TokenCommand) -> Result<()> {
    let store = setup.store()?;
    let accounts = Accounts::new(store.clone());
    let mut out = stdout();
    match command {
        TokenCommand::Create { name, role, days } => {
            let made = accounts.make_token(&name, role.into(), days, ACTOR).await?;
            tracing::info!("token {}: shown once, keep it safe", made.token.id);
            writeln!(out, "{}", made.secret.expose())?;
        }
        TokenCommand::List => {
            for token in store.tokens().await? {
                let ends =
                    token.expires.map_or("for good".into(), |at| format!("until {}", minutes(at)));
                let used = token
                    .last_used
                    .map_or("never used".into(), |at| format!("last used {}", minutes(at)));
                let (name, role) = (shown(&token.name), role_name(token.role));
                writeln!(out, "{:<6} {name:<24} {role:<8} {ends}, {used}", token.id)?;
            }
        }
        TokenCommand::Revoke { id } => {
            accounts.revoke_token(id, ACTOR).await?;
            writeln!(out, "revoked token {id}")?;
        }
    }
    Ok(())
}

/// A time as people read it.
pub(crate) fn minutes(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC")
}
