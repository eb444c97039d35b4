//! `agent NAME`: the files that an agent needs, in a folder of their own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::Config;
use netsentinel_transport::pki::SubjectName;
use netsentinel_transport::secret_file::Staged;
use netsentinel_transport::tls::{CertificateFacts, Role, certificates, is_signed_by};

use crate::Outcome;
use crate::cli::{Agent, Cli};
use crate::folder::{self, AGENT_CERT, AGENT_KEY, AGENTS, CA_CERT, CONFIG, Folder};
use crate::output::print;
use crate::server_url::ServerUrl;
use netsentinel_cli::name;

/// What is made, in the order in which it gets its name.
const FILES: [&str; 4] = [AGENT_KEY, AGENT_CERT, CA_CERT, CONFIG];

pub(crate) fn run(cli: &Cli, options: &Agent) -> Result<Outcome> {
    let folder = Folder(cli.dir.clone());
    let (_, config) = folder.config()?;
    let bundle = bundle_folder(&folder, options);
    let paths = FILES.map(|file| bundle.join(file));
    let there = folder::existing(&paths);
    if !there.is_empty() && !options.force {
        bail!("{}: exists already, and nothing was written: --force replaces it", there.join(", "));
    }
    if config.deployment.api_key.is_empty() {
        bail!("{}: api_key is not set: run sentinel-certs rotate key", name(&folder.path(CONFIG)));
    }
    let url = server_url(&folder, &config, options)?;
    let authority = folder.authority(&config)?;
    check_authority(&folder, &config)?;
    let issued = authority.client(&options.name)?;
    let text = bundle_config(&url, config.deployment.api_key.expose());
    folder::make_private(&bundle)?;
    let contents = [issued.key.expose(), &issued.certificate, authority.certificate(), &text];
    let staged: Result<Vec<_>, _> =
        paths.iter().zip(contents).map(|(path, text)| Staged::new(path, text.as_bytes())).collect();
    // Without its configuration, which comes last, a bundle is of no use and does not look it.
    if options.force {
        folder::remove(&bundle.join(CONFIG))?;
    }
    for file in staged? {
        if options.force { file.commit() } else { file.commit_new() }?;
    }
    print(cli, &told(&options.name, &bundle, &url))?;
    Ok(Outcome::Done)
}

fn bundle_folder(folder: &Folder, options: &Agent) -> PathBuf {
    let default = || folder.path(AGENTS).join(&options.name);
    options.out.clone().unwrap_or_else(default)
}

/// Where the agent connects to: a name that the server's certificate has, or it would refuse.
fn server_url(folder: &Folder, config: &Config, options: &Agent) -> Result<ServerUrl> {
    let path = folder.path(&config.deployment.server_cert);
    let names = server_names(&path)?;
    let configured = &config.deployment.agent.server_url;
    let mut url = match &options.server_url {
        Some(url) => url.clone(),
        None if !configured.is_empty() => configured.parse().map_err(|error| {
            anyhow::anyhow!("{}: key \"agent.server_url\": {error}", name(&folder.path(CONFIG)))
        })?,
        None => {
            let host = names.iter().find(|name| !is_loopback(name)).or(names.first()).cloned();
            ServerUrl { host: host.with_context(|| name(&path))?, port: None }
        }
    };
    if !names.iter().any(|name| covers(name, &url.host)) {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        bail!(
            "{}: is not for {host}, only for {}: add it with sentinel-certs rotate server --san \
             {host}",
            name(&path),
            names.join(", "),
            host = url.host
        );
    }
    url.port = url.port.or(Some(config.deployment.agent_port));
    Ok(url)
}

/// An agent that trusts one authority refuses a server of another.
fn check_authority(folder: &Folder, config: &Config) -> Result<()> {
    let cert = folder.path(&config.deployment.server_cert);
    let ca = folder.path(&config.deployment.ca_cert);
    let chain = certificates(&cert, Role::Server)?;
    let leaf = chain.first().with_context(|| name(&cert))?;
    let authorities = certificates(&ca, Role::Authority)?;
    if authorities.iter().any(|authority| is_signed_by(leaf, authority)) {
        return Ok(());
    }
    bail!("{}: not signed by {}: run sentinel-certs rotate server", name(&cert), name(&ca))
}

/// The names of a server's certificate, but for those that no agent could use.
pub(crate) fn server_names(cert: &Path) -> Result<Vec<SubjectName>> {
    let chain = certificates(cert, Role::Server)?;
    let leaf = chain.first().with_context(|| name(cert))?;
    let facts = CertificateFacts::read(leaf).with_context(|| name(cert))?;
    Ok(facts.names.iter().filter_map(|name| name.parse().ok()).collect())
}

fn is_loopback(name: &SubjectName) -> bool {
    match name {
        SubjectName::Dns(name) => name == "localhost" || name.starts_with('*'),
        SubjectName::Ip(address) => address.is_loopback(),
    }
}

/// Whether a certificate for `name` is one for `host`: a wildcard stands for one label.
fn covers(name: &SubjectName, host: &SubjectName) -> bool {
    match (name, host) {
        (SubjectName::Dns(name), SubjectName::Dns(host)) => match name.strip_prefix("*.") {
            Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
            None => name == host,
        },
        _ => name == host,
    }
}

fn bundle_config(url: &ServerUrl, key: &str) -> String {
    let key = serde_json::Value::from(key);
    format!(
        r#"{{
  "api_key": {key},
  "ca_cert": "{CA_CERT}",
  "agent": {{
    "server_url": "{url}",
    "client_cert": "{AGENT_CERT}",
    "client_key": "{AGENT_KEY}"
  }}
}}
"#
    )
}

fn told(agent: &str, bundle: &Path, url: &ServerUrl) -> String {
    let there = bundle.file_name().map_or_else(|| agent.into(), |last| name(Path::new(last)));
    let bundle = name(bundle);
    format!(
        "Made in {bundle}, for 397 days:
  {AGENT_CERT}             the certificate of the agent {agent}
  {AGENT_KEY}             its private key
  {CA_CERT}                the authority that the agent trusts
  {CONFIG}  its configuration, with the key that agents enrol with

The agent will connect to {url}; --server-url URL sets another address.
Whoever has these files can enrol an agent: copy them over a safe way only.

Next:
  copy them to the agent's machine: scp -r {bundle} HOST:
  there, see whether all is well:   sentinel-agent --config {there}/{CONFIG} doctor
  and start the agent:              sentinel-agent --config {there}/{CONFIG}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let covers =
            |name: &str, host: &str| covers(&name.parse().unwrap(), &host.parse().unwrap());
        assert!(covers("a.example", "A.example"));
        assert!(covers("*.example", "a.example"));
        assert!(!covers("*.example", "a.b.example"));
        assert!(!covers("*.example", "example"));
        assert!(!covers("a.example", "b.example"));
        assert!(covers("::1", "[0:0::1]"));
        assert!(!covers("127.0.0.1", "127.0.0.2"));
    }
}
