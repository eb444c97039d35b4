//! Headers that keep browsers from harm.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// What the dashboard is made of comes from this server, and there is nothing else: nothing is inline,
/// nobody frames us, no form leads anywhere by itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// A year, for this host alone.
const TRANSPORT: &str = "max-age=31536000";

/// Adds to an answer of the GUI what it does not say itself. What the API tells is kept by nobody.
pub(super) fn protect(headers: &mut HeaderMap, path: &str) {
    let all: [(HeaderName, &'static str); 6] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (STRICT_TRANSPORT_SECURITY, TRANSPORT),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in all {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if path.starts_with("/api/") || path == "/metrics" {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
