//! Sockets, TLS, and what a request must pass before a handler sees it.
//!
//! ```text
//! accept ─► slots ─► peek: TLS? ─► handshake ─► HTTP/1.1 or HTTP/2 ─► admit ─► handler
//!   │         │         └ no: 301 or 400           (by ALPN)           table · access · body
//!   └ errors: once in the log, then slower
//! ```
//!
//! Whatever a stranger does here costs a counter and at most a line at debug level: what fails, how,
//! and how often is in `/metrics`.

mod accept;
mod admit;
mod body;
mod connection;
mod headers;
mod patience;
mod redirect;
mod refuse;
mod slots;
mod stall;
#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

pub(crate) use patience::Patience;

use crate::access::Door;
use crate::app::App;
use crate::metrics::ListenerLabel;
use crate::{access, api, ingest, metrics};
use slots::Slots;
use turns::Turns;

/// Bodies that are read or judged at once for callers that are known; each is 1 MiB at most.
const BODIES_AT_ONCE: usize = 256;

/// One port, and what is behind it.
pub(crate) struct Port {
    app: Arc<App>,
    label: ListenerLabel,
    kind: Kind,
    tls: TlsAcceptor,
    slots: Arc<Slots>,
    patience: Patience,
    bodies: Turns,
    /// Cancelled when connections may no longer take their time to end.
    cut_off: CancellationToken,
    tasks: TaskTracker,
}

enum Kind {
    /// HTTPS.
    Secure { door: Door, handlers: BoxedFilter<(Response,)> },
    /// Answers everything with the way to the GUI.
    Redirect,
}

/// What all ports have in common.
pub(crate) struct Shared {
    /// The running server.
    pub(crate) app: Arc<App>,
    /// How long things may take.
    pub(crate) patience: Patience,
    /// Cancelled when connections may no longer take their time to end.
    pub(crate) cut_off: CancellationToken,
    /// The connections.
    pub(crate) tasks: TaskTracker,
    /// The port of the GUI, as it is bound.
    pub(crate) gui_port: u16,
}

impl Shared {
    /// Serves people and scripts, or agents.
    pub(crate) fn open(&self, door: Door, listener: TcpListener, tls: Arc<ServerConfig>) {
        let (label, handlers) = match door {
            Door::Gui => (ListenerLabel::Gui, people(&self.app)),
            Door::Agents => (ListenerLabel::Agents, agents(&self.app)),
        };
        self.spawn(listener, label, Kind::Secure { door, handlers }, tls);
    }

    /// Sends whoever speaks plain HTTP to the GUI.
    ///
    /// A browser that was told to use HTTPS with this host does so on every port of it; hence TLS.
    pub(crate) fn open_redirect(&self, listener: TcpListener, tls: Arc<ServerConfig>) {
        self.spawn(listener, ListenerLabel::Redirect, Kind::Redirect, tls);
    }

    fn spawn(
        &self,
        listener: TcpListener,
        label: ListenerLabel,
        kind: Kind,
        tls: Arc<ServerConfig>,
    ) {
        let connections_max = self.app.deployment.server.connections_max.get();
        let port = Arc::new(Port {
            app: Arc::clone(&self.app),
            label,
            kind,
            tls: TlsAcceptor::from(tls),
            slots: Slots::new(usize::try_from(connections_max).unwrap_or(usize::MAX)),
            patience: Patience { gui_port: self.gui_port, ..self.patience },
            bodies: Turns::new(BODIES_AT_ONCE),
            cut_off: self.cut_off.clone(),
            tasks: self.tasks.clone(),
        });
        self.tasks.spawn(accept::accept(listener, port));
    }
}

/// What people and scripts can ask.
fn people(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let all = access::routes(app).or(api::routes(app)).unify().or(metrics::routes(app)).unify();
    all.recover(refuse::refuse).unify().boxed()
}

/// What agents can ask.
fn agents(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let all = ingest::routes(app).or(metrics::health(app)).unify();
    let all = all.or(api::reputation_look_up(app)).unify();
    all.recover(refuse::refuse).unify().boxed()
}
