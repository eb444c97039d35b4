//! Times to live, room, and what survives on the disk.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);
const LIFETIMES: Lifetimes = Lifetimes {
    bad: Duration::from_secs(1_000),
    clean: Duration::from_secs(100),
    error: Duration::from_secs(10),
};

fn cache(capacity: usize) -> Cache {
    Cache::new(NonZeroUsize::new(capacity).unwrap(), LIFETIMES)
}

fn indicator(text: &str) -> IndicatorBuf {
    let Ok(indicator) = text.parse();
    indicator
}

fn bad(tier: RiskTier, lasts: Option<u64>) -> Outcome {
    let detail = format!("{tier} \"\\ ä");
    let verdict = ProviderVerdict { provider: "virustotal".into(), tier, detail };
    Outcome::Known { verdicts: vec![verdict], lasts: lasts.map(Duration::from_secs) }
}

fn clean(lasts: Option<u64>) -> Outcome {
    Outcome::Known { verdicts: Vec::new(), lasts: lasts.map(Duration::from_secs) }
}

fn at(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

fn all(cache: &Cache) -> Vec<(IndicatorBuf, Vec<Part>)> {
    let all = cache.state().shelf.all();
    all.into_iter().map(|(key, entry)| ((*key).clone(), entry.parts().to_vec())).collect()
}

#[test]
fn what_was_said_counts_for_its_time() {
    for (outcome, seconds) in [
        (bad(RiskTier::Low, None), 1_000),
        (bad(RiskTier::Clean, None), 100),
        (clean(None), 100),
        (Outcome::Unknown, 100),
        (Outcome::Failed, 10),
        (clean(Some(500)), 500),
        (bad(RiskTier::High, Some(30)), 30),
        (clean(Some(1_000_000)), 1_000),
        (clean(Some(0)), 1),
    ] {
        let cache = cache(4);
        let host = indicator("203.0.113.7");
        cache.record("virustotal", &host, outcome.clone(), NOW);
        let seen = |seconds| {
            (cache.has("virustotal", &host, at(seconds)), cache.look(&host, at(seconds)).is_some())
        };
        assert_eq!(
            (seen(seconds - 1), seen(seconds)),
            ((true, true), (false, false)),
            "{outcome:?}"
        );
        assert!(!cache.has("abuseipdb", &host, NOW));
        assert_eq!(cache.look(&host, NOW).unwrap().until, at(seconds));
    }
}

#[test]
fn the_worst_of_all_parts_counts() {
    let cache = cache(4);
    let host = indicator("bad.example");
    assert_eq!(
        cache.record("a", &host, bad(RiskTier::Medium, Some(50)), NOW).tier,
        RiskTier::Medium
    );
    assert_eq!(cache.record("b", &host, bad(RiskTier::High, Some(20)), NOW).tier, RiskTier::High);
    assert_eq!(cache.record("c", &host, Outcome::Unknown, NOW).tier, RiskTier::High);
    let remembered = cache.look(&host, NOW).unwrap();
    let tiers: Vec<RiskTier> = remembered.verdicts.iter().map(|verdict| verdict.tier).collect();
    assert_eq!((remembered.until, tiers), (at(20), vec![RiskTier::High, RiskTier::Medium]));
    assert_eq!(cache.expire(at(19)), []);
    assert_eq!(cache.expire(at(20)), [(host.clone(), Some(RiskTier::Medium))]);
    assert_eq!(cache.expire(at(60)), [(host.clone(), Some(RiskTier::Clean))]);
    assert_eq!(cache.expire(at(100)), [(host.clone(), None)]);
    assert_eq!((cache.look(&host, NOW), cache.usage()), (None, (0, 4, 0)));
    cache.state().shelf.assert_sound();
}

#[test]
fn a_failure_takes_nothing_back() {
    let cache = cache(4);
    let host = indicator("203.0.113.7");
    cache.record("a", &host, bad(RiskTier::High, Some(20)), NOW);
    assert_eq!(cache.record("a", &host, Outcome::Failed, at(19)).tier, RiskTier::High);
    assert_eq!(cache.record("a", &host, Outcome::Failed, at(20)).tier, RiskTier::Clean);
    assert_eq!(cache.record("a", &host, bad(RiskTier::Low, None), at(21)).tier, RiskTier::Low);
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let cache = cache(2);
    let hosts = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map(indicator);
    let record = |n: usize, now| cache.record("a", &hosts[n], Outcome::Unknown, now).evicted;
    assert_eq!((record(0, NOW), record(1, NOW)), (None, None));
    assert!(cache.look(&hosts[0], NOW).is_some() && cache.has("a", &hosts[1], NOW));
    assert_eq!(record(2, NOW), Some(hosts[1].clone()));
    assert_eq!(cache.usage(), (2, 2, 1));
    // What is over is given up too, but is no loss.
    assert_eq!(record(3, at(100)), Some(hosts[0].clone()));
    assert_eq!(cache.usage(), (2, 2, 1));
    let mut forgotten = cache.clear();
    forgotten.sort();
    assert_eq!(forgotten, hosts[2..]);
    assert_eq!((cache.usage(), cache.expire(at(9_999))), ((0, 2, 1), vec![]));
}

#[test]
fn a_missing_file_holds_nothing_and_another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let cache = cache(4);
    assert_eq!(cache.load(&path, None).unwrap(), Loaded::default());
    for text in [
        "",
        "{\"netsentinel_rep",
        "{\"netsentinel_reputation\":2,\"saved\":\"2026-01-01T00:00:00Z\"}\n",
        "\n",
        "{\"203.0.113.7\": \"HIGH\"}\n",
        "\u{0}\u{ff}",
    ] {
        fs::write(&path, text).unwrap();
        let error = cache.load(&path, None).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(
            error.to_string().contains("cache") && source.contains("netsentinel_reputation\":1"),
            "{error}"
        );
    }
    assert!(cache.load(folder.path(), None).is_err());
    assert!(cache.save(&folder.path().join("none").join("cache")).is_err());
}

#[test]
fn lines_that_make_no_sense_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let good = |name: &str| {
        let part = r#"{"provider":"a","until":"2026-01-01T00:00:10Z","verdicts":[]}"#;
        format!(r#"{{"indicator":"{name}","parts":[{part}]}}"#)
    };
    let over = good("over.example").replace("00:10Z", "00:00Z");
    let long = good(&"a".repeat(300));
    let endless = format!("{}{}", good("endless.example"), " ".repeat(1 << 17));
    let lines = [
        "{\"netsentinel_reputation\":1,\"saved\":\"2026-01-01T00:00:00Z\",\"more\":[]}",
        &good("203.0.113.7"),
        &over,
        &long,
        &endless,
        "",
        "[]",
        "null",
        "{\"indicator\":\"a.example\",\"parts\":[]}",
        &good("a b"),
        &good(""),
        &good("c.example").replace("\"a\"", "\"\""),
        &good("d.example").replace("2026", "99999"),
        &"[".repeat(10_000),
        &good("bad.example"),
        &good("203.0.113.7"),
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let cache = cache(16);
    let loaded = cache.load(&path, Some(NOW)).unwrap();
    assert_eq!(loaded, Loaded { indicators: 3, expired: 1, invalid: 11 });
    let names: Vec<String> = all(&cache).iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["203.0.113.7", "bad.example"]);
}

#[test]
fn no_more_is_read_than_there_is_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let large = cache(8);
    for n in 0..8_u8 {
        large.record("a", &IndicatorBuf::Ip([203, 0, 113, n].into()), Outcome::Unknown, NOW);
    }
    large.save(&path).unwrap();
    let small = cache(3);
    small.record("a", &indicator("198.51.100.1"), Outcome::Unknown, NOW);
    assert_eq!(small.load(&path, Some(NOW)).unwrap().indicators, 2);
    let names: Vec<String> = all(&small).iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["198.51.100.1", "203.0.113.7", "203.0.113.6"], "those used last");
    small.state().shelf.assert_sound();
}

#[test]
fn a_time_in_a_file_is_cut_to_the_lifetimes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let first = cache(4);
    let host = indicator("203.0.113.7");
    first.record("a", &host, bad(RiskTier::High, None), at(1_000_000));
    first.save(&path).unwrap();
    let second = cache(4);
    second.load(&path, Some(NOW)).unwrap();
    assert_eq!(second.look(&host, NOW).unwrap().until, at(1_000));
    // What was said meanwhile goes before what was saved.
    let third = cache(4);
    third.record("a", &host, Outcome::Unknown, NOW);
    third.record("b", &host, bad(RiskTier::Low, None), NOW);
    third.load(&path, Some(NOW)).unwrap();
    assert_eq!(third.look(&host, NOW).unwrap().tier, RiskTier::Low);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_saved() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "mine").unwrap();
    // Left behind, or laid there by somebody: neither is written to.
    symlink(&elsewhere, folder.path().join("cache.tmp")).unwrap();
    fs::write(&path, "before").unwrap();
    cache(4).save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"netsentinel_reputation\":1,"));
}

/// A cache after some questions.
fn filled() -> impl Strategy<Value = Cache> {
    let name = prop_oneof!["[a-c]{1,3}\\.example", "203\\.0\\.113\\.[1-9]", "2001:db8::[1-9]"];
    let outcome = (0_usize..7, proptest::option::of(0_u64..2_000)).prop_map(|(kind, lasts)| {
        match RiskTier::ALL.get(kind) {
            Some(tier) => bad(*tier, lasts),
            None if kind == 5 => Outcome::Unknown,
            None => Outcome::Failed,
        }
    });
    let steps = (name, "[ab]", outcome, 0_u64..1_500);
    (1_usize..20, proptest::collection::vec(steps, 0..40)).prop_map(|(capacity, mut steps)| {
        let cache = cache(capacity);
        steps.sort_by_key(|(.., now)| *now);
        for (name, provider, outcome, now) in steps {
            if now % 5 == 0 {
                cache.expire(at(now));
            }
            cache.record(&provider, &indicator(&name), outcome, at(now));
            cache.state().shelf.assert_sound();
        }
        cache
    })
}

fn saved(cache: &Cache) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    cache.save(&path).unwrap();
    (folder, path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_saved_is_loaded_again(before in filled()) {
        let (_folder, path) = saved(&before);
        let after = cache(20);
        let loaded = after.load(&path, Some(Timestamp::MIN)).unwrap();
        prop_assert_eq!(loaded.indicators, before.usage().0);
        let ends = |cache: &Cache| {
            let shown = |part: Part| (part.provider, part.verdicts);
            let all = all(cache).into_iter();
            all.map(|(name, parts)| (name, parts.into_iter().map(shown).collect())).collect::<Vec<(_, Vec<_>)>>()
        };
        prop_assert_eq!(ends(&after), ends(&before));

        let after = cache(20);
        after.load(&path, Some(NOW)).unwrap();
        let cut = |part: Part| Part { until: part.until.min(at(1_000)), ..part };
        let counting = all(&before).into_iter();
        let counting = counting.map(|(name, parts)| (name, parts.into_iter().map(cut).collect()));
        prop_assert_eq!(all(&after), counting.collect::<Vec<_>>());
    }

    #[test]
    fn of_a_file_that_is_cut_short_the_beginning_is_loaded(before in filled(), cut in 0.0..1.0_f64) {
        let (_folder, path) = saved(&before);
        let bytes = fs::read(&path).unwrap();
        let cut = (bytes.len() as f64 * cut) as usize;
        let header = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        fs::write(&path, &bytes[..cut]).unwrap();
        let after = cache(20);
        match after.load(&path, None) {
            Err(_) => prop_assert!(cut < header),
            Ok(loaded) => {
                prop_assert!(cut >= header && loaded.invalid <= 1);
                let names = |cache: &Cache| all(cache).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
                prop_assert!(names(&before).starts_with(&names(&after)));
                let whole = bytes[header..cut].iter().filter(|byte| **byte == b'\n').count() as u64;
                prop_assert!(loaded.indicators + 1 >= whole);
            }
        }
    }

    #[test]
    fn no_file_makes_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..2_000), header in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        if header {
            let line = b"{\"netsentinel_reputation\":1,\"saved\":\"2026-01-01T00:00:00Z\"}\n";
            bytes.splice(0..0, line.iter().copied());
        }
        fs::write(&path, bytes).unwrap();
        prop_assert_eq!(cache(4).load(&path, Some(NOW)).is_ok(), header);
    }
}

#[test]
fn a_flood_of_clean_ones_drives_out_no_bad_one() {
    let cache = cache(16);
    let host = |n: u32| IndicatorBuf::Ip((0x1400_0000 + n).to_be_bytes().into());
    for n in 0..4 {
        cache.record("virustotal", &host(n), bad(RiskTier::High, None), NOW);
    }
    for n in 4..1_000 {
        cache.record("virustotal", &host(n), clean(None), NOW);
    }
    for n in 0..4 {
        assert_eq!(cache.look(&host(n), NOW).unwrap().tier, RiskTier::High, "{n}");
    }
    // Where all are bad, the oldest goes all the same.
    for n in 1_000..1_100 {
        let recorded = cache.record("virustotal", &host(n), bad(RiskTier::Low, None), NOW);
        assert!(recorded.evicted.is_some());
    }
    assert_eq!(cache.usage().0, 16);
}
