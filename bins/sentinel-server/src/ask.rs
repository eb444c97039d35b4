//! Passwords: asked for at a terminal, else read from standard input; never an argument.

use std::io::{BufRead as _, IsTerminal as _, Read as _, stdin};

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::Secret;

/// Longest line that is read, in bytes.
const LINE_MAX: u64 = 4096;

/// A new password for `name`.
pub(crate) fn new_password(name: &str) -> Result<Secret> {
    if !stdin().is_terminal() {
        return line();
    }
    let ask = |prompt: String| rpassword::prompt_password(prompt).context("no password was given");
    let password = ask(format!("New password for {name}: "))?;
    if ask("The same again: ".into())? != password {
        bail!("the two passwords differ");
    }
    Ok(Secret::new(password))
}

fn line() -> Result<Secret> {
    let mut line = String::new();
    stdin().lock().take(LINE_MAX).read_line(&mut line).context("no password was given")?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
