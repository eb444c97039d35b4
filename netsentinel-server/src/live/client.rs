//! One client of the feed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, interval_at, timeout};
use warp::ws::{Message as Frame, WebSocket};

use super::hub::{Entry, Seat, Text};
use super::message::Message;
use crate::access::Caller;
use crate::app::App;
use crate::store::{Role, StoreError};

/// How patient the server is with a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// One that takes nothing for so long is dropped.
    pub(super) send: Duration,
    /// How often it is asked for a sign of life.
    pub(super) ping: Duration,
    /// One that gives none for so long is dropped.
    pub(super) silence: Duration,
    /// How often it is looked up whether it may still follow.
    pub(super) rights: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            send: Duration::from_secs(10),
            ping: Duration::from_secs(30),
            silence: Duration::from_secs(60),
            rights: Duration::from_secs(30),
        }
    }
}

/// How long a client may take to hear that it is closed.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);
/// Messages that are written before the socket is flushed at most.
const BURST_MAX: usize = 64;

/// The WebSocket close codes that the server uses.
mod close {
    pub(super) const GOING_AWAY: u16 = 1001;
    pub(super) const POLICY: u16 = 1008;
    pub(super) const INTERNAL: u16 = 1011;
}

/// Why a client is no longer served.
enum End {
    /// It closed, broke off, fell silent or takes nothing.
    Gone,
    /// The server says why.
    Closed(u16, &'static str),
}

impl From<warp::Error> for End {
    fn from(_: warp::Error) -> Self {
        Self::Gone
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a client of the live feed had to be closed");
        Self::Closed(close::INTERNAL, "the database failed")
    }
}

/// Serves a client until it goes, may no longer follow, or the server stops.
pub(super) async fn serve(socket: WebSocket, app: Arc<App>, caller: Caller, _seat: Seat) {
    let patience = app.hub.patience;
    let mut client = Client {
        feed: app.hub.follow(),
        stats: fresh(&app.hub.summaries.stats),
        timeline: fresh(&app.hub.summaries.timeline),
        agents: fresh(&app.hub.summaries.agents),
        app,
        caller,
        socket,
        seen: 0,
        heard: Instant::now(),
        patience,
    };
    let Err(end) = client.run().await;
    // Whether the goodbye arrives does not matter any more.
    let bye = async {
        if let End::Closed(code, reason) = end {
            let _ = client.socket.send(Frame::close_with(code, reason)).await;
        }
        let _ = client.socket.close().await;
    };
    let _ = timeout(GOODBYE_TIMEOUT, bye).await;
}

fn fresh(summary: &watch::Sender<Option<Text>>) -> watch::Receiver<Option<Text>> {
    let mut receiver = summary.subscribe();
    receiver.mark_changed();
    receiver
}

struct Client {
    app: Arc<App>,
    caller: Caller,
    socket: WebSocket,
    feed: broadcast::Receiver<Entry>,
    stats: watch::Receiver<Option<Text>>,
    timeline: watch::Receiver<Option<Text>>,
    agents: watch::Receiver<Option<Text>>,
    /// The highest revision that it was sent.
    seen: u64,
    /// When it last gave a sign of life.
    heard: Instant,
    patience: Patience,
}

impl Client {
    async fn run(&mut self) -> Result<std::convert::Infallible, End> {
        // The feed is followed already, so nothing falls between this revision and the first entry.
        let revision = self.app.store.revision().await?;
        self.seen = revision;
        self.send(&Message::Hello { revision }.text()).await?;
        let every = |period| interval_at(Instant::now() + period, period);
        let (mut pings, mut rights) = (every(self.patience.ping), every(self.patience.rights));
        let app = Arc::clone(&self.app);
        loop {
            tokio::select! {
                () = app.stopping.cancelled() => {
                    return Err(End::Closed(close::GOING_AWAY, "the server is stopping"));
                }
                frame = self.socket.next() => self.hear(frame)?,
                entry = self.feed.recv() => self.forward(entry).await?,
                Ok(()) = self.stats.changed() => {
                    let text = self.stats.borrow_and_update().clone();
                    self.send_summary(text).await?;
                }
                Ok(()) = self.timeline.changed() => {
                    let text = self.timeline.borrow_and_update().clone();
                    self.send_summary(text).await?;
                }
                Ok(()) = self.agents.changed() => {
                    let text = self.agents.borrow_and_update().clone();
                    self.send_summary(text).await?;
                }
                _ = pings.tick() => self.ping().await?,
                _ = rights.tick() => self.check_rights().await?,
            }
        }
    }

    /// Whatever comes is a sign of life and means nothing else.
    fn hear(&mut self, frame: Option<Result<Frame, warp::Error>>) -> Result<(), End> {
        match frame {
            Some(Ok(frame)) if !frame.is_close() => {
                self.heard = Instant::now();
                Ok(())
            }
            _ => Err(End::Gone),
        }
    }

    /// Sends an entry and what waits behind it, or tells that something was missed.
    async fn forward(&mut self, entry: Result<Entry, RecvError>) -> Result<(), End> {
        let missed = match entry {
            Ok(entry) => within(self.patience.send, self.burst(entry)).await?,
            Err(RecvError::Lagged(missed)) => Some(missed),
            // The hub lives as long as the app.
            Err(RecvError::Closed) => return Err(End::Gone),
        };
        let Some(missed) = missed else { return Ok(()) };
        tracing::debug!(missed, "a client of the live feed fell behind");
        self.app.metrics.live_lagged();
        // What still waits would come again with the changes. All of it is in the store by now,
        // since the store tells after it has committed.
        self.feed = self.feed.resubscribe();
        self.send(&Message::Resync { after: self.seen }.text()).await
    }

    /// Sends what waits; tells how many entries were missed, which the feed tells only once.
    async fn burst(&mut self, first: Entry) -> Result<Option<u64>, End> {
        self.write(&first).await?;
        let mut missed = None;
        for _ in 1..BURST_MAX {
            match self.feed.try_recv() {
                Ok(entry) => self.write(&entry).await?,
                Err(TryRecvError::Lagged(entries)) => {
                    missed = Some(entries);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.socket.flush().await?;
        Ok(missed)
    }

    async fn write(&mut self, entry: &Entry) -> Result<(), End> {
        self.socket.feed(Frame::text(&*entry.text)).await?;
        self.seen = self.seen.max(entry.revision);
        Ok(())
    }

    async fn send_summary(&mut self, text: Option<Text>) -> Result<(), End> {
        match text {
            Some(text) => self.send(&text).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, text: &Text) -> Result<(), End> {
        let sent = self.socket.send(Frame::text(&**text));
        within(self.patience.send, async { Ok(sent.await?) }).await
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() >= self.patience.silence {
            return Err(End::Gone);
        }
        let sent = self.socket.send(Frame::ping(Vec::new()));
        within(self.patience.send, async { Ok(sent.await?) }).await
    }

    /// Ends the feed of whoever has signed out, lost the role, or shows a revoked token.
    async fn check_rights(&mut self) -> Result<(), End> {
        let (store, now) = (&self.app.store, self.app.now());
        let may = match &self.caller {
            Caller::Person { session, .. } => store
                .session(session, now)
                .await?
                .is_some_and(|session| session.role >= Role::Viewer),
            Caller::Script { token: shown, .. } => {
                let live = |expires: Option<_>| expires.is_none_or(|expires| expires > now);
                let tokens = store.tokens().await?;
                tokens.iter().any(|token| token.id == *shown && live(token.expires))
            }
            Caller::Anyone | Caller::Newcomer | Caller::Agent(_) => false,
        };
        if may { Ok(()) } else { Err(End::Closed(close::POLICY, "signed out")) }
    }
}

/// What a client does not take in time ends it.
async fn within<T>(
    patience: Duration,
    sent: impl Future<Output = Result<T, End>>,
) -> Result<T, End> {
    timeout(patience, sent).await.unwrap_or(Err(End::Gone))
}
