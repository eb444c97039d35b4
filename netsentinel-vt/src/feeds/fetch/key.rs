//! Keys that a list asks for, and who may see them.

use netsentinel_core::config::Secret;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

/// A key, in the header that takes it, for those hosts only that gave it out.
#[derive(Clone, Debug)]
pub(in crate::feeds) struct AccessKey {
    name: HeaderName,
    value: HeaderValue,
    audience: Audience,
}

#[derive(Clone, Debug)]
enum Audience {
    /// abuse.ch and all below it, over TLS.
    AbuseCh,
    /// One server: its scheme, host and port.
    Server(Box<Url>),
}

impl AccessKey {
    /// The key of abuse.ch; `None` where it can not be sent in a header.
    pub(in crate::feeds) fn abusech(key: &Secret) -> Option<Self> {
        let name = HeaderName::from_static("auth-key");
        Some(Self { name, value: sensitive(key)?, audience: Audience::AbuseCh })
    }

    /// The key of AbuseIPDB, whose server is at `url`; `None` where it can not be sent in a header.
    pub(in crate::feeds) fn abuseipdb(key: &Secret, url: &Url) -> Option<Self> {
        let audience = Audience::Server(Box::new(url.clone()));
        Some(Self { name: HeaderName::from_static("key"), value: sensitive(key)?, audience })
    }

    /// Its header, if whoever is at `url` may see it.
    pub(super) fn header_for(&self, url: &Url) -> Option<(HeaderName, HeaderValue)> {
        let may_see = match &self.audience {
            Audience::AbuseCh => url.scheme() == "https" && is_abusech(url),
            Audience::Server(server) => server.origin() == url.origin(),
        };
        may_see.then(|| (self.name.clone(), self.value.clone()))
    }
}

/// Whether `url` is of abuse.ch or below it.
pub(super) fn is_abusech(url: &Url) -> bool {
    let before = url.host_str().unwrap_or_default().strip_suffix("abuse.ch");
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// A header that debug output does not show.
fn sensitive(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(key.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_to_those_only_who_gave_it_out() {
        let key = AccessKey::abusech(&Secret::new("hunter2")).unwrap();
        assert!(!format!("{key:?}").contains("hunter2"));
        let shown = |url: &str| key.header_for(&url.parse().unwrap()).is_some();
        assert!(shown("https://abuse.ch/x") && shown("https://URLhaus.abuse.ch/x"));
        for url in [
            "http://urlhaus.abuse.ch/x",
            "https://notabuse.ch/x",
            "https://abuse.ch.example/x",
            "https://a.example/abuse.ch",
            "http://127.0.0.1/",
        ] {
            assert!(!shown(url), "{url}");
        }
        let server = "https://api.example/api/".parse().unwrap();
        let key = AccessKey::abuseipdb(&Secret::new("hunter2"), &server).unwrap();
        let shown = |url: &str| key.header_for(&url.parse().unwrap()).is_some();
        assert!(shown("https://api.example/other"));
        assert!(!shown("https://api.example:8443/") && !shown("http://api.example/"));
        assert!(AccessKey::abusech(&Secret::new("a\nb")).is_none());
    }
}
