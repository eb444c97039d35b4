//! Messages on standard error.

use std::io::stderr;

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, LogFormat};

/// Starts logging as the command line asks.
pub(crate) fn start(cli: &Cli) {
    let level = match (cli.quiet, cli.verbose) {
        (true, _) => "error",
        (false, 0) => "info",
        (false, 1) => "debug",
        (false, _) => "trace",
    };
    let builder = tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_env_filter(EnvFilter::new(level))
        .with_target(false)
        // Told on standard error, where it just failed: that panics.
        .log_internal_errors(false);
    match cli.log_format {
        LogFormat::Text => builder.without_time().with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}
