//! Nothing is lost unseen: what was sent is what was handed on and what was counted as dropped.

use std::hint::black_box;
use std::io::Write as _;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use netsentinel_capture::live::{Injector, Live, LiveOptions, RingReport};
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Pipeline};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, SynthPacket, scenario};

use crate::namespace::{inside, pair};
use crate::watch::ringed;

const FRAMES: u64 = 200_000;

/// Frames of a site at work, sent again and again.
fn traffic() -> Vec<SynthPacket> {
    let options = Options { packets: Some(5_000), ..Options::default() };
    let run = scenario::find("mixed").unwrap().run(&options).unwrap();
    run.filter(|packet| packet.data.len() == packet.wire_len as usize && packet.wire_len <= 1514)
        .collect()
}

struct Outcome {
    handed: u64,
    dropped: u64,
    rings: Vec<RingReport>,
    rate: f64,
}

/// Sends as fast as it can be sent, `judge` being behind the capture.
fn flood(
    rings: usize,
    buffer_bytes: u32,
    mut judge: impl FnMut(&netsentinel_core::Record<'_>),
) -> Outcome {
    let mut live = Live::open(LiveOptions { buffer_bytes, ..ringed(rings, &["b"]) }).unwrap();
    assert_eq!(live.rings().get(), rings, "{:?}", live.refused());
    let (waker, (done, finished)) = (live.waker(), channel());
    let sender = thread::spawn(move || {
        let (frames, mut injector) = (traffic(), Injector::open("a").unwrap());
        let start = Instant::now();
        for packet in frames.iter().cycle().take(FRAMES as usize) {
            injector.send(&packet.data).unwrap();
        }
        done.send(start.elapsed()).unwrap();
        waker.wake();
    });
    let mut took = None;
    let mut quiet = 0;
    // The kernel holds back a packet for 50 ms at most, and wakes us for it.
    while quiet < 3 {
        let turn = live.turn(Duration::from_millis(100), &mut judge).unwrap();
        took = took.or_else(|| finished.try_recv().ok());
        quiet = if took.is_none() || turn.handed > 0 || turn.woken { 0 } else { quiet + 1 };
    }
    sender.join().unwrap();
    let report = live.reports().remove(0);
    let rate = FRAMES as f64 / took.unwrap().as_secs_f64();
    Outcome { handed: report.handed, dropped: report.dropped_kernel, rings: report.rings, rate }
}

fn tell(what: &str, outcome: &Outcome) {
    let Outcome { handed, dropped, rate, .. } = outcome;
    let text =
        format!("{what}: {FRAMES} sent at {rate:.0}/s, {handed} handed on, {dropped} dropped");
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[test]
fn everything_sent_is_judged_or_counted_as_dropped() {
    inside("flood::everything_sent_is_judged_or_counted_as_dropped", || {
        pair("a", "b");
        let config = Config::default();
        let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
        let mut alerts = 0;
        let sink = &mut |_: Alert| alerts += 1;
        let outcome = flood(1, 8 << 20, |record| pipeline.push(record, sink));
        tell("all detectors behind 8 MiB", &outcome);
        assert_eq!(outcome.handed + outcome.dropped, FRAMES);
        assert_eq!(pipeline.stats().packets, outcome.handed);
    });
}

#[test]
fn two_rings_judge_everything_too() {
    inside("flood::two_rings_judge_everything_too", || {
        pair("a", "b");
        let config = Config::default();
        let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
        let mut alerts = 0;
        let sink = &mut |_: Alert| alerts += 1;
        let outcome = flood(2, 8 << 20, |record| pipeline.push(record, sink));
        tell("all detectors behind two rings of 8 MiB", &outcome);
        assert_eq!(outcome.handed + outcome.dropped, FRAMES);
        assert_eq!(pipeline.stats().packets, outcome.handed);
    });
}

/// Takes far longer for a packet than sending one takes.
fn slow(record: &netsentinel_core::Record<'_>) {
    let mut sum = 0_u64;
    for _ in 0..40 {
        sum = record.data.iter().fold(sum, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte));
    }
    black_box(sum);
}

#[test]
fn what_does_not_fit_into_any_of_two_rings_is_counted() {
    inside("flood::what_does_not_fit_into_any_of_two_rings_is_counted", || {
        pair("a", "b");
        let outcome = flood(2, 512 << 10, slow);
        tell("a slow reader behind two rings of 512 KiB", &outcome);
        assert_eq!(outcome.handed + outcome.dropped, FRAMES);
        let [one, other] = outcome.rings[..] else { panic!("{:?}", outcome.rings) };
        assert!(one.dropped_kernel > 0 && other.dropped_kernel > 0, "{one:?} {other:?}");
        assert_eq!(one.dropped_kernel + other.dropped_kernel, outcome.dropped);
        assert_eq!(one.received + other.received, FRAMES);
    });
}

#[test]
fn what_does_not_fit_is_counted() {
    inside("flood::what_does_not_fit_is_counted", || {
        pair("a", "b");
        let outcome = flood(1, 512 << 10, slow);
        tell("a slow reader behind 512 KiB", &outcome);
        assert_eq!(outcome.handed + outcome.dropped, FRAMES);
        assert!(outcome.dropped > 0);
    });
}
