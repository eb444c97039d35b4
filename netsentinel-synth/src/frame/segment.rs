//! The header of a TCP segment.

use netsentinel_core::TcpFlags;

/// What clients commonly put into a SYN: segment size 1460, window scale 7, selective
/// acknowledgements.
pub const SYN_OPTIONS: &[u8] = &[2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7];

/// Longest options that a TCP header has room for, in bytes.
const MAX_OPTIONS: usize = 40;

/// A TCP header, except its checksum.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// The flags.
    pub flags: TcpFlags,
    /// Receive window.
    pub window: u16,
    /// Options, padded with zeros to a multiple of four; beyond 40 bytes they are cut off.
    pub options: &'a [u8],
}

impl Segment<'static> {
    /// A segment with these ports and flags, numbers 0, window 64240 and no options.
    pub fn new(source_port: u16, destination_port: u16, flags: TcpFlags) -> Self {
        Self {
            source_port,
            destination_port,
            sequence: 0,
            acknowledgement: 0,
            flags,
            window: 64_240,
            options: &[],
        }
    }
}

impl<'a> Segment<'a> {
    /// With these sequence and acknowledgement numbers.
    pub fn numbers(self, sequence: u32, acknowledgement: u32) -> Self {
        Self { sequence, acknowledgement, ..self }
    }

    /// With these options.
    pub fn options<'b>(self, options: &'b [u8]) -> Segment<'b>
    where
        'a: 'b,
    {
        Segment { options, ..self }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let options = &self.options[..self.options.len().min(MAX_OPTIONS)];
        let words = 5 + options.len().div_ceil(4);
        out.extend_from_slice(&self.source_port.to_be_bytes());
        out.extend_from_slice(&self.destination_port.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.acknowledgement.to_be_bytes());
        out.extend_from_slice(&[(words << 4) as u8, self.flags.bits()]);
        out.extend_from_slice(&self.window.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(options);
        out.resize(out.len() + words * 4 - 20 - options.len(), 0);
    }
}
