//! Looks at each file of a server's folder, or of an agent's bundle.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use netsentinel_core::config::{Config, Deployment, is_open_to_all};
use netsentinel_core::text::shown;
use netsentinel_transport::identity::is_key;
use netsentinel_transport::pki::Authority;
use netsentinel_transport::tls::{
    CertificateFacts, Role, Validity, certificates, certified_key, is_signed_by,
};

use super::entry::{Entry, Kind};
use crate::folder::{self, AGENT_CERT, AGENT_KEY, AGENTS, CA_KEY, CONFIG, Folder};
use netsentinel_cli::name;

/// A certificate that ends within so many days needs attention.
const DAYS_LEFT_MIN: u64 = 30;
/// Most bundles that are looked at.
const BUNDLES_MAX: usize = 10_000;

/// Every file that is there or should be.
pub(crate) fn folder(folder: &Folder, now: SystemTime) -> Vec<Entry> {
    let (config, deployment) = config(folder);
    let ca = folder.path(&deployment.ca_cert);
    let look = Look { ca: &ca, now, is_old: false };
    let mut all = vec![look.authority(&ca)];
    let ca_key = folder.path(CA_KEY);
    if ca_key.exists() {
        all.push(look.authority_key(&ca_key));
    }
    let agent = &deployment.agent;
    if agent.client_cert.is_empty() {
        let cert = folder.path(&deployment.server_cert);
        let key = folder.path(&deployment.server_key);
        all.extend(look.pair(&cert, &key, Role::Server));
        let old = (folder::with_suffix(&cert, ".old"), folder::with_suffix(&key, ".old"));
        if old.0.exists() || old.1.exists() {
            let mut pair = Look { is_old: true, ..look }.pair(&old.0, &old.1, Role::Server);
            for entry in &mut pair {
                let note = "kept from the last rotation; rotate server --drop-old removes it";
                entry.notes.push(note.into());
            }
            all.extend(pair);
        }
    } else {
        let (cert, key) = (folder.path(&agent.client_cert), folder.path(&agent.client_key));
        all.extend(look.pair(&cert, &key, Role::Client));
    }
    all.push(config);
    for bundle in bundles(&folder.path(AGENTS)) {
        all.extend(look.pair(&bundle.join(AGENT_CERT), &bundle.join(AGENT_KEY), Role::Client));
    }
    all
}

/// The configuration, and what it says; the defaults where it says nothing that counts.
fn config(folder: &Folder) -> (Entry, Deployment) {
    let path = folder.path(CONFIG);
    let mut entry = Entry::new(name(&path), Kind::Config);
    if !look_at_file(&path, &mut entry) {
        return (entry, Deployment::default());
    }
    let parsed = folder::read_text(&path).and_then(|text| Ok(Config::parse(&text)?));
    let deployment = match parsed {
        Ok(config) => config.deployment,
        Err(error) => {
            entry.errors.push(shown(&format!("{error:#}")).into_owned());
            return (entry, Deployment::default());
        }
    };
    if deployment.api_key.is_empty() {
        entry.errors.push("api_key is not set: agents can not enrol".into());
    } else if !is_key(deployment.api_key.expose()) {
        entry.warnings.push(
            "api_key was not made by sentinel-certs and may be easy to guess: run rotate key"
                .into(),
        );
    } else {
        entry.notes.push("api_key is set".into());
    }
    if !deployment.api_key_previous.is_empty() {
        entry
            .notes
            .push("api_key_previous is still accepted; rotate key --drop-old ends that".into());
    }
    (entry, deployment)
}

/// The bundles within the server's folder, by name.
fn bundles(agents: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(agents).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut all: Vec<_> = found.filter(|path| path.is_dir()).take(BUNDLES_MAX).collect();
    all.sort();
    all
}

/// What every look needs.
#[derive(Clone, Copy)]
struct Look<'a> {
    /// The authority's certificate.
    ca: &'a Path,
    now: SystemTime,
    /// Whether the files are kept from before a rotation.
    is_old: bool,
}

impl Look<'_> {
    fn authority(&self, cert: &Path) -> Entry {
        let mut entry = Entry::new(name(cert), Kind::Authority);
        self.certificate(cert, Role::Authority, &mut entry);
        entry
    }

    fn authority_key(&self, key: &Path) -> Entry {
        let mut entry = Entry::new(name(key), Kind::AuthorityKey);
        if look_at_file(key, &mut entry) {
            let texts = (folder::read_text(self.ca), folder::read_text(key));
            match texts {
                (Ok(cert), Ok(text)) => match Authority::from_pem(&cert, &text) {
                    Ok(_) => entry.notes.push(format!("belongs to {}", name(self.ca))),
                    Err(error) => entry.errors.push(error.to_string()),
                },
                (_, Err(error)) => entry.errors.push(shown(&format!("{error:#}")).into_owned()),
                // The authority's own entry tells.
                (Err(_), _) => {}
            }
        }
        entry
    }

    fn pair(&self, cert: &Path, key: &Path, role: Role) -> [Entry; 2] {
        let (cert_kind, key_kind) = match role {
            Role::Client => (Kind::Agent, Kind::AgentKey),
            _ => (Kind::Server, Kind::ServerKey),
        };
        let mut cert_entry = Entry::new(name(cert), cert_kind);
        let readable = self.certificate(cert, role, &mut cert_entry);
        let mut key_entry = Entry::new(name(key), key_kind);
        // Where the certificate or the key's mode is wrong, that is told already.
        if look_at_file(key, &mut key_entry) && readable && key_entry.errors.is_empty() {
            match certified_key(cert, key, role) {
                Ok(_) => key_entry.notes.push(format!("belongs to {}", name(cert))),
                Err(error) => key_entry.errors.push(error.to_string()),
            }
        }
        [cert_entry, key_entry]
    }

    /// Tells all of a certificate in its entry; whether it can be used as `role` at all.
    fn certificate(&self, cert: &Path, role: Role, entry: &mut Entry) -> bool {
        if !look_at_file(cert, entry) {
            return false;
        }
        let chain = match certificates(cert, role) {
            Ok(chain) => chain,
            Err(error) => {
                entry.errors.push(error.to_string());
                return false;
            }
        };
        let facts = chain.first().and_then(|leaf| Some((leaf, CertificateFacts::read(leaf).ok()?)));
        let Some((leaf, facts)) = facts else {
            entry.errors.push("it is no X.509 certificate".into());
            return false;
        };
        let fits = match role {
            Role::Authority => facts.is_ca,
            Role::Server => facts.server_auth && !facts.is_ca,
            Role::Client => facts.client_auth && !facts.is_ca,
        };
        if !fits {
            entry.errors.push(format!("it can not be {}", entry.kind.name()));
        }
        if role != Role::Authority
            && let Ok(authorities) = certificates(self.ca, Role::Authority)
        {
            if authorities.iter().any(|authority| is_signed_by(leaf, authority)) {
                entry.notes.push(format!("signed by {}", name(self.ca)));
            } else {
                entry.errors.push(format!("not signed by {}", name(self.ca)));
            }
        }
        let validity = facts.validity(self.now);
        match validity {
            // It is on its way out: that it ends is no news.
            _ if self.is_old => {}
            Validity::Current { days_left } if days_left >= DAYS_LEFT_MIN => {}
            Validity::Current { .. } => {
                entry.warnings.push(format!("{validity} only: {}", renewal(role)));
            }
            _ => entry.errors.push(format!("{validity}: {}", renewal(role))),
        }
        entry.certificate = Some((facts, validity));
        fits
    }
}

/// How such a certificate is renewed.
fn renewal(role: Role) -> &'static str {
    match role {
        Role::Authority => "make a new one with init --force, and every agent's bundle after it",
        Role::Server => "renew it with rotate server",
        Role::Client => "renew it with agent NAME --force, and copy it to the agent again",
    }
}

/// Whether the file is there; its mode goes into the entry, with what is wrong with it.
fn look_at_file(path: &Path, entry: &mut Entry) -> bool {
    match fs::metadata(path) {
        Ok(file) if file.is_file() => {
            look_at_mode(&file, entry);
            true
        }
        Ok(_) => {
            entry.errors.push("it is no file".into());
            false
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            entry.errors.push("it is missing".into());
            false
        }
        Err(error) => {
            entry.errors.push(format!("it can not be read: {error}"));
            false
        }
    }
}

#[cfg(unix)]
fn look_at_mode(file: &fs::Metadata, entry: &mut Entry) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.permissions().mode() & 0o7777;
    entry.mode = Some(mode);
    let secret = !matches!(entry.kind, Kind::Authority | Kind::Server | Kind::Agent);
    let advice = format!("mode {mode:04o}, chmod 600 {}", entry.file);
    if mode & 0o002 != 0 {
        entry.errors.push(format!("everybody may change it: {advice}"));
    } else if secret && is_open_to_all(mode) {
        entry.errors.push(format!("it is a secret, and everybody may read it: {advice}"));
    } else if secret && mode & 0o020 != 0 {
        entry.warnings.push(format!("it is a secret, and a group may change it: {advice}"));
    } else if entry.kind == Kind::AuthorityKey && mode & 0o040 != 0 {
        // Anything else of it a service may read by its group.
        entry
            .warnings
            .push(format!("no program that runs needs it, and a group may read it: {advice}"));
    }
}

#[cfg(not(unix))]
fn look_at_mode(_: &fs::Metadata, _: &mut Entry) {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use netsentinel_transport::secret_file::write_atomic;

    use super::super::entry::State;
    use super::super::report;
    use super::*;

    const DAY: u64 = 86_400;

    /// A folder as `init` makes it, made at `now`.
    fn site(now: SystemTime) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create_at("Site 7", now).unwrap();
        let server = authority.server_at(&["sentinel.example".parse().unwrap()], now).unwrap();
        let config = format!(r#"{{"api_key": "{}"}}"#, "A".repeat(43));
        for (file, text) in [
            ("ca.crt", authority.certificate()),
            ("ca.key", authority.key().expose()),
            ("server.crt", &server.certificate),
            ("server.key", server.key.expose()),
            (CONFIG, &config),
        ] {
            write_atomic(&folder.path().join(file), text.as_bytes()).unwrap();
        }
        folder
    }

    fn look(site: &tempfile::TempDir, now: SystemTime) -> Vec<Entry> {
        folder(&Folder(site.path().into()), now)
    }

    #[test]
    fn certificates_are_told_before_they_end_and_after() {
        let made = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let site = site(made);
        for (days, state, expected) in [
            (0, State::Fine, "valid for 396 days"),
            (366, State::Fine, "valid for 30 days"),
            (367, State::Warning, "valid for 29 days only: renew it with rotate server"),
            (397, State::Error, "expired on 2028-02-16 07:55 UTC: renew it with rotate server"),
        ] {
            let entries = look(&site, made + Duration::from_secs(days * DAY));
            let server = entries.iter().find(|entry| entry.kind == Kind::Server).unwrap();
            assert_eq!(server.state(), state, "{days}: {server:?}");
            assert!(report::text(&entries).contains(expected), "{}", report::text(&entries));
        }
        let entries = look(&site, made - Duration::from_secs(DAY));
        assert!(report::text(&entries).contains("not valid before 2027-01-15 07:55 UTC"));
        let entries = look(&site, made + Duration::from_secs(3640 * DAY));
        assert_eq!(entries[0].state(), State::Warning);
    }

    #[cfg(unix)]
    #[test]
    fn a_service_may_read_by_its_group_all_but_the_key_of_the_authority() {
        use std::os::unix::fs::PermissionsExt as _;
        let now = SystemTime::now();
        let site = site(now);
        let state = |file: &str, mode| {
            let path = site.path().join(file);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let entries = look(&site, now);
            let entry = entries.iter().find(|entry| entry.file.ends_with(file)).unwrap();
            entry.state()
        };
        for file in [CONFIG, "server.key"] {
            assert_eq!(state(file, 0o660), State::Warning);
            assert_eq!(state(file, 0o644), State::Error);
            assert_eq!(state(file, 0o640), State::Fine);
        }
        assert_eq!(state("ca.key", 0o640), State::Warning);
        assert_eq!(state("server.crt", 0o644), State::Fine);
    }

    #[test]
    fn what_does_not_fit_together_is_told() {
        let now = SystemTime::now();
        let (one, other) = (site(now), site(now));
        assert!(look(&one, now).iter().all(|entry| entry.state() == State::Fine));
        for file in ["server.key", "ca.key"] {
            fs::copy(other.path().join(file), one.path().join(file)).unwrap();
        }
        let text = report::text(&look(&one, now));
        assert!(text.contains("server.key: does not belong to"), "{text}");
        assert!(text.contains("does not belong to the authority's certificate"), "{text}");
        fs::copy(other.path().join("ca.crt"), one.path().join("ca.crt")).unwrap();
        let text = report::text(&look(&one, now));
        assert!(text.contains("ERROR        not signed by"), "{text}");
        fs::copy(other.path().join("server.crt"), one.path().join("ca.crt")).unwrap();
        let text = report::text(&look(&one, now));
        assert!(text.contains("it can not be the authority's certificate"), "{text}");
    }
}
