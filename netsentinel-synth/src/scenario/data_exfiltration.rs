//! `data_exfiltration`: 5,000,000 bytes of one internal host to the outside in 60 s.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::{Mac, TcpFlags};

use crate::frame::SYN_OPTIONS;
use crate::timeline::{Series, Turn};
use crate::traffic::{Endpoint, Host, INSIDER, OUTSIDER, Plan, SERVER, Service, Session, filler};
use crate::{Frame, Segment};

use super::scene::Scene;

const THRESHOLD: u64 = 5_000_000;
const WINDOW: Duration = Duration::from_secs(60);

/// Bytes of a frame before the payload: Ethernet, IPv4, TCP.
const HEADERS: u64 = 54;
const FULL_FRAME: u64 = 1514;
/// Where both sequence numbers of an upload start.
const FIRST: u32 = 1_000;

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(75);
    upload(scene, Host::inside(INSIDER), 5_000, WINDOW, THRESHOLD);
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(75);
    upload(scene, Host::inside(INSIDER), 5_000, WINDOW, THRESHOLD - 1);
}

/// `client` sends frames of `total` bytes (at least 10,000) in all, the first and the last exactly
/// `span` apart.
pub(super) fn upload(scene: &mut Scene, client: Host, millis: u64, span: Duration, total: u64) {
    let client = client.port(scene.rng.ephemeral_port());
    let server = Host::outside(OUTSIDER).port(443);
    // A SYN, an ACK, full segments, and a last segment that carries what is left.
    let data = total - (HEADERS + SYN_OPTIONS.len() as u64) - HEADERS;
    let full = data.div_ceil(FULL_FRAME) - 1;
    let mut last = data - full * FULL_FRAME;
    let mut shift = 0;
    if last <= HEADERS {
        // Too short to be a frame: the one before gives some bytes away.
        shift = HEADERS + 1 - last;
        last += shift;
    }
    let count = full + 3;
    let mut sent = FIRST;
    scene.spread(millis, span, count, move |index, turn| {
        let (flags, len) = match index {
            0 => (TcpFlags::SYN, 0),
            1 => (TcpFlags::ACK, 0),
            _ if index + 1 == count => {
                (TcpFlags::FIN | TcpFlags::PSH | TcpFlags::ACK, last - HEADERS)
            }
            _ if index + 2 == count => (TcpFlags::ACK, FULL_FRAME - HEADERS - shift),
            _ => (TcpFlags::ACK, FULL_FRAME - HEADERS),
        };
        let ack = if index == 0 { 0 } else { FIRST + 1 };
        send(turn.frame, client, server, flags, (sent, ack), len as usize);
        sent = sent.wrapping_add(len as u32 + u32::from(index == 0));
        // The answer: a SYN-ACK, then an acknowledgement for every second segment.
        if index == 0 || index % 2 == 1 && index > 1 || index + 1 == count {
            let acknowledged = sent;
            let (flags, own) = match index {
                0 => (TcpFlags::SYN | TcpFlags::ACK, FIRST),
                _ => (TcpFlags::ACK, FIRST + 1),
            };
            let at = turn.now.after(Duration::from_millis(2));
            let answer = move |_, turn: &mut Turn<'_>| {
                send(turn.frame, server, client, flags, (own, acknowledged), 0);
            };
            turn.start(at, Series::spread(at, Duration::ZERO, 1, answer));
        }
    });
}

/// A video call of `client`: datagrams of `total` bytes in all each way.
fn call(scene: &mut Scene, client: Host, millis: u64, span: Duration, total: u64) {
    const PAYLOAD: usize = 1_100;
    const FRAME: u64 = PAYLOAD as u64 + 42;
    let client = client.port(scene.rng.ephemeral_port());
    let peer = Host::outside(OUTSIDER).port(3_480);
    for (from, to) in [(client, peer), (peer, client)] {
        scene.spread(millis, span, total / FRAME, move |_, turn| {
            from.host.frame_to(&to.host, turn.frame).udp(from.port, to.port, filler(PAYLOAD));
        });
    }
}

fn send(
    out: &mut Vec<u8>,
    from: Endpoint,
    to: Endpoint,
    flags: TcpFlags,
    (sequence, acknowledgement): (u32, u32),
    len: usize,
) {
    let mut segment = Segment::new(from.port, to.port, flags).numbers(sequence, acknowledgement);
    if flags.contains(TcpFlags::SYN) {
        segment = segment.options(SYN_OPTIONS);
    }
    from.host.frame_to(&to.host, out).tcp_with(segment, |out| match len {
        0 => {}
        6.. => Service::Tls.write(true, 1, 0, len, out),
        _ => out.extend_from_slice(filler(len)),
    });
}

pub(super) fn benign(scene: &mut Scene) {
    const MB: u32 = 1_000_000;
    scene.light_background(180);
    // 4.9 MB in every minute, and as much comes back.
    call(scene, Host::workstation(100), 1_000, WINDOW * 3, 3 * 4_900_000);
    let session = |scene: &mut Scene, client: Host, server: Endpoint, millis, plan| {
        let client = client.port(scene.rng.ephemeral_port());
        let number = scene.rng.next_u64() as u32;
        scene.add(scene.at(millis), Session::new(client, server, number, plan));
    };
    // A download, of which only the acknowledgements go out.
    let download = Plan::request(Service::Tls, 500, 12 * MB);
    let mirror = Host::outside(Ipv4Addr::new(198, 51, 100, 40)).port(443);
    session(scene, Host::workstation(101), mirror, 2_000, download);
    // A backup inside the site.
    let rtt = Duration::from_micros(300);
    let backup = Plan { rtt, ..Plan::request(Service::Smb, 12 * MB, 100) };
    session(scene, Host::workstation(102), Host::inside(SERVER).port(445), 3_000, backup);
    // A camera that streams to a multicast group.
    scene.spread(4_000, WINDOW, 5_000, |_, turn| {
        let host = Host::workstation(103);
        Frame::new(turn.frame)
            .ethernet(host.mac, Mac([0x01, 0x00, 0x5e, 0x40, 0, 1]))
            .ip(host.ip, IpAddr::V4(Ipv4Addr::new(239, 192, 0, 1)))
            .udp(50_004, 50_004, filler(1_316));
    });
}
