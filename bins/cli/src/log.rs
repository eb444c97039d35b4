//! Messages on standard error.

use std::io::stderr;

use clap::{ArgAction, Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// The options about logging, to be flattened into a command line.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// Tells more on standard error; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,

    /// Tells nothing on standard error but errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// How messages on standard error are written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How messages on standard error are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, with the time.
    Json,
}

impl LogArgs {
    /// Starts logging. To be called once, first thing.
    ///
    /// What libraries tell is left out until `-vv`: it is about their insides.
    pub fn start(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "warn,netsentinel=info,sentinel=info",
            (false, 1) => "warn,netsentinel=debug,sentinel=debug",
            (false, _) => "trace",
        };
        let builder = tracing_subscriber::fmt()
            .with_writer(stderr)
            .with_env_filter(EnvFilter::new(level))
            .with_target(false)
            // Told on standard error, where it just failed: that panics.
            .log_internal_errors(false);
        match self.log_format {
            LogFormat::Text => builder.without_time().with_ansi(false).init(),
            LogFormat::Json => builder.json().init(),
        }
    }
}
