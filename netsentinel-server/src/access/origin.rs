//! Whether a browser asks on behalf of our own pages.
//!
//! A cookie goes with every request that a browser sends, also with those that a stranger's page
//! makes it send. `SameSite=Strict` keeps most of them out, this the rest.

use http::header::{HOST, HeaderMap, ORIGIN};
use http::uri::{Authority, Uri};

/// Whether the request comes from a page of this very server: its `Origin` is `https://` and the
/// host that was asked. Browsers that send no `Origin` say so by `Sec-Fetch-Site`.
pub(crate) fn is_same(uri: &Uri, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
    {
        return false;
    }
    match headers.get(ORIGIN) {
        Some(origin) => {
            let asked = asked_host(uri, headers);
            let from = origin.to_str().ok().and_then(origin_host);
            matches!((from, asked), (Some(from), Some(asked)) if from == asked)
        }
        None => headers.contains_key("sec-fetch-site"),
    }
}

/// Whether the request says by itself that another site's page sent it.
pub(crate) fn is_foreign(uri: &Uri, headers: &HeaderMap) -> bool {
    let told = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
    told && !is_same(uri, headers)
}

/// A host in lower case and a port.
type Host = (String, u16);

fn asked_host(uri: &Uri, headers: &HeaderMap) -> Option<Host> {
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => headers.get(HOST)?.to_str().ok()?.parse().ok()?,
    };
    host(&authority)
}

fn origin_host(origin: &str) -> Option<Host> {
    host(&origin.strip_prefix("https://")?.parse().ok()?)
}

fn host(authority: &Authority) -> Option<Host> {
    if authority.as_str().contains('@') {
        return None;
    }
    Some((authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(443)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        is_same(&"/api/logout".parse().unwrap(), &map)
    }

    #[test]
    fn only_our_own_pages_count() {
        let host = ("host", "ids.example:8443");
        assert!(same(&[host, ("origin", "https://ids.example:8443")]));
        assert!(same(&[host, ("origin", "https://IDS.example:8443")]));
        assert!(same(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(same(&[("host", "ids.example"), ("origin", "https://ids.example:443")]));
        for origin in [
            "https://ids.example",
            "http://ids.example:8443",
            "https://evil.example:8443",
            "https://ids.example:8443@evil.example",
            "https://ids.example:8443.evil.example",
            "null",
            "",
        ] {
            assert!(!same(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!same(&[host]));
        assert!(!same(&[("origin", "https://ids.example")]));
        let both = [host, ("origin", "https://ids.example:8443"), ("sec-fetch-site", "cross-site")];
        assert!(!same(&both));
        assert!(!same(&[host, ("sec-fetch-site", "same-site")]));
    }
}
