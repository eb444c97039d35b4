//! What is known of addresses and domains: asked of the server that runs here, or read from what it has
//! left on the disk.

mod api;
mod disk;
mod told;

use std::io::{Write as _, stdout};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::name;
use netsentinel_core::IndicatorBuf;
use netsentinel_server::store::Role;
use netsentinel_transport::wire::{
    IndicatorAnswer, IndicatorState, REPUTATION_INDICATORS_MAX, REPUTATION_PATH, ReputationAnswer,
};
use netsentinel_vt::Status;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::cli::ReputationCommand;
use crate::setup::Setup;
use api::Api;

/// How long a look-up waits for providers.
const WAIT: Duration = Duration::from_secs(5);
/// Between two requests while it waits: the server takes five in a second.
const PAUSE: Duration = Duration::from_millis(250);

/// Does what the command says.
pub(crate) async fn reputation(
    setup: &Setup,
    command: ReputationCommand,
    json: bool,
) -> Result<()> {
    match command {
        ReputationCommand::Status => {
            let asked = api::with_server(setup, Role::Viewer, async |api| {
                api.get::<Status>("/api/reputation/status", &[]).await
            });
            let status = match asked.await? {
                Some(status) => status,
                None => disk::status(setup)?,
            };
            tell(json, &status, || told::status(&status, netsentinel_cli::now()))
        }
        ReputationCommand::Lookup { indicators } => {
            // Any text is taken; the server says what is wrong with it.
            let asked =
                api::with_server(setup, Role::Analyst, async |api| look_up(api, &indicators).await);
            let answer = match asked.await? {
                Some(answer) => answer,
                None => disk::look_up(setup, &indicators)?,
            };
            tell(json, &answer, || told::answer(&answer))
        }
        ReputationCommand::Flush => {
            let asked = api::with_server(setup, Role::Admin, async |api| {
                api.post("/api/reputation/flush").await
            });
            if asked.await?.is_none() {
                bail!(
                    "no server runs here, so there is nobody to forget anything: start it, or remove \
                     the folder {} while it is stopped, with lists and quotas",
                    name(&setup.reputation_dir())
                );
            }
            let flushed = serde_json::json!({ "flushed": true });
            tell(json, &flushed, || "all verdicts are forgotten\n".into())
        }
    }
}

fn tell(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
    let text = match json {
        true => serde_json::to_string(value).context("it can not be written as JSON")? + "\n",
        false => text(),
    };
    Ok(stdout().write_all(text.as_bytes())?)
}

/// Asks, and asks again while something is pending, for a few seconds.
async fn look_up(api: &Api, indicators: &[String]) -> Result<ReputationAnswer> {
    let deadline = Instant::now() + WAIT;
    let mut answer = None;
    for part in indicators.chunks(REPUTATION_INDICATORS_MAX) {
        let told = ask(api, part).await?;
        match &mut answer {
            None => answer = Some(told),
            Some(all) => all.indicators.extend(told.indicators),
        }
    }
    let mut answer = answer.context("nothing is asked about")?;
    while Instant::now() < deadline {
        let is_pending = |one: &&mut IndicatorAnswer| one.state == IndicatorState::Pending;
        let mut pending: Vec<_> = answer.indicators.iter_mut().filter(is_pending).collect();
        if pending.is_empty() {
            break;
        }
        for part in pending.chunks_mut(REPUTATION_INDICATORS_MAX) {
            sleep(PAUSE).await;
            let names: Vec<_> = part.iter().map(|one| one.indicator.to_string()).collect();
            let told = ask(api, &names).await?;
            for (place, told) in part.iter_mut().zip(told.indicators) {
                **place = told;
            }
        }
    }
    Ok(answer)
}

async fn ask(api: &Api, indicators: &[String]) -> Result<ReputationAnswer> {
    let query: Vec<_> =
        indicators.iter().map(|indicator| ("indicator", indicator.as_str())).collect();
    let answer: ReputationAnswer = api.get(REPUTATION_PATH, &query).await?;
    if answer.indicators.len() != indicators.len() {
        bail!("the server told of other indicators than were asked about");
    }
    Ok(answer)
}

/// What is written on the command line, as an indicator.
fn indicator(text: &str) -> IndicatorBuf {
    let Ok(indicator) = text.parse();
    indicator
}
