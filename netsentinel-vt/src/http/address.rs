//! Which addresses may be asked.

use reqwest::Url;

/// The address of a site: `https`, or plain `http` where the host is a loopback address.
///
/// # Errors
///
/// What is wrong with it, without showing it: it may hold a password.
pub(crate) fn address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no address: write https://HOST")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user's name: keys have keys of their own");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("holds a query: write https://HOST");
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("is plain HTTP, which everybody on the way can read: write https://HOST"),
        _ => Err("is no address: write https://HOST"),
    }
}

/// Names are not looked at: whatever they stand for may change.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_addresses_alone() {
        for good in [
            "https://www.virustotal.com",
            "https://mirror.example:8443/vt/",
            "https://10.0.0.1",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://www.virustotal.com",
            "http://localhost",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "http://[::ffff:127.0.0.1]",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user:hunter2@example.com",
            "https://example.com/?key=hunter2",
            "www.virustotal.com",
            "https://",
            "",
        ] {
            let error = address(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{bad}: {error}");
        }
    }
}
