//! What can be seen on this machine.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use netsentinel_capture::live::{self, Live, LiveOptions};
use netsentinel_cli::name;
use netsentinel_transport::tls::{self, CertificateFacts, Validity};

use super::Finding;
use crate::settings::Settings;

/// Days before its end from which a certificate is worth a warning.
const DAYS_LEFT_MIN: u64 = 30;

pub(super) fn all(settings: &Settings) -> Vec<Finding> {
    let mut found = vec![configuration(settings), certificates(settings), key(settings)];
    found.push(state(&settings.state_dir()));
    found.push(disk(settings));
    found.extend(interfaces(settings));
    found
}

fn configuration(settings: &Settings) -> Finding {
    const WHAT: &str = "configuration";
    match settings.pipeline().build() {
        Ok(_) => Finding::good(WHAT, settings.file_name()),
        Err(error) => Finding::wrong(WHAT, format!("{}: {error}", settings.file_name())),
    }
}

/// Whether the server can be verified, and for how long yet.
fn certificates(settings: &Settings) -> Finding {
    const WHAT: &str = "certificates";
    if let Err(error) = settings.tls() {
        return Finding::wrong(WHAT, format!("{error:#}"));
    }
    let ca = settings.ca();
    let facts = tls::certificates(&ca, tls::Role::Authority)
        .ok()
        .and_then(|certificates| CertificateFacts::read(certificates.first()?).ok());
    let Some(facts) = facts else {
        return Finding::wrong(WHAT, format!("{}: can not be read", name(&ca)));
    };
    let validity = facts.validity(SystemTime::now());
    let told = format!("{}: {validity}", name(&ca));
    match validity {
        Validity::Current { days_left } if days_left >= DAYS_LEFT_MIN => Finding::good(WHAT, told),
        Validity::Current { .. } => {
            Finding::warning(WHAT, format!("{told}: make a new authority in time"))
        }
        _ => Finding::wrong(WHAT, format!("{told}: is this machine's clock right?")),
    }
}

fn key(settings: &Settings) -> Finding {
    match settings.shared_key.is_empty() {
        false => Finding::good("key", "set"),
        true => Finding::wrong(
            "key",
            "not set: set api_key in the configuration, or NETSENTINEL_API_KEY in the environment",
        ),
    }
}

/// Whether identity and spool can be kept.
fn state(folder: &Path) -> Finding {
    const WHAT: &str = "state folder";
    let probe = folder.join(".doctor");
    let written = || -> io::Result<()> {
        std::fs::File::create(&probe)?.write_all(b"x")?;
        std::fs::remove_file(&probe)
    };
    if !folder.exists() {
        return Finding::warning(
            WHAT,
            format!("{} is not there yet: the agent makes it when it may", name(folder)),
        );
    }
    match written() {
        Ok(()) => Finding::good(WHAT, name(folder)),
        Err(error) => Finding::wrong(
            WHAT,
            format!(
                "{}: {error}: run this as the user that the agent runs as, or set agent.state_dir",
                name(folder)
            ),
        ),
    }
}

/// Whether the spool fits on the disk.
fn disk(settings: &Settings) -> Finding {
    const WHAT: &str = "disk";
    let folder = settings.state_dir();
    let there = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let wanted = settings.agent.spool_bytes.get();
    match free_bytes(there) {
        Ok(free) if free < wanted => Finding::warning(
            WHAT,
            format!(
                "{} MB free, and the spool may take {} MB: free some, or lower agent.spool_bytes",
                free >> 20,
                wanted >> 20
            ),
        ),
        Ok(free) => Finding::good(WHAT, format!("{} MB free", free >> 20)),
        Err(error) => Finding::warning(WHAT, format!("{}: {error}", name(there))),
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> io::Result<u64> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "how much is free is not known here"))
}

/// Whether the interfaces are there and up, and may be captured on with the filter.
fn interfaces(settings: &Settings) -> Vec<Finding> {
    const WHAT: &str = "interface";
    let options = match settings.live_options() {
        Ok(options) => options,
        Err(error) => return vec![Finding::wrong(WHAT, error.to_string())],
    };
    let known = live::interfaces().unwrap_or_default();
    let one = |name: &String| {
        let alone = LiveOptions { interfaces: vec![name.clone()], ..options.clone() };
        let live = match Live::open(alone) {
            Ok(live) => live,
            Err(error) => return Finding::wrong(WHAT, error.to_string()),
        };
        if let Some(refused) = live.refused() {
            return Finding::warning(WHAT, format!("{refused}: set agent.rings to 1"));
        }
        let by = match live.rings().get() {
            1 => String::new(),
            rings => format!(" by {rings} rings"),
        };
        match known.iter().find(|known| known.name == *name) {
            Some(known) if !known.running => Finding::warning(
                WHAT,
                format!("{name}: down: nothing is captured before it is up (ip link set up)"),
            ),
            _ => Finding::good(WHAT, format!("{name}: can be captured on{by}")),
        }
    };
    options.interfaces.iter().map(one).collect()
}
