//! One simulated agent: its own connection, id and key.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::{Config, Secret};
use netsentinel_transport::identity::new_key;
use netsentinel_transport::tls::client_config;
use netsentinel_transport::wire::{
    AGENT_HEADER, ALERT_PATH, AgentId, BatchAnswer, ENROL_PATH, Enrolment, HEARTBEAT_PATH,
    Heartbeat, ItemStatus, KEY_HEADER,
};
use reqwest::{Client, Response, StatusCode};

use crate::args::Target;

const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct Peer {
    client: Client,
    server: String,
    id: AgentId,
    key: Secret,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) accepted: u64,
    pub(crate) duplicate: u64,
    pub(crate) rejected: u64,
    pub(crate) deferred: u64,
}

impl Peer {
    /// Enrols agent number `number`.
    pub(crate) async fn enrol(target: &Target, number: u64) -> Result<Self> {
        let text = std::fs::read_to_string(&target.config)?;
        let shared = Config::parse(&text)?.deployment.api_key;
        let client = Client::builder()
            .tls_backend_preconfigured(client_config(&target.ca, None)?)
            .no_proxy()
            .timeout(TIMEOUT)
            .build()?;
        let mut bytes = *b"load-generator\0\0";
        bytes[8..].copy_from_slice(&(u64::from(std::process::id()) << 32 | number).to_be_bytes());
        let peer = Self {
            client,
            server: target.server.trim_end_matches('/').into(),
            id: AgentId::from_bytes(bytes),
            key: new_key()?,
        };
        let enrolment = Enrolment {
            id: peer.id.clone(),
            key: peer.key.clone(),
            hostname: format!("load-{number}"),
            os: "linux".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let request = peer.client.post(peer.url(ENROL_PATH)).json(&enrolment);
        let answer = request.header(KEY_HEADER, shared.expose()).send().await?;
        succeeded(answer).await.context("enrolling")?;
        Ok(peer)
    }

    /// Posts a body of alerts.
    pub(crate) async fn post(&self, body: String) -> Result<Taken> {
        let request = self.client.post(self.url(ALERT_PATH)).body(body);
        let request = request.header("content-type", "application/json");
        let answer = self.sign(request).send().await?;
        if answer.status() != StatusCode::TOO_MANY_REQUESTS && !answer.status().is_success() {
            bail!("{}: {}", answer.status(), answer.text().await?);
        }
        let answer: BatchAnswer = answer.json().await?;
        let mut taken = Taken::default();
        for item in answer.results {
            *match item.status {
                ItemStatus::Accepted => &mut taken.accepted,
                ItemStatus::Duplicate => &mut taken.duplicate,
                ItemStatus::Rejected => &mut taken.rejected,
                ItemStatus::Deferred => &mut taken.deferred,
            } += 1;
        }
        Ok(taken)
    }

    /// Posts a heartbeat.
    pub(crate) async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<()> {
        let request = self.client.post(self.url(HEARTBEAT_PATH)).json(heartbeat);
        succeeded(self.sign(request).send().await?).await.context("heartbeat")
    }

    fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header(AGENT_HEADER, self.id.as_str()).header(KEY_HEADER, self.key.expose())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }
}

async fn succeeded(answer: Response) -> Result<()> {
    if answer.status().is_success() {
        return Ok(());
    }
    bail!("{}: {}", answer.status(), answer.text().await?)
}
