//! Requests over HTTPS.

use std::time::Duration;

use netsentinel_core::Timestamp;
use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use super::exchange::{Answer, Exchange, ExchangeError, Key, Request};
use crate::tls::explain;
use crate::wire::{AGENT_HEADER, AgentId, KEY_HEADER};

/// Bytes of an answer at most: an item for each of 500 alerts, with reasons.
pub const ANSWER_BYTES_MAX: usize = 2 << 20;
/// How long reaching the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an idle connection is kept: longer than the time between two heartbeats.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// What an agent shows to be let in.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its id.
    pub id: AgentId,
    /// Its own key.
    pub key: Secret,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server's address is not one.
    #[error("{url} is not the address of a server: write https://HOST:PORT")]
    Address {
        /// What was given.
        url: String,
    },
    /// A key holds what can not be sent.
    #[error("the {which} key can not be sent in a header: make a new one")]
    Key {
        /// `own` or `shared`.
        which: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Build(#[from] reqwest::Error),
}

/// Speaks HTTPS to one server: verified by the TLS configuration, no proxies, no redirects. Clones share
/// their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    id: HeaderValue,
    key: HeaderValue,
}

impl Client {
    /// A client of the server at `url` (`https://HOST:PORT`) that verifies it by `tls`, which also holds
    /// the client certificate where there is one.
    pub fn new(
        tls: rustls::ClientConfig,
        url: &str,
        credentials: &Credentials,
    ) -> Result<Self, ClientError> {
        let not_one = || ClientError::Address { url: shown(url).into_owned() };
        let server = Url::parse(url).map_err(|_| not_one())?;
        if !server.username().is_empty() || server.password().is_some() {
            // A password is not to be shown.
            return Err(ClientError::Address { url: "an address with a user's name".into() });
        }
        if server.scheme() != "https" || !server.has_host() {
            return Err(not_one());
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(2)
            .user_agent(concat!("netsentinel/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let id = HeaderValue::from_str(credentials.id.as_str()).map_err(|_| not_one())?;
        Ok(Self { http, server, id, key: header(&credentials.key, "own")? })
    }

    fn headers(&self, key: &Key) -> Result<HeaderMap, ClientError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match key {
            Key::Own => {
                headers.insert(AGENT_HEADER, self.id.clone());
                headers.insert(KEY_HEADER, self.key.clone());
            }
            Key::Shared(key) => {
                headers.insert(KEY_HEADER, header(key, "shared")?);
            }
        }
        Ok(headers)
    }

    async fn answer(&self, request: Request) -> Result<Answer, ExchangeError> {
        let failed = |why: &dyn std::fmt::Display| ExchangeError::Failed(why.to_string());
        let url = self.server.join(request.path).map_err(|error| failed(&error))?;
        let headers = self.headers(&request.key).map_err(|error| failed(&error))?;
        let sent = self.http.post(url).headers(headers).body(request.body).send().await;
        read(sent, ANSWER_BYTES_MAX).await
    }

    /// A `GET` with the agent's own key; the answer has at most `bytes_max`.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: impl Iterator<Item = (&'static str, String)>,
        bytes_max: usize,
    ) -> Result<Answer, ExchangeError> {
        let failed = |why: &dyn std::fmt::Display| ExchangeError::Failed(why.to_string());
        let mut url = self.server.join(path).map_err(|error| failed(&error))?;
        url.query_pairs_mut().extend_pairs(query);
        let headers = self.headers(&Key::Own).map_err(|error| failed(&error))?;
        read(self.http.get(url).headers(headers).send().await, bytes_max).await
    }
}

/// The answer, of at most `bytes_max`.
async fn read(
    sent: Result<Response, reqwest::Error>,
    bytes_max: usize,
) -> Result<Answer, ExchangeError> {
    let mut response = sent.map_err(|error| told(&error))?;
    let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
    let date = response.headers().get(DATE).and_then(|date| parse_date(date.to_str().ok()?));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| told(&error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(ExchangeError::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, date, body })
}

impl Exchange for Client {
    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, ExchangeError>> + Send {
        self.answer(request)
    }
}

/// A key as a header that debug output does not show.
fn header(key: &Secret, which: &'static str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(key.expose()).map_err(|_| ClientError::Key { which })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whole seconds only; a date would need the server's clock to agree with ours.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// A date as HTTP writes it (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_ascii_whitespace().skip(1);
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    format!("{year}-{month:02}-{day}T{time}Z").parse().ok()
}

/// The error in a sentence that says what to do.
fn told(error: &reqwest::Error) -> ExchangeError {
    let text = explain(error);
    if error.is_timeout() && !error.is_connect() {
        ExchangeError::TimedOut(text)
    } else {
        ExchangeError::Failed(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::wire::ALERT_PATH;

    fn tls() -> rustls::ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    }

    fn client(url: &str, key: &str) -> Result<Client, ClientError> {
        let id = AgentId::from_bytes([1; 16]);
        Client::new(tls(), url, &Credentials { id, key: Secret::new(key) })
    }

    #[test]
    fn only_the_address_of_a_server_will_do() {
        for url in ["http://h:8444", "https://user:pw@h", "h:8444", "https://", ""] {
            let error = client(url, "k").unwrap_err();
            assert!(matches!(error, ClientError::Address { .. }), "{url}: {error}");
            assert!(!error.to_string().contains("pw"));
        }
        assert!(matches!(client("https://h", "a\nb"), Err(ClientError::Key { which: "own" })));
        let client = client("https://[::1]:8444", "hunter2").unwrap();
        assert!(!format!("{client:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_told_with_its_cause() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", free.local_addr().unwrap());
        drop(free);
        let request = Request { path: ALERT_PATH, key: Key::Own, body: Vec::new() };
        let error = client(&url, "k").unwrap().send(request).await.unwrap_err();
        assert!(matches!(error, ExchangeError::Failed(_)));
        assert!(error.to_string().starts_with("nothing listens there"), "{error}");
    }
}
