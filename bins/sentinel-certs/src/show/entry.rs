//! What there is to tell of one file.

use netsentinel_transport::tls::{CertificateFacts, Validity};

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its path, made safe to show.
    pub(crate) file: String,
    /// What it is, or should be.
    pub(crate) kind: Kind,
    /// What the certificate in it says, if it is one.
    pub(crate) certificate: Option<(CertificateFacts, Validity)>,
    /// Its permission bits, where there are such.
    pub(crate) mode: Option<u32>,
    /// What is well and worth telling.
    pub(crate) notes: Vec<String>,
    /// What needs attention.
    pub(crate) warnings: Vec<String>,
    /// What does not work.
    pub(crate) errors: Vec<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Authority,
    AuthorityKey,
    Server,
    ServerKey,
    Agent,
    AgentKey,
    Config,
}

/// How a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Fine,
    Warning,
    Error,
}

impl Entry {
    pub(crate) fn new(file: String, kind: Kind) -> Self {
        Self {
            file,
            kind,
            certificate: None,
            mode: None,
            notes: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn state(&self) -> State {
        match () {
            () if !self.errors.is_empty() => State::Error,
            () if !self.warnings.is_empty() => State::Warning,
            () => State::Fine,
        }
    }
}

impl Kind {
    /// For scripts.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::AuthorityKey => "authority_key",
            Self::Server => "server",
            Self::ServerKey => "server_key",
            Self::Agent => "agent",
            Self::AgentKey => "agent_key",
            Self::Config => "config",
        }
    }

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authority => "the authority's certificate",
            Self::AuthorityKey => "the authority's private key",
            Self::Server => "the server's certificate",
            Self::ServerKey => "the server's private key",
            Self::Agent => "an agent's certificate",
            Self::AgentKey => "an agent's private key",
            Self::Config => "the configuration",
        }
    }
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
