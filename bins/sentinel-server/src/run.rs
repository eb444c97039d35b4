//! The server itself: started, told by signals, stopped.

use std::io::{Write as _, stderr};

use anyhow::{Context as _, Result};
use netsentinel_server::Server;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Options;
use crate::setup::Setup;

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(options: &Options) -> Result<()> {
    // Before anything else, so that no signal finds nobody waiting for it.
    let listen = |kind| signal(kind).context("signals can not be received");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    let server = Server::start(Setup::read(options)?.server()).await?;
    greet(&server)?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => reload(&server, options).await,
        }
    }
    tracing::info!("stopping");
    server.stop().await;
    tracing::info!("stopped");
    Ok(())
}

fn greet(server: &Server) -> Result<()> {
    let at = server.addresses();
    tracing::info!("dashboard and API: https://{}", at.gui);
    tracing::info!("agents: https://{}", at.agents);
    if let Some(redirect) = at.redirect {
        tracing::info!("http://{redirect} leads to the dashboard");
    }
    if let Some(password) = server.first_password() {
        // Not to the log, which others may collect.
        writeln!(
            stderr(),
            "\nFirst start. Sign in as: admin\n              Password: {}\n\
             It is not shown again. Change it after signing in.\n",
            password.expose()
        )?;
    }
    Ok(())
}

/// What is wrong with the new configuration is told, and the old one goes on.
async fn reload(server: &Server, options: &Options) {
    let reloaded = match Setup::read(options) {
        Ok(setup) => server.reload(setup.server()).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match reloaded {
        Ok(()) => tracing::info!("reloaded"),
        Err(error) => tracing::error!("not reloaded, all stays as it was: {error:#}"),
    }
}
