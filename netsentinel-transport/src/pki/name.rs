//! The names that a server's certificate is valid for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Longest name there is in the DNS, without the last dot.
const DNS_NAME_MAX: usize = 253;
/// Longest part between two dots.
const LABEL_MAX: usize = 63;

/// A name or an address that a server is reached by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectName {
    /// A host's name, in lower case, or a wildcard such as `*.example.com`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl FromStr for SubjectName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Ip(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let host = name.strip_prefix("*.").unwrap_or(&name);
        if !host.is_empty() && name.len() <= DNS_NAME_MAX && host.split('.').all(is_label) {
            // Four numbers that are no address were meant to be one.
            if !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
                return Ok(Self::Dns(name));
            }
        }
        Err(InvalidName)
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// The underscore is no letter of the DNS, but machines do bear it.
fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty()
        && label.len() <= LABEL_MAX
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The text is neither a host's name nor an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a host's name such as sentinel.example.com or an address such as 192.0.2.7; write \
     letters beyond ASCII in Punycode"
)]
pub struct InvalidName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart() {
        let read = |text: &str| text.parse::<SubjectName>().map(|name| name.to_string());
        for (text, name) in [
            ("Sentinel.Example.", "sentinel.example"),
            ("my_host", "my_host"),
            ("*.example.com", "*.example.com"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:DB8::7", "2001:db8::7"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(name), "{text}");
        }
        let long = format!("{}.example", "a".repeat(64));
        let longer = "a.".repeat(128);
        for wrong in [
            "",
            ".",
            "*",
            "*.",
            "a..b",
            "-a",
            "a-",
            "a b",
            "a/b",
            "a\nb",
            "münchen",
            "10.0.0.256",
            "a.*.b",
            "https://a",
            "a:8443",
            "[a]",
            "fe80::1%eth0",
            &long,
            &longer,
        ] {
            assert_eq!(read(wrong), Err(InvalidName), "{wrong}");
        }
    }
}
