//! Captures cut at every byte.

use std::io::Cursor;

use super::build::{ORDERS, gzip, lz4, small_pcap, small_pcapng, zstd};
use super::{Trickle, drain, read, read_whole};
use crate::{Capture, CaptureError, Compression, Format};

/// Where the records of `small_pcap` end.
const PCAP_ENDS: [usize; 3] = [24 + 21, 24 + 21 + 22, 24 + 21 + 22 + 16];

/// Reads `bytes` cut at every byte from `from`; `whole` tells how many packets end before a cut,
/// and whether the cut leaves a whole capture.
fn cut_everywhere(bytes: &[u8], from: usize, whole: impl Fn(usize) -> (usize, bool)) {
    let all = read_whole(bytes).records;
    for cut in 0..bytes.len() {
        let piece = &bytes[..cut];
        if cut < from {
            assert!(matches!(read(piece), Err(CaptureError::NotACapture { .. })), "{cut}");
            continue;
        }
        let (packets, clean) = whole(cut);
        let capture = Capture::from_reader("test", Trickle(Cursor::new(piece.to_vec()))).unwrap();
        let outcome = drain(capture);
        assert_eq!(outcome.records, all[..packets], "cut at {cut}");
        match outcome.end.unwrap() {
            None => assert!(clean, "cut at {cut}"),
            Some(warning) => {
                assert!(!clean, "cut at {cut}");
                assert_eq!(warning.offset, cut as u64);
                assert!(warning.record <= warning.offset);
                assert_eq!(warning.packets, packets as u64);
            }
        }
    }
}

#[test]
fn a_pcap_file_is_read_as_far_as_it_goes() {
    for order in ORDERS {
        cut_everywhere(&small_pcap(order), 4, |cut| {
            let packets = PCAP_ENDS.iter().filter(|end| **end <= cut).count();
            (packets, cut == 24 || PCAP_ENDS.contains(&cut))
        });
    }
}

#[test]
fn a_pcapng_file_is_read_as_far_as_it_goes() {
    for order in ORDERS {
        let bytes = small_pcapng(order);
        let mut ends = Vec::new();
        let mut at = 0;
        while let Some(head) = bytes.get(at..at + 8) {
            // Lengths are below 256: the one byte set is the length in both orders.
            let len: usize = head[4..].iter().map(|byte| usize::from(*byte)).sum();
            let packet = head[..4].iter().any(|byte| [2, 3, 6].contains(byte));
            at += len;
            ends.push((at, packet && head[..4] != [0x0a, 0x0d, 0x0d, 0x0a]));
        }
        assert_eq!(at, bytes.len());
        cut_everywhere(&bytes, 4, |cut| {
            let packets = ends.iter().filter(|(end, packet)| *packet && *end <= cut).count();
            (packets, ends.iter().any(|(end, _)| *end == cut))
        });
    }
}

#[test]
fn a_compressed_stream_cut_short_is_never_taken_for_whole() {
    let plain = small_pcapng(ORDERS[0]).repeat(40);
    let all = read_whole(&plain).records;
    for (compression, bytes) in [
        (Compression::Gzip, gzip(&plain)),
        (Compression::Zstd, zstd(&plain)),
        (Compression::Lz4, lz4(&plain)),
    ] {
        for cut in 0..bytes.len() {
            match read(&bytes[..cut]) {
                Err(CaptureError::NotACapture { .. }) => {}
                Err(error) => panic!("{compression} cut at {cut}: {error}"),
                Ok(outcome) => {
                    assert!(all.starts_with(&outcome.records), "{compression} cut at {cut}");
                    let warning = outcome.end.unwrap().expect("a warning");
                    assert_eq!(warning.compression, Some(compression));
                    assert_eq!(warning.packets, outcome.records.len() as u64);
                    assert!(warning.offset <= plain.len() as u64);
                }
            }
        }
    }
}

#[test]
fn a_cut_inside_the_header_still_tells_the_format() {
    let capture = Capture::from_reader("test", &[0xd4, 0xc3, 0xb2, 0xa1, 2][..]).unwrap();
    assert_eq!(capture.format(), Format::Pcap);
    let outcome = drain(capture);
    let told = outcome.end.unwrap().unwrap().to_string();
    let expected = "cut short at byte 5, inside of what begins at byte 0; \
                    the 0 packets before were read";
    assert_eq!(told, expected);
}
