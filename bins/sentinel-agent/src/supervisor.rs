//! The main thread's part: signals, the filter, and stopping in order, with nothing lost.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Result, bail};
use netsentinel_capture::live::{self, Waker};
use netsentinel_core::text::shown;
use netsentinel_transport::ServerUrl;
use netsentinel_transport::uplink::{Client, Uplink};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};

use crate::cli::Cli;
use crate::judging::Order;
use crate::reputation::Asking;
use crate::settings::Settings;
use crate::signals::{Signal, Signals};
use crate::uplink_filter::without_uplink;

/// From the signal to the end of the process at most, with a little left for the end itself.
const STOP_WITHIN: Duration = Duration::from_millis(9_500);
/// What of that is left for sending what has been captured, judged and spooled, and for keeping what is known
/// of endpoints.
const SEND_RESERVE: Duration = Duration::from_secs(2);
/// How often the addresses of the server and of this machine are looked up.
const ADDRESSES_EVERY: Duration = Duration::from_secs(60);
/// The same while they are not known.
const ADDRESSES_RETRY: Duration = Duration::from_secs(2);
/// How long looking them up may take: no signal is heard meanwhile.
const ADDRESSES_WITHIN: Duration = Duration::from_secs(2);

/// What runs the agent once it has started.
pub(crate) struct Supervisor<'a> {
    pub(crate) cli: &'a Cli,
    pub(crate) settings: &'a Settings,
    pub(crate) server: ServerUrl,
    pub(crate) orders: Sender<Order>,
    pub(crate) waker: Waker,
    pub(crate) asking: Arc<Asking>,
}

/// What has come to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// All of it is to end.
    Asked,
    Judging,
    Spooling,
    Uplink,
}

impl Supervisor<'_> {
    /// Runs until a signal says to stop, or a part fails. `judged` and `spooled` hear when the
    /// threads have ended.
    ///
    /// # Errors
    ///
    /// When a part has failed; what could be flushed has been.
    pub(crate) async fn run(
        &self,
        mut signals: Signals,
        uplink: Uplink<Client>,
        mut judged: oneshot::Receiver<()>,
        mut spooled: oneshot::Receiver<()>,
    ) -> Result<()> {
        let (stop, stopped) = watch::channel(None);
        // Before the first packet of the uplink is sent, it must be left out of what is judged.
        let (open, gate) = oneshot::channel();
        let mut exclusion = Exclusion { gate: Some(open), filter: None, told: false };
        let mut uplink = tokio::spawn(async move {
            let mut asked = stopped.clone();
            tokio::select! {
                _ = gate => {}
                _ = asked.wait_for(Option::is_some) => {}
            }
            uplink.run(stopped).await;
        });
        let is_excluded = self.settings.agent.exclude_uplink;
        if !is_excluded {
            exclusion.gate = None;
        }
        let mut look = Instant::now();
        let ended = loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    Signal::Stop(name) => {
                        tracing::info!("{name}: stopping");
                        break Ended::Asked;
                    }
                    Signal::Reload => self.reload().await,
                },
                () = tokio::time::sleep_until(look), if is_excluded => {
                    let known = timeout(ADDRESSES_WITHIN, self.exclude_uplink(&mut exclusion)).await;
                    look = Instant::now() + exclusion.next(known.unwrap_or(Known::No("no answer".into())));
                }
                _ = &mut judged => break Ended::Judging,
                _ = &mut spooled => break Ended::Spooling,
                _ = &mut uplink => break Ended::Uplink,
            }
        };
        let since = Instant::now();
        self.order(Order::Stop);
        // Judging ends with what was captured, spooling with what was raised; then it is sent.
        let flushed = async {
            if ended != Ended::Judging {
                let _ = judged.await;
            }
            if ended != Ended::Spooling {
                let _ = spooled.await;
            }
        };
        if timeout(STOP_WITHIN - SEND_RESERVE, flushed).await.is_err() {
            tracing::error!("the disk is too slow to take what was raised");
        }
        let left = STOP_WITHIN.saturating_sub(since.elapsed());
        // Nobody peeks any more.
        let kept = timeout(left, self.asking.stop());
        let kept = if ended == Ended::Uplink {
            kept.await
        } else {
            let _ = stop.send(Some(left));
            let (_, kept) = tokio::join!(timeout(left, uplink), kept);
            kept
        };
        if kept.is_err() {
            tracing::warn!("the disk is too slow to take what is known of endpoints");
        }
        match ended {
            Ended::Asked => Ok(()),
            Ended::Judging => bail!("the judging thread has failed: see the message above"),
            Ended::Spooling => bail!("the spooling thread has failed: see the message above"),
            Ended::Uplink => bail!("the uplink has failed: see the message above"),
        }
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            self.waker.wake();
        }
    }

    /// Takes new thresholds, lists and networks; what else has changed needs a restart.
    async fn reload(&self) {
        match Settings::read(&self.cli.options) {
            Ok(settings) => {
                let fixed = self.settings.fixed_keys_changed(&settings);
                if !fixed.is_empty() {
                    tracing::warn!("needs a restart to change: {}", fixed.join(", "));
                }
                self.order(Order::Reconfigure(Box::new(settings.config().clone())));
                self.asking.reload(&settings).await;
            }
            Err(error) => {
                tracing::error!("nothing was changed: {}", shown(&format!("{error:#}")));
            }
        }
    }

    /// Leaves the connection to the server out of what is captured, as its addresses are now.
    async fn exclude_uplink(&self, exclusion: &mut Exclusion) -> Known {
        let address = (self.server.host(), self.server.port());
        let server: BTreeSet<IpAddr> = match tokio::net::lookup_host(address).await {
            Ok(found) => found.map(|address| address.ip()).collect(),
            Err(error) => return Known::No(error.to_string()),
        };
        let own = live::interfaces().map(|interfaces| {
            interfaces.into_iter().flat_map(|interface| interface.addresses).collect()
        });
        let own = match own {
            Ok(own) => own,
            Err(error) => {
                // Not known, but nothing that the uplink should wait for.
                tracing::warn!("the uplink may be judged too: {}", shown(&error.to_string()));
                return Known::Yes;
            }
        };
        let filter = &self.settings.agent.filter;
        let wanted = without_uplink(filter, &server, self.server.port(), &own);
        if exclusion.filter.as_deref() == Some(&*wanted) {
            return Known::Yes;
        }
        // Told once; that an address of ours has changed is nothing new.
        if wanted != *filter && exclusion.filter.is_none() {
            tracing::info!(
                "what this machine and {} say to each other on port {} is not judged \
                 (agent.exclude_uplink)",
                shown(self.server.host()),
                self.server.port()
            );
        }
        let (done, set) = oneshot::channel();
        self.order(Order::Filter {
            text: wanted.clone(),
            uplink_excluded: wanted != *filter,
            done,
        });
        let _ = set.await;
        exclusion.filter = Some(wanted);
        Known::Yes
    }
}

/// Whether the addresses are known; or why not.
enum Known {
    Yes,
    No(String),
}

/// How far the uplink is left out of what is judged.
struct Exclusion {
    /// Lets the uplink begin when it is dropped.
    gate: Option<oneshot::Sender<()>>,
    /// The filter that was set last.
    filter: Option<String>,
    /// Whether it has been told that the server can not be looked up.
    told: bool,
}

impl Exclusion {
    /// Lets the uplink begin once the addresses are known; how long until they are looked up again.
    fn next(&mut self, known: Known) -> Duration {
        match known {
            Known::Yes => {
                (self.gate, self.told) = (None, false);
                ADDRESSES_EVERY
            }
            Known::No(reason) => {
                if !std::mem::replace(&mut self.told, true) {
                    let reason = shown(&reason);
                    tracing::warn!("the server's name can not be looked up: {reason}");
                }
                ADDRESSES_RETRY
            }
        }
    }
}
