//! `sentinel-server`: the central server, and what its administrator does at the machine itself.
//!
//! Exit status: 0 done, 1 `doctor` or `test-config` found something wrong, 2 wrong usage, or what was
//! asked could not be done.
#![forbid(unsafe_code)]

mod accounts;
mod agents;
mod ask;
mod backup;
mod cli;
mod doctor;
mod reputation;
mod run;
mod setup;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use netsentinel_cli::EXIT_UNUSABLE;
use netsentinel_core::text::shown;
use tokio::runtime::Builder;

use cli::{Cli, Command};
use setup::Setup;

/// Something is not as it should be.
const EXIT_TROUBLE: u8 = 1;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log.start();
    match start(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_TROUBLE),
        Err(error) => {
            tracing::error!("{}", shown(&format!("{error:#}")));
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

/// Whether all is well.
fn start(cli: Cli) -> Result<bool> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = cli.options;
        match cli.command {
            None => run::run(&options).await.map(|()| true),
            Some(Command::User { command }) => {
                accounts::user(&Setup::read(&options)?, command).await.map(|()| true)
            }
            Some(Command::Token { command }) => {
                accounts::token(&Setup::read(&options)?, command).await.map(|()| true)
            }
            Some(Command::Agent { command }) => {
                agents::agent(&Setup::read(&options)?, command).await.map(|()| true)
            }
            Some(Command::Backup { file }) => {
                backup::backup(&Setup::read(&options)?, &file).map(|()| true)
            }
            Some(Command::Reputation { command, json }) => {
                let setup = Setup::read(&options)?;
                reputation::reputation(&setup, command, json).await.map(|()| true)
            }
            Some(Command::Doctor) => doctor::doctor(&options).await,
            Some(Command::TestConfig) => setup::test(&options),
        }
    })
}
