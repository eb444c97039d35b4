//! Scanners at work, many at once: nearly every packet is a probe or the answer to one.

use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_core::TcpFlags;

use crate::frame::SYN_OPTIONS;
use crate::timeline::{Series, Turn};
use crate::traffic::Host;
use crate::{Rng, Segment};

use super::scene::Scene;

/// Where the addresses of scanners outside begin: those for benchmarks.
const SCANNERS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// Ports of one host that are gone through; none of those that `suspicious_port` watches is below.
const PORTS: u64 = 1_024;
/// Hosts that are gone through for one port.
const TARGETS: u64 = 16_384;
/// Ports that are looked for on many hosts.
const SWEPT: [u16; 8] = [22, 23, 80, 443, 445, 3306, 3389, 8080];
/// Ports that are open.
const OPEN: [u16; 5] = [22, 53, 80, 443, 993];
/// How long a host takes to answer.
const TURNAROUND: Duration = Duration::from_micros(300);
/// Flags that no connection opens with: FIN, none at all, Xmas, Maimon.
const STEALTH: [TcpFlags; 4] = [
    TcpFlags::FIN,
    TcpFlags::empty(),
    TcpFlags::FIN.union(TcpFlags::PSH).union(TcpFlags::URG),
    TcpFlags::FIN.union(TcpFlags::ACK),
];

/// What a scanner does, for as long as it lives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    /// Port by port of one host.
    Vertical,
    /// One port of host by host.
    Sweep,
    /// UDP, port by port of one host.
    Udp,
    /// Port by port of one host, with other flags than SYN.
    Stealth,
}

/// `scene.hosts` scanners take turns, `scene.rate` frames a second in all, answers included.
///
/// Of eight scanners four go through the ports of a host, one of them from inside, two go through
/// hosts, one uses UDP and one odd flags. Closed ports refuse, open ones answer, and of the hosts swept three of four are silent.
pub(super) fn scans(scene: &mut Scene) {
    let scanners = u64::from(scene.hosts);
    let mut rng = scene.fork();
    // About eight probes of thirteen frames.
    let probes = (u64::from(scene.rate) * 8 / 13) as u32;
    Series::endless(scene.start, probes, move |index, turn| {
        probe(index % scanners, index / scanners, &mut rng, turn);
    })
    .add_to(&mut scene.timeline);
}

/// The `nth` probe of a scanner.
fn probe(scanner: u64, nth: u64, rng: &mut Rng, turn: &mut Turn<'_>) {
    let outside =
        || Host::outside(Ipv4Addr::from_bits(SCANNERS.to_bits() + scanner as u32 % 0xffff));
    let (from, scan) = match scanner % 8 {
        0 | 2 | 4 => (outside(), Scan::Vertical),
        1 | 5 => (outside(), Scan::Sweep),
        3 => (outside(), Scan::Udp),
        6 => (outside(), Scan::Stealth),
        _ => (Host::workstation(scanner as u32), Scan::Vertical),
    };
    // An odd factor visits every residue of a power of two once.
    let step = nth.wrapping_mul(613).wrapping_add(scanner * 37);
    let (target, port) = match scan {
        Scan::Sweep => {
            (step % TARGETS, SWEPT.get(scanner as usize / 8 % 8).copied().unwrap_or_default())
        }
        _ => (scanner / 4, (1 + step % (PORTS - 1)) as u16),
    };
    let to = Host::workstation(0x4000 + target as u32);
    let source_port = rng.ephemeral_port();
    if scan == Scan::Udp {
        from.frame_to(&to, turn.frame).udp(source_port, port, &[0; 8]);
        return;
    }
    let flags = match scan {
        Scan::Stealth => STEALTH.get(scanner as usize / 8 % 4).copied().unwrap_or(TcpFlags::FIN),
        _ => TcpFlags::SYN,
    };
    let number = rng.next_u64() as u32;
    let options = if flags == TcpFlags::SYN { SYN_OPTIONS } else { &[] };
    let segment = Segment::new(source_port, port, flags).numbers(number, 0).options(options);
    from.frame_to(&to, turn.frame).tcp(segment, &[]);
    if scan == Scan::Sweep && !target.is_multiple_of(4) {
        return;
    }
    answer(turn, (from, source_port), (to, port), flags, number);
}

/// A closed port refuses. An open one takes a SYN, which the scanner then breaks off, and says nothing
/// to other flags.
fn answer(
    turn: &mut Turn<'_>,
    (from, source_port): (Host, u16),
    (to, port): (Host, u16),
    flags: TcpFlags,
    number: u32,
) {
    let open = OPEN.contains(&port);
    if open && flags != TcpFlags::SYN {
        return;
    }
    let at = turn.now.after(TURNAROUND);
    let frames = if open { 2 } else { 1 };
    turn.start(
        at,
        Series::spread(at, TURNAROUND, frames, move |step, turn: &mut Turn<'_>| {
            let next = number.wrapping_add(1);
            if step == 1 {
                let reset = Segment::new(source_port, port, TcpFlags::RST).numbers(next, 0);
                from.frame_to(&to, turn.frame).tcp(reset, &[]);
                return;
            }
            let flags =
                if open { TcpFlags::SYN | TcpFlags::ACK } else { TcpFlags::RST | TcpFlags::ACK };
            let back = Segment::new(port, source_port, flags).numbers(u32::from(open), next);
            to.frame_to(&from, turn.frame).tcp(back, &[]);
        }),
    );
}
