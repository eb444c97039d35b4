//! All eight detectors: mixed traffic, a spoofed flood, many scans, much DNS.
#![allow(missing_docs, reason = "criterion makes a public function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netsentinel_benches::{Ignore, Traffic, attack, pipeline};
use netsentinel_detectors::BUILTIN;

const PACKETS: u32 = 100_000;

fn whole(c: &mut Criterion) {
    bench(c, "mixed", &Traffic::mixed(u64::from(PACKETS)));
    bench(c, "flood", &Traffic::flood(u64::from(PACKETS)));
    bench(c, "scans", &attack("port_scan", PACKETS));
    bench(c, "dns", &attack("dns_tunnelling", PACKETS));
}

fn bench(c: &mut Criterion, name: &str, traffic: &Traffic) {
    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(traffic.packets())).sample_size(20);
    group.bench_function(name, |b| {
        b.iter_batched_ref(
            || pipeline(BUILTIN),
            |pipeline| traffic.records().for_each(|record| pipeline.push(&record, &mut Ignore)),
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, whole);
criterion_main!(benches);
