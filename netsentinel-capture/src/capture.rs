//! A capture file, or a capture from standard input, as a source of records.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use netsentinel_core::{Block, LinkType, Record, Source, Timestamp};

use crate::buffer::Buffer;
use crate::input::Input;
use crate::pcap::Pcap;
use crate::pcapng::PcapNg;
use crate::stop::Stop;
use crate::{CaptureError, Compression, Skipped, Warning};

/// The capture formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Classic pcap.
    Pcap,
    /// pcapng.
    PcapNg,
}

/// A capture being read.
///
/// Record lengths are delivered as they stand: a capture that lies may have more `data` than
/// `wire_len`. After the last record, an error or a cut, there are no more records.
pub struct Capture {
    name: String,
    size: Option<u64>,
    format: Format,
    buffer: Buffer,
    /// What the records are read by; none when the capture has ended.
    records: Option<Records>,
    skipped: Skipped,
    packets: u64,
    warning: Option<Warning>,
}

enum Records {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// What a record tells of a packet, and where its bytes stand in the buffer.
pub(crate) struct Packet {
    pub(crate) timestamp: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) wire_len: u32,
    pub(crate) data: Range<usize>,
    /// Index of its interface among those declared.
    pub(crate) interface: Option<usize>,
}

impl Capture {
    /// Opens a capture file. `-` is a file name like any other.
    ///
    /// # Errors
    ///
    /// When the file can not be opened or read, is a folder, or does not begin as a capture does.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        let (file, metadata) = match File::open(path).and_then(|file| {
            let metadata = file.metadata()?;
            Ok((file, metadata))
        }) {
            Ok(opened) => opened,
            // Some systems do not even open folders.
            Err(_) if path.is_dir() => return Err(CaptureError::Folder { name }),
            Err(reason) => return Err(CaptureError::Open { name, reason }),
        };
        if metadata.is_dir() {
            return Err(CaptureError::Folder { name });
        }
        let mut capture = Self::from_reader(name, file)?;
        capture.size = metadata.is_file().then_some(metadata.len());
        Ok(capture)
    }

    /// Reads a capture from `input`, which errors and warnings will call `name`.
    ///
    /// # Errors
    ///
    /// When the input can not be read or does not begin as a capture does. An input that ends
    /// inside of the capture's header is a capture, cut short and without packets.
    pub fn from_reader(
        name: impl Into<String>,
        input: impl Read + Send + 'static,
    ) -> Result<Self, CaptureError> {
        let name = name.into();
        let input = match Input::new(input) {
            Ok(input) => input,
            Err(reason) => return Err(CaptureError::Read { name, offset: 0, reason }),
        };
        let mut buffer = Buffer::new(input);
        let magic = match buffer.require(4) {
            // No more than a header's part: told below from what there is.
            Ok(_) | Err(Stop::CutShort) => buffer.unread().first_chunk().copied(),
            Err(stop) => return Err(error(name, &buffer, stop)),
        };
        let (format, opened) = match magic {
            Some(magic) if Pcap::detect(magic) => {
                (Format::Pcap, Pcap::open(&mut buffer).map(Records::Pcap))
            }
            Some(magic) if PcapNg::detect(magic) => {
                (Format::PcapNg, PcapNg::open(&mut buffer).map(Records::PcapNg))
            }
            _ => return Err(CaptureError::NotACapture { name, found: found(&buffer) }),
        };
        let mut capture = Self {
            name,
            size: None,
            format,
            buffer,
            records: None,
            skipped: Skipped::default(),
            packets: 0,
            warning: None,
        };
        match opened {
            Ok(records) => capture.records = Some(records),
            Err(stop) => capture.stop(stop)?,
        }
        Ok(capture)
    }

    /// The path, or the name given to [`Self::from_reader`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format of the capture.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How the capture is compressed; `None` if it is not.
    pub fn compression(&self) -> Option<Compression> {
        self.buffer.compression()
    }

    /// Bytes taken from the file or reader so far, compressed if it is, to show progress by. What
    /// is read ahead is included.
    pub fn bytes_read(&self) -> u64 {
        self.buffer.taken()
    }

    /// Size of the file in bytes when it was opened; `None` for pipes, devices and readers.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Set once the end was reached and the capture turned out to be cut short.
    pub fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }

    /// What was stepped over so far.
    pub fn skipped(&self) -> Skipped {
        match &self.records {
            Some(Records::PcapNg(records)) => records.skipped(),
            _ => self.skipped,
        }
    }

    #[inline(always)]
    fn next_packet(&mut self) -> Result<Option<Packet>, Stop> {
        match &mut self.records {
            Some(Records::Pcap(records)) => records.next(&mut self.buffer),
            Some(Records::PcapNg(records)) => records.next(&mut self.buffer),
            None => Ok(None),
        }
    }

    /// What is known of `packet` but for its bytes, if it is the one counted last.
    fn record(&self, packet: &Packet) -> Record<'_> {
        let interface = match (&self.records, packet.interface) {
            (Some(Records::PcapNg(records)), Some(interface)) => records.interface_name(interface),
            _ => None,
        };
        Record {
            frame: self.packets,
            timestamp: packet.timestamp,
            link: packet.link,
            wire_len: packet.wire_len,
            data: &[],
            interface,
        }
    }

    /// Ends the capture, early if there is a reason.
    #[cold]
    fn end(&mut self, early: Option<Stop>) -> Result<(), CaptureError> {
        let ended = early.map_or(Ok(()), |stop| self.stop(stop));
        self.skipped = self.skipped();
        self.records = None;
        ended
    }

    /// Ends the capture early: a cut becomes the warning, all else an error.
    #[cold]
    fn stop(&mut self, stop: Stop) -> Result<(), CaptureError> {
        if !matches!(stop, Stop::CutShort) {
            return Err(error(self.name.clone(), &self.buffer, stop));
        }
        self.warning = Some(Warning {
            offset: self.buffer.end_offset(),
            record: self.buffer.offset(),
            packets: self.packets,
            compression: self.compression(),
            second_capture: match &self.records {
                Some(Records::Pcap(records)) => records.second_capture(),
                _ => None,
            },
        });
        Ok(())
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("compression", &self.compression())
            .field("packets", &self.packets)
            .finish_non_exhaustive()
    }
}

impl Source for Capture {
    type Error = CaptureError;

    fn next_record(&mut self) -> Result<Option<Record<'_>>, CaptureError> {
        let packet = match self.next_packet() {
            Ok(Some(packet)) => packet,
            end => return self.end(end.err()).map(|()| None),
        };
        self.packets += 1;
        let data = self.buffer.consumed(packet.data.clone());
        Ok(Some(Record { data, ..self.record(&packet) }))
    }

    /// Reads straight into the block's memory; only the record that is torn at its end is copied. A block
    /// ends where one read did, so that what comes through a pipe is there as soon as it has come.
    fn fill(&mut self, block: &mut Block) -> Result<bool, CaptureError> {
        block.clear();
        let mut bytes = Vec::new();
        block.swap_bytes(&mut bytes);
        self.buffer.exchange(&mut bytes, true);
        let end = loop {
            match self.next_packet() {
                Ok(Some(packet)) => {
                    self.packets += 1;
                    block.push_at(packet.data.clone(), &self.record(&packet));
                    self.buffer.pin(true);
                    if block.len() >= Block::RECORDS_MAX {
                        break Ok(true);
                    }
                }
                Err(Stop::Full) => break Ok(true),
                end => break self.end(end.err()).map(|()| false),
            }
        };
        self.buffer.pin(false);
        self.buffer.exchange(&mut bytes, false);
        block.swap_bytes(&mut bytes);
        end
    }
}

fn error(name: String, buffer: &Buffer, stop: Stop) -> CaptureError {
    let end = buffer.end_offset();
    match stop {
        // A full memory is no end, and never comes here.
        Stop::CutShort | Stop::Full => {
            let reason = io::ErrorKind::UnexpectedEof.into();
            CaptureError::Read { name, offset: end, reason }
        }
        Stop::Damaged { offset, what } => {
            CaptureError::Damaged { name, offset, compression: buffer.compression(), what }
        }
        Stop::Unsupported(what) => CaptureError::Unsupported { name, what },
        Stop::Expansion(compression) => CaptureError::Expansion { name, offset: end, compression },
        Stop::Read(reason) => CaptureError::Read { name, offset: end, reason },
    }
}

/// What an input that is no capture starts with, and what was expected.
fn found(buffer: &Buffer) -> String {
    let content = match buffer.compression() {
        Some(compression) => format!("its {compression} content "),
        None => String::new(),
    };
    let expected = match buffer.compression() {
        Some(_) => "pcap or pcapng",
        None => "pcap, pcapng, gzip, zstd or lz4",
    };
    let unread = buffer.unread();
    let bytes: Vec<String> = unread.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let bytes = bytes.join(" ");
    match (unread.len(), buffer.compression()) {
        (0, None) => format!("empty, expected {expected}"),
        (0, Some(_)) => format!("{content}is empty or cut off, expected {expected}"),
        (1..4, _) => format!("{content}ends after {bytes}, expected {expected}"),
        _ => format!("{content}starts with {bytes}, expected {expected}"),
    }
}
