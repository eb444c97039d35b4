//! Each detector alone: over what it looks for, and over mixed traffic.
#![allow(missing_docs, reason = "criterion makes a public function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netsentinel_benches::{Ignore, Traffic, attack, pipeline};
use netsentinel_core::Registration;
use netsentinel_detectors::BUILTIN;

const PACKETS: u32 = 50_000;

fn detectors(c: &mut Criterion) {
    let mixed = Traffic::mixed(u64::from(PACKETS));
    bench(c, "none/mixed", &[], &mixed);
    for registration in BUILTIN {
        let id = registration.descriptor().id;
        bench(c, &format!("{id}/own"), &[*registration], &attack(id, PACKETS));
        bench(c, &format!("{id}/mixed"), &[*registration], &mixed);
    }
}

fn bench(c: &mut Criterion, name: &str, detectors: &[Registration], traffic: &Traffic) {
    let mut group = c.benchmark_group("detector");
    group.throughput(Throughput::Elements(traffic.packets())).sample_size(20);
    group.bench_function(name, |b| {
        b.iter_batched_ref(
            || pipeline(detectors),
            |pipeline| traffic.records().for_each(|record| pipeline.push(&record, &mut Ignore)),
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, detectors);
criterion_main!(benches);
