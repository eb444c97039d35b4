//! Decoding alone: usual frames, and each layer that makes it longer.
#![allow(missing_docs, reason = "criterion makes a public function")]

use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netsentinel_benches::Traffic;
use netsentinel_core::decode::decode;
use netsentinel_core::{Mac, TcpFlags};
use netsentinel_synth::{Frame, Segment};

const PACKETS: u32 = 20_000;
const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const A6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const B6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);

fn decoding(c: &mut Criterion) {
    let tcp = Segment::new(40_000, 443, TcpFlags::ACK);
    let (us, them) = (Mac([2; 6]), Mac([4; 6]));
    bench(c, "mixed", &Traffic::mixed(u64::from(PACKETS)));
    layers(c, "tcp_ipv4", |frame| frame.ipv4(A, B).tcp(tcp, b"data"));
    layers(c, "udp_ipv4", |frame| frame.ipv4(A, B).udp(5_000, 443, b"data"));
    layers(c, "tcp_ipv6", |frame| frame.ipv6(A6, B6).tcp(tcp, b"data"));
    layers(c, "tcp_vlan", |frame| frame.vlan(7).ipv4(A, B).tcp(tcp, b"data"));
    layers(c, "echo", |frame| frame.ipv4(A, B).echo_request(1, 1, b"data"));
    layers(c, "tcp_gre", |frame| frame.ipv4(A, B).gre().ipv4(A, B).tcp(tcp, b"data"));
    layers(c, "tcp_vxlan", |frame| {
        frame.ipv4(A, B).vxlan(7).ethernet(us, them).ipv4(A, B).tcp(tcp, b"data")
    });
}

fn layers(c: &mut Criterion, name: &str, write: impl Fn(Frame<'_>) -> usize) {
    let made = Traffic::made(PACKETS, |_, out| {
        write(Frame::new(out).ethernet(Mac([2; 6]), Mac([4; 6])));
    });
    bench(c, name, &made);
}

fn bench(c: &mut Criterion, name: &str, traffic: &Traffic) {
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(traffic.packets()));
    group.bench_function(name, |b| {
        b.iter(|| {
            for record in traffic.records() {
                black_box(&decode(&record));
            }
        });
    });
}

criterion_group!(benches, decoding);
criterion_main!(benches);
