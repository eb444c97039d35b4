//! The same packets in every container, compressed, piped or cut short, give the same alerts, byte
//! for byte.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::Path;

use netsentinel_synth::{Options, SynthPacket};
use netsentinel_tests::capture::{Order, Ticks, at_micros, gzip, lz4, packets, pcap, pcapng, zstd};
use netsentinel_tests::program::{Ended, Replay};

/// Two minutes in which every detector raises an alert.
fn showcase() -> Vec<SynthPacket> {
    at_micros(packets("showcase", &Options::default()))
}

fn replay(folder: &Path, capture: &[u8]) -> Ended {
    let path = folder.join("capture");
    std::fs::write(&path, capture).unwrap();
    Replay::new(["-q"]).arg(&path).run()
}

#[test]
fn every_container_gives_the_same_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let packets = showcase();
    let plain = pcap(&packets, Order::Little, Ticks::Nanos);
    let first = replay(folder.path(), &plain);
    first.assert_silent_success();
    assert!(first.alerts().iter().filter(|alert| alert["update"] == 0).count() >= 8);

    let next_generation = pcapng(&packets, Order::Big);
    let containers = [
        ("pcap again", plain.clone()),
        ("pcap, nanoseconds, big-endian", pcap(&packets, Order::Big, Ticks::Nanos)),
        ("pcap, microseconds, little-endian", pcap(&packets, Order::Little, Ticks::Micros)),
        ("pcap, microseconds, big-endian", pcap(&packets, Order::Big, Ticks::Micros)),
        ("pcapng, little-endian", pcapng(&packets, Order::Little)),
        ("pcapng, big-endian", next_generation.clone()),
        ("pcap, gzip", gzip(&plain)),
        ("pcap, zstd", zstd(&plain)),
        ("pcap, lz4", lz4(&plain)),
        ("pcapng, gzip", gzip(&next_generation)),
        ("pcapng, zstd", zstd(&next_generation)),
        ("pcapng, lz4", lz4(&next_generation)),
    ];
    for (what, capture) in containers {
        let ended = replay(folder.path(), &capture);
        assert!(ended == first, "{what}: {}", ended.err);
    }
    for (what, capture) in [("pcap", plain.clone()), ("gzip", gzip(&next_generation))] {
        let piped = Replay::new(["-q", "-"]).run_with(&capture);
        assert!(piped == first, "standard input, {what}: {}", piped.err);
    }
    let path = folder.path().join("workers");
    std::fs::write(&path, &plain).unwrap();
    for workers in ["2", "3"] {
        let ended = Replay::new(["-q", "--workers", workers]).arg(&path).run();
        assert!(ended == first, "{workers} workers: {}", ended.err);
    }
}

#[test]
fn a_capture_cut_short_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut packets = showcase();
    packets.truncate(9_000);
    let whole = pcap(&packets, Order::Little, Ticks::Nanos);
    let last = whole.len() - 16 - packets.last().unwrap().data.len();
    let without_last = pcap(&packets[..packets.len() - 1], Order::Little, Ticks::Nanos);
    let expected = replay(folder.path(), &without_last);
    expected.assert_silent_success();
    assert!(!expected.out.is_empty());

    for cut in [last + 1, last + 15, last + 16, whole.len() - 1] {
        let path = folder.path().join("cut.pcap");
        std::fs::write(&path, &whole[..cut]).unwrap();
        let ended = Replay::new([&path]).run();
        assert_eq!(ended.code, 0, "{cut}");
        assert!(ended.out == expected.out, "{cut}");
        let warning = format!(
            " WARN {}: cut short at byte {cut}, inside of what begins at byte {last}; the 8999 \
             packets before were read",
            path.display()
        );
        assert!(ended.told().contains(&warning.as_str()), "{}", ended.err);
    }
}

#[test]
fn the_offset_of_a_cut_counts_in_what_was_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let mut packets = showcase();
    packets.truncate(3_000);
    let whole = pcap(&packets, Order::Little, Ticks::Nanos);
    let cut = whole.len() - 7;
    for (name, compressed) in
        [("gzip", gzip(&whole[..cut])), ("zstd", zstd(&whole[..cut])), ("lz4", lz4(&whole[..cut]))]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, compressed).unwrap();
        let ended = Replay::new([&path]).run();
        assert_eq!(ended.code, 0);
        let place = format!("cut short at byte {cut} of the uncompressed {name} data");
        assert!(ended.err.contains(&place), "{name}: {}", ended.err);
        assert!(ended.err.contains("the 2999 packets before were read"), "{}", ended.err);
    }
}

#[test]
fn compressed_data_cut_short_gives_what_could_be_unfolded() {
    let folder = tempfile::tempdir().unwrap();
    let mut packets = showcase();
    packets.truncate(9_000);
    let whole = pcap(&packets, Order::Little, Ticks::Nanos);
    let all = replay(folder.path(), &whole).out;
    for (name, compressed) in [("gzip", gzip(&whole)), ("zstd", zstd(&whole)), ("lz4", lz4(&whole))]
    {
        for cut in [compressed.len() / 2, compressed.len() - 1] {
            let path = folder.path().join(name);
            std::fs::write(&path, &compressed[..cut]).unwrap();
            let ended = Replay::new([&path]).run();
            assert_eq!(ended.code, 0, "{name} {cut}: {}", ended.err);
            assert!(ended.err.contains("cut short at byte "), "{name} {cut}: {}", ended.err);
            let raised = |text: &str| -> Vec<String> {
                let first = |line: &&str| line.contains(r#""update":0"#);
                text.lines().filter(first).map(Into::into).collect()
            };
            let (part, all) = (raised(&ended.out), raised(&all));
            assert_eq!(part, all[..part.len()], "{name} {cut}");
        }
    }
}

#[test]
fn a_capture_cut_inside_its_header_holds_no_packets() {
    let folder = tempfile::tempdir().unwrap();
    let packets = showcase();
    let captures = [pcap(&packets, Order::Big, Ticks::Micros), pcapng(&packets, Order::Little)];
    for capture in captures {
        for cut in [4, 11, 20] {
            let path = folder.path().join("header");
            std::fs::write(&path, &capture[..cut]).unwrap();
            let ended = Replay::new([&path]).run();
            assert_eq!((ended.code, ended.out.as_str()), (0, ""));
            assert!(ended.err.contains(&format!("cut short at byte {cut}")), "{}", ended.err);
        }
    }
}
