//! Configurations and reputation tables: whatever is wrong is told in one harmless line, and
//! whatever is right makes a pipeline.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_core::config::setting::Capacity;
use netsentinel_core::config::{Config, reference};
use netsentinel_core::{Indicator, KnownReputation, Pipeline, Reputation as _};
use netsentinel_detectors::BUILTIN;
use netsentinel_fuzz::check_line;

const REGISTRATIONS: &[&[netsentinel_core::Registration]] = &[BUILTIN];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match KnownReputation::from_json(text) {
        Ok(known) => {
            assert_eq!(known.is_empty(), known.len() == 0);
            known.tier(Indicator::Domain("a.example"));
            let _ = known.detail(Indicator::Ip([10, 0, 0, 1].into())).map(|text| check_line(&text));
        }
        Err(error) => check_line(&error.to_string()),
    }
    match Config::parse(text) {
        Ok(config) => check_config(config),
        Err(error) => check_line(&error.to_string()),
    }
});

fn check_config(mut config: Config) {
    for unknown in config.unknown_keys(REGISTRATIONS) {
        check_line(&unknown.to_string());
    }
    let reference = reference(REGISTRATIONS);
    let effective = config.effective(&reference);
    assert!(effective.keys().eq(reference.keys()));
    for key in ["api_key", "virustotal_api_key"] {
        assert!(["", "(set)"].contains(&effective[key].as_str().expect("text")), "{key} is shown");
    }
    // Tables of any size are right, but memory is not what is tried here.
    let least = Capacity::new(16).expect("in range");
    (config.pipeline.max_hosts, config.pipeline.max_flows) = (least, least);
    if let Err(error) = Pipeline::builder(&config).detectors(BUILTIN).build() {
        check_line(&error.to_string());
    }
}
