//! The keys of agents, kept in memory so that no request of an agent has to ask the store.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use netsentinel_transport::identity::key_matches;
use netsentinel_transport::wire::AgentId;

use crate::store::{self, AgentRecord, Store};

/// Every enrolled agent's key; there are at most `agents_max` of them.
#[derive(Default)]
pub(crate) struct AgentKeys(RwLock<Keys>);

#[derive(Default)]
struct Keys {
    known: HashMap<AgentId, Known>,
    /// How often single keys were read: what was read of all before such a moment is out of date.
    changes: u64,
}

#[derive(Clone)]
struct Known {
    key_hash: [u8; 32],
    certificate: Option<String>,
    revoked: bool,
}

/// Why an agent is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgentRefusal {
    /// Its id is not enrolled.
    Unknown,
    /// Its key is not the one it enrolled with.
    WrongKey,
    /// Its certificate is not the one it enrolled with.
    WrongCertificate,
    /// Its key was taken away.
    Revoked,
}

impl AgentKeys {
    /// Reads the keys of all agents anew. To be called whenever one was revoked, given back or
    /// forgotten; until then the old key counts.
    ///
    /// # Errors
    ///
    /// When the store can not be read; then the keys stay as they were.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> store::Result<Vec<AgentRecord>> {
        loop {
            let changes = self.0.read().unwrap_or_else(PoisonError::into_inner).changes;
            let agents = store.agents().await?;
            let known = agents.iter().map(|agent| (agent.id.clone(), Known::of(agent))).collect();
            let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // An agent that enrolled meanwhile must not be forgotten.
            if keys.changes == changes {
                keys.known = known;
                return Ok(agents);
            }
        }
    }

    /// Reads the key of one agent anew.
    ///
    /// # Errors
    ///
    /// When the store can not be read.
    pub(crate) async fn refresh_one(&self, id: &AgentId, store: &dyn Store) -> store::Result<()> {
        let agent = store.agent(id).await?;
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.changes += 1;
        match agent {
            Some(agent) => keys.known.insert(id.clone(), Known::of(&agent)),
            None => keys.known.remove(id),
        };
        Ok(())
    }

    /// Whether this is the agent `id`. With `mtls` its certificate counts too. Takes the same time
    /// whether the id is known or not.
    pub(super) fn check(
        &self,
        id: &AgentId,
        key: &str,
        certificate: Option<&str>,
        mtls: bool,
    ) -> Result<(), AgentRefusal> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).known.get(id).cloned();
        let expected = known.as_ref().map_or([0; 32], |agent| agent.key_hash);
        let fits = key_matches(key, &expected);
        let Some(agent) = known else { return Err(AgentRefusal::Unknown) };
        if !fits {
            return Err(AgentRefusal::WrongKey);
        }
        if agent.revoked {
            return Err(AgentRefusal::Revoked);
        }
        if mtls && (certificate.is_none() || agent.certificate.as_deref() != certificate) {
            return Err(AgentRefusal::WrongCertificate);
        }
        Ok(())
    }
}

impl Known {
    fn of(agent: &AgentRecord) -> Self {
        Self {
            key_hash: agent.key_hash,
            certificate: agent.certificate.clone(),
            revoked: agent.revoked,
        }
    }
}
