use super::build::{
    ORDERS, Order, block, enhanced, interface, obsolete, option, section, simple, small_pcapng,
};
use super::{Outcome, Owned, read, read_whole};
use crate::{CaptureError, MAX_INTERFACES, MAX_RECORD};

fn damage(outcome: Outcome) -> (u64, String) {
    match outcome.end.unwrap_err() {
        CaptureError::Damaged { offset, what, .. } => (offset, what),
        error => panic!("{error}"),
    }
}

#[test]
fn sections_have_their_own_byte_order_and_interfaces() {
    for order in ORDERS {
        let outcome = read_whole(&small_pcapng(order));
        let record = |nanos, link, wire_len, data: &str, interface: Option<&str>| Owned {
            nanos,
            link,
            wire_len,
            data: data.as_bytes().to_vec(),
            interface: interface.map(str::to_owned),
        };
        let expected = [
            record(1_000_001_000, 1, 5, "first", Some("eth0")),
            record(0, 1, 6, "second", Some("eth0")),
            record(2_000_002_000, 101, 900, "third", None),
            record(3_000_003_000, 101, 1, "4", None),
        ];
        assert_eq!(outcome.records, expected, "{order:?}");
        assert_eq!(outcome.skipped.unknown_blocks, 1);
    }
}

#[test]
fn every_interface_has_its_own_resolution_and_offset() {
    for order in ORDERS {
        let resolution = |value: u8| option(order, 9, &[value]);
        let offset = |seconds: i64| option(order, 14, &order.u64(seconds.cast_unsigned()));
        let capture = [
            section(order, 1),
            interface(order, 1, 0, &resolution(9)),
            interface(order, 1, 0, &[resolution(0x80 | 10), offset(-100)].concat()),
            interface(order, 1, 0, &offset(1_700_000_000)),
            interface(order, 1, 0, &resolution(12)),
            interface(order, 1, 0, &offset(i64::MIN)),
            enhanced(order, 0, 1_763_718_600_123_456_789, 0, b""),
            enhanced(order, 1, 200 * 1024 + 1, 0, b""),
            obsolete(order, 2, 7, 0, b""),
            enhanced(order, 3, 5_999, 0, b""),
            enhanced(order, 4, u64::MAX, 0, b""),
        ];
        let nanos: Vec<i64> =
            read_whole(&capture.concat()).records.iter().map(|record| record.nanos).collect();
        let expected =
            [1_763_718_600_123_456_789, 100_000_976_562, 1_700_000_000_000_007_000, 5, i64::MIN];
        assert_eq!(nanos, expected, "{order:?}");
    }
}

#[test]
fn simple_packets_are_cut_by_the_snap_length_of_the_first_interface() {
    let order = Order::Little;
    let capture = [
        section(order, 1),
        interface(order, 1, 4, &[]),
        simple(order, 9, b"nine"),
        simple(order, 3, b"123"),
    ];
    let records = read_whole(&capture.concat()).records;
    assert_eq!((records[0].wire_len, &records[0].data[..]), (9, &b"nine"[..]));
    assert_eq!((records[1].wire_len, &records[1].data[..]), (3, &b"123"[..]));
}

#[test]
fn options_behind_a_packet_are_no_part_of_it() {
    let order = Order::Big;
    let head = order.words(&[0, 0, 1, 5, 5]);
    let comment = option(order, 1, b"a comment");
    let body = [&head[..], b"hello\0\0\0", &comment].concat();
    let capture = [section(order, 1), interface(order, 1, 0, &[]), block(order, 6, &body)];
    assert_eq!(read_whole(&capture.concat()).records[0].data, b"hello");
}

#[test]
fn packets_of_undeclared_interfaces_are_skipped_and_counted() {
    let order = Order::Little;
    let capture = [
        section(order, 1),
        simple(order, 1, b"x"),
        interface(order, 1, 0, &[]),
        enhanced(order, 1, 0, 1, b"x"),
        enhanced(order, 0, 0, 1, b"y"),
        // A new section forgets the interface.
        section(order, 1),
        enhanced(order, 0, 0, 1, b"x"),
    ];
    let outcome = read_whole(&capture.concat());
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(outcome.records[0].data, b"y");
    assert_eq!(outcome.skipped.undeclared_interface, 3);
}

#[test]
fn interfaces_are_bounded() {
    let order = Order::Little;
    let mut capture = section(order, 1);
    let last = interface(order, 1, 0, &option(order, 2, b"last"));
    capture.extend(interface(order, 1, 0, &[]).repeat(MAX_INTERFACES - 1));
    capture.extend(last);
    capture.extend(interface(order, 1, 0, &[]).repeat(3));
    capture.extend(enhanced(order, MAX_INTERFACES as u32 - 1, 0, 1, b"x"));
    capture.extend(enhanced(order, MAX_INTERFACES as u32, 0, 1, b"x"));
    let outcome = read_whole(&capture);
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(outcome.records[0].interface.as_deref(), Some("last"));
    assert_eq!((outcome.skipped.interfaces, outcome.skipped.undeclared_interface), (3, 1));
}

#[test]
fn damage_is_told_with_the_offset_of_its_block() {
    for order in ORDERS {
        let good = [section(order, 1), interface(order, 1, 0, &[]), enhanced(order, 0, 0, 1, b"x")];
        let good = good.concat();
        let mut trailer = block(order, 6, &[0; 20]);
        let len = trailer.len();
        trailer[len - 4..].copy_from_slice(&order.u32(36));
        let mut magic = section(order, 1);
        magic[8] = 0;
        let short = order.words(&[6, 11, 11]);
        let large = order.words(&[6, MAX_RECORD as u32 + 1, 0]);
        let too_much = block(order, 6, &order.words(&[0, 0, 0, 5, 5, 0]));
        for (bad, what) in [
            (trailer, "block length 32 ahead of the block, 36 behind it"),
            (short, "block length 11, less than 12"),
            (large, "block length 16777217, more than 16777216"),
            (too_much, "a packet of 5 bytes in a block with room for 4"),
            (block(order, 6, &[0; 16]), "a block of 28 bytes is too short for a packet"),
            (block(order, 1, b""), "the interface description can not be read"),
            (magic, "byte-order magic"),
        ] {
            let outcome = read(&[good.clone(), bad, good.clone()].concat()).unwrap();
            assert_eq!(outcome.records.len(), 1, "{what}");
            let (offset, told) = damage(outcome);
            assert_eq!(offset, good.len() as u64, "{what}");
            assert!(told.starts_with(what), "{told}");
        }
    }
}

#[test]
fn a_length_that_leaves_out_the_padding_is_read() {
    let order = Order::Little;
    let odd = [order.words(&[0x1234, 15]), b"abc\0".to_vec(), order.words(&[15])].concat();
    let capture =
        [section(order, 1), odd, interface(order, 1, 0, &[]), enhanced(order, 0, 0, 1, b"x")];
    assert_eq!(read_whole(&capture.concat()).records.len(), 1);
}

#[test]
fn a_section_of_another_version_is_not_supported() {
    let capture = [small_pcapng(Order::Little), section(Order::Little, 2)].concat();
    let outcome = read(&capture).unwrap();
    assert_eq!(outcome.records.len(), 4);
    let told = outcome.end.unwrap_err().to_string();
    assert!(told.starts_with("test: not supported: pcapng version 2.0 in the section"), "{told}");
}
