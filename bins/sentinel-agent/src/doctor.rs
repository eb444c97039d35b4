//! `sentinel-agent doctor`: what would keep the agent from working, and what to do about it.

mod checks;
mod reputation;
mod server;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;
use netsentinel_cli::print_line;
use netsentinel_core::text::shown;

use crate::cli::Cli;
use crate::settings::Settings;

/// Something is wrong.
const EXIT_WRONG: u8 = 1;

/// What one look found.
pub(crate) struct Finding {
    what: &'static str,
    verdict: Verdict,
    text: String,
}

enum Verdict {
    Good,
    Warning,
    Wrong,
}

impl Finding {
    pub(crate) fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Good, text: text.into() }
    }

    pub(crate) fn warning(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warning, text: text.into() }
    }

    pub(crate) fn wrong(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Wrong, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Warning => "warning",
            Verdict::Wrong => "WRONG",
        };
        write!(f, "{verdict:<8} {:<13} {}", self.what, shown(&self.text))
    }
}

/// Looks at everything the agent needs, and says what it found. Changes nothing.
///
/// # Errors
///
/// When what was found can not be printed.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode> {
    let mut findings = Vec::new();
    match Settings::read(&cli.options) {
        Ok(settings) => {
            findings.extend(checks::all(&settings));
            findings.push(reputation::source(&settings));
            findings.extend(server::all(&settings)?);
        }
        Err(error) => findings.push(Finding::wrong("configuration", format!("{error:#}"))),
    }
    for finding in &findings {
        print_line(&finding.to_string())?;
    }
    let wrong = findings.iter().any(|finding| matches!(finding.verdict, Verdict::Wrong));
    Ok(if wrong { ExitCode::from(EXIT_WRONG) } else { ExitCode::SUCCESS })
}
