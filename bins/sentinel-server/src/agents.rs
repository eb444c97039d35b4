//! Agents.

use std::io::{Write as _, stdout};

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::now;
use netsentinel_core::text::shown;
use netsentinel_server::store::Store as _;
use netsentinel_transport::wire::AgentId;

use crate::accounts::{ACTOR, minutes};
use crate::cli::AgentCommand;
use crate::setup::Setup;

/// What is told after a change.
const SOON: &str = "a server that runs knows it within seconds";

/// Manages agents.
pub(crate) async fn agent(setup: &Setup, command: AgentCommand) -> Result<()> {
    let store = setup.store()?;
    let mut out = stdout();
    let now = now();
    match command {
        AgentCommand::List => {
            for agent in store.agents().await? {
                let state = if agent.revoked { "revoked, " } else { "" };
                writeln!(
                    out,
                    "{} {:<24} {:<10} {state}last heard {} from {}",
                    agent.id,
                    shown(&agent.hostname),
                    shown(&agent.version),
                    minutes(agent.last_seen),
                    shown(&agent.address),
                )?;
            }
        }
        AgentCommand::Revoke { id } => {
            found(store.set_revoked(&parse(&id)?, true, ACTOR, now).await?, &id)?;
            writeln!(out, "revoked {id}: {SOON}")?;
        }
        AgentCommand::Restore { id } => {
            found(store.set_revoked(&parse(&id)?, false, ACTOR, now).await?, &id)?;
            writeln!(out, "restored {id}: {SOON}")?;
        }
        AgentCommand::Forget { id } => {
            found(store.forget_agent(&parse(&id)?, ACTOR, now).await?, &id)?;
            writeln!(out, "forgot {id}: {SOON}")?;
        }
    }
    Ok(())
}

fn parse(id: &str) -> Result<AgentId> {
    id.parse().with_context(|| shown(id).into_owned())
}

fn found(there: bool, id: &str) -> Result<()> {
    if !there {
        bail!("there is no agent {id}: `sentinel-server agent list` tells which there are");
    }
    Ok(())
}
