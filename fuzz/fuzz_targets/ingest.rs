//! Bodies as agents post them: what the server would store keeps to its limits, forges nothing in any
//! format and reads back; whatever else there is is answered for in a harmless line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_core::{Alert, Timestamp};
use netsentinel_fuzz::{check_answer, check_formats, check_line};
use netsentinel_server::fuzzing;
use netsentinel_transport::wire::{AgentId, BATCH_ALERTS_MAX, ItemStatus};

/// Bytes of an alert as JSON at most, whatever came in: all texts at their longest, escaped.
const STORED_BYTES_MAX: usize = 64 * 1024;

fuzz_target!(|body: &[u8]| {
    let agent = AgentId::from_bytes([7; 16]);
    let now = Timestamp::from_parts(1_800_000_000, 0);
    match fuzzing::alerts(body, &agent, now) {
        Ok(items) => {
            assert!(items.len() <= BATCH_ALERTS_MAX);
            for item in &items {
                match item {
                    Ok(alert) => check_stored(alert, &agent),
                    Err(answer) => {
                        assert_eq!(answer.status, ItemStatus::Rejected);
                        assert!(answer.reason.is_some());
                        check_answer(answer);
                    }
                }
            }
        }
        Err(message) => check_line(&message),
    }
});

fn check_stored(alert: &Alert, agent: &AgentId) {
    assert_eq!(alert.agent.id, agent.as_str());
    check_formats(alert);
    let json = serde_json::to_vec(alert).expect("an alert is JSON");
    assert!(json.len() <= STORED_BYTES_MAX, "{} bytes", json.len());
    // What is stored is taken again, and nothing more is cut.
    let again = fuzzing::alerts(&json, agent, Timestamp::from_nanos(0)).expect("one alert");
    assert_eq!(again[0].as_ref().expect("as good as before"), alert);
}
