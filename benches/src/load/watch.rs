//! How old an alert is when the live feed brings it: from the packet, to here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use netsentinel_core::Timestamp;
use netsentinel_transport::tls::client_config;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::args::Watch;
use crate::ingest::now;
use crate::quantiles::Quantiles;

/// Tells whether alerts came too late, or none came.
pub(crate) async fn run(args: &Watch) -> Result<bool> {
    let address = args.server.strip_prefix("https://").context("--server is https://HOST:PORT")?;
    let host =
        address.rsplit_once(':').context("--server needs a port")?.0.trim_matches(['[', ']']);
    let mut tls = client_config(&args.ca, None)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let stream = TlsConnector::from(Arc::new(tls)).connect(host.to_owned().try_into()?, stream);
    let mut request = format!("wss://{address}/ws").into_client_request()?;
    let token = std::fs::read_to_string(&args.token_file)?;
    let bearer = HeaderValue::from_str(&format!("Bearer {}", token.trim()))?;
    request.headers_mut().insert("authorization", bearer);
    let (mut socket, _) = client_async(request, stream.await?).await?;

    let until = Instant::now() + args.seconds;
    let (mut ages, mut resyncs) = (Quantiles::default(), 0);
    while let Ok(message) = timeout_at(until.into(), socket.next()).await {
        let message = message.context("the server has closed the feed")??;
        let Ok(text) = message.to_text() else { continue };
        let Ok(message) = serde_json::from_str::<Value>(text) else { continue };
        match message["type"].as_str() {
            Some("resync") => resyncs += 1,
            Some("alert") => age(&message, now())?.into_iter().for_each(|age| ages.add(age)),
            _ => {}
        }
    }
    println!("{} alerts by WebSocket: {ages}; resynchronised {resyncs} times", ages.len());
    let late = args.p99_max_ms.is_some_and(|max| ages.at(0.99) > Duration::from_millis(max));
    Ok(late || ages.len() == 0)
}

/// How old a new alert is. An update is told when its rule has been quiet: its age tells nothing.
fn age(message: &Value, now: Timestamp) -> Result<Option<Duration>> {
    let alert = &message["alert"]["alert"];
    if alert["update"].as_u64() != Some(0) {
        return Ok(None);
    }
    match alert["timestamp"].as_str().map(str::parse::<Timestamp>) {
        Some(Ok(time)) => Ok(Some(Duration::from_nanos(now.nanos_since(time)))),
        _ => bail!("an alert without a timestamp: {message}"),
    }
}
