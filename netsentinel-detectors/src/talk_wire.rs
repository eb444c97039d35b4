//! A wire to test conversations on: packets at times of one's own, judged by one pipeline and by three
//! workers, who must agree.

use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_core::{Alert, Mac, Registration, TcpFlags, Timestamp};
use netsentinel_synth::{Dns, Frame, Segment};

use crate::judged::Judged;

/// An address and a port.
pub(crate) type End = (Ipv4Addr, u16);

pub(crate) struct Wire {
    judged: Judged,
    now: Timestamp,
}

impl Wire {
    /// A wire under profile `tuned`, with further keys, each with a comma before it.
    pub(crate) fn new(registry: &[Registration], keys: &str) -> Self {
        let config = format!(r#"{{"profile": "tuned", "max_hosts": 4096 {keys}}}"#);
        let now = Timestamp::from_parts(1_800_000_000, 0);
        Self { judged: Judged::with_workers(&config, registry), now }
    }

    /// The next packets come so much later.
    pub(crate) fn wait(&mut self, span: Duration) {
        self.now = self.now.after(span);
    }

    /// Judges a frame from `build`.
    pub(crate) fn send(&mut self, build: impl FnOnce(Frame<'_>) -> usize) {
        let mut data = Vec::new();
        build(Frame::new(&mut data).ethernet(Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2])));
        self.judged.see(self.now, &data);
    }

    pub(crate) fn udp(&mut self, from: End, to: End, payload: &[u8]) {
        self.send(|frame| frame.ipv4(from.0, to.0).udp(from.1, to.1, payload));
    }

    pub(crate) fn tcp(&mut self, from: End, to: End, flags: TcpFlags, payload: &[u8]) {
        self.send(|frame| frame.ipv4(from.0, to.0).tcp(Segment::new(from.1, to.1, flags), payload));
    }

    pub(crate) fn dns(&mut self, from: End, to: End, message: &Dns<'_>) {
        self.send(|frame| frame.ipv4(from.0, to.0).dns(from.1, to.1, message));
    }

    /// The alerts, without their updates; one pipeline's and the workers' are the same.
    pub(crate) fn raised(&mut self) -> Vec<Alert> {
        self.judged.finish()
    }

    /// The rules of the alerts.
    pub(crate) fn rules(&mut self) -> Vec<String> {
        self.judged.rules()
    }

    /// Nothing was raised, and `guard` is why.
    pub(crate) fn assert_spared(&mut self, guard: &str) {
        self.judged.assert_spared(guard);
    }
}
