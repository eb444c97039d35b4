//! Lists over HTTPS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use rustls_platform_verifier::BuilderVerifierExt;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

use super::content::HTML;
use super::key::is_abusech;
use super::place::{is_plain_loopback, may_be_asked};
use super::{AccessKey, FetchError, create};
use crate::ReputationSetupError;

/// Bytes of a list at most: some millions of names.
pub(in crate::feeds) const LIST_BYTES_MAX: u64 = 256 << 20;
/// Redirects that are followed.
const REDIRECTS_MAX: usize = 3;
/// Bytes of an `ETag` or a date that is kept.
const VALIDATOR_BYTES_MAX: usize = 256;
/// A server's wish to be left alone is heeded up to here.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(86_400);
const NEEDS_KEY: &str =
    "abuse.ch refuses access: the feed needs abusech_auth_key (free, from auth.abuse.ch)";
const REFUSED: &str =
    "the server refuses access: it needs a key or a log-in, or refuses the one it has";

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(in crate::feeds) struct Limits {
    /// Reaching a server.
    pub(in crate::feeds) connect: Duration,
    /// Between two pieces of an answer.
    pub(in crate::feeds) idle: Duration,
    /// An answer in all.
    pub(in crate::feeds) total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(600),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::feeds) struct Ask<'a> {
    /// Where.
    pub(in crate::feeds) url: &'a Url,
    /// The key, shown only to whom it is for.
    pub(in crate::feeds) key: Option<&'a AccessKey>,
    /// What kind of answer is wanted.
    pub(in crate::feeds) accept: &'static str,
    /// What was had before: if that is still current, it need not come again.
    pub(in crate::feeds) before: Option<&'a Validators>,
    /// Bytes of the answer at most.
    pub(in crate::feeds) bytes_max: u64,
}

/// What a server says of a version of a list, to be told when asking again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::feeds) struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Validators {
    fn of(response: &Response) -> Self {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            (value.len() <= VALIDATOR_BYTES_MAX).then(|| value.to_owned())
        };
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let value = |text: &Option<String>| HeaderValue::from_str(text.as_deref()?).ok();
        let etag = value(&self.etag).map(|value| (IF_NONE_MATCH, value));
        let date = value(&self.last_modified).map(|value| (IF_MODIFIED_SINCE, value));
        etag.into_iter().chain(date)
    }
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::feeds) enum Fetched {
    /// What was had before is current.
    Unchanged,
    /// The list is in the file.
    Changed(Validators),
}

/// Fetches lists: every server is verified, by the authorities that this system trusts. What comes over TLS may
/// come by the environment's proxies, as answers of providers may; what is on this machine itself never does.
#[derive(Clone, Debug)]
pub(in crate::feeds) struct Fetcher {
    secure: reqwest::Client,
    local: reqwest::Client,
}

impl Fetcher {
    /// A fetcher that gives up after `limits`.
    ///
    /// # Errors
    ///
    /// When the HTTP client can not be made.
    pub(in crate::feeds) fn new(limits: Limits) -> Result<Self, ReputationSetupError> {
        let failed =
            |error: &dyn std::fmt::Display| ReputationSetupError::Client(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| failed(&error))?
            .with_no_client_auth();
        let client = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                // Followed here, one by one: a key must not come along.
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(limits.connect)
                .read_timeout(limits.idle)
                .timeout(limits.total)
                .pool_max_idle_per_host(1)
                .user_agent(concat!("netsentinel/", env!("CARGO_PKG_VERSION")))
        };
        let secure = client().https_only(true).build().map_err(|error| failed(&error))?;
        let local = client().no_proxy().build().map_err(|error| failed(&error))?;
        Ok(Self { secure, local })
    }

    /// Fetches a list into the file `into`, which is made anew. After an error the file is of no use.
    pub(in crate::feeds) async fn fetch(
        &self,
        ask: &Ask<'_>,
        into: &Path,
    ) -> Result<Fetched, FetchError> {
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.request(ask, &url).await?;
            match response.status() {
                StatusCode::OK => return save(response, ask.bytes_max, into).await,
                StatusCode::NOT_MODIFIED if ask.before.is_some() => return Ok(Fetched::Unchanged),
                status if status.is_redirection() => url = redirected(&response, &url)?,
                status => return Err(refusal(status, response.headers(), &url)),
            }
        }
        Err(FetchError::Redirect("too often"))
    }

    async fn request(&self, ask: &Ask<'_>, url: &Url) -> Result<Response, FetchError> {
        let http = if is_plain_loopback(url) { &self.local } else { &self.secure };
        let mut request = http.get(url.clone()).header(ACCEPT, ask.accept);
        if let Some((name, value)) = ask.key.and_then(|key| key.header_for(url)) {
            request = request.header(name, value);
        }
        for (name, value) in ask.before.into_iter().flat_map(Validators::headers) {
            request = request.header(name, value);
        }
        request.send().await.map_err(FetchError::of)
    }
}

/// Where `response`, which came from `from`, leads.
fn redirected(response: &Response, from: &Url) -> Result<Url, FetchError> {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let to = location.and_then(|location| from.join(location).ok());
    let to = to.ok_or(FetchError::Redirect("to nowhere"))?;
    // Nobody outside may lead us to a service on this machine.
    if !may_be_asked(&to) || (is_plain_loopback(&to) && !is_plain_loopback(from)) {
        return Err(FetchError::Redirect("to an address that is not secure"));
    }
    Ok(to)
}

pub(super) fn refusal(status: StatusCode, headers: &HeaderMap, url: &Url) -> FetchError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_abusech(url) => {
            FetchError::Refused(NEEDS_KEY)
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FetchError::Refused(REFUSED),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let seconds = headers.get(RETRY_AFTER);
            let seconds = seconds.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
            let retry_after =
                seconds.map(|seconds| Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
            FetchError::Busy { status: status.as_u16(), retry_after }
        }
        _ => FetchError::Status(status.as_u16()),
    }
}

/// Writes the answer to the file piece by piece.
async fn save(mut response: Response, bytes_max: u64, into: &Path) -> Result<Fetched, FetchError> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if header(CONTENT_TYPE).is_some_and(|kind| kind.trim_start().starts_with("text/html")) {
        return Err(FetchError::Content(HTML));
    }
    if header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(FetchError::Content("it came compressed, which was not asked for"));
    }
    let too_large = FetchError::TooLarge(bytes_max);
    if response.content_length().is_some_and(|length| length > bytes_max) {
        return Err(too_large);
    }
    let validators = Validators::of(&response);
    let mut file = tokio::fs::File::from_std(create(into)?);
    let mut left = bytes_max;
    while let Some(chunk) = response.chunk().await.map_err(FetchError::of)? {
        let Some(rest) = left.checked_sub(chunk.len() as u64) else { return Err(too_large) };
        left = rest;
        file.write_all(&chunk).await?;
    }
    file.sync_all().await?;
    Ok(Fetched::Changed(validators))
}
