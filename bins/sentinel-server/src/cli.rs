//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use netsentinel_cli::LogArgs;
use netsentinel_server::store::Role;

/// Indicators in one `reputation lookup` at most.
const LOOKUPS_MAX: usize = 240;

/// The central server of NetSentinel: takes alerts from agents, keeps them, and shows them live.
///
/// Without a command it runs until SIGTERM or SIGINT; SIGHUP makes it take certificates, keys and
/// limits anew. The commands work beside a running server, on the same machine.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where things are.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Configuration; by default sentinel_config.json here, else in /etc/netsentinel.
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the database, instead of server.data_dir.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Manages the people who may sign in.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manages the tokens of scripts.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Manages agents.
    Agent {
        #[command(subcommand)]
        command: AgentCommand,
    },
    /// Tells what is known of addresses and domains, asked of the server that runs on this machine.
    Reputation {
        #[command(subcommand)]
        command: ReputationCommand,
        /// Writes JSON, as the API does.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Writes a copy of the database to a new file, also while the server runs.
    Backup {
        /// The file; must not exist.
        file: PathBuf,
    },
    /// Finds what is wrong, and says what to do.
    Doctor,
    /// Checks the configuration; an unknown key is an error.
    TestConfig,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Adds a user. The password is asked for, or read from standard input.
    Add {
        /// The name to sign in with.
        name: String,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = RoleArg::Viewer)]
        role: RoleArg,
    },
    /// Gives a user another password and ends their sessions.
    Passwd {
        /// The user.
        name: String,
    },
    /// Lists all users.
    List,
    /// Removes a user, their sessions and tokens.
    Remove {
        /// The user.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token and writes it to standard output; it is not shown again.
    Create {
        /// What it is for.
        name: String,
        /// What its bearer may do.
        #[arg(long, value_enum, default_value_t = RoleArg::Viewer)]
        role: RoleArg,
        /// Days that it is valid; for good without.
        #[arg(long)]
        days: Option<u64>,
    },
    /// Lists all tokens.
    List,
    /// Takes a token away.
    Revoke {
        /// Its number.
        id: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Lists all agents.
    List,
    /// Takes an agent's key away: it is no longer heard.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Gives a revoked agent its key back.
    Restore {
        /// Its id.
        id: String,
    },
    /// Forgets an agent; its alerts stay. It may enrol again.
    Forget {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReputationCommand {
    /// Who can be asked, what is left of their quotas, what waits, how old lists are.
    Status,
    /// What is known of addresses and domains; asks about what is not, and waits a few seconds for it.
    Lookup {
        /// Addresses and domains.
        #[arg(required = true, num_args = 1..=LOOKUPS_MAX)]
        indicators: Vec<String>,
    },
    /// Forgets all verdicts of providers; lists and quotas stay.
    Flush,
}

/// A role as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleArg {
    /// Looks at everything but accounts and the audit trail.
    Viewer,
    /// Acknowledges, archives, comments, suppresses too.
    Analyst,
    /// Manages agents, users and tokens too.
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Analyst => Self::Analyst,
            RoleArg::Admin => Self::Admin,
        }
    }
}

/// A role as it is shown.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Analyst => "analyst",
        Role::Admin => "admin",
    }
}
