//! What may be held against anybody at all, whatever a list says.

use std::net::IpAddr;

use ipnet::IpNet;
use netsentinel_core::Indicator;

use crate::Scope;
use crate::scope::is_global_network;

/// The shortest prefix that a list may name within IPv4: more than a 256th of it is a mistake.
pub(super) const PREFIX_MIN_V4: u8 = 8;
/// The same within IPv6: providers have networks of /19 and longer.
pub(super) const PREFIX_MIN_V6: u8 = 16;
/// Bytes of a name at most, without a final dot (RFC 1035).
const NAME_BYTES_MAX: usize = 253;
/// Bytes of a part of a name at most (RFC 1035).
const LABEL_BYTES_MAX: usize = 63;
/// Names that end so are of a site or of nobody (RFC 6761, RFC 6762, RFC 8375, RFC 9476, and what systems
/// write into their hosts files).
const NOT_PUBLIC: [&str; 6] = ["arpa", "internal", "local", "localdomain", "localhost", "onion"];

/// Why something in a list does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// The line is longer than a line may be.
    TooLong,
    /// The line is not UTF-8.
    NotText,
    /// It is neither an address nor a network nor a name, or a field is missing.
    Malformed,
    /// An address or a network that is not, or not wholly, of hosts of the Internet.
    NotGlobal,
    /// A network that is too wide.
    TooWide,
    /// A name without a dot.
    SingleLabel,
    /// A name under which anybody may register or publish, such as `co.uk`.
    PublicSuffix,
    /// A host under which anybody may publish, such as `github.com`.
    Hosting,
    /// A name that no public DNS knows, such as `printer.local`.
    NotPublic,
    /// The configuration allows it.
    Allowed,
    /// The list itself is not sure of it.
    Unsure,
    /// A host that is a victim itself.
    Victim,
    /// The list says that it no longer, or not yet, counts.
    NotValidNow,
    /// A STIX pattern of another kind.
    OtherPattern,
}

impl Skip {
    /// How many there are.
    pub(super) const COUNT: usize = Self::OtherPattern as usize + 1;
    /// All of them, in order.
    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::TooLong,
        Self::NotText,
        Self::Malformed,
        Self::NotGlobal,
        Self::TooWide,
        Self::SingleLabel,
        Self::PublicSuffix,
        Self::Hosting,
        Self::NotPublic,
        Self::Allowed,
        Self::Unsure,
        Self::Victim,
        Self::NotValidNow,
        Self::OtherPattern,
    ];

    /// In a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "line too long",
            Self::NotText => "not UTF-8",
            Self::Malformed => "neither address, network nor domain",
            Self::NotGlobal => "not a global address",
            Self::TooWide => "network too wide",
            Self::SingleLabel => "name without a dot",
            Self::PublicSuffix => "public suffix",
            Self::Hosting => "hosting site",
            Self::NotPublic => "not a public name",
            Self::Allowed => "allowed by the configuration",
            Self::Unsure => "too little confidence",
            Self::Victim => "compromised site",
            Self::NotValidNow => "not valid now",
            Self::OtherPattern => "pattern of another kind",
        }
    }
}

/// What may be held against anybody: global addresses and networks of them that are not too wide, public
/// names below a public suffix, and nothing that the configuration allows.
#[derive(Clone, Debug)]
pub struct Screen {
    scope: Scope,
    /// Whether addresses of documentation count as global: for tests.
    #[cfg(test)]
    documentation: bool,
}

impl Screen {
    /// Screens what a list names; `scope` tells what the configuration allows.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            #[cfg(test)]
            documentation: false,
        }
    }

    /// Also takes addresses that documentation uses.
    #[cfg(test)]
    pub(crate) fn with_documentation(scope: Scope) -> Self {
        Self { scope, documentation: true }
    }

    /// The network, without the bits of hosts, if it may be held against anybody. An address of IPv4 that is
    /// written as one of IPv6 becomes one of IPv4.
    pub(super) fn network(&self, network: IpNet) -> Result<IpNet, Skip> {
        let network = match network {
            IpNet::V6(v6) if v6.prefix_len() == 128 => IpNet::from(v6.addr().to_canonical()),
            other => other.trunc(),
        };
        let narrowest = match network {
            IpNet::V4(_) => PREFIX_MIN_V4,
            IpNet::V6(_) => PREFIX_MIN_V6,
        };
        if network.prefix_len() < narrowest {
            return Err(Skip::TooWide);
        }
        if !is_global_network(network) && !self.is_let_through(network) {
            return Err(Skip::NotGlobal);
        }
        let alone = network.prefix_len() == network.max_prefix_len();
        if alone && self.scope.allows(Indicator::Ip(network.addr())) {
            return Err(Skip::Allowed);
        }
        Ok(network)
    }

    /// The name in lower case, written to `out`, if it may be held against anybody.
    pub(super) fn name<'o>(&self, name: &str, out: &'o mut String) -> Result<&'o str, Skip> {
        let name = name.strip_suffix('.').unwrap_or(name);
        if !is_host_name(name) {
            return Err(Skip::Malformed);
        }
        out.clear();
        out.push_str(name);
        out.make_ascii_lowercase();
        let Some((_, last)) = out.rsplit_once('.') else { return Err(Skip::SingleLabel) };
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Skip::Malformed);
        }
        if NOT_PUBLIC.contains(&last) {
            return Err(Skip::NotPublic);
        }
        if psl::suffix_str(out) == Some(out.as_str()) {
            return Err(Skip::PublicSuffix);
        }
        if self.scope.allows(Indicator::Domain(out)) {
            return Err(Skip::Allowed);
        }
        Ok(out)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests let documentation's addresses through")]
    const fn is_let_through(&self, _: IpNet) -> bool {
        false
    }

    #[cfg(test)]
    fn is_let_through(&self, network: IpNet) -> bool {
        self.documentation
            && match network.addr() {
                IpAddr::V4(ip) => ip.is_documentation(),
                IpAddr::V6(ip) => ip.segments().first_chunk() == Some(&[0x2001, 0xdb8]),
            }
    }
}

/// The address in `text`, alone or with a port: `192.0.2.7`, `192.0.2.7:443`, `[2001:db8::7]:443`.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    text.parse().ok().or_else(with_port).or_else(|| bare(text))
}

/// Whether `name` has the form of a host's: letters, digits, `-` and `_`.
fn is_host_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.split('.').all(|label| {
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use netsentinel_core::Site;
    use netsentinel_core::config::ReputationSettings;

    use super::*;

    fn screen() -> Screen {
        let site = Site::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Screen::new(Scope::new(&ReputationSettings::default(), &site))
    }

    #[test]
    fn names_that_anybody_may_be_under_do_not_count() {
        let mut out = String::new();
        let mut judge = |name: &str| screen().name(name, &mut out).map(str::to_owned);
        assert_eq!(judge("Bad.Example."), Ok("bad.example".into()));
        assert_eq!(judge("x.github.io"), Ok("x.github.io".into()));
        assert_eq!(judge("_dmarc.a-b.example"), Ok("_dmarc.a-b.example".into()));
        for (name, skip) in [
            ("co.uk", Skip::PublicSuffix),
            ("github.io", Skip::PublicSuffix),
            ("localhost", Skip::SingleLabel),
            ("localhost.localdomain", Skip::NotPublic),
            ("1.0.0.10.in-addr.arpa", Skip::NotPublic),
            ("1.2.3.4.5", Skip::Malformed),
            ("1.2.3", Skip::Malformed),
            ("-a.example", Skip::Malformed),
            ("a..example", Skip::Malformed),
            ("", Skip::Malformed),
            (".", Skip::Malformed),
            ("a b.example", Skip::Malformed),
            ("bücher.example", Skip::Malformed),
            ("\u{1b}[2J.example", Skip::Malformed),
        ] {
            assert_eq!(judge(name), Err(skip), "{name:?}");
        }
        assert_eq!(judge(&format!("{}.example", "a".repeat(64))), Err(Skip::Malformed));
        assert_eq!(judge(&format!("{}example", "a.".repeat(124))), Err(Skip::Malformed));
    }

    #[test]
    fn networks_that_are_wide_or_not_global_do_not_count() {
        let judge = |text: &str| screen().network(text.parse().unwrap()).map(|n| n.to_string());
        assert_eq!(judge("45.95.11.7/24"), Ok("45.95.11.0/24".into()));
        assert_eq!(judge("::ffff:45.95.11.7/128"), Ok("45.95.11.7/32".into()));
        for (text, skip) in [
            ("0.0.0.0/0", Skip::TooWide),
            ("44.0.0.0/7", Skip::TooWide),
            ("2000::/15", Skip::TooWide),
            ("10.9.9.9/32", Skip::NotGlobal),
            ("::ffff:10.0.0.1/128", Skip::NotGlobal),
            ("::/128", Skip::NotGlobal),
        ] {
            assert_eq!(judge(text), Err(skip), "{text}");
        }
    }

    #[test]
    fn an_address_may_come_with_a_port() {
        for text in ["192.0.2.7", "192.0.2.7:443"] {
            assert_eq!(address(text), Some([192, 0, 2, 7].into()));
        }
        for text in ["2001:db8::7", "[2001:db8::7]:443", "[2001:db8::7]"] {
            assert_eq!(address(text), "2001:db8::7".parse().ok());
        }
        for text in ["", "[", "192.0.2.7:99999", "192.0.2", "192.0.2.07", "[192.0.2.7"] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
