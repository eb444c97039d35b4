//! Keyed hashes of addresses and names.

use std::hash::{BuildHasher as _, Hasher as _};
use std::net::IpAddr;

use ahash::{AHasher, RandomState};

/// Bytes of a name at most, as DNS has it. A longer one is never looked up.
pub(super) const NAME_LEN_MAX: usize = 253;

/// What an indicator is found by.
///
/// The two halves come of different keys, so that sharing a bucket tells nothing of the fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Where to look: the low bits choose a bucket.
    pub(super) place: u64,
    /// What to look for.
    pub(super) print: u64,
}

/// The keys of the hashes, drawn when the process needs them first: nobody outside can prepare names or
/// addresses that fall together.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    place: RandomState,
    print: RandomState,
}

impl Keys {
    pub(super) fn address(&self, ip: IpAddr) -> Key {
        let mut hash = self.begin();
        match ip {
            IpAddr::V4(ip) => hash.each(|half| half.write_u32(ip.to_bits())),
            IpAddr::V6(ip) => hash.each(|half| half.write_u128(ip.to_bits())),
        }
        hash.key()
    }

    /// Hands over the keys of the parents of `name`, the shortest first, and answers that of `name` itself.
    /// One pass: each is the hash of the one before with one label more. The last label alone is no parent:
    /// nothing is said of all names below `com`. `None` for what is no name.
    pub(super) fn name(&self, name: &str, mut parent: impl FnMut(Key)) -> Option<Key> {
        if name.is_empty() || name.len() > NAME_LEN_MAX {
            return None;
        }
        let mut hash = self.begin();
        let mut rest = name.as_bytes();
        let mut labels = 0_u32;
        while let Some(dot) = rest.iter().rposition(|byte| *byte == b'.') {
            let (left, label) = rest.split_at(dot);
            hash.label(label.get(1..).unwrap_or_default());
            labels += 1;
            if labels > 1 {
                parent(hash.key());
            }
            rest = left;
        }
        hash.label(rest);
        Some(hash.key())
    }

    fn begin(&self) -> Halves {
        Halves { place: self.place.build_hasher(), print: self.print.build_hasher() }
    }
}

struct Halves {
    place: AHasher,
    print: AHasher,
}

impl Halves {
    fn each(&mut self, mut write: impl FnMut(&mut AHasher)) {
        write(&mut self.place);
        write(&mut self.print);
    }

    /// Its length goes into the hash too, so no two splits of a name are alike.
    fn label(&mut self, label: &[u8]) {
        self.each(|half| half.write(label));
    }

    fn key(&self) -> Key {
        Key { place: self.place.finish(), print: self.print.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parents(keys: &Keys, name: &str) -> (Vec<Key>, Option<Key>) {
        let mut parents = Vec::new();
        let own = keys.name(name, |parent| parents.push(parent));
        (parents, own)
    }

    #[test]
    fn a_name_leads_past_its_parents() {
        let keys = Keys::default();
        let key = |name| keys.name(name, |_| ()).unwrap();
        let (above, own) = parents(&keys, "a.b.bad.example");
        assert_eq!(above, [key("bad.example"), key("b.bad.example")]);
        assert_eq!(own, Some(key("a.b.bad.example")));
        assert_eq!(parents(&keys, "example").0, []);
        for (one, other) in
            [("ab.c", "a.bc"), ("a..b", "a.b"), ("abc", "a.bc"), (".example", "example")]
        {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_too_long_is_no_name() {
        let keys = Keys::default();
        let longest = ["a"; 127].join(".");
        let (above, own) = parents(&keys, &longest);
        assert_eq!((above.len(), own.is_some()), (125, true));
        assert_eq!(parents(&keys, &format!("{longest}.")), (vec![], None));
        assert_eq!(parents(&keys, ""), (vec![], None));
    }

    #[test]
    fn every_table_has_keys_of_its_own() {
        let ip = IpAddr::from([203, 0, 113, 7]);
        assert_ne!(Keys::default().address(ip), Keys::default().address(ip));
        let keys = Keys::default();
        let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0xcb00, 0x7107]);
        assert_ne!(keys.address(ip), keys.address(mapped));
        assert_ne!(keys.address(ip).place, keys.address(ip).print);
    }
}
