//! Requests over HTTPS to providers.
//!
//! Whoever answers is not trusted: certificates are verified by the system's trust, redirects are not
//! followed, an answer is bounded in time and in bytes, and its content type says nothing. Keys travel in
//! headers alone. Errors name neither the address that was asked nor a header, so they can be logged.
//!
//! The proxies of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) are used: many a server reaches
//! the internet by no other way. A proxy sees whom we talk to, not what is said: TLS goes through it, to the
//! provider's own certificate. Plain HTTP, which is for loopback addresses only, uses none.

mod address;
mod wait;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::config::Secret;
use netsentinel_core::text::printable;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

pub(crate) use self::address::address;
pub(crate) use self::wait::{retry_after, until_reset};

/// How long reaching somebody may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take in all, its answer included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of an answer at most: the longest report of a domain has some hundred thousand.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long an idle connection is kept: longer than a free key waits between two questions.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a reason at most.
const REASON_CHARS_MAX: usize = 200;

/// How long a request may take, and how long its answer may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long reaching somebody may take.
    pub(crate) connect: Duration,
    /// How long a request may take in all, its answer included.
    pub(crate) request: Duration,
    /// Bytes of an answer at most.
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, request: REQUEST_TIMEOUT, bytes: ANSWER_BYTES_MAX }
    }
}

/// Asks one site.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    limits: Limits,
}

/// What somebody answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The answer, as far as it could be read: what matters of a failure is its status.
    pub(crate) body: Result<Vec<u8>, HttpError>,
}

/// Why there is no answer. Names neither what was asked nor a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("{0}")]
    Failed(String),
    #[error("longer than {0} bytes")]
    TooLong(usize),
}

impl Client {
    /// A client of the site at `base`, which [`address()`] has checked.
    ///
    /// # Errors
    ///
    /// When the system trusts nobody, or the client can not be made.
    pub(crate) fn new(base: Url, limits: Limits) -> Result<Self, String> {
        let secure = base.scheme() == "https";
        let trust = if secure { system_trust() } else { no_trust() };
        let tls = trust.map_err(|error| {
            format!("{error}: are the system's CA certificates installed (ca-certificates)?")
        })?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(secure)
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(limits.connect)
            .timeout(limits.request)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("netsentinel/", env!("CARGO_PKG_VERSION")));
        if !secure {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| reason(&error.without_url()))?;
        Ok(Self { http, base, limits })
    }

    /// The site's address with these parts of a path added, each percent-encoded.
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Gets what is at `url`, one of [`url`](Self::url)'s. Dropping the future gives up.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    pub(crate) async fn get(&self, url: Url, headers: HeaderMap) -> Result<Reply, HttpError> {
        let sent = self.http.get(url).headers(headers).send().await;
        let mut response = sent.map_err(|error| self.explained(error))?;
        let body = self.body(&mut response).await;
        let status = response.status().as_u16();
        Ok(Reply { status, headers: std::mem::take(response.headers_mut()), body })
    }

    async fn body(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.explained(error))? {
            if body.len() + chunk.len() > self.limits.bytes {
                return Err(HttpError::TooLong(self.limits.bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn explained(&self, error: reqwest::Error) -> HttpError {
        if error.is_timeout() {
            let connecting = error.is_connect();
            let limit = if connecting { self.limits.connect } else { self.limits.request };
            return HttpError::TimedOut(limit);
        }
        HttpError::Failed(reason(&error.without_url()))
    }
}

/// A key as a header that debug output does not show.
///
/// # Errors
///
/// When it holds what can not be sent.
pub(crate) fn key_header(key: &Secret) -> Result<HeaderValue, &'static str> {
    let mut value = HeaderValue::from_str(key.expose())
        .map_err(|_| "holds what can not be sent in a header: copy it again, without line ends")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whom the system trusts, by the operating system's own means where it has some.
fn system_trust() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}

/// For plain HTTP, which needs no certificates.
fn no_trust() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// The innermost cause, which says most, such as `Connection refused (os error 111)`.
fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    printable(text.as_bytes()).chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_can_not_leave_it() {
        let client = |base| Client::new(address(base).unwrap(), Limits::default()).unwrap();
        let url = |base, path: &[&str]| client(base).url(path).to_string();
        assert_eq!(url("http://127.0.0.1", &["a", "b"]), "http://127.0.0.1/a/b");
        assert_eq!(url("http://127.0.0.1/mirror/", &["a"]), "http://127.0.0.1/mirror/a");
        assert_eq!(
            url("http://[::1]:8080/m", &["x/../?y#z%2f"]),
            "http://[::1]:8080/m/x%2F..%2F%3Fy%23z%252f"
        );
    }

    #[test]
    fn a_key_is_not_shown() {
        let value = key_header(&Secret::new("hunter2")).unwrap();
        assert!(!format!("{value:?}").contains("hunter2"));
        assert!(key_header(&Secret::new("hunter2\n")).is_err());
    }

    #[tokio::test]
    async fn plain_http_is_not_spoken_where_https_is_meant() {
        let Ok(client) = Client::new(address("https://127.0.0.1:9").unwrap(), Limits::default())
        else {
            return; // A system without certificates has nobody to trust.
        };
        let plain = Url::parse("http://127.0.0.1:9/?key=hunter2").unwrap();
        let error = client.get(plain, HeaderMap::new()).await.unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
