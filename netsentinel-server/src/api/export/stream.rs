//! The body of an export, made page by page as it is taken.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::format::ExportFormat;
use crate::app::App;
use crate::store::{self, AlertFilter, AlertPage, Cursor, StoreError};

/// Whoever takes nothing for so long gets no more.
const TAKE_TIMEOUT: Duration = Duration::from_secs(60);
/// Alerts that are held at once, about a megabyte of text.
const PAGE: usize = 500;

/// Where the pages come from.
pub(super) trait Pages: Send + Sync + 'static {
    /// The page after `cursor`.
    fn page(
        &self,
        filter: &AlertFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> impl Future<Output = store::Result<AlertPage>> + Send;
}

impl Pages for Arc<App> {
    async fn page(
        &self,
        filter: &AlertFilter,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> store::Result<AlertPage> {
        if self.stopping.is_cancelled() {
            return Err(StoreError::Closed);
        }
        self.store.alerts(filter, cursor, limit).await
    }
}

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
#[error("the export broke off before its end")]
pub(super) struct BrokenOff;

/// All alerts that one of `filters` lets through, filter by filter, in pieces of one page. The next
/// page is read when the one before is taken. When the store fails the stream ends with an error, so
/// that what has come can not be taken for all. `turn` is kept until then.
pub(super) fn export(
    pages: impl Pages,
    filters: Vec<AlertFilter>,
    format: ExportFormat,
    turn: impl Send + 'static,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send + Sync + 'static {
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        match write(&pages, &filters, format, &sender).await {
            Ok(()) => _ = put(&sender, Piece::End).await,
            Err(Stopped::Gone) => tracing::debug!("whoever asked for an export has gone"),
            // The receiver breaks off when the sender goes without an end.
            Err(Stopped::Store(error)) => tracing::warn!(%error, "an export broke off"),
        }
        drop(turn);
    });
    let mut ended = false;
    stream::poll_fn(move |cx| {
        if ended {
            return Poll::Ready(None);
        }
        receiver.poll_recv(cx).map(|piece| match piece {
            Some(Piece::Text(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => {
                ended = true;
                None
            }
            None => {
                ended = true;
                Some(Err(BrokenOff))
            }
        })
    })
}

/// Why an export is not written to its end.
enum Stopped {
    /// The store failed, or the server stops.
    Store(StoreError),
    /// Whoever asked has gone, or takes nothing.
    Gone,
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

enum Piece {
    Text(Bytes),
    End,
}

async fn write(
    pages: &impl Pages,
    filters: &[AlertFilter],
    format: ExportFormat,
    sender: &mpsc::Sender<Piece>,
) -> Result<(), Stopped> {
    let mut text = String::from(format.head());
    let mut first = true;
    for filter in filters {
        let mut cursor = None;
        loop {
            let page = pages.page(filter, cursor, PAGE).await?;
            for stored in &page.alerts {
                format.write(&mut text, stored, std::mem::replace(&mut first, false));
            }
            put(sender, Piece::Text(std::mem::take(&mut text).into())).await?;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    put(sender, Piece::Text(format.tail().into())).await
}

async fn put(sender: &mpsc::Sender<Piece>, piece: Piece) -> Result<(), Stopped> {
    match timeout(TAKE_TIMEOUT, sender.send(piece)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Stopped::Gone),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::StreamExt;
    use netsentinel_core::Timestamp;

    use super::*;
    use crate::api::testing::stored_alert;

    /// Pages of one alert; fails after so many.
    struct Short {
        left: Mutex<u64>,
        fails: bool,
    }

    impl Pages for Short {
        async fn page(
            &self,
            _: &AlertFilter,
            _: Option<Cursor>,
            _: usize,
        ) -> store::Result<AlertPage> {
            let mut left = self.left.lock().unwrap();
            if *left == 0 && self.fails {
                return Err(StoreError::Database("disk I/O error".into()));
            }
            let alerts = if *left > 0 { vec![stored_alert(*left)] } else { Vec::new() };
            *left = left.saturating_sub(1);
            let next = Cursor { timestamp: Timestamp::MIN, position: *left };
            let more = *left > 0 || self.fails;
            Ok(AlertPage { alerts, next: more.then_some(next) })
        }
    }

    async fn pieces(left: u64, fails: bool, format: &str) -> Vec<Result<Bytes, BrokenOff>> {
        let pages = Short { left: Mutex::new(left), fails };
        let filters = vec![AlertFilter::default()];
        export(pages, filters, format.parse().unwrap(), ()).collect().await
    }

    #[tokio::test]
    async fn a_failure_of_the_store_is_no_end() {
        let pieces = pieces(3, true, "ndjson").await;
        assert_eq!(pieces.len(), 4);
        assert!(pieces.last().unwrap().is_err());
        assert!(pieces.iter().take(3).all(Result::is_ok));
    }

    #[tokio::test]
    async fn json_is_one_array_however_many_there_are() {
        for count in [0, 1, 3] {
            let pieces = pieces(count, false, "json").await;
            let all: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
            let parsed: Vec<serde_json::Value> = serde_json::from_slice(&all).unwrap();
            assert_eq!(parsed.len() as u64, count);
        }
    }

    #[tokio::test]
    async fn no_page_is_read_before_the_one_before_it_is_taken() {
        struct Counted(Arc<Mutex<u64>>);
        impl Pages for Counted {
            async fn page(
                &self,
                _: &AlertFilter,
                _: Option<Cursor>,
                _: usize,
            ) -> store::Result<AlertPage> {
                *self.0.lock().unwrap() += 1;
                let next = Cursor { timestamp: Timestamp::MIN, position: 1 };
                Ok(AlertPage { alerts: vec![stored_alert(1)], next: Some(next) })
            }
        }
        let read = Arc::new(Mutex::new(0));
        let filters = vec![AlertFilter::default()];
        let stream = export(Counted(Arc::clone(&read)), filters, ExportFormat::Csv, ());
        let mut stream = std::pin::pin!(stream);
        for taken in 1..100 {
            stream.next().await.unwrap().unwrap();
            // One waits in the channel, one waits for its place there.
            assert!(*read.lock().unwrap() <= taken + 2);
        }
    }
}
