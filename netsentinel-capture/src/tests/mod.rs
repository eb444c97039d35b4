//! Whole captures, built in memory and read back.

mod build;
mod cuts;
mod files;
mod hostile;
mod pcap;
mod pcapng;
mod round_trip;

use std::io::{self, Cursor, Read};

use netsentinel_core::Source;

use crate::{Capture, CaptureError, Warning};

/// A record that does not borrow.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    nanos: i64,
    link: u32,
    wire_len: u32,
    data: Vec<u8>,
    interface: Option<String>,
}

/// All that comes of a capture.
struct Outcome {
    records: Vec<Owned>,
    end: Result<Option<Warning>, CaptureError>,
    skipped: crate::Skipped,
}

/// Reads all records, and checks what holds for every capture.
fn drain(mut capture: Capture) -> Outcome {
    let mut records = Vec::new();
    let end = loop {
        match capture.next_record() {
            Ok(Some(record)) => {
                assert_eq!(record.frame, records.len() as u64 + 1);
                records.push(Owned {
                    nanos: record.timestamp.as_nanos(),
                    link: record.link.0,
                    wire_len: record.wire_len,
                    data: record.data.to_vec(),
                    interface: record.interface.map(str::to_owned),
                });
            }
            Ok(None) => break Ok(capture.warning().cloned()),
            Err(error) => break Err(error),
        }
    };
    assert!(matches!(capture.next_record(), Ok(None)), "nothing comes after the end");
    Outcome { records, end, skipped: capture.skipped() }
}

fn read(bytes: &[u8]) -> Result<Outcome, CaptureError> {
    Capture::from_reader("test", Cursor::new(bytes.to_vec())).map(drain)
}

/// Reads a capture that is whole.
fn read_whole(bytes: &[u8]) -> Outcome {
    let outcome = read(bytes).unwrap();
    assert_eq!(outcome.end.as_ref().unwrap(), &None);
    outcome
}

/// A reader that hands out one byte at a time.
struct Trickle(Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes.get_mut(..1).unwrap_or_default())
    }
}
