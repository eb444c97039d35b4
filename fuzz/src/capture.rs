//! Reading capture files from arbitrary bytes.

use std::io::{Cursor, Read};

use netsentinel_capture::{Capture, CaptureError, MAX_RECORD, MAX_SNAPLEN, PcapWriter};
use netsentinel_core::{LinkType, Record, Source as _, Timestamp};

use crate::check_line;

/// All that a capture delivered.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// The packets.
    pub packets: Vec<Packet>,
    /// The error or warning at its end.
    pub end: Option<String>,
}

/// A record of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    timestamp: Timestamp,
    link: LinkType,
    wire_len: u32,
    data: Vec<u8>,
    interface: Option<String>,
}

/// Packets that are kept and compared; a bomb has more.
const KEPT: usize = 10_000;

/// Reads the file, at once and in small pieces: both must find the same.
pub fn check_file(bytes: &[u8]) -> Reading {
    let whole = read(Cursor::new(bytes.to_vec()));
    let pieces = read(Pieces { bytes: Cursor::new(bytes.to_vec()), turn: 0 });
    assert_eq!(whole, pieces);
    whole
}

/// Reads all of `input`, and checks what must hold of any capture.
pub fn read(input: impl Read + Send + 'static) -> Reading {
    let mut reading = Reading { packets: Vec::new(), end: None };
    let mut capture = match Capture::from_reader("fuzz", input) {
        Ok(capture) => capture,
        Err(error) => {
            reading.end = Some(told(&error));
            return reading;
        }
    };
    let mut count = 0;
    loop {
        match capture.next_record() {
            Ok(Some(record)) => {
                count += 1;
                assert_eq!(record.frame, count);
                assert!(record.data.len() <= MAX_RECORD);
                if reading.packets.len() < KEPT {
                    reading.packets.push(Packet::from(&record));
                }
            }
            Ok(None) => break,
            Err(error) => {
                reading.end = Some(told(&error));
                break;
            }
        }
    }
    assert!(matches!(capture.next_record(), Ok(None)), "there is nothing behind the end");
    if let Some(warning) = capture.warning() {
        assert!(warning.record <= warning.offset && warning.packets == count, "{warning:?}");
        assert!(reading.end.is_none(), "an error and a warning");
        check_line(&warning.to_string());
        reading.end = Some(warning.to_string());
    }
    reading
}

/// Writes the packets that classic pcap can hold, reads them back, and compares.
pub fn rewrite(reading: &Reading) {
    let Some(link) = reading.packets.first().map(|packet| packet.link) else { return };
    if link.0 > 0xffff {
        return;
    }
    let mut writer = PcapWriter::new(Vec::new(), link, 0).expect("memory");
    let mut written = Vec::new();
    for packet in &reading.packets {
        if packet.data.len() <= MAX_SNAPLEN as usize && writer.write(&packet.record()).is_ok() {
            written.push(Packet { interface: None, ..packet.clone() });
        }
    }
    let back = read(Cursor::new(writer.finish().expect("memory")));
    assert_eq!(back, Reading { packets: written, end: None });
}

fn told(error: &CaptureError) -> String {
    let text = error.to_string();
    check_line(&text);
    text
}

impl From<&Record<'_>> for Packet {
    fn from(record: &Record<'_>) -> Self {
        Self {
            timestamp: record.timestamp,
            link: record.link,
            wire_len: record.wire_len,
            data: record.data.to_vec(),
            interface: record.interface.map(str::to_owned),
        }
    }
}

impl Packet {
    fn record(&self) -> Record<'_> {
        Record {
            frame: 1,
            timestamp: self.timestamp,
            link: self.link,
            wire_len: self.wire_len,
            data: &self.data,
            interface: self.interface.as_deref(),
        }
    }
}

/// Gives a few bytes at a time, as a slow pipe does.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    turn: usize,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.turn += 1;
        let len = [1, 7, 64, 3, 1000][self.turn % 5].min(out.len());
        self.bytes.read(&mut out[..len])
    }
}
