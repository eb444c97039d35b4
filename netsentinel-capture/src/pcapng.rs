//! The pcapng format: sections of blocks, each with its own byte order and interfaces.

use pcap_parser::{
    BOM_MAGIC, CB_MAGIC, DCB_MAGIC, DSB_MAGIC, EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, NRB_MAGIC,
    PIB_MAGIC, SHB_MAGIC, SJE_MAGIC, SPB_MAGIC, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_sectionheaderblock,
};

use netsentinel_core::Timestamp;

use crate::buffer::Buffer;
use crate::capture::Packet;
use crate::interface::Interface;
use crate::stop::Stop;
use crate::{MAX_INTERFACES, MAX_RECORD};

/// The Packet Block that Enhanced Packet Blocks replaced.
const OBSOLETE_PACKET_MAGIC: u32 = 2;

/// Type, length, and the length again behind the body.
const MIN_BLOCK: usize = 12;

/// What a pcapng file held that was stepped over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Blocks of types that are not known; those that are known to hold no packets do not count.
    pub unknown_blocks: u64,
    /// Packets of interfaces that their section does not declare: their link type is not known.
    pub undeclared_interface: u64,
    /// Interfaces above [`MAX_INTERFACES`] in one section; their packets count as undeclared.
    pub interfaces: u64,
}

/// Reads the packets of a pcapng file.
///
/// Packet blocks are read in place: the parser's own functions collect the options of every packet
/// in a vector.
pub(crate) struct PcapNg {
    big_endian: bool,
    interfaces: Vec<Interface>,
    skipped: Skipped,
}

/// A whole block, at the start of the buffer's unread bytes.
struct Block {
    kind: u32,
    /// Its length, rounded up to the four bytes that blocks are aligned to.
    len: usize,
}

/// Where a packet block keeps what.
struct Fields {
    interface: usize,
    timestamp: Option<(u32, u32)>,
    captured: u32,
    wire_len: u32,
    /// Where the packet begins in its block.
    data: usize,
}

impl PcapNg {
    /// Whether a capture that starts with `magic` is a pcapng file.
    pub(crate) fn detect(magic: [u8; 4]) -> bool {
        magic == SHB_MAGIC.to_be_bytes()
    }

    /// Reads the header of the first section.
    pub(crate) fn open(buffer: &mut Buffer) -> Result<Self, Stop> {
        let mut this =
            Self { big_endian: false, interfaces: Vec::new(), skipped: Skipped::default() };
        match this.block(buffer)? {
            Some(block) => this.section(buffer, &block)?,
            None => return Err(Stop::CutShort),
        }
        Ok(this)
    }

    pub(crate) fn skipped(&self) -> Skipped {
        self.skipped
    }

    pub(crate) fn interface_name(&self, interface: usize) -> Option<&str> {
        self.interfaces.get(interface)?.name.as_deref()
    }

    /// The next packet, or `None` at the end.
    pub(crate) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Packet>, Stop> {
        if let Some(packet) = self.usual(buffer) {
            return Ok(Some(packet));
        }
        while let Some(block) = self.block(buffer)? {
            match block.kind {
                EPB_MAGIC | SPB_MAGIC | OBSOLETE_PACKET_MAGIC => {
                    if let Some(packet) = self.packet(buffer, &block)? {
                        return Ok(Some(packet));
                    }
                }
                SHB_MAGIC => self.section(buffer, &block)?,
                IDB_MAGIC => self.interface(buffer, &block)?,
                NRB_MAGIC | ISB_MAGIC | SJE_MAGIC | DSB_MAGIC | PIB_MAGIC | CB_MAGIC
                | DCB_MAGIC => {
                    buffer.consume(block.len);
                }
                _ => {
                    self.skipped.unknown_blocks += 1;
                    buffer.consume(block.len);
                }
            }
        }
        Ok(None)
    }

    /// The next packet at the least cost, if it is in an Enhanced Packet Block that is in memory and sound in
    /// every respect, as nearly all are; `None` says nothing, and has consumed nothing.
    #[inline]
    fn usual(&self, buffer: &mut Buffer) -> Option<Packet> {
        const HEAD: usize = 28;
        const TAIL: usize = 4;
        let decode = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let bytes = buffer.unread();
        let (words, _) = bytes.first_chunk::<HEAD>()?.as_chunks::<4>();
        let [kind, told, id, high, low, captured, wire_len] = words.first_chunk::<7>()?.map(decode);
        let (block, len) = (told as usize, captured as usize);
        let fits = block.is_multiple_of(4)
            && block <= MAX_RECORD
            && len <= block.checked_sub(HEAD + TAIL)?;
        if kind != EPB_MAGIC || !fits || decode(*bytes.get(block - TAIL..)?.first_chunk()?) != told
        {
            return None;
        }
        let interface = self.interfaces.get(id as usize)?;
        let (timestamp, link) = (interface.timestamp(high, low), interface.link);
        let data = buffer.consume(block) + HEAD;
        Some(Packet {
            timestamp,
            link,
            wire_len,
            data: data..data + len,
            interface: Some(id as usize),
        })
    }

    /// Gets the whole next block into memory; `None` if the input ends before it begins.
    fn block(&mut self, buffer: &mut Buffer) -> Result<Option<Block>, Stop> {
        if !buffer.require(MIN_BLOCK)? {
            return if buffer.unread().is_empty() { Ok(None) } else { Err(Stop::CutShort) };
        }
        // Reads the same in both byte orders, so that it can be told before the order is known.
        if self.u32(buffer.unread(), 0) == SHB_MAGIC {
            self.big_endian = byte_order(buffer)?;
        }
        let kind = self.u32(buffer.unread(), 0);
        let told = self.u32(buffer.unread(), 4);
        let len = usize::try_from(told).unwrap_or(usize::MAX);
        if len < MIN_BLOCK {
            return Err(damaged(buffer, format!("block length {told}, less than {MIN_BLOCK}")));
        }
        if len > MAX_RECORD {
            return Err(damaged(buffer, format!("block length {told}, more than {MAX_RECORD}")));
        }
        // Some writers pad the block but tell its length without; Wireshark reads them so too.
        let len = len.next_multiple_of(4);
        if !buffer.require(len)? {
            return Err(Stop::CutShort);
        }
        let again = self.u32(buffer.unread(), len - 4);
        if again != told {
            let what = format!("block length {told} ahead of the block, {again} behind it");
            return Err(damaged(buffer, what));
        }
        Ok(Some(Block { kind, len }))
    }

    /// Begins a section: interfaces declared before are forgotten.
    fn section(&mut self, buffer: &mut Buffer, block: &Block) -> Result<(), Stop> {
        let Ok((_, header)) = parse_sectionheaderblock(buffer.unread()) else {
            return Err(damaged(buffer, "the section header can not be read".into()));
        };
        let (major, minor) = (header.major_version, header.minor_version);
        if major != 1 {
            return Err(Stop::Unsupported(format!(
                "pcapng version {major}.{minor} in the section at byte {}, only 1 is known",
                buffer.offset()
            )));
        }
        self.interfaces.clear();
        buffer.consume(block.len);
        Ok(())
    }

    fn interface(&mut self, buffer: &mut Buffer, block: &Block) -> Result<(), Stop> {
        let parsed = if self.big_endian {
            parse_interfacedescriptionblock_be(buffer.unread())
        } else {
            parse_interfacedescriptionblock_le(buffer.unread())
        };
        let Ok((_, description)) = parsed else {
            return Err(damaged(buffer, "the interface description can not be read".into()));
        };
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(Interface::new(&description, self.big_endian));
        } else {
            self.skipped.interfaces += 1;
        }
        buffer.consume(block.len);
        Ok(())
    }

    /// The packet of a block, or `None` if its interface is not declared.
    fn packet(&mut self, buffer: &mut Buffer, block: &Block) -> Result<Option<Packet>, Stop> {
        let Some(fields) = self.fields(buffer.unread(), block) else {
            let what = format!("a block of {} bytes is too short for a packet", block.len);
            return Err(damaged(buffer, what));
        };
        let Some(interface) = self.interfaces.get(fields.interface) else {
            self.skipped.undeclared_interface += 1;
            buffer.consume(block.len);
            return Ok(None);
        };
        let room = block.len - 4 - fields.data;
        let snaplen = if interface.snaplen == 0 { u32::MAX } else { interface.snaplen };
        let simple = block.kind == SPB_MAGIC;
        let captured = if simple { fields.captured.min(snaplen) } else { fields.captured };
        let len = usize::try_from(captured).unwrap_or(usize::MAX);
        if len > room {
            let what = format!("a packet of {captured} bytes in a block with room for {room}");
            return Err(damaged(buffer, what));
        }
        let from = buffer.consume(block.len) + fields.data;
        Ok(Some(Packet {
            timestamp: fields
                .timestamp
                .map_or_else(Timestamp::default, |(high, low)| interface.timestamp(high, low)),
            link: interface.link,
            wire_len: fields.wire_len,
            data: from..from + len,
            interface: Some(fields.interface),
        }))
    }

    /// The fields of a packet block; `None` if it has no room for them.
    fn fields(&self, bytes: &[u8], block: &Block) -> Option<Fields> {
        let data = if block.kind == SPB_MAGIC { 12 } else { 28 };
        if block.len < data + 4 {
            return None;
        }
        let at = |offset| self.u32(bytes, offset);
        let id = match block.kind {
            SPB_MAGIC => {
                let wire_len = at(8);
                let (interface, timestamp, captured) = (0, None, wire_len);
                return Some(Fields { interface, timestamp, captured, wire_len, data });
            }
            // Two bytes of interface, two of packets dropped.
            OBSOLETE_PACKET_MAGIC if self.big_endian => at(8) >> 16,
            OBSOLETE_PACKET_MAGIC => at(8) & 0xffff,
            _ => at(8),
        };
        Some(Fields {
            interface: usize::try_from(id).unwrap_or(usize::MAX),
            timestamp: Some((at(12), at(16))),
            captured: at(20),
            wire_len: at(24),
            data,
        })
    }

    /// The number at `offset` in the section's byte order; 0 where there is none.
    #[inline]
    fn u32(&self, bytes: &[u8], offset: usize) -> u32 {
        let Some(field) = bytes.get(offset..).and_then(<[u8]>::first_chunk) else { return 0 };
        if self.big_endian { u32::from_be_bytes(*field) } else { u32::from_le_bytes(*field) }
    }
}

/// Whether the section that begins here is big-endian.
fn byte_order(buffer: &Buffer) -> Result<bool, Stop> {
    let magic = buffer.unread().get(8..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    if magic == BOM_MAGIC.to_le_bytes() {
        Ok(false)
    } else if magic == BOM_MAGIC.to_be_bytes() {
        Ok(true)
    } else {
        let [a, b, c, d] = magic;
        let what = format!("byte-order magic {a:02x} {b:02x} {c:02x} {d:02x} of a pcapng section");
        Err(damaged(buffer, what))
    }
}

fn damaged(buffer: &Buffer, what: String) -> Stop {
    Stop::Damaged { offset: buffer.offset(), what }
}
