//! What can be seen of the server.

use anyhow::Result;
use netsentinel_cli::now;
use netsentinel_core::config::{ReputationSource, Secret};
use netsentinel_transport::identity::{Identity, new_key};
use netsentinel_transport::uplink::{Answer, Client, Credentials, Exchange as _, Key, Request};
use netsentinel_transport::wire::{ALERT_PATH, AgentId, ENROL_PATH, Problem};

use super::{Finding, reputation};
use crate::settings::Settings;

/// Seconds that the clocks may differ.
const CLOCK_OFF_MAX: u64 = 30;
const SERVER: &str = "server";

pub(super) fn all(settings: &Settings) -> Result<Vec<Finding>> {
    let server = match settings.server() {
        Ok(server) => server.to_string(),
        Err(error) => return Ok(vec![Finding::wrong(SERVER, format!("{error:#}"))]),
    };
    // What is wrong with the certificates has been told.
    let Ok(tls) = settings.tls() else { return Ok(Vec::new()) };
    let identity = Identity::load(&settings.state_dir()).ok();
    let credentials = match &identity {
        Some(Identity { id, key }) => Credentials { id: id.clone(), key: key.clone() },
        None => Credentials { id: AgentId::from_bytes([0; 16]), key: new_key()? },
    };
    let client = match Client::new(tls, &server, &credentials) {
        Ok(client) => client,
        Err(error) => return Ok(vec![Finding::wrong(SERVER, error.to_string())]),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let mut found = ask(&client, &server, &settings.shared_key, identity.is_some()).await;
        let is_asked = settings.agent.reputation == ReputationSource::Server;
        // Where it does not get that far, that has been told.
        if is_asked && identity.is_some() && found.len() > 1 {
            found.push(reputation::of_server(&client).await);
        }
        found
    }))
}

/// Asks only what changes nothing: an enrolment without content, and no alerts.
async fn ask(client: &Client, server: &str, shared: &Secret, enrolled: bool) -> Vec<Finding> {
    let key = Key::Shared(shared.clone());
    let empty = Request { path: ENROL_PATH, key, body: b"{}".to_vec() };
    let answer = match client.send(empty).await {
        Ok(answer) => answer,
        Err(error) => return vec![Finding::wrong(SERVER, format!("{server}: {error}"))],
    };
    let mut found = vec![Finding::good(SERVER, format!("{server}: verified")), clock(&answer)];
    found.push(match answer.status {
        400 => Finding::good("shared key", "the server takes it"),
        401 | 403 => Finding::wrong(
            "shared key",
            "the server does not take it: has it been rotated? copy api_key from the server's \
             configuration",
        ),
        _ => unexpected("shared key", &answer),
    });
    if !enrolled {
        found.push(Finding::good("own key", "not enrolled yet: that happens at the first start"));
        return found;
    }
    let nothing = Request { path: ALERT_PATH, key: Key::Own, body: br#"{"alerts":[]}"#.to_vec() };
    found.push(match client.send(nothing).await {
        Ok(answer) if answer.status == 200 => Finding::good("own key", "the server takes it"),
        Ok(answer) if problem(&answer).is_some_and(|told| told.error == "unknown_agent") => {
            Finding::good("own key", "the server does not know it yet: the agent enrols at start")
        }
        Ok(answer) => unexpected("own key", &answer),
        Err(error) => Finding::wrong("own key", error.to_string()),
    });
    found
}

fn clock(answer: &Answer) -> Finding {
    let Some(theirs) = answer.date else {
        return Finding::warning("clock", "the server does not tell its time");
    };
    let ours = now();
    let off = ours.nanos_since(theirs).max(theirs.nanos_since(ours)) / 1_000_000_000;
    match off {
        0..=CLOCK_OFF_MAX => Finding::good("clock", format!("{off} s from the server's")),
        _ => Finding::wrong(
            "clock",
            format!("{off} s from the server's: alerts get wrong times; set both by NTP"),
        ),
    }
}

fn problem(answer: &Answer) -> Option<Problem> {
    serde_json::from_slice(&answer.body).ok()
}

fn unexpected(what: &'static str, answer: &Answer) -> Finding {
    let told = problem(answer).map(|problem| problem.message).unwrap_or_default();
    Finding::wrong(what, format!("the server answers {}: {told}", answer.status))
}
