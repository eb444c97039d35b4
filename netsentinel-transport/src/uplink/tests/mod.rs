//! The uplink against a server that answers by a script, in time that runs as fast as it can.

mod answers;
mod outages;
mod server;

use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::config::Secret;
use netsentinel_core::{Severity, Timestamp};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::{SharedSpool, Uplink, UplinkSettings, UplinkState};
use crate::spool::{Spool, SpoolLimits, test_alert};
use crate::wire::{AgentId, Enrolment, Heartbeat};
use server::Server;

/// The time that the tests' clock shows.
const CLOCK: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

/// An uplink at work, and its spool.
struct Running {
    dir: TempDir,
    spool: SharedSpool,
    state: watch::Receiver<UplinkState>,
    stop: watch::Sender<Option<Duration>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts an uplink to `server`, with the alerts `0..count` in its spool.
    fn start(server: &Server, count: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path(), SpoolLimits::new(64 << 20)).unwrap();
        let spool = SharedSpool::new(spool);
        append(&spool, 0..count);
        let enrolment = Enrolment {
            id: AgentId::from_bytes([7; 16]),
            key: Secret::new("own"),
            hostname: "h".into(),
            os: "linux".into(),
            version: "1".into(),
        };
        let settings = UplinkSettings {
            enrolment: Some((enrolment, Secret::new("shared"))),
            heartbeat_interval: Duration::from_secs(30),
            heartbeat: Arc::new(Heartbeat::default),
        };
        let mut uplink = Uplink::new(server.clone(), spool.clone(), settings);
        uplink.clock = server::clock;
        let state = uplink.state();
        let (stop, stopped) = watch::channel(None);
        let task = tokio::spawn(uplink.run(stopped));
        Self { dir, spool, state, stop, task }
    }

    /// Waits until nothing is pending any more; how long that took.
    async fn drained(&self) -> Duration {
        let start = Instant::now();
        let drained = async {
            while self.spool.report().alerts > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(4 * 3600), drained).await.expect("the spool drains");
        start.elapsed()
    }

    /// Waits until the state is as wanted.
    async fn until(&mut self, wanted: impl FnMut(&UplinkState) -> bool) -> UplinkState {
        let state = timeout(Duration::from_secs(3600), self.state.wait_for(wanted));
        state.await.expect("the state is reached").unwrap().clone()
    }

    /// Stops it with so much time; how long that took.
    async fn stop(self, grace: Duration) -> (Duration, TempDir) {
        let start = Instant::now();
        self.stop.send(Some(grace)).unwrap();
        self.task.await.unwrap();
        (start.elapsed(), self.dir)
    }

    /// The numbers of the dead letters.
    fn letters(&self) -> Vec<u64> {
        let file = self.dir.path().join("dead-letters.ndjson");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let letters = text.lines().map(|line| {
            let letter: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(!letter["reason"].as_str().unwrap().is_empty());
            letter["alert"]["count"].as_u64().unwrap()
        });
        letters.collect()
    }
}

fn append(spool: &SharedSpool, numbers: std::ops::Range<u32>) {
    let alerts: Vec<_> = numbers.map(|n| test_alert(n, Severity::Low, 20)).collect();
    assert_eq!(spool.append(&alerts, CLOCK).unwrap().held, alerts.len() as u64);
}

/// Each of `0..count` but those of `others` was accepted, once.
fn assert_stored(server: &Server, count: u64, others: &[u64]) {
    let stored = server.stored();
    let accepted: Vec<_> = stored.accepted.iter().map(|(n, times)| (*n, *times)).collect();
    let expected: Vec<_> = (0..count).filter(|n| !others.contains(n)).map(|n| (n, 1)).collect();
    assert_eq!(accepted, expected);
}
