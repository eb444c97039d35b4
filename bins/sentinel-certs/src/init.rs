//! `init`: an authority, the server's certificate, and the configuration.
//!
//! All files are written beside their names first and renamed last, the configuration at the very
//! end: without it nothing starts, so what a crash leaves behind never looks complete.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use netsentinel_transport::identity::new_key;
use netsentinel_transport::pki::{Authority, SubjectName};
use netsentinel_transport::secret_file::Staged;

use crate::Outcome;
use crate::cli::{Cli, Init};
use crate::config_text;
use crate::folder::{self, CA_CERT, CA_KEY, CONFIG, Folder, SERVER_CERT, SERVER_KEY};
use crate::host;
use crate::output::print;
use netsentinel_cli::name;

/// What is made, in the order in which it gets its name.
const FILES: [&str; 5] = [CA_KEY, CA_CERT, SERVER_KEY, SERVER_CERT, CONFIG];
/// The authority is called so unless the command line names it.
const AUTHORITY: &str = "NetSentinel authority of ";
/// Longest common name.
const COMMON_NAME_MAX: usize = 64;

pub(crate) fn run(cli: &Cli, options: &Init) -> Result<Outcome> {
    let folder = Folder(cli.dir.clone());
    let paths = FILES.map(|file| folder.path(file));
    let there = folder::existing(&paths);
    if !there.is_empty() && !options.force {
        bail!(
            "{}: exists already, and nothing was written: --force replaces all {} files, and \
             every agent's bundle must then be made anew",
            there.join(", "),
            FILES.len()
        );
    }
    let names = subject_names(options);
    let default =
        || format!("{AUTHORITY}{}", host::hostname()).chars().take(COMMON_NAME_MAX).collect();
    let authority = Authority::create(&options.name.clone().unwrap_or_else(default))?;
    let server = authority.server(&names)?;
    let config = config(&folder, options)?;
    folder::make_private(&folder.0)?;
    let contents = [
        authority.key().expose(),
        authority.certificate(),
        server.key.expose(),
        &server.certificate,
        &config,
    ];
    let staged: Result<Vec<_>, _> =
        paths.iter().zip(contents).map(|(path, text)| Staged::new(path, text.as_bytes())).collect();
    commit(staged?, &paths, options.force)?;
    print(cli, &told(&folder, &names))?;
    if options.force && !there.is_empty() {
        tracing::warn!(
            "the authority is a new one: restart the server, and make every agent's bundle anew"
        );
    }
    Ok(Outcome::Done)
}

fn subject_names(options: &Init) -> Vec<SubjectName> {
    let mut names = Vec::new();
    let url = options.server_url.iter().map(|url| url.host.clone());
    for name in url.chain(options.san.iter().cloned()).chain(host::names_and_addresses()) {
        host::push_new(&mut names, name);
    }
    names
}

/// The new configuration. Where there is one, its other settings are kept.
fn config(folder: &Folder, options: &Init) -> Result<String> {
    let key = new_key()?;
    let path = folder.path(CONFIG);
    if fs::symlink_metadata(&path).is_ok() {
        let old = folder::read_text(&path)?;
        let changed = [
            ("api_key", key.expose()),
            ("ca_cert", CA_CERT),
            ("server_cert", SERVER_CERT),
            ("server_key", SERVER_KEY),
        ]
        .iter()
        .try_fold(old, |text, (key, value)| config_text::set(&text, key, value, "api_key"))
        .and_then(|text| config_text::remove(&text, "api_key_previous"));
        return changed.with_context(|| format!("{}: move it away", name(&path)));
    }
    let agent = options.server_url.as_ref().map_or_else(String::new, |url| {
        format!(",\n  \"agent\": {{\n    \"server_url\": \"{url}\"\n  }}")
    });
    Ok(format!(
        r#"{{
  "server_host": "0.0.0.0",
  "gui_port": 8443,
  "agent_port": 8444,
  "redirect_port": 8442,
  "api_key": "{}",
  "ca_cert": "{CA_CERT}",
  "server_cert": "{SERVER_CERT}",
  "server_key": "{SERVER_KEY}"{agent}
}}
"#,
        key.expose()
    ))
}

fn commit(staged: Vec<Staged>, paths: &[PathBuf], force: bool) -> Result<()> {
    if force && let Some(config) = paths.last().filter(|path| path.exists()) {
        let kept = folder::with_suffix(config, ".old");
        fs::rename(config, &kept).with_context(|| name(&kept))?;
    }
    for file in staged {
        if force { file.commit() } else { file.commit_new() }?;
    }
    Ok(())
}

fn told(folder: &Folder, names: &[SubjectName]) -> String {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let dir = name(&folder.0);
    let option = if dir == "." { String::new() } else { format!("--dir {dir} ") };
    format!(
        "Made in {dir}:
  {CA_CERT}                the authority's certificate; agents and browsers trust it, for 10 years
  {CA_KEY}                the authority's private key; it signs everything else and never leaves here
  {SERVER_CERT}            the server's certificate, for 397 days
  {SERVER_KEY}            its private key
  {CONFIG}  the configuration, with the key that agents enrol with

The server's certificate is for {}.

Next:
  start the server:                   sentinel-server --config {}
  make a bundle, once for each agent: sentinel-certs {option}agent NAME
  see what is there and when it ends: sentinel-certs {option}show
",
        names.join(", "),
        name(&folder.path(CONFIG)),
    )
}
