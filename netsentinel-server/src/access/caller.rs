//! Who asks.

use std::net::SocketAddr;

use netsentinel_transport::wire::AgentId;

use crate::store::{Role, SessionId};

/// The connection that a request came over; in every request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The other end.
    pub(crate) address: SocketAddr,
    /// The common name of the client certificate that it showed and our authority signed.
    pub(crate) certificate: Option<String>,
    /// Which listener took it.
    pub(crate) door: Door,
}

/// A listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// People and scripts.
    Gui,
    /// Agents.
    Agents,
}

/// Who asks, once that is known; in the extensions of every request that a handler sees.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Somebody.
    Anyone,
    /// A person who is signed in.
    Person {
        /// The user's name.
        name: String,
        /// What they may do.
        role: Role,
        /// Their session.
        session: SessionId,
    },
    /// A script that shows a token.
    Script {
        /// The token's number.
        token: u64,
        /// The token's name.
        name: String,
        /// What it may do.
        role: Role,
    },
    /// Somebody with the shared key.
    Newcomer,
    /// An enrolled agent.
    Agent(AgentId),
}

impl Caller {
    /// What they may do on the listener of the GUI.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Self::Person { role, .. } | Self::Script { role, .. } => Some(*role),
            Self::Anyone | Self::Newcomer | Self::Agent(_) => None,
        }
    }

    /// How the audit trail calls them.
    pub(crate) fn actor(&self) -> String {
        match self {
            Self::Person { name, .. } => name.clone(),
            Self::Script { name, .. } => format!("token:{name}"),
            Self::Agent(id) => format!("agent:{id}"),
            Self::Anyone | Self::Newcomer => "anyone".into(),
        }
    }
}
