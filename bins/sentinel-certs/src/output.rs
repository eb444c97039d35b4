//! What is printed: results on standard output, messages on standard error.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

use crate::cli::Cli;

/// Prints a result, unless the command line asks for silence.
pub(crate) fn print(cli: &Cli, text: &str) -> Result<()> {
    if cli.log.quiet {
        return Ok(());
    }
    match io::stdout().write_all(text.as_bytes()) {
        // Who reads no further wants no more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output"),
    }
}
