//! Lists of addresses and domains, in every format: whatever is handed on may be held against somebody,
//! and whatever is wrong is told in one harmless line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_core::config::{FeedFormat, ReputationSettings};
use netsentinel_core::text::shown;
use netsentinel_core::{Site, Timestamp};
use netsentinel_fuzz::{Input, check_line};
use netsentinel_vt::Scope;
use netsentinel_vt::feeds::formats::{Entry, Screen, read};

const FORMATS: [FeedFormat; 10] = [
    FeedFormat::Plain,
    FeedFormat::Feodo,
    FeedFormat::Urlhaus,
    FeedFormat::Threatfox,
    FeedFormat::Sslbl,
    FeedFormat::Spamhaus,
    FeedFormat::Dshield,
    FeedFormat::BlocklistDe,
    FeedFormat::Misp,
    FeedFormat::Stix,
];

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let format = FORMATS[usize::from(input.u8()) % FORMATS.len()];
    let scope = Scope::new(&ReputationSettings::default(), &Site::new(Vec::new()));
    let mut taken = 0;
    let mut each = |entry: Entry<'_>| {
        taken += 1;
        match entry {
            Entry::Network(network) => {
                assert_eq!(network, network.trunc());
                assert!(network.prefix_len() >= 8 && !network.addr().is_loopback());
            }
            Entry::Domain(name) => {
                assert!(name.len() <= 253 && name.contains('.') && !name.ends_with('.'));
                assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
                assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()));
            }
        }
    };
    let read = read(format, input.0, &Screen::new(scope), Timestamp::default(), &mut each);
    match read {
        Ok(parsed) => {
            assert_eq!(parsed.indicators, taken);
            let skipped: u64 = parsed.reasons().iter().map(|(_, count)| count).sum();
            assert_eq!(parsed.skipped, skipped);
        }
        // As the keeper of lists tells it.
        Err(error) => check_line(&shown(&error.to_string())),
    }
});
