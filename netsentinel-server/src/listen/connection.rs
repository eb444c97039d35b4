//! One connection: what it speaks, its handshake, its requests.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use netsentinel_transport::tls::common_name;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_rustls::server::TlsStream;
use warp::reply::Response;

use super::stall::Impatient;
use super::{Kind, Port, admit, redirect};
use crate::access::{Door, Peer};
use crate::metrics::{ConnectionOutcome, HandshakeFailure};

/// The first byte of a TLS connection: a record with a handshake.
const TLS_HANDSHAKE: u8 = 0x16;
/// Bytes of a request's head at most, over HTTP/1.1 and, as a list of headers, over HTTP/2.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers of a request at most.
const HEADERS_MAX: usize = 64;
/// Requests at once over one HTTP/2 connection.
const STREAMS_MAX: u32 = 32;
/// Bytes that a client may send ahead over HTTP/2, in one request and in all of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// How often an HTTP/2 client must show that it is there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// An HTTP/2 client that has requests running and takes less than this in the time in which an idle
/// one is given up, so often in a row, is given up too. Pings and their like are less, by far.
const STUCK_BYTES: u64 = 4 * 1024;
const STUCK_SPANS: u32 = 5;

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    port: &Arc<Port>,
) -> ConnectionOutcome {
    // Without it answers wait for the client's acknowledgement; that is all that fails.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    match timeout(port.patience.first_byte, stream.peek(&mut first)).await {
        Ok(Ok(1)) => {}
        _ => return ConnectionOutcome::Silent,
    }
    let [first] = first;
    let stream = Impatient::new(stream, port.patience.taking);
    let plain = Peer { address, certificate: None, door: Door::Gui };
    match &port.kind {
        Kind::Redirect if first != TLS_HANDSHAKE => {
            redirecting(stream, plain, port).await.outcome(address, port)
        }
        Kind::Secure { .. } if first != TLS_HANDSHAKE => {
            tracing::debug!("{:?}: {address} does not speak TLS", port.label);
            if first.is_ascii_uppercase() {
                // Whatever comes of it was counted for what it is.
                let _ = redirecting(stream, plain, port).await;
            }
            ConnectionOutcome::PlainHttp
        }
        _ => match handshake(stream, port).await {
            Ok(stream) => secure(stream, address, port).await,
            Err(reason) => {
                tracing::debug!("{:?}: {address}: TLS handshake: {reason:?}", port.label);
                port.app.metrics.handshake_failed(port.label, reason);
                ConnectionOutcome::HandshakeFailed
            }
        },
    }
}

async fn handshake(
    stream: Impatient<TcpStream>,
    port: &Port,
) -> Result<TlsStream<Impatient<TcpStream>>, HandshakeFailure> {
    match timeout(port.patience.handshake, port.tls.accept(stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(why(&error)),
        Err(_) => Err(HandshakeFailure::Timeout),
    }
}

fn why(error: &io::Error) -> HandshakeFailure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        None => HandshakeFailure::Closed,
        Some(rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_)) => {
            HandshakeFailure::ClientCertificate
        }
        Some(rustls::Error::AlertReceived(_)) => HandshakeFailure::Rejected,
        Some(_) => HandshakeFailure::Protocol,
    }
}

async fn secure(
    stream: TlsStream<Impatient<TcpStream>>,
    address: SocketAddr,
    port: &Arc<Port>,
) -> ConnectionOutcome {
    let Kind::Secure { door, .. } = port.kind else {
        let peer = Peer { address, certificate: None, door: Door::Gui };
        return redirecting(stream, peer, port).await.outcome(address, port);
    };
    let (socket, tls) = stream.get_ref();
    let certificate = tls.peer_certificates().and_then(|chain| common_name(chain.first()?));
    let is_http2 = tls.alpn_protocol() == Some(b"h2");
    let peer = Peer { address, certificate, door };
    let activity = Arc::new(Activity { written: socket.written(), ..Activity::default() });
    let service = service_fn(|request: Request<Incoming>| {
        let (port, peer, busy) = (Arc::clone(port), peer.clone(), activity.begin());
        async move {
            let response = admit::answer(&port, peer, request).await;
            // Until the last of the body is handed over.
            Ok::<_, Infallible>(with_length(response).map(|body| {
                body.map_frame(move |frame| {
                    let _busy = &busy;
                    frame
                })
            }))
        }
    });
    let io = TokioIo::new(stream);
    let served = if is_http2 {
        let connection = http2().serve_connection(io, service);
        drive(connection, http2::Connection::graceful_shutdown, port, Some(&activity)).await
    } else {
        let connection = http1(port.patience.head).serve_connection(io, service);
        let connection = connection.with_upgrades();
        drive(connection, http1::UpgradeableConnection::graceful_shutdown, port, None).await
    };
    served.outcome(address, port)
}

/// The same, and how long its body is: what is done with the body later hides it from hyper.
fn with_length(mut response: Response) -> Response {
    if let Some(length @ 1..) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response
}

/// Answers one request with the way to where HTTPS is spoken.
async fn redirecting(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    port: &Arc<Port>,
) -> Result<(), hyper::Error> {
    let service = service_fn(|request: Request<Incoming>| {
        let (port, peer) = (Arc::clone(port), peer.clone());
        async move { Ok::<Response, Infallible>(redirect::answer(&port, &peer, &request)) }
    });
    let connection = http1(port.patience.first_byte)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    drive(connection, http1::Connection::graceful_shutdown, port, None).await
}

fn http1(head: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Runs a connection to its end; tells it to end when the server stops, or when it has been idle for
/// too long, and then waits no longer than it must.
async fn drive<C, E>(
    connection: C,
    graceful: impl FnOnce(Pin<&mut C>),
    port: &Port,
    activity: Option<&Activity>,
) -> Result<(), E>
where
    C: Future<Output = Result<(), E>>,
{
    let mut connection = pin!(connection);
    let idle = async {
        match activity {
            Some(activity) => activity.over(port.patience.idle).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = port.app.stopping.cancelled() => {}
        () = idle => {}
    }
    graceful(connection.as_mut());
    timeout(port.patience.ending, connection).await.unwrap_or(Ok(()))
}

/// What goes on over an HTTP/2 connection, where one client could keep many answers waiting.
#[derive(Default)]
struct Activity {
    /// Requests that are being served.
    running: AtomicUsize,
    changed: Notify,
    /// Bytes that the client has taken.
    written: Arc<AtomicU64>,
}

struct Busy(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Self>) -> Busy {
        self.running.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
        Busy(Arc::clone(self))
    }

    /// Returns once no request has run for `span`, or once those that run have come to nothing for
    /// [`STUCK_SPANS`] times as long, such as when the client opens no window for the answers.
    async fn over(&self, span: Duration) {
        let mut until = Instant::now() + span;
        let (mut stuck, mut taken) = (0, self.written.load(Ordering::Relaxed));
        loop {
            tokio::select! {
                () = self.changed.notified() => stuck = 0,
                () = sleep_until(until) => {
                    if self.running.load(Ordering::Acquire) == 0 {
                        return;
                    }
                    let before = std::mem::replace(&mut taken, self.written.load(Ordering::Relaxed));
                    stuck = if taken - before < STUCK_BYTES { stuck + 1 } else { 0 };
                    if stuck >= STUCK_SPANS {
                        return;
                    }
                }
            }
            until = Instant::now() + span;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// What became of a connection, from how HTTP ended.
trait Outcome {
    fn outcome(&self, address: SocketAddr, port: &Port) -> ConnectionOutcome;
}

impl Outcome for Result<(), hyper::Error> {
    fn outcome(&self, address: SocketAddr, port: &Port) -> ConnectionOutcome {
        match self {
            Ok(()) => ConnectionOutcome::Served,
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                tracing::debug!("{:?}: {address}: {error} {cause}", port.label);
                ConnectionOutcome::Broken
            }
        }
    }
}
