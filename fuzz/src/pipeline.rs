//! A small pipeline: tables that overflow soon and rules that hold soon.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use netsentinel_core::config::Config;
use netsentinel_core::pipeline::Stats;
use netsentinel_core::{Alert, Pipeline, Record, Timestamp};
use netsentinel_detectors::BUILTIN;

/// The least that tables can hold, and thresholds that a few packets reach.
pub fn config() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| {
        let keys = r#"{
            "max_hosts": 16, "max_flows": 16, "alert_cooldown": 2,
            "port_scan_threshold": 3, "syn_flood_threshold": 3, "icmp_flood_threshold": 2,
            "dns_tunnel_query_len": 5, "exfil_bytes_threshold": 300, "bruteforce_threshold": 2
        }"#;
        Config::parse(keys).expect("keys of our own")
    });
    &CONFIG
}

/// Between two inputs everything falls quiet: no window or cooldown is as long.
const PAUSE: Duration = Duration::from_secs(3_600);
/// Before time ends, in seconds.
const TIME_MAX: i64 = 9_000_000_000;

thread_local! {
    /// Kept from input to input, because making it takes longer than judging one.
    static KEPT: RefCell<Pipeline> = RefCell::new(pipeline());
}

/// What all eight detectors raise on the records that `records` gives from a start of our choice,
/// in a pipeline that has seen much before; and how many alerts it counts for them.
pub fn kept_alerts_of<'a, I: Iterator<Item = Record<'a>>>(
    records: impl FnOnce(Timestamp) -> I,
) -> (Vec<Alert>, u64) {
    KEPT.with_borrow_mut(|kept| {
        if kept.newest().is_some_and(|newest| newest.as_secs() > TIME_MAX) {
            *kept = pipeline();
        }
        let start = kept.newest().unwrap_or(Timestamp::from_parts(1_800_000_000, 0)).after(PAUSE);
        let before = kept.stats().alerts;
        let mut alerts = Vec::new();
        for record in records(start) {
            kept.push(&record, &mut alerts);
        }
        kept.finish(&mut alerts);
        (alerts, kept.stats().alerts - before)
    })
}

fn pipeline() -> Pipeline {
    Pipeline::builder(config()).detectors(BUILTIN).build().expect("a good configuration")
}

/// What all eight detectors raise on `records`, in a pipeline of their own.
pub fn alerts_of<'a>(records: impl Iterator<Item = Record<'a>>) -> (Vec<Alert>, Stats) {
    let mut pipeline = pipeline();
    let mut alerts = Vec::new();
    for record in records {
        pipeline.push(&record, &mut alerts);
    }
    pipeline.finish(&mut alerts);
    (alerts, pipeline.stats())
}
