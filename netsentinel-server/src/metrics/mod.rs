//! What the server counts.

mod labels;
mod reputation;
mod routes;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use netsentinel_core::Timestamp;
use netsentinel_vt::Status;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use labels::{
    AlertOutcome, ConnectionOutcome, HandshakeFailure, ListenerLabel, SignInOutcome,
};
pub(crate) use routes::{health, operations, routes};

use labels::{OfAlert, OfConnection, OfHandshake, OfListener, OfRequest, OfSignIn};

/// The upper bounds of the latency histograms in seconds: from half a millisecond to ten seconds.
const LATENCY_BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What the server counts. Everything is cheap to count and is put together when it is asked for.
pub(crate) struct Metrics {
    registry: Registry,
    connections: Family<OfConnection, Counter>,
    connections_open: Family<OfListener, Gauge>,
    handshakes_failed: Family<OfHandshake, Counter>,
    requests: Family<OfRequest, Counter>,
    alerts: Family<OfAlert, Counter>,
    future_alerts: Counter,
    truncated_alerts: Counter,
    ingest_seconds: Histogram,
    store_seconds: Histogram,
    store_failures: Counter,
    sign_ins: Family<OfSignIn, Counter>,
    lockouts_evicted: Counter,
    agents: Gauge,
    agents_online: Gauge,
    store_bytes: Gauge,
    retained: Counter,
    live_clients: Gauge,
    live_lagged: Counter,
    live_refused: Counter,
    /// When the store last failed to keep alerts, until it does again.
    store_failed: Mutex<Option<Instant>>,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let latency = || Histogram::new(LATENCY_BUCKETS);
        let mut metrics = Self {
            registry: Registry::default(),
            connections: Family::default(),
            connections_open: Family::default(),
            handshakes_failed: Family::default(),
            requests: Family::default(),
            alerts: Family::default(),
            future_alerts: Counter::default(),
            truncated_alerts: Counter::default(),
            ingest_seconds: latency(),
            store_seconds: latency(),
            store_failures: Counter::default(),
            sign_ins: Family::default(),
            lockouts_evicted: Counter::default(),
            agents: Gauge::default(),
            agents_online: Gauge::default(),
            store_bytes: Gauge::default(),
            retained: Counter::default(),
            live_clients: Gauge::default(),
            live_lagged: Counter::default(),
            live_refused: Counter::default(),
            store_failed: Mutex::default(),
        };
        metrics.registry = metrics.registered();
        metrics
    }

    #[rustfmt::skip]
    fn registered(&self) -> Registry {
        let mut all = Registry::with_prefix("netsentinel");
        all.register("connections", "Connections by what became of them", self.connections.clone());
        all.register("connections_open", "Connections that are open", self.connections_open.clone());
        all.register("handshakes_failed", "TLS handshakes that failed", self.handshakes_failed.clone());
        all.register("requests", "Requests by operation and class of status", self.requests.clone());
        all.register("alerts", "Alerts that agents sent, by what became of them", self.alerts.clone());
        all.register("alerts_from_the_future", "Alerts taken with a time more than a day ahead", self.future_alerts.clone());
        all.register("alerts_truncated", "Alerts taken with a text or evidence cut short", self.truncated_alerts.clone());
        all.register_with_unit("ingest", "Time from a request with alerts to its answer", Unit::Seconds, self.ingest_seconds.clone());
        all.register_with_unit("store_write", "Time that the store took for the alerts of a request", Unit::Seconds, self.store_seconds.clone());
        all.register("store_failures", "Requests with alerts that the store could not keep", self.store_failures.clone());
        all.register("sign_ins", "Attempts to sign in", self.sign_ins.clone());
        all.register("lockouts_evicted", "Records of failed sign-ins given up for want of room", self.lockouts_evicted.clone());
        all.register("agents", "Agents that are enrolled", self.agents.clone());
        all.register("agents_online", "Agents that were heard lately", self.agents_online.clone());
        all.register_with_unit("store", "Size of the database", Unit::Bytes, self.store_bytes.clone());
        all.register("alerts_retired", "Alerts deleted by retention", self.retained.clone());
        all.register("live_clients", "Clients that follow the live feed", self.live_clients.clone());
        all.register("live_lagged", "Times that a client of the live feed fell behind", self.live_lagged.clone());
        all.register("live_refused", "Clients of the live feed that found no place", self.live_refused.clone());
        all
    }

    /// All of it in the text format of OpenMetrics, with what is told of reputation at `now`.
    pub(crate) fn text_with(&self, reputation: &Status, now: Timestamp) -> String {
        let mut text = String::new();
        let reputation = reputation::registry(reputation, now);
        // Writing into a string can not fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_registry(&mut text, &reputation);
        let _ = encode_eof(&mut text);
        text
    }

    /// All that the server counts itself.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.text_with(&Status::default(), Timestamp::MIN)
    }

    /// A connection came to this end.
    pub(crate) fn connection(&self, listener: ListenerLabel, outcome: ConnectionOutcome) {
        self.connections.get_or_create(&OfConnection { listener, outcome }).inc();
    }

    /// How many came to this end.
    #[cfg(test)]
    pub(crate) fn connections(&self, listener: ListenerLabel, outcome: ConnectionOutcome) -> u64 {
        self.connections.get_or_create(&OfConnection { listener, outcome }).get()
    }

    /// So many connections are open.
    pub(crate) fn connections_open(&self, listener: ListenerLabel, open: usize) {
        let open = i64::try_from(open).unwrap_or(i64::MAX);
        self.connections_open.get_or_create(&OfListener { listener }).set(open);
    }

    /// A TLS handshake failed.
    pub(crate) fn handshake_failed(&self, listener: ListenerLabel, reason: HandshakeFailure) {
        self.handshakes_failed.get_or_create(&OfHandshake { listener, reason }).inc();
    }

    /// A request was answered. `path` is the operation's template, or a fixed word where there is none.
    pub(crate) fn request(&self, method: &'static str, path: &'static str, status: StatusCode) {
        let status = match status.as_u16() {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.requests.get_or_create(&OfRequest { method, path, status }).inc();
    }

    /// So many alerts met with this.
    pub(crate) fn alerts(&self, outcome: AlertOutcome, count: u64) {
        if count > 0 {
            self.alerts.get_or_create(&OfAlert { outcome }).inc_by(count);
        }
    }

    /// An alert was taken although its time is far ahead.
    pub(crate) fn alert_from_the_future(&self) {
        self.future_alerts.inc();
    }

    /// An alert was taken, but not all of it.
    pub(crate) fn alert_truncated(&self) {
        self.truncated_alerts.inc();
    }

    /// A request with alerts was answered after `took`.
    pub(crate) fn ingested(&self, took: Duration) {
        self.ingest_seconds.observe(took.as_secs_f64());
    }

    /// The store kept the alerts of a request, or failed to, after `took`.
    pub(crate) fn stored(&self, took: Duration, ok: bool) {
        self.store_seconds.observe(took.as_secs_f64());
        if !ok {
            self.store_failures.inc();
        }
        let mut failed = self.store_failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = (!ok).then(Instant::now);
    }

    /// Whether the store failed to keep alerts within the last `span`, and has kept none since.
    fn failed_within(&self, span: Duration) -> bool {
        let failed = self.store_failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < span)
    }

    /// Somebody tried to sign in.
    pub(crate) fn sign_in(&self, outcome: SignInOutcome) {
        self.sign_ins.get_or_create(&OfSignIn { outcome }).inc();
    }

    /// A record of failed sign-ins was given up.
    pub(crate) fn lockout_evicted(&self) {
        self.lockouts_evicted.inc();
    }

    /// So many agents are enrolled, and so many of them were heard lately.
    pub(crate) fn agents(&self, enrolled: usize, online: usize) {
        self.agents.set(i64::try_from(enrolled).unwrap_or(i64::MAX));
        self.agents_online.set(i64::try_from(online).unwrap_or(i64::MAX));
    }

    /// The database takes so many bytes.
    pub(crate) fn store_bytes(&self, bytes: u64) {
        self.store_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Retention deleted so many alerts.
    pub(crate) fn retired(&self, alerts: u64) {
        self.retained.inc_by(alerts);
    }

    /// So many clients follow the live feed.
    pub(crate) fn live_clients(&self, clients: u64) {
        self.live_clients.set(i64::try_from(clients).unwrap_or(i64::MAX));
    }

    /// A client of the live feed fell behind and was told to resync.
    pub(crate) fn live_lagged(&self) {
        self.live_lagged.inc();
    }

    /// A client of the live feed found no place.
    pub(crate) fn live_refused(&self) {
        self.live_refused.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_what_was_counted() {
        let metrics = Metrics::new();
        metrics.alerts(AlertOutcome::Accepted, 3);
        metrics.request("GET", "/api/stats", StatusCode::OK);
        metrics.handshake_failed(ListenerLabel::Gui, HandshakeFailure::Protocol);
        metrics.ingested(Duration::from_millis(2));
        metrics.store_bytes(4096);
        let text = metrics.text();
        for line in [
            "netsentinel_alerts_total{outcome=\"accepted\"} 3",
            "netsentinel_requests_total{method=\"GET\",path=\"/api/stats\",status=\"2xx\"} 1",
            "netsentinel_handshakes_failed_total{listener=\"gui\",reason=\"protocol\"} 1",
            "netsentinel_ingest_seconds_count 1",
            "netsentinel_store_bytes 4096",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
