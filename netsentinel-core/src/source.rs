//! Where packets come from: the records of a capture, and the link types they may have.

use crate::{Block, Timestamp};

/// One captured packet, borrowed from the source that read it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Number of the packet in its capture, from 1, as tcpdump and Wireshark count.
    pub frame: u64,
    /// When it was captured.
    pub timestamp: Timestamp,
    /// What the first byte of `data` is the start of.
    pub link: LinkType,
    /// Length on the wire in bytes; `data` may be shorter when the capture was cut by a snap length.
    pub wire_len: u32,
    /// The bytes captured.
    pub data: &'a [u8],
    /// Name of the interface, where the capture tells it.
    pub interface: Option<&'a str>,
}

/// A stream of records: a capture file, a live interface, a generator.
pub trait Source {
    /// What can go wrong while reading.
    type Error;

    /// The next record, or `None` at the end.
    ///
    /// # Errors
    ///
    /// When the source can not be read any further; records returned before stay valid work.
    fn next_record(&mut self) -> Result<Option<Record<'_>>, Self::Error>;

    /// Puts the records that come next in the place of what `block` holds, at least one if there is
    /// one; tells whether there may be more behind them. Unless a source says otherwise, it copies them.
    ///
    /// # Errors
    ///
    /// When the source can not be read any further. The records before are in the block then, and are
    /// to be judged.
    fn fill(&mut self, block: &mut Block) -> Result<bool, Self::Error> {
        block.clear();
        while !block.is_full() {
            match self.next_record()? {
                Some(record) => block.push(&record),
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// A link-layer header type, numbered as in the [registry](https://www.tcpdump.org/linktypes.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet II and 802.3.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without HDLC framing.
    pub const PPP: Self = Self(9);
    /// Raw IP as BSD numbers it.
    pub const RAW_BSD: Self = Self(12);
    /// Raw IP as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// Raw IP; the first nibble tells the version.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}
