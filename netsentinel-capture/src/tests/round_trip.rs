//! What the writer writes, the reader reads.

use netsentinel_core::{LinkType, Record, Timestamp};
use proptest::prelude::*;

use super::{Owned, read_whole};
use crate::{CaptureError, MAX_SNAPLEN, PcapWriter};

fn record<'a>(packet: &'a Owned) -> Record<'a> {
    Record {
        frame: 1,
        timestamp: Timestamp::from_nanos(packet.nanos),
        link: LinkType(packet.link),
        wire_len: packet.wire_len,
        data: &packet.data,
        interface: None,
    }
}

fn packet(nanos: i64, link: u32, data: Vec<u8>) -> Owned {
    Owned { nanos, link, wire_len: data.len() as u32, data, interface: None }
}

prop_compose! {
    fn any_packet(link: u32)(
        nanos in 0..i64::from(u32::MAX) * 1_000_000_000,
        wire_len in any::<u32>(),
        data in prop::collection::vec(any::<u8>(), 0..200),
    ) -> Owned {
        Owned { nanos, link, wire_len, data, interface: None }
    }
}

proptest! {
    #[test]
    fn packets_come_back_as_they_were_written(
        packets in prop::collection::vec(any_packet(113), 0..20),
    ) {
        let mut writer = PcapWriter::new(Vec::new(), LinkType::LINUX_SLL, 0).unwrap();
        for packet in &packets {
            writer.write(&record(packet)).unwrap();
        }
        prop_assert_eq!(read_whole(&writer.finish().unwrap()).records, packets);
    }
}

#[test]
fn packets_are_cut_to_the_snap_length() {
    for (snaplen, kept) in [(4, 4), (0, MAX_SNAPLEN), (u32::MAX, MAX_SNAPLEN)] {
        let long = packet(5, 1, vec![7; MAX_SNAPLEN as usize + 1]);
        let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, snaplen).unwrap();
        writer.write(&record(&long)).unwrap();
        let back = read_whole(&writer.finish().unwrap()).records;
        assert_eq!((back[0].wire_len, back[0].data.len()), (long.wire_len, kept as usize));
    }
}

#[test]
fn what_pcap_can_not_tell_is_refused_and_leaves_no_trace() {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, 0).unwrap();
    let foreign = packet(0, 101, vec![1]);
    let error = writer.write(&record(&foreign)).unwrap_err();
    assert!(matches!(error, CaptureError::LinkType { .. }), "{error}");
    for nanos in [-1, (i64::from(u32::MAX) + 1) * 1_000_000_000] {
        let error = writer.write(&record(&packet(nanos, 1, vec![1]))).unwrap_err();
        assert!(matches!(error, CaptureError::Time(_)), "{error}");
    }
    assert!(read_whole(&writer.finish().unwrap()).records.is_empty());
}
