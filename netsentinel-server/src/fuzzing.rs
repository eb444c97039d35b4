//! What the fuzz targets reach of the server; no part of its API.

use netsentinel_core::{Alert, Timestamp};
use netsentinel_transport::wire::{AgentId, ItemAnswer};

use crate::ingest;

/// Judges the alerts in the body of a request of `agent`: each as it would be stored, or as it would be
/// answered.
///
/// # Errors
///
/// The message for a body that is refused as a whole.
pub fn alerts(
    body: &[u8],
    agent: &AgentId,
    now: Timestamp,
) -> Result<Vec<Result<Alert, ItemAnswer>>, String> {
    ingest::read(body, agent, now).map_err(|refusal| refusal.to_string())
}
