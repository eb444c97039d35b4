//! Compressions, files, and what is no capture.

use std::io::{self, Cursor, Read};
use std::path::Path;

use netsentinel_core::Source;

use super::build::{Order, gzip, lz4, small_pcap, small_pcapng, zstd};
use super::{Trickle, drain, read, read_whole};
use crate::{Capture, CaptureError, Compression, Format};

fn refused(bytes: &[u8]) -> String {
    read(bytes).err().expect("no capture").to_string()
}

#[test]
fn compressions_are_told_by_their_magic_and_joined_streams_are_one() {
    let plain = [small_pcapng(Order::Little), small_pcapng(Order::Big)];
    let expected = read_whole(&plain.concat()).records;
    let skippable = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc", &zstd(b"")].concat();
    let cases = [
        (Compression::Gzip, plain.iter().flat_map(|piece| gzip(piece)).collect::<Vec<u8>>()),
        (Compression::Zstd, plain.iter().flat_map(|piece| zstd(piece)).collect()),
        (Compression::Zstd, [skippable, zstd(&plain.concat())].concat()),
        (Compression::Lz4, plain.iter().flat_map(|piece| lz4(piece)).collect()),
    ];
    for (compression, bytes) in cases {
        let total = bytes.len() as u64;
        assert_eq!(read_whole(&bytes).records, expected, "{compression}");
        let mut capture = Capture::from_reader("-", Trickle(Cursor::new(bytes))).unwrap();
        assert_eq!(capture.compression(), Some(compression));
        assert_eq!(capture.format(), Format::PcapNg);
        while capture.next_record().unwrap().is_some() {}
        assert_eq!((capture.bytes_read(), capture.size()), (total, None));
    }
}

#[test]
fn a_damaged_compressed_stream_is_damage_not_an_end() {
    let plain = small_pcap(Order::Little);
    let mut bad_checksum = gzip(&plain);
    let len = bad_checksum.len();
    bad_checksum[len - 8] ^= 1;
    for bytes in [
        bad_checksum,
        [gzip(&plain), b"garbage, more than a header".to_vec()].concat(),
        [zstd(&plain), b"garbage, more than a header".to_vec()].concat(),
        [lz4(&plain), b"garbage, more than a header".to_vec()].concat(),
    ] {
        let outcome = read(&bytes).unwrap();
        assert_eq!(outcome.records.len(), 3);
        match outcome.end.unwrap_err() {
            CaptureError::Damaged { offset, compression, .. } => {
                assert_eq!(offset, plain.len() as u64);
                assert!(compression.is_some());
            }
            error => panic!("{error}"),
        }
    }
}

#[test]
fn what_is_no_capture_is_told_in_one_sentence() {
    let kinds = "pcap, pcapng, gzip, zstd or lz4";
    for (bytes, told) in [
        (&b"this is text"[..], format!("starts with 74 68 69 73, expected {kinds}")),
        (b"", format!("empty, expected {kinds}")),
        (b"\xd4\xc3\xb2", format!("ends after d4 c3 b2, expected {kinds}")),
        (
            &gzip(b"this is text"),
            "its gzip content starts with 74 68 69 73, expected pcap or pcapng".into(),
        ),
        (
            &gzip(&gzip(b"twice")),
            "its gzip content starts with 1f 8b 08 00, expected pcap or pcapng".into(),
        ),
        (&zstd(b""), "its zstd content is empty or cut off, expected pcap or pcapng".into()),
        (&lz4(b"ab"), "its lz4 content ends after 61 62, expected pcap or pcapng".into()),
    ] {
        assert_eq!(refused(bytes), format!("test: not a capture: {told}"));
    }
    let told = refused(b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00notmagic");
    assert_eq!(told, "test: damaged at byte 0: byte-order magic 6e 6f 74 6d of a pcapng section");
    let told = refused(b"\x1f\x8bnot gzip at all");
    assert!(told.starts_with("test: damaged at byte 0 of the uncompressed gzip data: gzip"));
}

#[test]
fn files_are_opened_by_content_and_their_size_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.txt");
    let bytes = gzip(&small_pcap(Order::Big));
    std::fs::write(&path, &bytes).unwrap();

    let mut capture = Capture::open(&path).unwrap();
    assert_eq!(capture.size(), Some(bytes.len() as u64));
    assert_eq!(capture.name(), path.display().to_string());
    while capture.next_record().unwrap().is_some() {}
    assert_eq!(capture.bytes_read(), bytes.len() as u64);
}

#[test]
fn folders_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().display().to_string();
    let error = Capture::open(folder.path()).err().unwrap();
    assert_eq!(error.to_string(), format!("{name}: is a folder, expected a capture file"));

    let error = Capture::open(Path::new("no/such.pcap")).err().unwrap();
    let CaptureError::Open { reason, .. } = &error else { panic!("{error}") };
    assert_eq!(reason.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().starts_with("no/such.pcap: can not be opened: "), "{error}");
}

#[test]
fn a_reader_that_fails_ends_the_capture_after_what_was_read() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let plain = small_pcap(Order::Little);
    let input = Cursor::new(plain.clone()).chain(Fails);
    let outcome = drain(Capture::from_reader("stick", input).unwrap());
    assert_eq!(outcome.records.len(), 3);
    let told = outcome.end.unwrap_err().to_string();
    assert_eq!(told, format!("stick: can not be read at byte {}: unplugged", plain.len()));
}

#[test]
fn captures_can_be_read_on_another_thread() {
    fn sends<T: Send>() {}
    sends::<Capture>();
}
