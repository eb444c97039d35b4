//! What addresses and domains are kept as.

use std::hash::{BuildHasher as _, Hasher as _};
use std::net::IpAddr;

use ahash::RandomState;

/// Labels of a domain name at most.
const LABELS_MAX: usize = 127;

/// Bytes of a label at most.
const LABEL_BYTES_MAX: usize = 63;

/// Bytes of a domain name at most.
const NAME_BYTES_MAX: usize = 253;

/// Parts of the table, chosen by the topmost bits of the hash.
pub(super) const SHARDS: usize = 256;

/// Bits of a fingerprint.
pub(super) const PRINT_BITS: u32 = 47;

/// What an address or a domain is kept as: 55 bits of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Below [`SHARDS`].
    pub(super) shard: usize,
    /// Never 0, which is what an empty slot holds.
    pub(super) print: u64,
}

impl Key {
    fn of(hash: u64) -> Self {
        let print = hash & ((1 << PRINT_BITS) - 1);
        Self { shard: (hash >> (64 - SHARDS.ilog2())) as usize, print: print.max(1) }
    }
}

/// The hashes, with keys that this set made up.
#[derive(Default)]
pub(super) struct Keys {
    v4: RandomState,
    v6: RandomState,
    names: RandomState,
}

impl Keys {
    /// The key of an address. Those that are mapped into IPv6 must have been taken out of it.
    pub(super) fn address(&self, address: IpAddr) -> Key {
        match address {
            IpAddr::V4(address) => Key::of(self.v4.hash_one(u32::from(address))),
            IpAddr::V6(address) => Key::of(self.v6.hash_one(u128::from(address))),
        }
    }

    /// The key of a domain that a list may hold: two labels or more, each of a length that a label can have.
    pub(super) fn domain(&self, name: &str) -> Option<Key> {
        let fits = |label: &[u8]| (1..=LABEL_BYTES_MAX).contains(&label.len());
        if name.len() > NAME_BYTES_MAX || !name.as_bytes().split(|byte| *byte == b'.').all(fits) {
            return None;
        }
        self.suffixes(name).last().map(|(_, key)| key)
    }

    /// The keys of all domains that `name` lies in, and its own, each with the place where it begins; the
    /// shortest first, single labels left out.
    pub(super) fn suffixes<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = (usize, Key)> + use<'n> {
        let bytes = name.as_bytes();
        let mut hasher = self.names.build_hasher();
        let mut next = bytes.len() + 1;
        let labels = bytes.rsplit(|byte| *byte == b'.').take(LABELS_MAX);
        let suffixes = labels.map_while(move |label| {
            let start = next - (label.len() + 1);
            if bytes.len() - start > NAME_BYTES_MAX {
                return None;
            }
            next = start;
            // The hash takes the length in, so labels do not run into one another.
            hasher.write(label);
            Some((start, Key::of(hasher.finish())))
        });
        suffixes.skip(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lies_in_all_its_parents() {
        let keys = Keys::default();
        let name = "a.b.bad.example";
        let suffixes: Vec<_> = keys.suffixes(name).collect();
        let texts: Vec<_> = suffixes.iter().map(|(start, _)| &name[*start..]).collect();
        assert_eq!(texts, ["bad.example", "b.bad.example", name]);
        for (start, key) in suffixes {
            assert_eq!(keys.domain(&name[start..]), Some(key));
        }
        assert_ne!(keys.domain("a.bc"), keys.domain("ab.c"));
        assert_ne!(keys.domain("a.bc"), Keys::default().domain("a.bc"), "each set has its keys");
    }

    #[test]
    fn a_list_can_not_hold_what_is_no_domain() {
        let keys = Keys::default();
        let long = "a".repeat(64);
        let endless = "a.".repeat(127) + "a";
        for name in ["", ".", "com", ".com", "a..com", "a.com.", &format!("{long}.com"), &endless] {
            assert_eq!(keys.domain(name), None, "{name}");
        }
        let longest = "a.".repeat(126) + "a";
        assert!(keys.domain(&longest).is_some());
        assert_eq!(keys.suffixes(&longest).count(), 126);
    }

    #[test]
    fn any_name_can_be_peeked_at() {
        let keys = Keys::default();
        assert_eq!(keys.suffixes("").count(), 0);
        assert_eq!(keys.suffixes(&".".repeat(100_000)).count(), 126);
        assert_eq!(keys.suffixes(&"a".repeat(100_000)).count(), 0);
        let below = "x".repeat(300) + ".bad.example";
        assert_eq!(keys.suffixes(&below).last().map(|(_, key)| key), keys.domain("bad.example"));
        assert_eq!(keys.suffixes("\u{fc}.\u{2028}.bad.example").count(), 3);
    }

    #[test]
    fn keys_spread() {
        let keys = Keys::default();
        let mut shards = vec![0_u32; SHARDS];
        for n in 0..100_000_u32 {
            let key = keys.address(std::net::Ipv4Addr::from(n).into());
            assert_ne!(key.print, 0);
            shards[key.shard] += 1;
        }
        let (least, most) = (shards.iter().min().unwrap(), shards.iter().max().unwrap());
        assert!(*least > 250 && *most < 550, "{least} to {most} of 390");
    }
}
