//! `rotate`: a new certificate for the server, or a new key for enrolment.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use netsentinel_transport::identity::new_key;
use netsentinel_transport::secret_file::{self, Staged};
use netsentinel_transport::tls::{Role, certified_key};

use crate::Outcome;
use crate::agent::server_names;
use crate::cli::{Cli, Rotate, RotateKey, RotateServer, Rotated};
use crate::config_text;
use crate::folder::{self, CONFIG, Folder};
use crate::host;
use crate::output::print;
use netsentinel_cli::name;

const OLD: &str = ".old";
/// How a server that runs takes up what is new.
const RELOAD: &str = "systemctl reload sentinel-server (or kill -HUP its process)";

pub(crate) fn run(cli: &Cli, options: &Rotate) -> Result<Outcome> {
    let folder = Folder(cli.dir.clone());
    match &options.what {
        Rotated::Server(options) if options.drop_old => drop_server(cli, &folder),
        Rotated::Server(options) => rotate_server(cli, &folder, options),
        Rotated::Key(options) if options.drop_old => drop_key(cli, &folder),
        Rotated::Key(options) => rotate_key(cli, &folder, options),
    }
}

fn rotate_server(cli: &Cli, folder: &Folder, options: &RotateServer) -> Result<Outcome> {
    let (_, config) = folder.config()?;
    let cert = folder.path(&config.deployment.server_cert);
    let key = folder.path(&config.deployment.server_key);
    let (old_cert, old_key) = (folder::with_suffix(&cert, OLD), folder::with_suffix(&key, OLD));
    let kept = folder::existing(&[old_cert.clone(), old_key.clone()]);
    if !kept.is_empty() && !options.force {
        bail!(
            "{}: kept from the last rotation: remove it with rotate server --drop-old, or give \
             --force",
            kept.join(", ")
        );
    }
    let mut names = server_names(&cert)?;
    for added in &options.san {
        host::push_new(&mut names, added.clone());
    }
    let fresh = folder.authority(&config)?.server(&names)?;
    // A crash between the two renames below leaves a pair that does not fit. It is not worth keeping,
    // and what was kept before it is.
    if certified_key(&cert, &key, Role::Server).is_ok() {
        keep(&cert, &old_cert)?;
        keep(&key, &old_key)?;
    }
    let new_key = Staged::new(&key, fresh.key.expose().as_bytes())?;
    let new_cert = Staged::new(&cert, fresh.certificate.as_bytes())?;
    new_key.commit()?;
    new_cert.commit()?;
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    print(
        cli,
        &format!(
            "Made {} and its key {}, for 397 days, for {}.
The old ones are kept as {} and {}.

Agents need nothing: they trust the authority, which has signed both.

Next:
  tell the server:        {RELOAD}
  then, when all is well: sentinel-certs rotate server --drop-old
",
            name(&cert),
            name(&key),
            names.join(", "),
            name(&old_cert),
            name(&old_key),
        ),
    )?;
    Ok(Outcome::Done)
}

fn drop_server(cli: &Cli, folder: &Folder) -> Result<Outcome> {
    let (_, config) = folder.config()?;
    let mut dropped = false;
    for file in [&config.deployment.server_cert, &config.deployment.server_key] {
        let old = folder::with_suffix(&folder.path(file), OLD);
        if folder::remove(&old)? {
            dropped = true;
            print(cli, &format!("Removed {}.\n", name(&old)))?;
        }
    }
    if dropped {
        print(
            cli,
            "Whoever has a copy of the old key can still pose as the server until that certificate \
             ends. If it may have been stolen, make a new authority: sentinel-certs init --force.\n",
        )?;
    } else {
        print(cli, "There is no old certificate to remove.\n")?;
    }
    Ok(Outcome::Done)
}

fn rotate_key(cli: &Cli, folder: &Folder, options: &RotateKey) -> Result<Outcome> {
    let (text, config) = folder.config()?;
    let path = folder.path(CONFIG);
    if !config.deployment.api_key_previous.is_empty() && !options.force {
        bail!(
            "{}: api_key_previous is still accepted from the last rotation: end that with rotate \
             key --drop-old, or give --force",
            name(&path)
        );
    }
    let old = config.deployment.api_key.expose();
    let in_file = || name(&path);
    let mut text =
        config_text::set(&text, "api_key", new_key()?.expose(), "").with_context(in_file)?;
    if !old.is_empty() {
        text = config_text::set(&text, "api_key_previous", old, "api_key").with_context(in_file)?;
    }
    secret_file::write_atomic(&path, text.as_bytes())?;
    print(
        cli,
        &format!(
            "Made a new api_key in {}; the old one is kept as api_key_previous.

Agents that are enrolled have keys of their own and notice nothing. Bundles made from now on hold the
new key; older bundles can enrol until the old one is dropped.

Next:
  tell the server:                            {RELOAD}
  renew bundles that have not been used yet:  sentinel-certs agent NAME --force
  when no older bundle is to enrol any more:  sentinel-certs rotate key --drop-old
",
            name(&path)
        ),
    )?;
    Ok(Outcome::Done)
}

fn drop_key(cli: &Cli, folder: &Folder) -> Result<Outcome> {
    let (text, config) = folder.config()?;
    let path = folder.path(CONFIG);
    if config.deployment.api_key_previous.is_empty() {
        print(cli, "There is no old key to remove.\n")?;
        return Ok(Outcome::Done);
    }
    let text = config_text::remove(&text, "api_key_previous").with_context(|| name(&path))?;
    secret_file::write_atomic(&path, text.as_bytes())?;
    print(
        cli,
        &format!(
            "Removed api_key_previous from {}.

Next:
  tell the server: {RELOAD}
",
            name(&path)
        ),
    )?;
    Ok(Outcome::Done)
}

/// Copies a file, so that it is there under its own name all the time.
fn keep(file: &Path, old: &Path) -> Result<()> {
    let text = folder::read_text(file)?;
    Ok(secret_file::write_atomic(old, text.as_bytes())?)
}
