//! Captures with bytes changed: whatever comes, reading ends and nothing panics.

use proptest::prelude::*;

use super::build::{Order, gzip, lz4, small_pcap, small_pcapng, zstd};
use super::read;
use crate::CaptureError;

type Compress = fn(&[u8]) -> Vec<u8>;

fn any_capture() -> impl Strategy<Value = Vec<u8>> {
    let (little, big) = (Order::Little, Order::Big);
    let plain = [small_pcap(little), small_pcap(big), small_pcapng(little), small_pcapng(big)];
    let compress: [Compress; 4] = [<[u8]>::to_vec, gzip, zstd, lz4];
    (0..plain.len(), 0..compress.len()).prop_map(move |(p, c)| compress[c](&plain[p]))
}

/// Reads to the end; no record is larger than the input could make it.
fn survive(bytes: &[u8]) {
    match read(bytes) {
        Ok(outcome) => {
            let total: usize = outcome.records.iter().map(|record| record.data.len()).sum();
            assert!(total <= bytes.len() * 300, "{total} bytes out of {}", bytes.len());
            if let Err(error) = outcome.end {
                assert!(error.to_string().starts_with("test: "), "{error}");
            }
        }
        Err(CaptureError::Open { .. } | CaptureError::Folder { .. }) => unreachable!(),
        Err(error) => assert!(error.to_string().starts_with("test: "), "{error}"),
    }
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(
        mut bytes in any_capture(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        survive(&bytes);
    }

    #[test]
    fn garbage_behind_a_magic_never_panics(
        head in prop::sample::select(vec![
            &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..],
            &[0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4],
            &[0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0],
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a],
            &[0x1f, 0x8b, 8, 0],
            &[0x28, 0xb5, 0x2f, 0xfd],
            &[0x04, 0x22, 0x4d, 0x18],
            &[],
        ]),
        tail in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..200),
    ) {
        survive(&[head, &tail].concat());
    }
}
