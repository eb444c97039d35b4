//! Starting the agent: what it must have before it captures, and its threads.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use netsentinel_capture::live::Live;
use netsentinel_core::alert::Agent;
use netsentinel_core::text::shown;
use netsentinel_core::{Judge, PipelineBuilder};
use netsentinel_transport::identity::Identity;
use netsentinel_transport::spool::{Spool, SpoolLimits};
use netsentinel_transport::uplink::{Client, Credentials, SharedSpool, Uplink, UplinkSettings};
use netsentinel_transport::wire::Enrolment;
use tokio::sync::oneshot;

use crate::cli::Cli;
use crate::judging::Judging;
use crate::privileges;
use crate::reputation::Asking;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::spooling::{self, QUEUE_MAX, Queue};
use crate::status::Status;
use crate::supervisor::Supervisor;

/// Runs until a signal stops it.
///
/// # Errors
///
/// When it can not start: wrong configuration, no verified TLS, no right to capture, a spool in use.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode> {
    let settings = Settings::read(&cli.options)?;
    let server = settings.server()?;
    // Before anything is captured: without verified TLS and a key the agent does not start.
    let tls = settings.tls()?;
    settings.require_key()?;
    // Only looked at: the one that judges bears the agent's id, which is not known yet.
    settings.pipeline().build().map(drop).with_context(|| settings.file_name())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _within = runtime.enter();
        Signals::new()?
    };
    let live = open_live(&settings)?;
    // Before the state folder is opened: what can not be kept without more rights is told now, and
    // not when the first alert is to be written.
    privileges::drop_all_but_capture()?;
    let identity = Identity::load_or_create(&settings.state_dir())?;
    let spool = open_spool(&settings)?;
    let agent = Agent {
        id: identity.id.to_string(),
        hostname: gethostname::gethostname().to_string_lossy().into_owned(),
        os: std::env::consts::OS.into(),
    };
    let enrolment = enrolment(&identity, &agent);
    let credentials = Credentials { id: identity.id, key: identity.key };
    let client = Client::new(tls, &server.to_string(), &credentials)?;

    let status = Arc::new(Status::new(agent.clone()));
    let asking = Arc::new(Asking::default());
    let uplink = uplink(client.clone(), &settings, enrolment, &status, &spool, &asking);
    let waker = live.waker();
    let wake = waker.clone();
    let started = asking.start(&settings, client, uplink.state(), Arc::new(move || wake.wake()));
    runtime.block_on(started).with_context(|| settings.file_name())?;
    let mut pipeline = settings.pipeline().agent(agent.clone());
    if let Some(known) = asking.known() {
        pipeline = pipeline.reputation(known);
    }
    let judge = judge(pipeline, settings.workers())?;
    let (orders, taken) = channel();
    let (alerts, queue) = sync_channel(QUEUE_MAX);
    let judging = Judging::new(live, judge, Queue(alerts), taken, Arc::clone(&status), agent)
        .known(asking.known());
    let judged = start("judging", move || judging.run())?;
    let spooled = start("spooling", {
        let status = Arc::clone(&status);
        move || spooling::run(&queue, &spool, &status)
    })?;
    let supervisor = Supervisor { cli, settings: &settings, server, orders, waker, asking };
    let ended = runtime.block_on(supervisor.run(signals, uplink, judged, spooled));
    // A name being looked up or a disk that hangs must not hold up the end.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

fn open_spool(settings: &Settings) -> Result<SharedSpool> {
    let folder = settings.state_dir().join("spool");
    let spool = Spool::open(&folder, SpoolLimits::new(settings.agent.spool_bytes.get()))?;
    let recovery = spool.recovery();
    if recovery.is_remarkable() {
        tracing::warn!(
            "the spool was not closed in order: {} bytes cut off, {} files removed, {} alerts \
             dropped",
            recovery.bytes_cut,
            recovery.files_removed,
            recovery.dropped.total()
        );
    }
    if recovery.pending > 0 {
        tracing::info!("{} alerts of before wait to be sent", recovery.pending);
    }
    Ok(SharedSpool::new(spool))
}

/// What sends alerts, and heartbeats that tell of all parts.
fn uplink(
    client: Client,
    settings: &Settings,
    enrolment: Enrolment,
    status: &Arc<Status>,
    spool: &SharedSpool,
    asking: &Arc<Asking>,
) -> Uplink<Client> {
    let beat = (Arc::clone(status), spool.clone(), Arc::clone(asking));
    let settings = UplinkSettings {
        enrolment: Some((enrolment, settings.shared_key.clone())),
        heartbeat_interval: Duration::from_secs(settings.agent.heartbeat_interval.get()),
        heartbeat: Arc::new(move || beat.0.heartbeat(&beat.1, beat.2.report())),
    };
    Uplink::new(client, spool.clone(), settings)
}

fn enrolment(identity: &Identity, agent: &Agent) -> Enrolment {
    Enrolment {
        id: identity.id.clone(),
        key: identity.key.clone(),
        hostname: agent.hostname.clone(),
        os: agent.os.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// Opens the interfaces, with the filter as it is configured; the uplink is left out once its addresses
/// are known.
fn open_live(settings: &Settings) -> Result<Live> {
    let options = settings.live_options()?;
    let interfaces = options.interfaces.join(", ");
    let live = Live::open(options)?;
    if let Some(refused) = live.refused() {
        tracing::warn!("one ring an interface, not as agent.rings says: {refused}");
    }
    let by = match live.rings().get() {
        1 => String::new(),
        rings => format!(" by {rings} rings each"),
    };
    tracing::info!("{}", shown(&format!("capturing on {interfaces}{by}")));
    Ok(live)
}

/// What judges: one pipeline, or workers that share the detectors.
fn judge(builder: PipelineBuilder<'_>, workers: NonZeroUsize) -> Result<Box<dyn Judge + Send>> {
    Ok(match workers {
        NonZeroUsize::MIN => Box::new(builder.build()?),
        workers => Box::new(builder.build_workers(workers)?),
    })
}

/// Starts a thread; the receiver hears when it ends, in whatever way.
fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<oneshot::Receiver<()>> {
    let (done, ended) = oneshot::channel();
    let work = move || {
        work();
        let _ = done.send(());
    };
    thread::Builder::new().name(name.into()).spawn(work).context("no thread can be started")?;
    Ok(ended)
}
