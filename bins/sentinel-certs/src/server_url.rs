//! Where agents reach the server.

use std::fmt;
use std::str::FromStr;

use netsentinel_transport::pki::SubjectName;

/// `https://HOST` or `https://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    pub(crate) host: SubjectName,
    pub(crate) port: Option<u16>,
}

impl FromStr for ServerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected https://HOST or https://HOST:PORT".to_owned();
        let rest = text.strip_prefix("https://").ok_or_else(wrong)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            // The colons of a bare IPv6 address are within brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let bracketed = host.starts_with('[');
        let host: SubjectName = host.parse().map_err(|_| wrong())?;
        let fits = match &host {
            SubjectName::Dns(name) => !name.starts_with('*'),
            SubjectName::Ip(address) => address.is_ipv6() == bracketed,
        };
        let port = port.map(|port| port.parse::<u16>().map_err(|_| wrong())).transpose()?;
        if fits && port != Some(0) { Ok(Self { host, port }) } else { Err(wrong()) }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            SubjectName::Ip(address) if address.is_ipv6() => write!(f, "https://[{address}]")?,
            host => write!(f, "https://{host}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_and_a_port_over_tls_are_taken() {
        for (text, expected) in [
            ("https://Sentinel.Example:8444", "https://sentinel.example:8444"),
            ("https://sentinel.example/", "https://sentinel.example"),
            ("https://192.0.2.7:1", "https://192.0.2.7:1"),
            ("https://[2001:db8::7]", "https://[2001:db8::7]"),
            ("https://[2001:db8::7]:8444", "https://[2001:db8::7]:8444"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), expected);
        }
        for wrong in [
            "",
            "https://",
            "http://a",
            "a:8444",
            "https://a:0",
            "https://a:65536",
            "https://a:",
            "https://a/b",
            "https://a?b",
            "https://user@a",
            "https://*.a",
            "https://::1",
            "https://[192.0.2.7]",
            "https://a:1:2",
            "https://a\n",
        ] {
            assert!(wrong.parse::<ServerUrl>().is_err(), "{wrong:?}");
        }
    }
}
