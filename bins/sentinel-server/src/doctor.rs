//! Finds what is wrong, and says what to do.

use std::fs;
use std::io::{self, ErrorKind, Write as _, stdout};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;
use netsentinel_cli::name;
use netsentinel_core::config::Deployment;
use netsentinel_core::text::shown;
use netsentinel_server::store::Store as _;
use netsentinel_transport::tls::{ReloadableCert, Validity, roots};

use crate::cli::Options;
use crate::setup::Setup;

/// Less free space than this is told.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// A certificate that ends sooner is told.
const DAYS_LEFT_MIN: u64 = 30;

/// Tells what it finds, line by line.
#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    fn good(&self, what: &str) -> Result<()> {
        Ok(writeln!(stdout(), "ok    {}", shown(what))?)
    }

    fn warn(&self, what: &str) -> Result<()> {
        Ok(writeln!(stdout(), "warn  {}", shown(what))?)
    }

    fn bad(&mut self, what: &str) -> Result<()> {
        self.wrong += 1;
        Ok(writeln!(stdout(), "BAD   {}", shown(what))?)
    }
}

/// Looks at everything that the server needs. Whether nothing is wrong.
pub(crate) async fn doctor(options: &Options) -> Result<bool> {
    let mut report = Report::default();
    match Setup::read_any(options) {
        Err(error) => report.bad(&format!("configuration: {error:#}"))?,
        Ok(setup) => {
            config(&setup, &mut report)?;
            certificates(&setup.deployment, &mut report)?;
            let runs = ports(&setup.deployment, &mut report)?;
            disk(setup.data_dir(), &mut report)?;
            database(&setup, runs, &mut report).await?;
            reputation(&setup, &mut report)?;
        }
    }
    let verdict = match report.wrong {
        0 => "nothing is wrong".into(),
        1 => "one thing is wrong".into(),
        many => format!("{many} things are wrong"),
    };
    writeln!(stdout(), "{verdict}")?;
    Ok(report.wrong == 0)
}

fn config(setup: &Setup, report: &mut Report) -> Result<()> {
    let file = setup.file.path.as_deref().map(name).unwrap_or_default();
    report.good(&format!("configuration: {file}"))?;
    for unknown in setup.file.unknown_keys() {
        report.warn(&format!("configuration: {unknown}"))?;
    }
    if let Err(error) = setup.file.refuse_exposed() {
        report.bad(&format!("configuration: {error:#}"))?;
    }
    if setup.deployment.api_key.is_empty() {
        report.bad("api_key: not set, so no agent can enrol: run sentinel-certs init")?;
    }
    Ok(())
}

fn certificates(deployment: &Deployment, report: &mut Report) -> Result<()> {
    let (cert, key) = (Path::new(&deployment.server_cert), Path::new(&deployment.server_key));
    match ReloadableCert::load(cert, key).and_then(|loaded| loaded.facts()) {
        Err(error) => report.bad(&format!("certificate: {error}"))?,
        Ok(facts) => {
            let told = format!("certificate: {}: {}", name(cert), facts.names.join(", "));
            match facts.validity(SystemTime::now()) {
                Validity::Current { days_left } if days_left > DAYS_LEFT_MIN => {
                    report.good(&format!("{told}: valid for {days_left} days"))?;
                }
                Validity::Current { days_left } => report.warn(&format!(
                    "{told}: ends in {days_left} days: run sentinel-certs rotate server"
                ))?,
                validity => report.bad(&format!(
                    "{told}: {validity}: check the clock, or run sentinel-certs rotate server"
                ))?,
            }
        }
    }
    match roots(Path::new(&deployment.ca_cert)) {
        Ok(_) => report.good("certificate authority: readable"),
        Err(error) => report.bad(&format!("certificate authority: {error}")),
    }
}

/// Whether a server seems to run: all its ports are held.
fn ports(deployment: &Deployment, report: &mut Report) -> Result<bool> {
    let all = [
        ("gui_port", deployment.gui_port),
        ("agent_port", deployment.agent_port),
        ("redirect_port", deployment.redirect_port),
    ];
    let mut held = 0;
    let used = all.iter().filter(|(_, port)| *port != 0);
    for (key, port) in used.clone() {
        let address = SocketAddr::new(deployment.server_host, *port);
        match TcpListener::bind(address) {
            Ok(_) => report.good(&format!("{key}: {address} is free"))?,
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                held += 1;
                report.warn(&format!(
                    "{key}: {address} is in use: by this server if it runs, else set another port"
                ))?;
            }
            Err(error) => report.bad(&format!("{key}: {address}: {error}"))?,
        }
    }
    Ok(held > 0 && held == used.count())
}

/// Whether a file can be made in the folder.
fn writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    let written = fs::File::create_new(&probe).and_then(|mut file| file.write_all(b"probe"));
    let _gone = fs::remove_file(&probe);
    written
}

/// What can be seen without asking anybody.
fn reputation(setup: &Setup, report: &mut Report) -> Result<()> {
    let deployment = &setup.deployment;
    let keys = [
        ("virustotal_api_key", &deployment.virustotal_api_key),
        ("abuseipdb_api_key", &deployment.abuseipdb_api_key),
        ("abusech_auth_key", &deployment.abusech_auth_key),
    ];
    let told = keys.map(|(key, secret)| {
        format!("{key} {}", if secret.is_empty() { "not set" } else { "set" })
    });
    report.good(&format!("reputation: {}", told.join(", ")))?;
    let folder = setup.reputation_dir();
    if folder.exists()
        && let Err(error) = writable(&folder)
    {
        let told = name(&folder);
        report.bad(&format!(
            "reputation: {told}: can not be written: {error}: run this as the user of the server"
        ))?;
    }
    for feed in &deployment.reputation.feeds {
        if feed.from.contains("://") {
            // Its address may hold a key.
            report.good(&format!("reputation: list {}: from the web", feed.name))?;
            continue;
        }
        let told = format!("reputation: list {}: {}", feed.name, feed.from);
        if let Err(error) = fs::File::open(&feed.from) {
            report.bad(&format!("{told}: {error}"))?;
        } else {
            report.good(&format!("{told}: readable"))?;
        }
    }
    Ok(())
}

fn disk(folder: &Path, report: &mut Report) -> Result<()> {
    let told = name(folder);
    if !folder.exists() {
        // Made here it might belong to another user than the server's.
        return report.warn(&format!("data: {told}: not there yet: the server makes it"));
    }
    if let Err(error) = writable(folder) {
        return report.bad(&format!(
            "data: {told}: can not be written: {error}: run this as the user of the server"
        ));
    }
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail.saturating_mul(space.f_frsize);
            let told = format!("data: {told}: {} MiB free", free >> 20);
            if free < FREE_BYTES_MIN {
                report.warn(&format!("{told}: make room, or lower server.retention_bytes"))
            } else {
                report.good(&told)
            }
        }
        Err(error) => report.warn(&format!("data: {told}: free space is not known: {error}")),
    }
}

async fn database(setup: &Setup, runs: bool, report: &mut Report) -> Result<()> {
    if let Err(error) = setup.database() {
        return report.warn(&format!("database: {error:#}"));
    }
    let store = match setup.store() {
        Ok(store) => store,
        Err(error) => return report.bad(&format!("database: {error:#}")),
    };
    match store.check().await {
        Err(error) => report.bad(&format!("database: {error}"))?,
        Ok(()) => {
            let mebibytes = store.bytes().await? >> 20;
            let (users, agents) = (store.users().await?.len(), store.agents().await?.len());
            let beside = if runs { ", in use" } else { "" };
            report.good(&format!(
                "database: {mebibytes} MiB, {users} users, {agents} agents{beside}"
            ))?;
        }
    }
    Ok(())
}
