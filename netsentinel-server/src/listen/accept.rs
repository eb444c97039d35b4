//! The accept loop.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::slots::Full;
use super::{Port, connection};
use crate::metrics::ConnectionOutcome;

/// Pause after the first failure; doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Takes connections until the server stops.
pub(super) async fn accept(listener: TcpListener, port: Arc<Port>) {
    let mut pause = None;
    loop {
        let accepted = tokio::select! {
            () = port.app.stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                if pause.take().is_some() {
                    tracing::info!("{:?}: connections are taken again", port.label);
                }
                // An IPv4 address that came over an IPv6 socket is one.
                let address = SocketAddr::new(address.ip().to_canonical(), address.port());
                take(stream, address, &port);
            }
            // It went away before it was taken: nothing of ours.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                port.app.metrics.connection(port.label, ConnectionOutcome::AcceptFailed);
                if pause.is_none() {
                    tracing::error!(
                        "{:?}: can not take connections: {error}; too few file descriptors? \
                         (LimitNOFILE)",
                        port.label
                    );
                }
                let wait = pause.map_or(PAUSE_MIN, |last: Duration| (last * 2).min(PAUSE_MAX));
                pause = Some(wait);
                tokio::select! {
                    () = port.app.stopping.cancelled() => return,
                    () = sleep(wait) => {}
                }
            }
        }
    }
}

fn take(stream: TcpStream, address: SocketAddr, port: &Arc<Port>) {
    let slot = match port.slots.take(address.ip()) {
        Ok(slot) => slot,
        Err(full) => {
            let outcome = match full {
                Full::All => ConnectionOutcome::TooMany,
                Full::Address => ConnectionOutcome::TooManyOfAddress,
            };
            tracing::debug!("{:?}: no place for {address}: {full:?}", port.label);
            return port.app.metrics.connection(port.label, outcome);
        }
    };
    let port = Arc::clone(port);
    port.tasks.clone().spawn(async move {
        port.app.metrics.connections_open(port.label, port.slots.taken());
        let outcome = tokio::select! {
            outcome = connection::serve(stream, address, &port) => outcome,
            () = port.cut_off.cancelled() => ConnectionOutcome::Broken,
        };
        drop(slot);
        port.app.metrics.connection(port.label, outcome);
        port.app.metrics.connections_open(port.label, port.slots.taken());
    });
}
