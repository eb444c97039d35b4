//! The messages between agent and server, as either side reads them, and the address of a server:
//! what is read is written and read again, and what is wrong is told in one harmless line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_fuzz::{check_answer, check_line};
use netsentinel_transport::ServerUrl;
use netsentinel_transport::wire::{
    AgentId, AlertBatch, BatchAnswer, Enrolled, Enrolment, Heartbeat, HeartbeatAnswer, Problem,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|bytes: &[u8]| {
    if let Some(BatchAnswer { results }) = reads_back(bytes) {
        results.iter().for_each(check_answer);
    }
    let _ = reads_back::<AlertBatch>(bytes);
    let _ = reads_back::<Enrolment>(bytes);
    let _ = reads_back::<Enrolled>(bytes);
    let _ = reads_back::<Heartbeat>(bytes);
    let _ = reads_back::<HeartbeatAnswer>(bytes);
    let _ = reads_back::<Problem>(bytes);
    let Ok(text) = str::from_utf8(bytes) else { return };
    match ServerUrl::parse(text, 8444) {
        Ok(url) => {
            let told = url.to_string();
            check_line(&told);
            assert_eq!(ServerUrl::parse(&told, 1).expect("an address of our own"), url);
        }
        Err(error) => check_line(&error.to_string()),
    }
    if let Ok(id) = text.parse::<AgentId>() {
        assert_eq!(id.as_str(), text);
    }
});

/// The message, if it is one; written and read again it is written the same.
fn reads_back<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let message: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_string(&message).expect("a message is JSON");
    let again: T = serde_json::from_str(&written).expect("JSON of our own");
    assert_eq!(serde_json::to_string(&again).expect("a message is JSON"), written);
    Some(message)
}
