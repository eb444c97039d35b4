use super::build::{ORDERS, Order, pcap_header, pcap_record, small_pcap};
use super::{read, read_whole};
use crate::{CaptureError, MAX_RECORD};

#[test]
fn both_byte_orders_and_resolutions_tell_the_same_exact_time() {
    for order in ORDERS {
        for (magic, ticks) in [(0xa1b2_c3d4, 123_456), (0xa1b2_3c4d, 123_456_000)] {
            let capture = [
                pcap_header(order, magic, 4, 1),
                pcap_record(order, [u32::MAX, ticks, 5, 60], b"hello"),
            ];
            let outcome = read_whole(&capture.concat());
            let record = &outcome.records[0];
            assert_eq!(record.nanos, 4_294_967_295_123_456_000, "{order:?} {magic:x}");
            assert_eq!((record.link, record.wire_len), (1, 60));
            assert_eq!((&record.data[..], &record.interface), (&b"hello"[..], &None));
        }
    }
}

#[test]
fn the_modified_format_has_longer_record_headers() {
    let order = Order::Little;
    let extra = order.words(&[1, 8]);
    let capture = [
        pcap_header(order, 0xa1b2_cd34, 4, 1),
        pcap_record(order, [1, 2, 5, 5], &[&extra, &b"hello"[..]].concat()),
        pcap_record(order, [2, 2, 2, 5], &[&extra, &b"he"[..]].concat()),
    ];
    let outcome = read_whole(&capture.concat());
    let data: Vec<_> = outcome.records.iter().map(|record| &record.data[..]).collect();
    assert_eq!(data, [&b"hello"[..], b"he"]);
    assert_eq!(outcome.records[0].nanos, 1_000_002_000);
}

#[test]
fn old_versions_tell_the_lengths_the_other_way_round() {
    for order in ORDERS {
        for (minor, lengths) in [(2, [60, 5]), (3, [60, 5]), (3, [5, 60]), (4, [5, 60])] {
            let capture = [
                pcap_header(order, 0xa1b2_c3d4, minor, 1),
                pcap_record(order, [1, 2, lengths[0], lengths[1]], b"hello"),
            ];
            let outcome = read_whole(&capture.concat());
            assert_eq!(outcome.records[0].wire_len, 60, "2.{minor}");
            assert_eq!(outcome.records[0].data, b"hello");
        }
    }
}

#[test]
fn frame_check_sequence_bits_are_no_part_of_the_link_type() {
    let header = pcap_header(Order::Little, 0xa1b2_c3d4, 4, 0x5400_0071);
    let record = pcap_record(Order::Little, [0, 0, 0, 0], b"");
    assert_eq!(read_whole(&[header, record].concat()).records[0].link, 113);
}

#[test]
fn lengths_are_told_as_they_stand() {
    let header = pcap_header(Order::Little, 0xa1b2_c3d4, 4, 1);
    let record = pcap_record(Order::Little, [0, 0, 5, 3], b"hello");
    let outcome = read_whole(&[header, record].concat());
    assert_eq!((outcome.records[0].wire_len, outcome.records[0].data.len()), (3, 5));
}

#[test]
fn a_header_alone_is_a_capture_without_packets() {
    let outcome = read_whole(&pcap_header(Order::Big, 0xa1b2_c3d4, 4, 1));
    assert!(outcome.records.is_empty());
}

#[test]
fn other_versions_are_not_supported() {
    let mut capture = small_pcap(Order::Little);
    capture[4] = 3;
    let error = read(&capture).err().unwrap();
    assert_eq!(error.to_string(), "test: not supported: pcap version 3.4, only 2 is known");
}

#[test]
fn the_largest_record_is_read_and_a_larger_one_is_damage() {
    let largest = MAX_RECORD as u32 - 16;
    let mut capture = small_pcap(Order::Little);
    let begins = capture.len() as u64;
    let payload = vec![7; largest as usize];
    capture.extend(pcap_record(Order::Little, [1, 1, largest, largest], &payload));
    assert_eq!(read_whole(&capture).records[3].data, payload);

    capture.truncate(begins as usize);
    capture.extend(pcap_record(Order::Little, [1, 1, largest + 1, largest], &payload));
    let outcome = read(&capture).unwrap();
    assert_eq!(outcome.records.len(), 3);
    match outcome.end.unwrap_err() {
        CaptureError::Damaged { offset, compression: None, .. } => assert_eq!(offset, begins),
        error => panic!("{error}"),
    }
}

#[test]
fn a_second_capture_in_a_records_place_is_told() {
    for order in ORDERS {
        let one = small_pcap(order);
        let outcome = read(&[&one[..], &one[..]].concat()).unwrap();
        let told = match outcome.end {
            Ok(warning) => warning.unwrap().to_string(),
            Err(error) => error.to_string(),
        };
        let advice = format!("second capture seems to begin at byte {}: join captures", one.len());
        assert!(told.contains(&advice), "{told}");
    }
}

#[test]
fn records_are_whole_wherever_the_buffer_ends() {
    let mut capture = pcap_header(Order::Little, 0xa1b2_c3d4, 4, 1);
    let mut lengths = Vec::new();
    while capture.len() < 3 << 20 {
        let len = lengths.len() as u32 * 37 % 9000;
        let data: Vec<u8> = (0..len).map(|i| (i ^ len) as u8).collect();
        capture.extend(pcap_record(Order::Little, [len, 0, len, len], &data));
        lengths.push(len);
    }
    let outcome = read_whole(&capture);
    assert_eq!(outcome.records.len(), lengths.len());
    for (record, len) in outcome.records.iter().zip(lengths) {
        assert_eq!(record.wire_len, len);
        assert!(record.data.iter().copied().eq((0..len).map(|i| (i ^ len) as u8)));
    }
}
