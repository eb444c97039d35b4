//! What can go wrong with live interfaces.

use std::fmt;
use std::io;

use netsentinel_core::LinkType;

/// Why nothing can be captured or sent.
///
/// The message is one sentence that says what to do; it already holds what the system said, so there
/// is no `source()` to print after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// No interface was named.
    #[error("no interface is named")]
    NoInterface,
    /// `any` was named together with others, whose packets would count twice.
    #[error("interface any holds all the others: name it alone, or leave it out")]
    AnyAndOthers,
    /// There is no such interface.
    #[error("{name}: no such interface; {}", There(there))]
    Missing {
        /// The name as given.
        name: String,
        /// The names of those that there are.
        there: Vec<String>,
    },
    /// The right to capture is missing.
    #[error(
        "{name}: not permitted ({reason}): run as root, or give the program the right by \
             `setcap cap_net_raw=ep PROGRAM` or `AmbientCapabilities=CAP_NET_RAW`; {}",
        There(there)
    )]
    Permission {
        /// The interface.
        name: String,
        /// What libpcap said.
        reason: String,
        /// The names of the interfaces that there are.
        there: Vec<String>,
    },
    /// The interface can not be opened.
    #[error("{name}: can not be opened: {reason}; {}", There(there))]
    Open {
        /// The interface.
        name: String,
        /// What libpcap said.
        reason: String,
        /// The names of the interfaces that there are.
        there: Vec<String>,
    },
    /// Packets of the interface start with something that is not decoded.
    #[error("{name}: packets of link type {} are not decoded", link.0)]
    LinkType {
        /// The interface.
        name: String,
        /// Its link type.
        link: LinkType,
    },
    /// The filter does not compile, or can not be installed.
    #[error("{name}: the filter \"{filter}\" can not be used: {reason}")]
    Filter {
        /// The interface that it was compiled for.
        name: String,
        /// The filter as given.
        filter: String,
        /// What libpcap said.
        reason: String,
    },
    /// The system does not share the interface among several rings.
    #[error("{name}: can not be shared among rings: {reason}; one ring will do")]
    FanOut {
        /// The interface.
        name: String,
        /// What the system said.
        reason: String,
    },
    /// A ring's thread could not be started.
    #[error("a thread for a ring can not be started: {0}")]
    Thread(io::Error),
    /// Waiting for packets failed.
    #[error("can not wait for packets: {0}")]
    Wait(io::Error),
    /// The interfaces can not be listed.
    #[error("the interfaces can not be listed: {0}")]
    List(String),
    /// There is no default route.
    #[error("there is no default route to choose the interface by: name one; {}", There(there))]
    NoDefault {
        /// The names of the interfaces that there are.
        there: Vec<String>,
    },
    /// A frame could not be sent.
    #[error("{name}: a frame of {len} bytes can not be sent: {reason}")]
    Send {
        /// The interface.
        name: String,
        /// Length of the frame in bytes.
        len: usize,
        /// What libpcap said.
        reason: String,
    },
}

/// Lists the interfaces that there are.
struct There<'a>(&'a [String]);

impl fmt::Display for There<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none can be listed"),
            names => write!(f, "there are {}", names.join(", ")),
        }
    }
}

/// What libpcap said, without the name of its interface, which our messages tell.
pub(super) fn plain(error: ::pcap::Error, interface: &str) -> String {
    let text = match error {
        ::pcap::Error::PcapError(text) => text,
        other => other.to_string(),
    };
    let text =
        text.strip_prefix(interface).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text);
    match text.trim_end() {
        "" => "libpcap does not say why; without promiscuous mode it may work".into(),
        text => netsentinel_core::text::shown(text).into_owned(),
    }
}

/// Whether libpcap said that a right is missing.
pub(super) fn is_permission(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["permission", "not permitted", "cap_net_raw"].iter().any(|sign| reason.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libpcap_says_is_told_once_and_safely() {
        let said = |text: &str| plain(::pcap::Error::PcapError(text.into()), "eth0");
        assert_eq!(said("eth0: That device is not up\n"), "That device is not up");
        assert_eq!(said("eth01: odd \u{1b}"), "eth01: odd \\x1b");
        assert!(said("").contains("promiscuous"));
    }

    #[test]
    fn missing_rights_are_known_by_what_libpcap_says() {
        assert!(is_permission("You don't have permission to capture on that device"));
        assert!(is_permission("socket: Operation not permitted"));
        assert!(!is_permission("No such device exists"));
    }

    #[test]
    fn messages_list_what_there_is() {
        let there = vec!["lo".to_owned(), "eth0".to_owned()];
        let error = LiveError::Missing { name: "eth7".into(), there };
        assert_eq!(error.to_string(), "eth7: no such interface; there are lo, eth0");
        let error = LiveError::NoDefault { there: Vec::new() };
        assert!(error.to_string().ends_with("name one; none can be listed"));
    }
}
