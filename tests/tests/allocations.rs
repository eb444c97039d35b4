//! That the packet path allocates nothing: neither reading, decoding, reassembly and the following
//! of flows, nor any detector, once the tables are made. Alerts may; the packets here raise none.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(unsafe_code, reason = "a global allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::{
    Alert, Arp, Indicator, LinkType, Mac, Pipeline, Record, Reputation, RiskTier, Source as _,
    Suspicion, TcpFlags, Timestamp,
};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::frame::{SYN_OPTIONS, fragments};
use netsentinel_synth::{Dns, Frame, Options, Rng, Segment, SynthPacket, scenario};
use netsentinel_tests::capture::{Order, Ticks, pcap};

/// Counts what the current thread asks for, and hands it on to the system.
struct Counting;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    TAKEN.with(|taken| taken.set(taken.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the callee's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often `act` asks for memory.
fn allocations(act: impl FnOnce()) -> u64 {
    let before = TAKEN.with(Cell::get);
    act();
    TAKEN.with(Cell::get) - before
}

/// Waits for a verdict on everybody, so that whatever could wait does.
struct Outstanding;

impl Reputation for Outstanding {
    fn tier(&self, _: Indicator<'_>) -> RiskTier {
        RiskTier::Clean
    }

    fn want(&self, _: Indicator<'_>, _: Suspicion) -> bool {
        true
    }
}

/// A pipeline of all detectors, small enough that its tables overflow soon.
struct Watched {
    pipeline: Pipeline,
    alerts: Vec<Alert>,
    packets: u64,
    allocations: u64,
}

impl Watched {
    /// Packets before counting begins.
    const WARM_UP: u64 = 1_000;

    fn new(config: &str) -> Self {
        let config = Config::parse(config).unwrap();
        let builder = Pipeline::builder(&config).detectors(BUILTIN);
        let pipeline = builder.reputation(Arc::new(Outstanding)).build().unwrap();
        Self { pipeline, alerts: Vec::new(), packets: 0, allocations: 0 }
    }

    fn push(&mut self, record: &Record<'_>) {
        let (pipeline, alerts) = (&mut self.pipeline, &mut self.alerts);
        let allocations = allocations(|| pipeline.push(record, alerts));
        self.packets += 1;
        if self.packets > Self::WARM_UP {
            self.allocations += allocations;
        }
    }

    fn push_frame(&mut self, nanos: i64, data: &[u8]) {
        self.push(&Record {
            frame: self.packets + 1,
            timestamp: Timestamp::from_nanos(1_700_000_000_000_000_000 + nanos),
            link: LinkType::ETHERNET,
            wire_len: data.len() as u32,
            data,
            interface: None,
        });
    }

    #[track_caller]
    fn assert_none(&self, packets: u64) {
        assert!(self.packets >= packets, "only {} packets", self.packets);
        assert_eq!(self.alerts, [], "an alert may allocate, so there must be none");
        assert_eq!(self.allocations, 0, "in {} packets", self.packets);
    }
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(Box::new(7_u64))), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn plausible_traffic_allocates_nothing() {
    let options = Options {
        hosts: Some(400),
        rate: Some(2_500),
        packets: Some(300_000),
        ..Options::default()
    };
    let mut run = scenario::find("mixed").unwrap().run(&options).unwrap();
    let mut watched = Watched::new("{}");
    while let Some(record) = run.next_frame() {
        watched.push(&record);
    }
    watched.assert_none(300_000);
}

#[test]
fn reading_a_capture_allocates_nothing() {
    let options = Options { packets: Some(20_000), ..Options::default() };
    let packets: Vec<SynthPacket> =
        scenario::find("mixed").unwrap().run(&options).unwrap().collect();
    let bytes = pcap(&packets, Order::Little, Ticks::Nanos);
    let mut capture = Capture::from_reader("memory", Cursor::new(bytes)).unwrap();
    assert!(capture.next_record().unwrap().is_some());
    let mut read = 1;
    let taken = allocations(|| {
        while capture.next_record().is_ok_and(|record| record.is_some()) {
            read += 1;
        }
    });
    assert_eq!((read, taken), (20_000, 0));
}

#[test]
fn tables_that_overflow_allocate_nothing() {
    for profile in ["seed", "tuned"] {
        overflow(profile);
    }
}

fn overflow(profile: &str) {
    // So many strangers at one host are a flood, and telling of it would allocate.
    let silent =
        r#""disabled_rules": ["syn_flood/victim", "icmp_flood/victim", "udp_flood/victim"]"#;
    let mut watched = Watched::new(&format!(
        r#"{{"profile": "{profile}", "max_hosts": 1024, "max_flows": 2048, {silent}}}"#
    ));
    let mut rng = Rng::new(1);
    let mut frame = Vec::new();
    for n in 0..300_000_u32 {
        frame.clear();
        churn(n, &mut rng, &mut frame);
        watched.push_frame(i64::from(n) * 50_000, &frame);
    }
    watched.assert_none(300_000);
    let stats = watched.pipeline.stats();
    for id in ["port_scan", "syn_flood", "icmp_flood", "arp_spoofing", "brute_force"] {
        let usage = stats.detectors[id].usage;
        assert!(usage.keys <= usage.max_keys && usage.evictions > 0, "{id}: {usage:?}");
    }
    assert!(stats.tables["udp_attempts"].evictions > 0);
    let waiting = stats.tables["waiting"];
    let waits = profile == "seed";
    assert!((waiting.keys > 0 && waiting.evictions > 0) || !waits, "{waiting:?}");
}

#[test]
fn other_settings_take_their_memory_at_once() {
    let mut watched = Watched::new(r#"{"max_hosts": 16, "max_flows": 2048}"#);
    let larger = r#"{"syn_flood_threshold": 900000, "port_scan_threshold": 4000}"#;
    watched.pipeline.reconfigure(&Config::parse(larger).unwrap()).unwrap();
    let mut frame = Vec::new();
    for n in 0..60_000_u32 {
        frame.clear();
        let (source, target) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        let macs = [Mac([2, 0, 0, 0, 0, 1]); 2];
        let _ = Frame::new(&mut frame)
            .ethernet(macs[0], macs[1])
            .ipv4(source, target)
            .tcp(Segment::new(40_000, 6_000 + (n % 60) as u16, TcpFlags::SYN), b"");
        watched.push_frame(i64::from(n), &frame);
    }
    watched.assert_none(60_000);
}

/// Every packet from a new source, by turns of each kind that a detector keeps something of.
fn churn(n: u32, rng: &mut Rng, out: &mut Vec<u8>) {
    const MACS: [Mac; 2] = [Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2])];
    let source = Ipv4Addr::from_bits(0x0a00_0000 | (n.wrapping_mul(0x9e37_79b1) & 0x00ff_ffff));
    let victim = Ipv4Addr::new(203, 0, 113, 9);
    let port = rng.ephemeral_port();
    let frame = Frame::new(out).ethernet(MACS[0], MACS[1]);
    let _ = match n % 6 {
        0 => frame.ipv4(source, victim).udp(port, 9_000, b"hello"),
        1 => frame.ipv4(source, victim).echo_request(7, 1, &[0; 32]),
        2 => frame.arp(&Arp {
            operation: 1,
            sender_mac: Mac([2, 0, 0, 0, 0, n as u8]),
            sender_ip: source,
            target_mac: Mac::ZERO,
            target_ip: victim,
        }),
        3 => frame.ipv4(source, victim).dns(port, 53, &Dns::query(7, "www.example.com", 1)),
        // Half of a query over TCP, which is waited for.
        4 => frame.ipv4(source, victim).tcp(
            Segment::new(port, 53, TcpFlags::ACK).numbers(rng.next_u64() as u32, 1),
            &[0, 40, 0, 7, 1, 0, 0, 1],
        ),
        // By turns to the one victim and to another stranger.
        _ => frame
            .ipv4(source, if n % 12 == 5 { victim } else { Ipv4Addr::from_bits(0xc612_0000 | n) })
            .tcp(Segment::new(port, 22, TcpFlags::SYN).options(SYN_OPTIONS), b""),
    };
}

#[test]
fn fragments_allocate_nothing() {
    let mut watched = Watched::new("{}");
    let mut rng = Rng::new(2);
    let mut whole = Vec::new();
    for n in 0..60_000_u32 {
        whole.clear();
        let host = |net: u8| Ipv4Addr::new(10, net, (n >> 8) as u8, n as u8);
        let (source, target) = (IpAddr::V4(host(1)), IpAddr::V4(host(2)));
        let (macs, content) = ([Mac([2, 0, 0, 0, 0, 1]); 2], [n as u8; 2_000]);
        Frame::new(&mut whole).ethernet(macs[0], macs[1]).ip(source, target).udp(
            rng.ephemeral_port(),
            9_000,
            &content,
        );
        let pieces = fragments(&whole, 400, n);
        // Of every other datagram a piece is missing, and of every fourth one comes twice.
        let missing = if n % 2 == 0 { pieces.len() } else { 2 };
        let twice = pieces.iter().take(usize::from(n % 4 == 0));
        let sent = pieces.iter().enumerate().filter(|(index, _)| *index != missing);
        for piece in twice.chain(sent.map(|(_, piece)| piece)) {
            watched.push_frame(i64::from(n) * 1_000_000, piece);
        }
    }
    watched.assert_none(300_000);
    let counted = watched.pipeline.stats().fragments;
    assert!(counted.reassembled >= 30_000 && counted.overlapping > 0, "{counted:?}");
    assert!(counted.timed_out + counted.given_up > 10_000, "{counted:?}");
}
