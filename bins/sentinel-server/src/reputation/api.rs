//! The server that runs on this machine, asked by its own API with a token of our own.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use netsentinel_server::Accounts;
use netsentinel_server::store::Role;
use netsentinel_transport::tls::{self, CertificateFacts, client_config, explain};
use netsentinel_transport::uplink::ANSWER_BYTES_MAX;
use netsentinel_transport::wire::Problem;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::accounts::ACTOR;
use crate::setup::Setup;

/// What the audit trail calls whoever asks so: `token:command-line`.
const TOKEN_NAME: &str = "command-line";
/// A token that could not be taken back ends by itself.
const TOKEN_LIFE: Duration = Duration::from_secs(120);
/// How long reaching the server may take: it is on this machine.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a request may take in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that runs here.
pub(super) struct Api {
    client: Client,
    base: Url,
    token: Secret,
}

/// Lets `ask` ask the server that runs here, by a token with this role that is taken back after it; `None`
/// where no server runs.
pub(super) async fn with_server<T>(
    setup: &Setup,
    role: Role,
    ask: impl AsyncFnOnce(&Api) -> Result<T>,
) -> Result<Option<T>> {
    let address = address(setup)?;
    if !is_listened_on(address).await? {
        return Ok(None);
    }
    let (client, base) = client(setup, address)?;
    let accounts = Accounts::new(setup.store()?);
    let made = accounts.make_brief_token(TOKEN_NAME, role, TOKEN_LIFE, ACTOR).await?;
    let api = Api { client, base, token: made.secret };
    let asked = tokio::select! {
        asked = ask(&api) => asked,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    // Whatever became of it.
    let revoked = accounts.revoke_token(made.token.id, ACTOR).await;
    let asked = asked?;
    revoked?;
    Ok(Some(asked))
}

/// Where the server listens for people, as reached from here.
fn address(setup: &Setup) -> Result<SocketAddr> {
    let deployment = &setup.deployment;
    if deployment.gui_port == 0 {
        bail!("gui_port is 0, so it is not known where the server listens: set it to a port");
    }
    let host = match deployment.server_host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    Ok(SocketAddr::new(host, deployment.gui_port))
}

async fn is_listened_on(address: SocketAddr) -> Result<bool> {
    match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(true),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
        Ok(Err(error)) => Err(error).with_context(|| format!("{address} can not be reached")),
        Err(_) => {
            bail!("{address} does not answer: does a firewall keep this machine from itself?")
        }
    }
}

/// A client that connects to `address`, and takes nobody for the server but who shows a certificate of
/// our authority for a name of the server's own.
fn client(setup: &Setup, address: SocketAddr) -> Result<(Client, Url)> {
    let deployment = &setup.deployment;
    let file = Path::new(&deployment.server_cert);
    let leaf = tls::certificates(file, tls::Role::Server)?;
    let facts = leaf.first().and_then(|leaf| CertificateFacts::read(leaf).ok());
    let names = facts.map(|facts| facts.names).unwrap_or_default();
    let host = verified_name(&names, address.ip()).with_context(|| {
        format!(
            "the server's certificate is not for {}: add it with sentinel-certs rotate server --san {0}",
            address.ip()
        )
    })?;
    let tls = client_config(Path::new(&deployment.ca_cert), None)?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .resolve(&host, address)
        .build()?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok((client, Url::parse(&format!("https://{host}:{}", address.port()))?))
}

/// The name to verify when connecting to `ip`: the address itself where the certificate has it, else a name
/// of the certificate, which must then lead to that address.
fn verified_name(names: &[String], ip: IpAddr) -> Option<String> {
    let is_ip = |name: &&String| name.parse::<IpAddr>().is_ok();
    if names.iter().any(|name| name.parse() == Ok(ip)) {
        return Some(ip.to_string());
    }
    names.iter().find(|name| !is_ip(name) && !name.contains('*')).cloned()
}

impl Api {
    /// The JSON that `GET path` answers.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T> {
        let mut url = self.base.join(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let body = self.send(self.client.get(url)).await?;
        serde_json::from_slice(&body)
            .context("the server's answer does not fit: is it as new as this?")
    }

    /// Asks `POST path`, which answers nothing.
    pub(super) async fn post(&self, path: &str) -> Result<()> {
        self.send(self.client.post(self.base.join(path)?)).await.map(drop)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>> {
        let failed = |error: reqwest::Error| anyhow::anyhow!("{}: {}", self.base, explain(&error));
        let request = request.bearer_auth(self.token.expose());
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                bail!("the server answers more than {ANSWER_BYTES_MAX} bytes");
            }
            body.extend_from_slice(&piece);
        }
        if response.status().is_success() {
            return Ok(body);
        }
        let status = response.status().as_u16();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => bail!("the server refuses: {}", shown(&problem.message)),
            Err(_) => bail!("{} answers {status}: is that another program's port?", self.base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_certificate_is_verified() {
        let local = IpAddr::from(Ipv4Addr::LOCALHOST);
        let name = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
            verified_name(&names, local)
        };
        assert_eq!(name(&["ids.example", "127.0.0.1"]).as_deref(), Some("127.0.0.1"));
        let other = ["192.0.2.1", "*.example", "ids.example"];
        assert_eq!(name(&other).as_deref(), Some("ids.example"));
        assert_eq!(name(&["192.0.2.1", "*.example"]), None);
    }
}
