//! What the command line says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use netsentinel_cli::LogArgs;
use netsentinel_transport::pki::SubjectName;

use crate::server_url::ServerUrl;

/// Makes and renews the certificates and keys of a NetSentinel installation.
///
/// Run it on the server, in the server's folder. The authority's private key (ca.key) signs
/// everything else: it stays there, or better on a medium that is put away.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The folder with the certificates and sentinel_config.json.
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    pub(crate) dir: PathBuf,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

const EXIT_STATUS: &str = "Exit status: 0 done, 1 show found something that needs attention, 2 \
                           wrong usage, or files that can not be read or written.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes an authority, the server's certificate and a configuration.
    ///
    /// Writes ca.crt, ca.key, server.crt, server.key and sentinel_config.json, each with mode 0600.
    /// The configuration gets a fresh key for the enrolment of agents. The server's certificate is
    /// for all names and addresses of this machine. If one of the files exists, nothing is written.
    Init(Init),

    /// Makes the bundle of files that an agent needs.
    ///
    /// Writes agent.crt, agent.key, ca.crt and sentinel_config.json into a folder of their own, to
    /// be copied to the agent's machine. Whoever has the bundle can enrol an agent.
    Agent(Agent),

    /// Renews the server's certificate, or the key that agents enrol with.
    ///
    /// The old one is still accepted until `--drop-old`.
    Rotate(Rotate),

    /// Tells what is there, whether it fits together, and when it ends. Secrets are never shown.
    ///
    /// Ends with status 1 if something needs attention: a file is missing, damaged or open to
    /// others, a key belongs to another certificate, or a certificate ends within 30 days.
    Show(Show),
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A further name or address that the server is reached by; may be given again.
    #[arg(long, value_name = "NAME")]
    pub(crate) san: Vec<SubjectName>,

    /// What the authority is called in browsers and by `show`.
    #[arg(long, value_name = "CN")]
    pub(crate) name: Option<String>,

    /// Where agents reach the server, such as `https://sentinel.example.com:8444`; its host is added
    /// to the certificate, and bundles for agents use it.
    #[arg(long, value_name = "URL")]
    pub(crate) server_url: Option<ServerUrl>,

    /// Replaces what is there. Every agent's bundle must then be made anew; the settings in
    /// sentinel_config.json are kept.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `agent`.
#[derive(Debug, Args)]
pub(crate) struct Agent {
    /// What the agent is called: 1 to 64 letters, digits, dots, hyphens and underscores.
    #[arg(value_name = "NAME", value_parser = agent_name)]
    pub(crate) name: String,

    /// Where the agent reaches the server, such as `https://sentinel.example.com:8444`; without it
    /// agent.server_url of the configuration, or else the first name in the server's certificate.
    #[arg(long, value_name = "URL")]
    pub(crate) server_url: Option<ServerUrl>,

    /// The folder to write the bundle to; without it agents/NAME within the server's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Replaces a bundle that is there. The certificate within it stays valid until it ends.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `rotate`.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// What to renew.
    #[command(subcommand)]
    pub(crate) what: Rotated,
}

/// What to renew.
#[derive(Debug, Subcommand)]
pub(crate) enum Rotated {
    /// Makes a new server.crt and server.key, signed by the same authority.
    ///
    /// The names of the old certificate are kept. Agents need nothing: they trust the authority. The
    /// old files are kept as server.crt.old and server.key.old.
    Server(RotateServer),

    /// Makes a new key for the enrolment of agents.
    ///
    /// The old one becomes api_key_previous, with which agents can still enrol. Agents that are
    /// enrolled have keys of their own and notice nothing.
    Key(RotateKey),
}

/// `rotate server`.
#[derive(Debug, Args)]
pub(crate) struct RotateServer {
    /// A further name or address that the server is reached by; may be given again.
    #[arg(long, value_name = "NAME", conflicts_with = "drop_old")]
    pub(crate) san: Vec<SubjectName>,

    /// Renews although the certificate before this one has not been dropped, and drops it.
    #[arg(long, conflicts_with = "drop_old")]
    pub(crate) force: bool,

    /// Only removes the old certificate and its key.
    #[arg(long)]
    pub(crate) drop_old: bool,
}

/// `rotate key`.
#[derive(Debug, Args)]
pub(crate) struct RotateKey {
    /// Renews although the key before this one has not been dropped, and drops it.
    #[arg(long, conflicts_with = "drop_old")]
    pub(crate) force: bool,

    /// Only removes the old key: bundles that hold it can not enrol any more.
    #[arg(long)]
    pub(crate) drop_old: bool,
}

/// `show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Prints a JSON array with one object for each file.
    #[arg(long)]
    pub(crate) json: bool,
}

/// It names a folder and ends up in certificates, commands and logs.
fn agent_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
    if fits && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(text.into())
    } else {
        Err("expected 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a \
             letter or digit"
            .into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_agents_name_can_not_leave_its_folder() {
        for name in ["sensor-1", "a", "0", "host.example_2", &"a".repeat(64)] {
            assert!(agent_name(name).is_ok(), "{name}");
        }
        let long = "a".repeat(65);
        for name in ["", ".", "..", "-v", "_", ".ssh", "a/b", "a\\b", "a b", "a\n", "ä", &long] {
            assert!(agent_name(name).is_err(), "{name:?}");
        }
    }
}
