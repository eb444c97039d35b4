//! `show`: what is there, whether it fits together, and when it ends.

mod entry;
mod inspect;
mod report;

use std::time::SystemTime;

use anyhow::{Result, bail};

use crate::Outcome;
use crate::cli::{Cli, Show};
use crate::folder::Folder;
use crate::output::print;
use entry::State;
use netsentinel_cli::name;

pub(crate) fn run(cli: &Cli, options: &Show) -> Result<Outcome> {
    if !cli.dir.is_dir() {
        bail!("{}: no such folder", name(&cli.dir));
    }
    let entries = inspect::folder(&Folder(cli.dir.clone()), SystemTime::now());
    let text = if options.json { report::json(&entries)? } else { report::text(&entries) };
    print(cli, &text)?;
    let fine = entries.iter().all(|entry| entry.state() == State::Fine);
    Ok(if fine { Outcome::Done } else { Outcome::NeedsAttention })
}
