use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_parts(1_800_000_000 + seconds, 0)
}

fn seen(received: u64, dropped_kernel: u64) -> CaptureCounters {
    CaptureCounters { received, dropped_kernel, ..CaptureCounters::default() }
}

/// What is lost at each of `samples`, if it is told.
fn told(samples: impl IntoIterator<Item = (i64, CaptureCounters)>) -> Vec<Option<u64>> {
    let mut meter = PacketLoss::new();
    let mut sample = |(seconds, counters)| meter.sample(at(seconds), &counters);
    samples.into_iter().map(|each| sample(each).map(|loss| loss.counted.lost())).collect()
}

#[test]
fn more_than_one_in_a_hundred_is_told() {
    assert_eq!(told([(0, seen(10_000, 100)), (1, seen(10_000, 101))]), [None, Some(101)]);
    assert_eq!(told([(0, seen(199, 1))]), [None]);
    assert_eq!(told([(0, seen(199, 2))]), [Some(2)]);
    assert_eq!(told([(0, seen(0, 1))]), [Some(1)]);
    assert_eq!(told([(0, seen(0, 0))]), [None]);
    let everywhere = CaptureCounters {
        received: 500,
        dropped_kernel: 2,
        dropped_interface: 2,
        dropped_agent: 2,
    };
    assert_eq!(told([(0, everywhere)]), [Some(6)]);
}

#[test]
fn both_ends_of_the_minute_count() {
    let loss = |second| told([(0, seen(100, 1)), (second, seen(199, 2))])[1];
    assert_eq!(loss(60), Some(2));
    assert_eq!(loss(61), Some(1));
}

#[test]
fn what_lasts_is_told_once_a_minute() {
    let lasting = (0..300).map(|n: i64| (n, seen(1_000 * (n as u64 + 1), 20 * (n as u64 + 1))));
    let told = told(lasting);
    let when: Vec<_> = (0..300).filter(|n| told[*n].is_some()).collect();
    assert_eq!(when, [0, 61, 122, 183, 244]);
}

#[test]
fn what_is_over_is_not_told_again() {
    let over = (0..300).map(|n: i64| (n, seen(1_000 * (n as u64 + 1), 500)));
    assert_eq!(told(over).iter().flatten().collect::<Vec<_>>(), [&500]);
}

#[test]
fn counters_that_begin_anew_count_from_there() {
    let reopened =
        [(0, seen(1_000_000, 9_000)), (1, seen(400, 4)), (2, seen(800, 8)), (3, seen(801, 9_000))];
    assert_eq!(told(reopened), [None, None, None, Some(9_000 + 9_000)]);
}

#[test]
fn what_no_line_carries_is_not_believed() {
    let absurd = u64::MAX - 5;
    let once = [(0, seen(10_000, 5)), (1, seen(20_000, absurd)), (2, seen(30_000, 6))];
    assert_eq!(told(once), [None; 3]);
    // It goes on from there, so it is what the counter is now.
    let gone = [seen(10_000, 5), seen(20_000, absurd), seen(30_000, absurd + 2)];
    assert_eq!(told((0..).zip(gone)), [None; 3]);
    let grown = [seen(10_000, 5), seen(20_000, 1 << 60), seen(30_000, (1 << 60) + 900)];
    assert_eq!(told((0..).zip(grown)), [None, None, Some(905)]);
    let received = [(0, seen(100, 0)), (1, seen(absurd, 3)), (2, seen(200, 3))];
    assert_eq!(told(received), [None, Some(3), None]);
}

#[test]
fn a_clock_that_is_set_back_begins_anew() {
    let little = [(100, seen(1_000, 20)), (70, seen(1_001, 30)), (99, seen(1_002, 30))];
    assert_eq!(told(little), [Some(20), None, None], "still the same minute");
    let much = [(7_200, seen(1_000, 20)), (0, seen(2_000, 40)), (61, seen(3_000, 40))];
    assert_eq!(told(much), [Some(20), Some(20), None]);
}

#[test]
fn the_alert_says_all_of_it() {
    let mut meter = PacketLoss::new();
    let counters = CaptureCounters {
        received: 4_000,
        dropped_kernel: 90,
        dropped_interface: 7,
        dropped_agent: 3,
    };
    meter.sample(at(0), &seen(0, 0));
    let loss = meter.sample(at(2), &counters).unwrap();
    let agent = Agent { id: "a7".into(), ..Agent::default() };
    let alert = loss.alert("eth0\n", &agent);
    assert_eq!(
        alert.message,
        "100 packets were lost on eth0\\x0a within 60 s, 2.5 % of 4000 received, and were not judged"
    );
    assert_eq!((alert.count, alert.threshold, alert.window_s, alert.frame), (100, 41, 60, 0));
    assert_eq!((alert.first_seen, alert.last_seen, alert.timestamp), (at(2), at(2), at(2)));
    assert_eq!((alert.source, alert.target), (Endpoint::default(), Endpoint::default()));
    assert_eq!(
        serde_json::Value::Object(alert.evidence.clone()),
        serde_json::json!({
            "interface": "eth0\\x0a", "received": 4000, "dropped_kernel": 90,
            "dropped_interface": 7, "dropped_agent": 3, "percent": 2.5,
        })
    );
    assert_eq!(alert, loss.alert("eth0\n", &agent), "the same loss has the same id");
    assert_ne!(alert.id, loss.alert("eth1", &agent).id);
    assert_ne!(alert.id, Loss { at: at(3), ..loss }.alert("eth0\n", &agent).id);
}

/// What a list of everything tells: packets lost, where it is time to tell.
fn naive(samples: &[(i64, u64, u64)]) -> Vec<Option<u64>> {
    let (mut now, mut last_told) = (0, None);
    let mut came = Vec::new();
    let mut told = Vec::new();
    for (step, received, lost) in samples {
        now += step;
        came.push((now, *received, *lost));
        let window = came.iter().filter(|(time, ..)| now - time <= 60);
        let (all, gone) = window.fold((0, 0), |(all, gone), (_, r, l)| (all + r, gone + l));
        let quiet = last_told.is_none_or(|told| now - told > 60);
        let worth = quiet && gone * 100 > all;
        last_told = if worth { Some(now) } else { last_told };
        told.push(worth.then_some(gone));
    }
    told
}

proptest! {
    #[test]
    fn tells_what_a_list_of_everything_tells(
        samples in prop::collection::vec((0_i64..40, 0_u64..5_000, 0_u64..40), 1..80),
    ) {
        let (mut time, mut sum) = (0, seen(0, 0));
        let fed = samples.iter().map(|(step, received, lost)| {
            time += step;
            sum = sum.plus(seen(*received, *lost));
            (time, sum)
        });
        prop_assert_eq!(told(fed), naive(&samples));
    }

    #[test]
    fn nothing_makes_it_panic_or_grow(
        samples in prop::collection::vec((any::<i64>(), any::<u64>(), any::<[u64; 3]>()), 1..80),
    ) {
        let mut meter = PacketLoss::new();
        let agent = Agent::default();
        for (n, (time, received, [kernel, interface, own])) in samples.into_iter().enumerate() {
            // Wild and tame counters and times by turns.
            let tame = |wild: u64, bits: u32| if n % 3 == 0 { wild } else { wild >> bits };
            let time = if n % 5 == 0 { time } else { time >> 24 };
            let counters = CaptureCounters {
                received: tame(received, 40),
                dropped_kernel: tame(kernel, 48),
                dropped_interface: tame(interface, 48),
                dropped_agent: tame(own, 48),
            };
            if let Some(loss) = meter.sample(Timestamp::from_nanos(time), &counters) {
                prop_assert!(loss.counted.lost() >= loss.threshold());
                prop_assert!(loss.percent().is_finite() && loss.since <= loss.at);
                prop_assert!(loss.alert("eth0", &agent).count > 0);
            }
            prop_assert!(meter.grown.len() <= 62);
        }
    }
}
