//! How a name is spelt: where the registered domain begins, and what the names below it look like.

use std::hash::{DefaultHasher, Hasher as _};

use netsentinel_core::dns::Name;
use psl::{List, Psl as _, Type};

/// Labels that stand for no host but a convention (RFC 2782, RFC 8552) begin with this.
const UNDERSCORE: u8 = b'_';
/// Consonants in a row that hardly any word has.
const CONSONANTS_MAX: u32 = 4;
/// Changes between letters and digits that hardly any word has.
const SWITCHES_MAX: u32 = 4;
/// Shorter labels tell nothing of how they were made.
const JUDGED_LEN: usize = 7;
/// A label longer than this, and of many different characters, is no word.
const WORD_LEN_MAX: usize = 32;

/// A name in lower case, split where the registered domain begins.
#[derive(Clone)]
pub(crate) struct Spelling {
    bytes: [u8; Name::MAX_WIRE_LEN],
    len: usize,
    /// Where the registered domain begins.
    domain: usize,
    /// Whether its suffix is one that a registry of the public Internet runs.
    public: bool,
}

impl Spelling {
    /// That of no name.
    pub(crate) const EMPTY: Self =
        Self { bytes: [0; Name::MAX_WIRE_LEN], len: 0, domain: 0, public: false };

    /// Reads `name`, whatever bytes it is made of; `None` for the root and single labels.
    pub(crate) fn of(name: &Name<'_>) -> Option<Self> {
        let mut spelling = Self::EMPTY;
        spelling.read(name).then_some(spelling)
    }

    /// Becomes that of `name`; tells whether there is one.
    pub(crate) fn read(&mut self, name: &Name<'_>) -> bool {
        self.copy(name).and_then(|()| self.split()).is_some()
    }

    fn copy(&mut self, name: &Name<'_>) -> Option<()> {
        self.len = 0;
        if let Some([_, text @ .., _]) = name.wire() {
            // In one piece: dots take the places of the labels' lengths.
            self.bytes.get_mut(..text.len())?.copy_from_slice(text);
            self.bytes.get_mut(..text.len())?.make_ascii_lowercase();
            let mut dot = name.wire()?.first().copied().map_or(0, usize::from);
            while let Some(length) = self.bytes.get_mut(..text.len())?.get_mut(dot) {
                dot += 1 + usize::from(std::mem::replace(length, b'.'));
            }
            self.len = text.len();
            return Some(());
        }
        for label in name.labels() {
            if self.len > 0 {
                *self.bytes.get_mut(self.len)? = b'.';
                self.len += 1;
            }
            let place = self.bytes.get_mut(self.len..self.len + label.len())?;
            place.copy_from_slice(label);
            place.make_ascii_lowercase();
            self.len += label.len();
        }
        Some(())
    }

    fn split(&mut self) -> Option<()> {
        let domain = List.domain(self.bytes.get(..self.len)?)?;
        let suffix = domain.suffix();
        let (at, public) =
            (self.len.checked_sub(domain.as_bytes().len())?, suffix.typ() == Some(Type::Icann));
        (self.domain, self.public) = (at, public);
        Some(())
    }

    /// All of it.
    pub(crate) fn whole(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The registered domain.
    pub(crate) fn domain(&self) -> &[u8] {
        self.bytes.get(self.domain..self.len).unwrap_or_default()
    }

    /// The registered domain, if it is spelt as host names are.
    pub(crate) fn domain_text(&self) -> Option<&str> {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let text = std::str::from_utf8(self.domain()).ok()?;
        text.as_bytes().iter().all(plain).then_some(text)
    }

    /// What stands before the registered domain, without the dot between.
    pub(crate) fn below(&self) -> &[u8] {
        self.bytes.get(..self.domain.saturating_sub(1)).unwrap_or_default()
    }

    /// A fingerprint of the registered domain, the same in every process.
    pub(crate) fn domain_hash(&self) -> u64 {
        hash(self.domain())
    }

    /// A fingerprint of the whole name, the same in every process.
    pub(crate) fn hash(&self) -> u64 {
        hash(self.whole())
    }

    /// Whether a registry of the public Internet runs the suffix.
    pub(crate) const fn is_public(&self) -> bool {
        self.public
    }

    /// Whether it is an address written as a name, to be looked up in reverse.
    pub(crate) fn is_reverse(&self) -> bool {
        let zones = [&b".in-addr.arpa"[..], b".ip6.arpa", b".ip6.int"];
        let whole = self.whole();
        // Most names end otherwise.
        (whole.ends_with(b"arpa") || whole.ends_with(b"int"))
            && zones.iter().any(|zone| {
                whole
                    .strip_suffix(*zone)
                    .is_some_and(|address| address.split(|b| *b == b'.').all(octet_or_nibble))
            })
    }

    /// Whether the name begins with an address, as those that are looked up in lists of addresses do
    /// (RFC 5782): four octets, or 32 nibbles.
    pub(crate) fn is_address_in_list(&self) -> bool {
        let numbers = self.below().split(|b| *b == b'.').take_while(|l| octet_or_nibble(l)).count();
        numbers == 4 || numbers >= 32
    }

    /// Whether a label stands for a service or a convention, not for a host.
    pub(crate) fn is_service(&self) -> bool {
        let mut labels = self.below().split(|b| *b == b'.');
        labels.any(|label| label.first() == Some(&UNDERSCORE))
            && self.below().split(|b| *b == b'.').all(|label| label.len() <= 40)
    }

    /// Whether what stands below the domain begins with a name of the public Internet: the rest was put
    /// behind it as a search list tells.
    pub(crate) fn is_suffixed(&self) -> bool {
        /// Labels that a site has between its hosts and its domain.
        const SITE_LABELS: usize = 3;
        let mut name = self.below();
        for _ in 0..=SITE_LABELS {
            if !name.contains(&b'.') {
                return false;
            }
            if List.suffix(name).is_some_and(|suffix| suffix.typ() == Some(Type::Icann)) {
                return true;
            }
            let dot = name.iter().rposition(|b| *b == b'.').unwrap_or_default();
            name = name.get(..dot).unwrap_or_default();
        }
        false
    }

    /// Whether a label below the domain looks like data that was encoded.
    pub(crate) fn is_encoded(&self) -> bool {
        is_encoded(self.below())
    }

    /// Whether the label that was registered looks computed, not chosen.
    pub(crate) fn is_computed(&self) -> bool {
        self.domain().split(|b| *b == b'.').next().is_some_and(is_jumbled)
    }
}

/// Whether a label of `names` looks like data that was encoded.
pub(crate) fn is_encoded(names: &[u8]) -> bool {
    names.split(|b| *b == b'.').any(|label| {
        let host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        !label.iter().all(host)
            || label.len() > WORD_LEN_MAX && !label.contains(&b'-')
            || label.len() >= 16 && is_jumbled(label)
    })
}

fn octet_or_nibble(label: &[u8]) -> bool {
    match label {
        [nibble] => nibble.is_ascii_hexdigit(),
        _ => matches!(label.len(), 2 | 3) && label.iter().all(u8::is_ascii_digit),
    }
}

/// Whether a label can hardly be pronounced: many consonants in a row, or letters and digits mixed.
fn is_jumbled(label: &[u8]) -> bool {
    let (mut run, mut longest, mut switches) = (0, 0, 0);
    let mut before = None;
    for byte in label {
        let digit = byte.is_ascii_digit();
        let consonant = byte.is_ascii_alphabetic()
            && !matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        run = if consonant { run + 1 } else { 0 };
        longest = longest.max(run);
        if before.is_some_and(|before| before != digit) {
            switches += 1;
        }
        before = byte.is_ascii_alphanumeric().then_some(digit);
    }
    label.len() >= JUDGED_LEN && (longest >= CONSONANTS_MAX || switches >= SWITCHES_MAX)
}

/// SipHash with a key of zeros.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What names hold, in bits.
pub(crate) struct Information {
    /// `n log₂ n` in 1/256 bits for every `n` up to the length of a name.
    logs: Box<[u32]>,
}

impl Information {
    pub(crate) fn new() -> Self {
        let log = |n: usize| match n {
            0 => 0,
            _ => (n as f64 * (n as f64).log2() * 256.0).round() as u32,
        };
        Self { logs: (0..=Name::MAX_WIRE_LEN).map(log).collect() }
    }

    /// The entropy of the characters of `text` by their frequencies, times their number, in whole bits. Dots do not
    /// count.
    pub(crate) fn bits(&self, text: &[u8]) -> u32 {
        let mut counts = [0_u8; 256];
        let log = |n: usize| self.logs.get(n).copied().unwrap_or_default();
        let (mut total, mut spent) = (0, 0);
        for byte in text.iter().filter(|byte| **byte != b'.') {
            let Some(count) = counts.get_mut(usize::from(*byte)) else { continue };
            // The sum of the characters' shares, one occurrence after the other.
            let before = usize::from(*count);
            *count = count.saturating_add(1);
            spent += log(usize::from(*count)) - log(before);
            total += 1;
        }
        log(total).saturating_sub(spent) / 256
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::dns::Message;

    use super::*;

    /// The name as it comes in a message.
    fn spelt(name: &str) -> Spelling {
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            bytes.push(label.len() as u8);
            bytes.extend(label.bytes());
        }
        bytes.extend([0, 0, 1, 0, 1]);
        let question = Message::parse(&bytes).unwrap().questions().next().unwrap();
        Spelling::of(&question.name).unwrap()
    }

    #[test]
    fn the_registered_domain_is_told_with_private_suffixes() {
        for (name, domain, below) in [
            ("A.b.Example.co.uk", "example.co.uk", "a.b"),
            (
                "ec2-1-2-3-4.eu-central-1.compute.amazonaws.com",
                "ec2-1-2-3-4.eu-central-1.compute.amazonaws.com",
                "",
            ),
            ("x.y.pirate.sea", "pirate.sea", "x.y"),
            ("example.com", "example.com", ""),
        ] {
            let name = spelt(name);
            assert_eq!((name.domain(), name.below()), (domain.as_bytes(), below.as_bytes()));
        }
    }

    #[test]
    fn names_are_told_by_what_they_are() {
        assert!(spelt("4.3.2.1.in-addr.arpa").is_reverse());
        assert!(spelt("a.e.9.6.7.0.e.f.f.f.7.9.ip6.int").is_reverse());
        assert!(!spelt("c2f.data.in-addr.arpa").is_reverse());
        assert!(spelt("4.3.2.1.list.example.org").is_address_in_list());
        assert!(!spelt("4.3.2.1.5.list.example.org").is_address_in_list());
        assert!(spelt("_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.a.local").is_service());
        assert!(spelt("www.example.org.emea.corp.example.net").is_suffixed());
        assert!(!spelt("www.emea.corp.example.net").is_suffixed());
    }

    #[test]
    fn encoded_labels_are_told_from_words() {
        for encoded in [
            "mrxhg5dboaxgg33omyxhi6dupqytg.evil.org",
            "7cd501a621c362010a1f.evil.org",
            "paaaaa=.evil.org",
            "abcdefabcdefabcdefabcdefabcdefabcdef.evil.org",
        ] {
            assert!(spelt(encoded).is_encoded(), "{encoded}");
        }
        for plain in
            ["default-first-site-name.a.org", "images.static.a.org", "optimizationguide-pa.a.org"]
        {
            assert!(!spelt(plain).is_encoded(), "{plain}");
        }
    }

    #[test]
    fn computed_domains_are_told_from_chosen_ones() {
        let count = |names: &[&str]| names.iter().filter(|name| spelt(name).is_computed()).count();
        let computed = [
            "shjlvsomcfasc.com",
            "xbmzdkexzumry.com",
            "xqcuxrdsfdxf.com",
            "a1b2c3d4e5.net",
            "qnkhwxbicujii.net",
        ];
        assert_eq!(count(&computed), computed.len());
        assert_eq!(
            count(&[
                "wikipedia.org",
                "microsoft.com",
                "stackexchange.com",
                "office365.com",
                "bbc.co.uk"
            ]),
            0
        );
    }

    #[test]
    fn information_is_entropy_times_length() {
        let information = Information::new();
        assert_eq!(
            ["", "aaaa", "abcd", "ab.cd"].map(|text| information.bits(text.as_bytes())),
            [0, 0, 8, 8]
        );
        assert_eq!(information.bits(&[b'x'; 253]), 0);
    }
}
