//! Alerts to send: real ones, of a scan, each with an id of its own.

use anyhow::{Context as _, Result};
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Pipeline};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, scenario};

/// Writes alerts that differ in id and time only.
#[derive(Clone)]
pub(crate) struct Sample {
    before_id: String,
    between: String,
    after_time: String,
    agent: u64,
    next: u64,
}

const ID: &str = "00000000000000000000000000000000";
const TIME: &str = "2026-01-01T00:00:00.000000000Z";

impl Sample {
    /// The alerts of agent number `agent`.
    ///
    /// # Errors
    ///
    /// When the scenario raises none, or its alert is written in another way than expected.
    pub(crate) fn new(agent: u64) -> Result<Self> {
        let entry = scenario::find("port_scan-above").context("no such scenario")?;
        let mut source = entry.run(&Options::default())?;
        let mut alerts: Vec<Alert> = Vec::new();
        let config = Config::default();
        let Ok(()) =
            Pipeline::builder(&config).detectors(BUILTIN).build()?.run(&mut source, &mut alerts);
        let mut alert = serde_json::to_value(alerts.first().context("no alert")?)?;
        alert["id"] = ID.into();
        alert["timestamp"] = TIME.into();
        let text = alert.to_string();
        let (before_id, rest) = text.split_once(ID).context("no id")?;
        let (between, after_time) = rest.split_once(TIME).context("the id must come first")?;
        Ok(Self {
            before_id: before_id.into(),
            between: between.into(),
            after_time: after_time.into(),
            agent,
            next: 0,
        })
    }

    /// The body of a request with `count` alerts that have not been sent before.
    pub(crate) fn batch(&mut self, count: usize, time: &str) -> String {
        let mut body = String::with_capacity(count * 1_500);
        body.push_str("{\"alerts\":[");
        for nth in 0..count {
            if nth > 0 {
                body.push(',');
            }
            let id = format!("{:016x}{:016x}", self.agent, self.next);
            self.next += 1;
            for part in [&*self.before_id, &*id, &*self.between, time, &*self.after_time] {
                body.push_str(part);
            }
        }
        body.push_str("]}");
        body
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_transport::wire::AlertBatch;

    use super::*;

    #[test]
    fn a_batch_is_of_different_alerts() {
        let mut sample = Sample::new(7).unwrap();
        let body = sample.batch(3, TIME);
        let mut ids: Vec<_> = serde_json::from_str::<AlertBatch>(&body)
            .unwrap()
            .alerts
            .into_iter()
            .map(|alert| alert.id)
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }
}
