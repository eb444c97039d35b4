//! What names tell, worked out once: an answer repeats the name of its question, and most are asked for again.

use netsentinel_core::Usage;
use netsentinel_core::dns::Name;
use netsentinel_core::window::SketchPlace;

use crate::spelling::{Information, Spelling};

/// Names that are remembered: those between a question and its answer, and some more.
const NAMES: usize = 512;
/// Bytes by which a name's place is chosen; behind the first, names of one domain are the same.
const CHOSEN_BY: usize = 24;

/// The names seen last. Nothing depends on which they are but speed.
pub(super) struct Names {
    names: Box<[Remembered]>,
    information: Information,
}

/// A name as it stood in a message, and what it tells.
struct Remembered {
    wire: [u8; Name::MAX_WIRE_LEN],
    /// 0 where nothing is remembered.
    len: u8,
    /// Whether the name has a registered domain; without it, what is spelt is nothing.
    has_domain: bool,
    spelt: Spelt,
}

/// What a name tells.
pub(super) struct Spelt {
    /// How it is spelt.
    pub(super) spelling: Spelling,
    /// A fingerprint of the registered domain, the same in every process.
    pub(super) domain: u64,
    /// Characters before the registered domain.
    pub(super) below_len: usize,
    /// Whether it is an address, to be looked up in reverse.
    pub(super) is_reverse: bool,
    /// Where sketches note it.
    place: Option<SketchPlace>,
    /// The information in the characters before the registered domain, in bits; like what follows told only of
    /// names that can carry anything.
    pub(super) bits: u32,
    /// Whether it begins with an address, as lists of addresses are asked.
    pub(super) is_address_in_list: bool,
    /// Whether it is a public name with a domain put behind it.
    pub(super) is_suffixed: bool,
}

impl Names {
    /// No names.
    pub(super) fn new() -> Self {
        let nothing = || Remembered {
            wire: [0; Name::MAX_WIRE_LEN],
            len: 0,
            has_domain: false,
            spelt: Spelt::NOTHING,
        };
        let names = std::iter::repeat_with(nothing).take(NAMES).collect();
        Self { names, information: Information::new() }
    }

    /// What `name` tells; `None` for the root and single labels.
    pub(super) fn tell(&mut self, name: &Name<'_>) -> Option<&Spelt> {
        // A name in pieces is none that anybody asks for; the place of the empty one is for it.
        let wire = name.wire().unwrap_or_default();
        let at = place(wire);
        let known = self.names.get(at).is_some_and(|known| known.is(wire));
        let place = self.names.get_mut(at)?;
        if !known {
            place.learn(name, wire, &self.information);
        }
        place.has_domain.then_some(&place.spelt)
    }

    pub(super) fn usage(&self) -> Usage {
        let keys = self.names.iter().filter(|name| name.len > 0).count();
        let bytes = size_of_val(&*self.names);
        Usage { keys, max_keys: NAMES, evictions: 0, bytes }
    }
}

impl Remembered {
    fn is(&self, wire: &[u8]) -> bool {
        self.len > 0 && self.wire.get(..usize::from(self.len)) == Some(wire)
    }

    fn learn(&mut self, name: &Name<'_>, wire: &[u8], information: &Information) {
        self.len = 0;
        if let Some(place) = self.wire.get_mut(..wire.len()) {
            place.copy_from_slice(wire);
            self.len = u8::try_from(wire.len()).unwrap_or(0);
        }
        self.has_domain = self.spelt.spelling.read(name);
        if self.has_domain {
            self.spelt.weigh(information);
        }
    }
}

impl Spelt {
    const NOTHING: Self = Self {
        spelling: Spelling::EMPTY,
        domain: 0,
        below_len: 0,
        is_reverse: false,
        place: None,
        bits: 0,
        is_address_in_list: false,
        is_suffixed: false,
    };

    /// Whether it can carry anything: shorter names below a domain, such as `www`, and addresses can not.
    pub(super) const fn carries(&self) -> bool {
        const CARRIES_LEN: usize = 4;
        self.below_len >= CARRIES_LEN && !self.is_reverse
    }

    /// Where sketches note it.
    pub(super) fn place(&self) -> SketchPlace {
        self.place.unwrap_or_else(|| SketchPlace::of(&self.spelling.hash()))
    }

    /// Works out what the name tells.
    fn weigh(&mut self, information: &Information) {
        let spelling = &self.spelling;
        self.domain = spelling.domain_hash();
        self.below_len = spelling.below().len();
        self.is_reverse = spelling.is_reverse();
        self.place = None;
        if self.carries() {
            self.place = Some(SketchPlace::of(&spelling.hash()));
            self.bits = information.bits(spelling.below());
            self.is_address_in_list = spelling.is_address_in_list();
            self.is_suffixed = spelling.is_suffixed();
        }
    }
}

/// By multiplication of what the name begins with: who makes names that fall together gains nothing by it.
fn place(wire: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let start = wire.get(..CHOSEN_BY).unwrap_or(wire);
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let (chunks, rest) = start.as_chunks::<8>();
    let all = chunks.iter().fold(word(rest), |hash, chunk| {
        (hash.rotate_left(29) ^ u64::from_le_bytes(*chunk)).wrapping_mul(FACTOR)
    });
    (all.wrapping_mul(FACTOR) >> (u64::BITS - NAMES.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_same_when_it_is_remembered() {
        let mut names = Names::new();
        for _ in 0..3 {
            for n in 0..1_000_u32 {
                let label = format!("host{n}");
                let wire =
                    [&[label.len() as u8], label.as_bytes(), b"\x07Example\x03org\0"].concat();
                let (name, _) = Name::parse(&wire, 0).unwrap();
                let spelt = names.tell(&name).unwrap();
                assert_eq!(spelt.spelling.whole(), format!("{label}.example.org").as_bytes());
                assert_eq!(spelt.below_len, label.len());
            }
        }
        assert!(names.usage().keys > NAMES / 2 && names.usage().keys <= NAMES);
    }

    #[test]
    fn names_in_pieces_and_without_a_domain_are_told_apart() {
        let mut names = Names::new();
        let bytes = b"\x07example\x03org\0\x03www\xc0\0\x03ftp\xc0\0";
        for (at, below) in [(13, 3), (19, 3), (0, 0)] {
            let (name, _) = Name::parse(bytes, at).unwrap();
            assert_eq!(names.tell(&name).unwrap().below_len, below);
        }
        let (root, _) = Name::parse(b"\0", 0).unwrap();
        assert!(names.tell(&root).is_none());
    }
}
