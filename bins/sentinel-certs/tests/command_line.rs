//! The program as it is run: what it writes, what it refuses, and what openssl says of it.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use netsentinel_core::config::Config;
use netsentinel_transport::identity::is_key;
use netsentinel_transport::tls::{ClientAuth, ReloadableCert, client_config, roots, server_config};
use serde_json::Value;
use tempfile::TempDir;

const MADE: [&str; 5] = ["ca.crt", "ca.key", "sentinel_config.json", "server.crt", "server.key"];

fn run(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-certs"));
    command.arg("--dir").arg(dir).args(arguments).output().unwrap()
}

/// Runs it, which must end with `status`; what it printed and what it complained about.
fn expect(status: i32, dir: &Path, arguments: &[&str]) -> String {
    let output = run(dir, arguments);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
    text
}

fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    expect(0, folder.path(), &["init", "--san", "sentinel.example", "--san", "192.0.2.7"]);
    folder
}

/// All files below a folder with what is in them.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    all
}

fn config(folder: &Path) -> Config {
    Config::parse(&fs::read_to_string(folder.join("sentinel_config.json")).unwrap()).unwrap()
}

fn shown(folder: &Path) -> Vec<Value> {
    let output = run(folder, &["show", "--json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn init_makes_everything_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/etc");
    let text = expect(0, &dir, &["init", "--san", "sentinel.example", "--san", "2001:db8::7"]);
    for said in ["sentinel.example", "2001:db8::7", "localhost", "127.0.0.1", "::1", "agent NAME"] {
        assert!(text.contains(said), "{text}");
    }
    let made = contents(&dir);
    let names: Vec<_> = made.keys().map(|path| path.strip_prefix(&dir).unwrap()).collect();
    assert_eq!(names, MADE.map(Path::new));
    let key = config(&dir).deployment.api_key;
    assert!(is_key(key.expose()));
    assert!(!text.contains(key.expose()));
    assert!(config(&dir).unknown_keys(&[]).is_empty());

    let text = expect(2, &dir, &["init"]);
    assert!(text.contains("nothing was written") && text.contains("--force"), "{text}");
    assert_eq!(contents(&dir), made);
    for file in ["ca.crt", "ca.key", "server.crt", "sentinel_config.json"] {
        fs::remove_file(dir.join(file)).unwrap();
    }
    let text = expect(2, &dir, &["init"]);
    assert!(text.contains("server.key: exists already"), "{text}");
    assert_eq!(contents(&dir).len(), 1);
}

#[test]
fn force_makes_all_anew_and_keeps_the_settings() {
    let site = site();
    let dir = site.path();
    let path = dir.join("sentinel_config.json");
    let old = fs::read_to_string(&path).unwrap();
    fs::write(&path, old.replacen('{', "{\n  \"mine\": 1,\n  \"api_key_previous\": \"x\",", 1))
        .unwrap();
    let before = contents(dir);
    expect(0, dir, &["init", "--force"]);
    let after = contents(dir);
    for (file, text) in &before {
        assert_ne!(&after[file], text, "{}", file.display());
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"mine\": 1") && !text.contains("api_key_previous"), "{text}");
    assert_eq!(after[&dir.join("sentinel_config.json.old")], before[&path]);
    expect(0, dir, &["show"]);
    fs::write(&path, "not json").unwrap();
    assert!(expect(2, dir, &["init", "--force"]).contains("move it away"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = site();
    let dir = site.path();
    expect(0, dir, &["agent", "sensor-1"]);
    expect(0, dir, &["rotate", "server"]);
    expect(0, dir, &["rotate", "key"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let all = contents(dir);
    assert_eq!(all.len(), 5 + 4 + 2);
    for path in all.keys() {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&dir.join("agents/sensor-1")), 0o700);

    let config = dir.join("sentinel_config.json");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(expect(2, dir, &["agent", "sensor-2"]).contains("chmod 600"));
    assert!(expect(1, dir, &["show"]).contains("everybody may read it: mode 0644, chmod 600"));
}

#[test]
fn a_bundle_has_what_an_agent_needs() {
    let site = site();
    let dir = site.path();
    let text = expect(0, dir, &["agent", "sensor-1"]);
    let url = "https://sentinel.example:8444";
    assert!(text.contains("scp -r"), "{text}");
    let bundle = dir.join("agents/sensor-1");
    let names: Vec<_> = contents(&bundle).into_keys().collect();
    let expected = ["agent.crt", "agent.key", "ca.crt", "sentinel_config.json"];
    assert_eq!(names, expected.map(|name| bundle.join(name)));
    let (server, agent) = (config(dir).deployment, config(&bundle).deployment);
    assert_eq!(server.api_key, agent.api_key);
    assert!(agent.agent.server_url.ends_with(":8444"), "{}", agent.agent.server_url);
    expect(0, &bundle, &["show"]);

    // Both sides' own configurations take the files.
    let file = |name: &str| bundle.join(name);
    let pair = (file(&agent.agent.client_cert), file(&agent.agent.client_key));
    client_config(&file(&agent.ca_cert), Some((&pair.0, &pair.1))).unwrap();
    let cert = ReloadableCert::load(&dir.join("server.crt"), &dir.join("server.key")).unwrap();
    let auth = ClientAuth::Required(roots(&dir.join("ca.crt")).unwrap().into());
    server_config(cert, &auth).unwrap();

    assert!(expect(2, dir, &["agent", "sensor-1"]).contains("exists already"));
    let before = contents(&bundle);
    expect(0, dir, &["agent", "sensor-1", "--force", "--server-url", "https://sentinel.example"]);
    assert_ne!(contents(&bundle), before);
    assert_eq!(config(&bundle).deployment.agent.server_url, url);
    let out = dir.join("elsewhere");
    expect(0, dir, &["agent", "sensor-2", "--out", out.to_str().unwrap()]);
    assert_eq!(contents(&out).len(), 4);
    let text = expect(2, dir, &["agent", "a", "--server-url", "https://other.example"]);
    assert!(text.contains("rotate server --san other.example"), "{text}");
}

#[test]
fn the_url_given_at_first_goes_into_bundles() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    expect(0, dir, &["init", "--server-url", "https://[2001:db8::7]:9000"]);
    expect(0, dir, &["agent", "sensor-1"]);
    let agent = config(&dir.join("agents/sensor-1")).deployment.agent;
    assert_eq!(agent.server_url, "https://[2001:db8::7]:9000");
}

#[test]
fn a_certificate_is_renewed_and_the_old_one_kept_until_it_is_dropped() {
    let site = site();
    let dir = site.path();
    let before = contents(dir);
    let text = expect(0, dir, &["rotate", "server", "--san", "new.example"]);
    assert!(text.contains("reload") && text.contains("--drop-old"), "{text}");
    let after = contents(dir);
    for file in ["server.crt", "server.key"] {
        assert_ne!(after[&dir.join(file)], before[&dir.join(file)]);
        assert_eq!(after[&dir.join(format!("{file}.old"))], before[&dir.join(file)]);
    }
    for file in ["ca.crt", "ca.key", "sentinel_config.json"] {
        assert_eq!(after[&dir.join(file)], before[&dir.join(file)]);
    }
    let names = |entry: &Value| entry["certificate"]["names"].as_array().unwrap().clone();
    let entries = shown(dir);
    let server: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "server").collect();
    let (new, old) = (names(server[0]), names(server[1]));
    assert_eq!(new.len(), old.len() + 1);
    assert!(old.iter().all(|name| new.contains(name)) && new.contains(&"new.example".into()));

    let text = expect(2, dir, &["rotate", "server"]);
    assert!(text.contains("server.crt.old") && text.contains("--drop-old"), "{text}");
    assert_eq!(contents(dir), after);
    expect(0, dir, &["rotate", "server", "--force"]);
    let kept = contents(dir);
    assert_eq!(kept[&dir.join("server.crt.old")], after[&dir.join("server.crt")]);
    assert!(expect(0, dir, &["rotate", "server", "--drop-old"]).contains("server.key.old"));
    assert_eq!(contents(dir).len(), 5);
    assert!(expect(0, dir, &["rotate", "server", "--drop-old"]).contains("no old certificate"));
    expect(0, dir, &["show"]);
}

#[test]
fn a_pair_that_a_crash_left_is_mended_and_not_kept() {
    let (broken, other) = (site(), site());
    let dir = broken.path();
    fs::copy(other.path().join("server.key"), dir.join("server.key")).unwrap();
    expect(1, dir, &["show"]);
    expect(0, dir, &["rotate", "server"]);
    assert_eq!(contents(dir).len(), 5);
    expect(0, dir, &["show"]);
}

#[test]
fn a_key_is_renewed_and_the_rest_of_the_configuration_untouched() {
    let site = site();
    let dir = site.path();
    let path = dir.join("sentinel_config.json");
    let old =
        fs::read_to_string(&path).unwrap().replacen('{', "{\n\t\"zzz\": {\"b\": 1, \"a\": 2},", 1);
    fs::write(&path, &old).unwrap();
    let first = config(dir).deployment.api_key;
    let text = expect(0, dir, &["rotate", "key"]);
    let deployment = config(dir).deployment;
    assert_eq!(deployment.api_key_previous, first);
    assert!(is_key(deployment.api_key.expose()) && deployment.api_key != first);
    assert!(!text.contains(first.expose()) && !text.contains(deployment.api_key.expose()));

    assert!(expect(2, dir, &["rotate", "key"]).contains("--drop-old"));
    assert_eq!(config(dir).deployment.api_key, deployment.api_key);
    expect(0, dir, &["rotate", "key", "--force"]);
    assert_eq!(config(dir).deployment.api_key_previous, deployment.api_key);
    expect(0, dir, &["rotate", "key", "--drop-old"]);
    assert!(expect(0, dir, &["rotate", "key", "--drop-old"]).contains("no old key"));
    let last = config(dir).deployment.api_key;
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, old.replace(first.expose(), last.expose()));
}

#[test]
fn show_tells_all_but_secrets() {
    let site = site();
    let dir = site.path();
    expect(0, dir, &["agent", "sensor-1"]);
    let text = expect(0, dir, &["show"]);
    for said in ["CN=NetSentinel authority of", "CN=sensor-1", "sentinel.example", "All is well."] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let json = String::from_utf8(run(dir, &["show", "--json"]).stdout).unwrap();
    let key = config(dir).deployment.api_key;
    for text in [&text, &json] {
        assert!(!text.contains(key.expose()) && !text.contains("PRIVATE KEY"), "{text}");
    }
    let kinds: Vec<_> = shown(dir).iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(
        kinds,
        ["authority", "authority_key", "server", "server_key", "config", "agent", "agent_key"]
    );
    assert!(run(dir, &["show", "-q"]).stdout.is_empty());

    fs::remove_file(dir.join("server.key")).unwrap();
    fs::write(dir.join("sentinel_config.json"), "{\"api_key\": \"guess\"}").unwrap();
    fs::write(dir.join("agents/sensor-1/agent.crt"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    let text = expect(1, dir, &["show"]);
    for said in ["it is missing", "may be easy to guess", "it is cut off", "3 files need"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("\"guess\""), "{text}");
}

#[test]
fn wrong_usage_is_told_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let long = "a".repeat(65);
    for (arguments, expected) in [
        (&["agent", "../evil"][..], "letters, digits, dots"),
        (&["agent", "a\u{1b}[2J"], "letters, digits, dots"),
        (&["agent", long.as_str()], "1 to 64"),
        (&["agent", "sensor-1"], "sentinel-certs init"),
        (&["rotate", "key"], "sentinel-certs init"),
        (&["rotate", "server"], "sentinel-certs init"),
        (&["rotate"], "Usage"),
        (&["init", "--san", "a/b"], "a host's name such as"),
        (&["init", "--server-url", "http://a"], "https://HOST"),
        (&["init", "--name", ""], "no name"),
        (&["init", "--name", long.as_str()], "1 to 64 characters"),
        (&["rotate", "key", "--force", "--drop-old"], "cannot be used with"),
        (&["init", "-v", "-q"], "cannot be used with"),
    ] {
        let text = expect(2, dir, arguments);
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    assert!(contents(dir).is_empty());
    assert!(expect(2, &dir.join("none"), &["show"]).contains("no such folder"));
    expect(1, dir, &["show"]);

    let site = site();
    fs::remove_file(site.path().join("ca.key")).unwrap();
    let text = expect(2, site.path(), &["agent", "sensor-1"]);
    assert!(text.contains("ca.key: not found"), "{text}");
    assert!(!site.path().join("agents").exists());
    // An authority whose key is put away is well.
    expect(0, site.path(), &["show"]);
}

#[test]
fn openssl_verifies_what_is_made() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let site = site();
    let dir = site.path();
    expect(0, dir, &["agent", "sensor-1"]);
    expect(0, dir, &["rotate", "server"]);
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").current_dir(dir).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    };
    let verify = ["verify", "-x509_strict", "-CAfile", "ca.crt", "-purpose"];
    for (purpose, file, good) in [
        ("sslserver", "server.crt", true),
        ("sslserver", "server.crt.old", true),
        ("sslclient", "agents/sensor-1/agent.crt", true),
        ("sslclient", "server.crt", false),
        ("sslserver", "agents/sensor-1/agent.crt", false),
    ] {
        let (verified, text) = openssl(&[&verify[..], &[purpose, file]].concat());
        assert_eq!(verified, good, "{purpose} {file}: {text}");
    }
    for name in [["-verify_hostname", "sentinel.example"], ["-verify_ip", "192.0.2.7"]] {
        let (verified, text) =
            openssl(&[&verify[..], &["sslserver"], &name[..], &["server.crt"]].concat());
        assert!(verified, "{text}");
    }
    let (_, text) = openssl(&["x509", "-in", "ca.crt", "-noout", "-text"]);
    for said in
        ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "Subject Key Identifier", "P-256"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let (_, text) =
        openssl(&["x509", "-in", "server.crt", "-noout", "-text", "-fingerprint", "-sha256"]);
    for said in
        ["CA:FALSE", "Authority Key Identifier", "Subject Key Identifier", "Digital Signature"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let fingerprint = text.lines().find_map(|line| line.split_once("Fingerprint=")).unwrap().1;
    assert_eq!(shown(dir)[2]["certificate"]["sha256"], fingerprint);
    let (_, text) = openssl(&["ec", "-in", "server.key", "-noout", "-check"]);
    assert!(text.contains("valid"), "{text}");
}
