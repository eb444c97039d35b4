//! Puts fragmented IP datagrams together again, in bounded memory.
//!
//! A datagram's bytes are kept in blocks of [`BLOCK_LEN`] taken from a pool made at start. Where
//! pieces overlap, the first to arrive wins; overlaps are counted, since hardly anything but an
//! attack makes them. When the table or the pool is full, datagrams idle the longest are given up.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Serialize;

use crate::window::BoundedMap;
use crate::{Fragment, Interest, Ip, Timestamp, Usage};

/// Datagrams in reassembly at once.
pub(super) const DATAGRAMS_MAX: usize = 1_024;
/// Pieces of one datagram; 65,535 bytes over the smallest MTU of IPv4 (68) would take 1,366.
const FRAGMENTS_MAX: u16 = 1_400;
/// Blocks for all datagrams together: 4 MiB.
pub(super) const BLOCKS_MAX: usize = 8_192;
/// Bytes in a block.
const BLOCK_LEN: usize = 512;
/// How long a datagram may take (RFC 8200 allows 60 s, Linux 30 s).
const TIMEOUT: Duration = Duration::from_secs(30);

const DATAGRAM_LEN_MAX: usize = 65_535;
pub(super) const BLOCKS_PER_DATAGRAM: usize = DATAGRAM_LEN_MAX.div_ceil(BLOCK_LEN);
/// Fragment offsets count in units of eight bytes.
const UNIT: usize = 8;
const NO_BLOCK: u16 = u16::MAX;

/// What became of fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FragmentCounters {
    /// Fragments seen.
    pub seen: u64,
    /// Datagrams put together.
    pub reassembled: u64,
    /// Fragments that overlapped what was there already.
    pub overlapping: u64,
    /// Fragments whose offset, length or end can not be.
    pub impossible: u64,
    /// Fragments beyond 1,400 of one datagram.
    pub too_many: u64,
    /// Datagrams that took longer than 30 s.
    pub timed_out: u64,
    /// Datagrams given up for newer ones.
    pub given_up: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    id: u32,
}

struct Datagram {
    blocks: [u16; BLOCKS_PER_DATAGRAM],
    fragments: u16,
    units: u16,
    /// Length of the whole, once the last piece has told it.
    len: Option<u16>,
    /// Where the piece that reaches furthest ends.
    reach: u16,
    /// When its first piece came.
    since: Timestamp,
    /// Kinds under which the first fragment has been judged already.
    judged: Interest,
}

/// Datagrams of which pieces are missing.
pub(crate) struct Reassembly {
    datagrams: BoundedMap<Key, Datagram>,
    blocks: Vec<[u8; BLOCK_LEN]>,
    /// One bit for each unit of a block that has arrived.
    filled: Vec<u64>,
    free: Vec<u16>,
    whole: Vec<u8>,
    pub(crate) counters: FragmentCounters,
}

/// A datagram that is whole again.
pub(crate) struct Reassembled<'a> {
    pub(crate) payload: &'a [u8],
    /// Kinds under which its first fragment has been judged already.
    pub(crate) judged: Interest,
}

impl Reassembly {
    /// Room for so many datagrams ([`DATAGRAMS_MAX`]) and blocks ([`BLOCKS_MAX`]) at most.
    pub(crate) fn new(datagrams: NonZeroUsize, blocks: usize) -> Self {
        let blocks = blocks.min(BLOCKS_MAX);
        Self {
            datagrams: BoundedMap::new(datagrams, TIMEOUT),
            // Zeros, so that memory becomes resident only where fragments come.
            blocks: vec![[0; BLOCK_LEN]; blocks],
            filled: vec![0; blocks],
            free: (0..blocks as u16).rev().collect(),
            whole: vec![0; BLOCKS_PER_DATAGRAM * BLOCK_LEN],
            counters: FragmentCounters::default(),
        }
    }

    /// Takes one fragment, judged already as `judged`; gives the payload of the datagram when this
    /// was the last piece missing.
    pub(crate) fn add(
        &mut self,
        ip: &Ip<'_>,
        fragment: &Fragment<'_>,
        judged: Interest,
        now: Timestamp,
    ) -> Option<Reassembled<'_>> {
        self.counters.seen += 1;
        self.expire(now);
        let data = whole_units(fragment);
        let end = usize::from(fragment.offset) + data.len();
        if data.is_empty() || end > DATAGRAM_LEN_MAX {
            self.counters.impossible += 1;
            return None;
        }
        let (source, destination) = (ip.source, ip.destination);
        let key = Key { source, destination, protocol: ip.protocol, id: fragment.id };
        self.admit(key, now);
        if !self.place(&key, fragment, data, end, judged, now) {
            return None;
        }
        let datagram = self.datagrams.remove(&key)?;
        let len = usize::from(datagram.len.unwrap_or(0));
        for (n, &block) in datagram.blocks.iter().enumerate().take(len.div_ceil(BLOCK_LEN)) {
            if let Some(block) = self.blocks.get(usize::from(block)) {
                self.whole[n * BLOCK_LEN..(n + 1) * BLOCK_LEN].copy_from_slice(block);
            }
        }
        self.release(&datagram);
        self.counters.reassembled += 1;
        Some(Reassembled { payload: &self.whole[..len], judged: datagram.judged })
    }

    /// Gives up what has taken too long.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        while let Some((_, datagram)) = self.datagrams.pop_idle(now) {
            self.counters.timed_out += 1;
            self.release(&datagram);
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let blocks = self.blocks.as_flattened().len() + size_of_val(&*self.filled);
        let usage = self.datagrams.usage();
        Usage { bytes: usage.bytes + blocks + self.whole.len(), ..usage }
    }

    /// Makes sure that `key` has an entry that is not too old.
    fn admit(&mut self, key: Key, now: Timestamp) {
        let timeout = u64::try_from(TIMEOUT.as_nanos()).unwrap_or(u64::MAX);
        match self.datagrams.touch(&key, now) {
            Some(datagram) if now.nanos_since(datagram.since) <= timeout => return,
            Some(_) => {
                self.counters.timed_out += 1;
                if let Some(old) = self.datagrams.remove(&key) {
                    self.release(&old);
                }
            }
            None => {}
        }
        let fresh = Datagram {
            blocks: [NO_BLOCK; BLOCKS_PER_DATAGRAM],
            fragments: 0,
            units: 0,
            len: None,
            reach: 0,
            since: now,
            judged: Interest::empty(),
        };
        if let Some((_, old)) = self.datagrams.entry(key, now, || fresh).evicted {
            self.counters.given_up += 1;
            self.release(&old);
        }
    }

    /// Puts a piece where it belongs; whether the datagram is whole now.
    fn place(
        &mut self,
        key: &Key,
        fragment: &Fragment<'_>,
        data: &[u8],
        end: usize,
        judged: Interest,
        now: Timestamp,
    ) -> bool {
        let first = usize::from(fragment.offset) / BLOCK_LEN;
        for n in first..end.div_ceil(BLOCK_LEN) {
            if !self.ensure_block(key, n, now) {
                return false;
            }
        }
        let Some(datagram) = self.datagrams.touch(key, now) else { return false };
        datagram.fragments += 1;
        if datagram.fragments > FRAGMENTS_MAX {
            datagram.fragments = FRAGMENTS_MAX;
            self.counters.too_many += 1;
            return false;
        }
        let end = end as u16;
        let beyond = datagram.len.is_some_and(|len| end > len || (!fragment.more && end != len));
        if beyond || (!fragment.more && datagram.reach > end) {
            self.counters.impossible += 1;
            return false;
        }
        datagram.judged |= judged;
        datagram.reach = datagram.reach.max(end);
        if !fragment.more {
            datagram.len = Some(end);
        }
        let mut overlaps = false;
        for (n, unit) in data.chunks(UNIT).enumerate() {
            let at = usize::from(fragment.offset) + n * UNIT;
            let block = usize::from(datagram.blocks[at / BLOCK_LEN]);
            let bit = 1 << (at % BLOCK_LEN / UNIT);
            if self.filled[block] & bit != 0 {
                overlaps = true;
                continue;
            }
            self.filled[block] |= bit;
            datagram.units += 1;
            self.blocks[block][at % BLOCK_LEN..][..unit.len()].copy_from_slice(unit);
        }
        self.counters.overlapping += u64::from(overlaps);
        datagram
            .len
            .is_some_and(|len| usize::from(datagram.units) == usize::from(len).div_ceil(UNIT))
    }

    /// Gives the datagram its `n`-th block, at the cost of the datagram idle the longest if need be.
    fn ensure_block(&mut self, key: &Key, n: usize, now: Timestamp) -> bool {
        let Some(datagram) = self.datagrams.touch(key, now) else { return false };
        if datagram.blocks[n] != NO_BLOCK {
            return true;
        }
        while self.free.is_empty() {
            let Some((oldest, old)) = self.datagrams.pop_oldest() else { return false };
            self.counters.given_up += 1;
            self.release(&old);
            if oldest == *key {
                return false;
            }
        }
        let Some(datagram) = self.datagrams.touch(key, now) else { return false };
        let Some(block) = self.free.pop() else { return false };
        datagram.blocks[n] = block;
        true
    }

    fn release(&mut self, datagram: &Datagram) {
        for &block in datagram.blocks.iter().filter(|block| **block != NO_BLOCK) {
            self.filled[usize::from(block)] = 0;
            self.free.push(block);
        }
    }
}

/// The piece without what is left over at its end: all pieces but the last are whole units.
fn whole_units<'a>(fragment: &Fragment<'a>) -> &'a [u8] {
    let len = fragment.data.len();
    if fragment.more { &fragment.data[..len - len % UNIT] } else { fragment.data }
}

#[cfg(test)]
mod tests;
