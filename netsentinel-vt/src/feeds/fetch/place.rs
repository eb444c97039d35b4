//! Where a list is.

use std::path::PathBuf;

use netsentinel_core::text::shown;
use reqwest::Url;

/// Where a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::feeds) enum Place {
    /// On a web server.
    Web(Url),
    /// In a file.
    File(PathBuf),
}

impl Place {
    /// Reads the address of a list, or the path of its file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write.
    pub(in crate::feeds) fn parse(from: &str) -> Result<Self, String> {
        if from.trim().is_empty() || from.contains('\0') {
            return Err("write an address (https://…) or the path of a file".into());
        }
        if !from.contains("://") {
            return Ok(Self::File(from.into()));
        }
        // What is written is not repeated: it may hold a password.
        let url = Url::parse(from)
            .map_err(|_| "is no address: write https://HOST/PATH, or the path of a file")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "holds a user's name or a password, which would be shown: leave it out".into()
            );
        }
        if !may_be_asked(&url) {
            return Err(
                "is not secure: write https://…, or the path of a file (plain http only to a \
                 loopback address)"
                    .into(),
            );
        }
        Ok(Self::Web(url))
    }

    /// Where it is, for messages: of an address the host only, for the rest may hold a key.
    pub(in crate::feeds) fn name(&self) -> String {
        match self {
            Self::Web(url) => shown(url.host_str().unwrap_or_default()).into_owned(),
            Self::File(path) => shown(&path.to_string_lossy()).into_owned(),
        }
    }

    /// Whether it is the manifest of a MISP feed, beside which the events are.
    pub(in crate::feeds) fn is_manifest(&self) -> bool {
        match self {
            Self::Web(url) => url.path().ends_with("/manifest.json"),
            Self::File(path) => path.file_name().is_some_and(|name| name == "manifest.json"),
        }
    }

    /// The place of a file beside this one. `name` is a plain file name.
    pub(in crate::feeds) fn beside(&self, name: &str) -> Option<Self> {
        match self {
            Self::Web(url) => url.join(name).ok().map(Self::Web),
            Self::File(path) => Some(Self::File(path.with_file_name(name))),
        }
    }
}

/// Whether a server may be asked for `url`: over TLS, or without on this machine itself.
pub(super) fn may_be_asked(url: &Url) -> bool {
    url.has_host() && (url.scheme() == "https" || is_plain_loopback(url))
}

/// Whether `url` is of plain HTTP to a loopback address.
pub(super) fn is_plain_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    url.scheme() == "http" && bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_secure_or_a_file() {
        for from in ["https://a.example/x", "http://127.0.0.1:8080/x", "http://[::1]/x"] {
            assert!(matches!(Place::parse(from), Ok(Place::Web(_))), "{from}");
        }
        for from in ["lists/a.txt", "/var/lists/a.txt", "C:\\a.txt"] {
            assert!(matches!(Place::parse(from), Ok(Place::File(_))), "{from}");
        }
        for from in [
            "",
            " ",
            "http://a.example/x",
            "http://localhost/x",
            "ftp://a.example/x",
            "file:///etc/passwd",
            "https://",
            "https://user:hunter2@a.example/",
        ] {
            let told = Place::parse(from).unwrap_err();
            assert!(!told.contains("hunter2"), "{from}: {told}");
        }
    }

    #[test]
    fn events_are_beside_their_manifest() {
        let web = Place::parse("https://a.example/feed/manifest.json?x").unwrap();
        let file = Place::parse("feed/manifest.json").unwrap();
        assert!(web.is_manifest() && file.is_manifest());
        assert_eq!(web.beside("e.json"), Place::parse("https://a.example/feed/e.json").ok());
        assert_eq!(file.beside("e.json"), Place::parse("feed/e.json").ok());
        assert!(!Place::parse("https://a.example/event.json").unwrap().is_manifest());
        assert_eq!(web.name(), "a.example");
    }
}
