//! How the agent is, as its threads tell it and heartbeats report it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use netsentinel_cli::now;
use netsentinel_core::alert::Agent;
use netsentinel_transport::uplink::SharedSpool;
use netsentinel_transport::wire::{Heartbeat, InterfaceReport, ReputationReport};

/// What the judging thread has counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped_agent: u64,
    pub(crate) out_of_order: u64,
    pub(crate) malformed: u64,
    pub(crate) evictions: u64,
    pub(crate) alerts: u64,
    pub(crate) uplink_excluded: bool,
    pub(crate) interfaces: Vec<InterfaceReport>,
}

/// How the agent is.
pub(crate) struct Status {
    agent: Agent,
    started: Instant,
    counted: Mutex<Counted>,
    unspooled: AtomicU64,
}

impl Status {
    pub(crate) fn new(agent: Agent) -> Self {
        Self {
            agent,
            started: Instant::now(),
            counted: Mutex::default(),
            unspooled: AtomicU64::new(0),
        }
    }

    /// Tells what has been counted so far.
    pub(crate) fn count(&self, counted: Counted) {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = counted;
    }

    /// Counts alerts that were given up because they could not be written to the disk.
    pub(crate) fn lose(&self, alerts: u64) {
        self.unspooled.fetch_add(alerts, Ordering::Relaxed);
    }

    /// What to report now; never waits for the disk.
    pub(crate) fn heartbeat(
        &self,
        spool: &SharedSpool,
        reputation: Option<ReputationReport>,
    ) -> Heartbeat {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut spool = spool.report();
        spool.dropped += self.unspooled.load(Ordering::Relaxed);
        Heartbeat {
            at: now(),
            version: env!("CARGO_PKG_VERSION").into(),
            hostname: self.agent.hostname.clone(),
            os: self.agent.os.clone(),
            uptime_s: self.started.elapsed().as_secs(),
            packets: counted.packets,
            bytes: counted.bytes,
            dropped_agent: counted.dropped_agent,
            out_of_order: counted.out_of_order,
            malformed: counted.malformed,
            evictions: counted.evictions,
            alerts: counted.alerts,
            uplink_excluded: counted.uplink_excluded,
            interfaces: counted.interfaces,
            spool,
            rss_bytes: resident(),
            reputation,
        }
    }
}

/// Bytes of this process that are resident, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
