//! Where the server is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Longest name of a host, RFC 1035.
const HOST_LEN_MAX: usize = 253;

/// The address of a server's port for agents: a host and a port, always over TLS.
///
/// ```
/// use netsentinel_transport::ServerUrl;
///
/// let url = ServerUrl::parse("https://[2001:db8::1]", 8444)?;
/// assert_eq!((url.host(), url.port()), ("2001:db8::1", 8444));
/// assert_eq!(url.to_string(), "https://[2001:db8::1]:8444");
/// # Ok::<(), netsentinel_transport::InvalidServerUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    port: u16,
}

impl ServerUrl {
    /// Reads `https://HOST[:PORT]`; without a port `default_port` counts. A path other than `/`,
    /// a user or a query has no meaning here.
    ///
    /// # Errors
    ///
    /// When it is not of this form.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, InvalidServerUrl> {
        let invalid = |reason| InvalidServerUrl { reason };
        let rest = match text.trim().split_once("://") {
            Some(("https", rest)) => rest,
            Some(("http", _)) => {
                return Err(invalid("there is no connection without TLS: write https://"));
            }
            _ => return Err(invalid("it must begin with https://")),
        };
        let address = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match address.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) =
                    bracketed.split_once(']').ok_or_else(|| invalid("the ] is missing"))?;
                host.parse::<std::net::Ipv6Addr>()
                    .map_err(|_| invalid("no IPv6 address is between the brackets"))?;
                (host, after.strip_prefix(':').or(after.is_empty().then_some("")))
            }
            None => match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, Some("")),
            },
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        if host.is_empty() || host.len() > HOST_LEN_MAX || !host.bytes().all(plain) {
            return Err(invalid("its host is neither a name nor an address"));
        }
        let port = match port {
            Some("") => default_port,
            Some(port) => u16::from_str(port)
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| invalid("its port is no number from 1 to 65535"))?,
            None => return Err(invalid("a : must follow the ]")),
        };
        Ok(Self { host: host.into(), port })
    }

    /// The host, a name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host, where it is an address.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// `https://HOST:PORT`.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "https://[{}]:{}", self.host, self.port),
            false => write!(f, "https://{}:{}", self.host, self.port),
        }
    }
}

/// The text is no address of a server.
#[derive(Debug, thiserror::Error)]
#[error("not the address of a server: {reason}; expected https://HOST:PORT")]
pub struct InvalidServerUrl {
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read() {
        let shown = |text| ServerUrl::parse(text, 8444).unwrap().to_string();
        assert_eq!(shown("https://ids.example"), "https://ids.example:8444");
        assert_eq!(shown(" https://192.0.2.1:1/ "), "https://192.0.2.1:1");
        assert_eq!(shown("https://[::1]:9"), "https://[::1]:9");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let error = |text| ServerUrl::parse(text, 8444).unwrap_err().to_string();
        assert!(error("http://a").contains("no connection without TLS"));
        assert!(error("a:8444").contains("begin with https://"));
        assert!(error("https://").contains("neither a name nor an address"));
        assert!(error("https://a/b").contains("neither a name nor an address"));
        assert!(error("https://u@a").contains("neither a name nor an address"));
        assert!(error("https://a:0").contains("its port"));
        assert!(error("https://a:b").contains("its port"));
        assert!(error("https://[::1").contains("] is missing"));
        assert!(error("https://[x]").contains("IPv6"));
        assert!(error("https://[::1]9").contains("must follow"));
    }
}
