//! Which names are public.

use std::net::IpAddr;

use ahash::AHashSet;
use psl::Psl as _;

/// Characters of a name (RFC 1035), without the final dot.
const NAME_MAX: usize = 253;
/// Characters of a label.
const LABEL_MAX: usize = 63;

/// Names that mean something only within a site, or nothing at all: the registry of special-use names (RFC
/// 6761), what ICANN keeps free for private use, and what people use although nobody gave it to them.
const SPECIAL: [&str; 22] = [
    "alt",
    "arpa",
    "corp",
    "domain",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "home",
    "host",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
    "workgroup",
];

/// Domains, each with all names below it.
#[derive(Clone, Debug, Default)]
pub(super) struct NameSet(AHashSet<Box<str>>);

impl NameSet {
    /// These domains, however they are written: in capitals, with dots before or after, with `*.` before.
    pub(super) fn new(names: &[String]) -> Self {
        let plain = |name: &String| name.trim_matches(['.', '*', ' ']).to_ascii_lowercase();
        Self(names.iter().map(plain).filter(|name| !name.is_empty()).map(Into::into).collect())
    }

    /// Whether `name` or a domain that it lies below is one of them. Does not allocate.
    pub(super) fn holds(&self, name: &str) -> bool {
        !self.0.is_empty() && with_parents(name).any(|name| self.0.contains(name))
    }
}

/// The domain that was registered, where `name` is that or lies below it, and may be known in public; nothing
/// for a suffix itself, for a suffix that nobody knows, for special names, and for what is no name.
pub(super) fn registered(name: &str) -> Option<&str> {
    let plausible = name.len() <= NAME_MAX
        && name.split('.').all(|label| (1..=LABEL_MAX).contains(&label.len()))
        && name.parse::<IpAddr>().is_err();
    if !plausible || with_parents(name).any(|name| SPECIAL.contains(&name)) {
        return None;
    }
    let domain = psl::List.domain(name.as_bytes())?;
    if !domain.suffix().is_known() {
        return None;
    }
    str::from_utf8(domain.as_bytes()).ok().filter(|domain| is_host_name(domain))
}

/// Whether `name` is written as host names are: labels of small letters, digits and hyphens within. Names
/// below a registered domain are not always: `_dmarc`, and whatever a tunnel writes.
pub(super) fn is_host_name(name: &str) -> bool {
    name.split('.').all(|label| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=LABEL_MAX).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// `name`, and all that it lies below, the longest first.
fn with_parents(name: &str) -> impl Iterator<Item = &str> {
    let parents = name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..));
    std::iter::once(name).chain(parents)
}
