//! A flood whose every packet has a new source, to fill the tables of detectors.

use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_core::TcpFlags;

use crate::Segment;
use crate::frame::SYN_OPTIONS;
use crate::timeline::Series;
use crate::traffic::{Host, SERVER};

use super::scene::Scene;
use super::{brute_force, port_scan};

/// Addresses of 198.18.0.0/15, which come first.
const BENCHMARK_BITS: u32 = 17;
/// Addresses of 10.128.0.0/9, which come when the others are used up.
const PRIVATE_BITS: u32 = 23;

pub(super) fn flood(scene: &mut Scene) {
    let mut rng = scene.fork();
    Series::endless(scene.start, scene.rate, move |index, turn| {
        let (source, victim) = (Host::outside(spoofed(index)), Host::inside(SERVER));
        let segment = Segment::new(rng.ephemeral_port(), 80, TcpFlags::SYN)
            .numbers(rng.next_u64() as u32, 0)
            .options(SYN_OPTIONS);
        source.frame_to(&victim, turn.frame).tcp(segment, &[]);
    })
    .add_to(&mut scene.timeline);
}

/// The flood with two true attackers in it, both done within the first 9 s.
pub(super) fn hide(scene: &mut Scene) {
    flood(scene);
    let scanner = Host::outside(Ipv4Addr::new(198, 51, 100, 66));
    port_scan::scan(scene, scanner, 1_000, Duration::from_secs(6), 24);
    let guesser = Host::outside(Ipv4Addr::new(192, 0, 2, 66));
    brute_force::guess(scene, guesser, 1_500, Duration::from_secs(7), 40);
}

/// The source of packet `index`: distinct for the first 8,519,680, in an order without pattern.
fn spoofed(index: u64) -> Ipv4Addr {
    let (net, bits, index) = match index.checked_sub(1 << BENCHMARK_BITS) {
        None => (Ipv4Addr::new(198, 18, 0, 0), BENCHMARK_BITS, index),
        Some(index) => (Ipv4Addr::new(10, 128, 0, 0), PRIVATE_BITS, index),
    };
    // Multiplying by an odd number permutes the residues of a power of two.
    let host = (index as u32).wrapping_mul(0x9e37_79b1) & ((1 << bits) - 1);
    Ipv4Addr::from_bits(net.to_bits() | host)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_source_comes_twice() {
        let sources: HashSet<_> = (0..400_000).map(spoofed).collect();
        assert_eq!(sources.len(), 400_000);
        assert!(!sources.contains(&SERVER));
    }
}
