//! Who asks, and what they may.
//!
//! Every request is checked here, against what the table of operations says about it, before any
//! handler sees it. Agents show an id and a key, people a cookie, scripts a token.

mod accounts;
mod agents;
mod caller;
mod check;
mod enrolment;
mod lockout;
mod origin;
mod password;
pub(crate) mod random;
mod routes;
mod sign_in;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use netsentinel_core::config::Deployment;

use crate::metrics::Metrics;

pub use accounts::{AccountError, Accounts, MadeToken};
pub(crate) use agents::AgentKeys;
pub(crate) use caller::{Caller, Door, Peer};
pub(crate) use check::check;
pub(crate) use enrolment::EnrolmentKeys;
pub(crate) use lockout::network_of;
pub(crate) use origin::{is_foreign, is_same};
pub(crate) use routes::{operations, routes};
pub(crate) use sign_in::COOKIE_NAME;

use lockout::Lockout;
use password::Passwords;

/// What letting somebody in needs to remember.
pub(crate) struct Gate {
    /// The shared keys.
    pub(crate) enrolment: EnrolmentKeys,
    /// The agents' own keys.
    pub(crate) agents: AgentKeys,
    passwords: Arc<Passwords>,
    lockout: Lockout,
}

impl Gate {
    /// Knows the shared keys of `deployment`, and no agent yet.
    pub(crate) fn new(deployment: &Deployment, metrics: Arc<Metrics>) -> Self {
        Self {
            enrolment: EnrolmentKeys::new(deployment),
            agents: AgentKeys::default(),
            passwords: Arc::new(Passwords::default()),
            lockout: Lockout::new(metrics),
        }
    }
}
