//! Brings a list from its place to our folder.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use netsentinel_core::config::FeedFormat;
use tokio::task::spawn_blocking;

use super::Settings;
use super::copies::Copies;
use super::error::LoadError;
use super::plan::Plan;
use crate::feeds::fetch::{
    Ask, FetchError, Fetched, LIST_BYTES_MAX, Place, Validators, create, look,
};
use crate::feeds::formats::{DOCUMENT_BYTES_MAX, Manifest};

/// Events of a MISP feed at most, the latest.
const EVENTS_MAX: usize = 500;

/// Brings the list to [`Copies::fetched`]; `before` is what its server said of the copy that there is.
pub(super) async fn obtain(
    plan: &Plan,
    settings: &Settings,
    copies: &Copies,
    before: Option<&Validators>,
) -> Result<Fetched, LoadError> {
    let into = copies.fetched(&plan.name);
    let bytes_max = match plan.format {
        FeedFormat::Misp | FeedFormat::Stix => DOCUMENT_BYTES_MAX,
        _ => LIST_BYTES_MAX,
    };
    let source = Source { plan, settings, bytes_max };
    let fetched = source.bring(&plan.place, before, &into).await?;
    if plan.format == FeedFormat::Misp && plan.place.is_manifest() && fetched != Fetched::Unchanged
    {
        source.bring_events(copies, &into).await?;
    }
    Ok(fetched)
}

struct Source<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    bytes_max: u64,
}

impl Source<'_> {
    async fn bring(
        &self,
        place: &Place,
        before: Option<&Validators>,
        into: &Path,
    ) -> Result<Fetched, LoadError> {
        match place {
            Place::File(path) => {
                let (from, into, bytes_max) = (path.clone(), into.to_owned(), self.bytes_max);
                let copied = spawn_blocking(move || copy(&from, &into, bytes_max)).await;
                copied.map_err(|_| LoadError::Stopped)??;
                Ok(Fetched::Changed(Validators::default()))
            }
            Place::Web(url) => {
                let fetcher = self.settings.fetcher.as_ref().ok_or(LoadError::Stopped)?;
                let ask = Ask {
                    url,
                    key: self.settings.plans.key_for(self.plan),
                    accept: match self.plan.format {
                        FeedFormat::Misp | FeedFormat::Stix => "application/json, */*;q=0.5",
                        _ => "text/plain, */*;q=0.5",
                    },
                    before,
                    bytes_max: self.bytes_max,
                };
                Ok(fetcher.fetch(&ask, into).await?)
            }
        }
    }

    /// Puts the events that the manifest in `list` names in its place, one after the other.
    async fn bring_events(&self, copies: &Copies, list: &Path) -> Result<(), LoadError> {
        let (manifest, event) = (list.to_owned(), copies.event(&self.plan.name));
        let read = move || {
            look(&manifest)?;
            let read = Manifest::read(BufReader::new(File::open(&manifest)?))?;
            create(&manifest)?;
            Ok::<_, LoadError>(read)
        };
        let manifest = spawn_blocking(read).await.map_err(|_| LoadError::Stopped)??;
        let (events, mut left_out) = (manifest.events.len(), 0);
        let mut room = self.bytes_max;
        for (index, name) in manifest.events.iter().enumerate() {
            let Some(place) = self.plan.place.beside(name) else { continue };
            if index >= EVENTS_MAX {
                left_out = events - index;
                break;
            }
            match self.bring(&place, None, &event).await {
                Ok(_) => {}
                // The manifest is ahead of its events, or behind.
                Err(LoadError::Fetch(FetchError::Status(404))) => continue,
                Err(error) => return Err(error),
            }
            let (list, event) = (list.to_owned(), event.clone());
            let appended = spawn_blocking(move || append(&event, &list, room)).await;
            match appended.map_err(|_| LoadError::Stopped)?? {
                Some(rest) => room = rest,
                None => {
                    left_out = events - index;
                    break;
                }
            }
        }
        // Left over, it is overwritten the next time.
        let _ = tokio::fs::remove_file(&event).await;
        if left_out > 0 {
            tracing::warn!(
                feed = self.plan.name,
                events,
                left_out,
                "the feed has more events than are taken: the oldest are left out"
            );
        }
        Ok(())
    }
}

/// Copies a file of at most `bytes_max`.
fn copy(from: &Path, into: &Path, bytes_max: u64) -> Result<(), FetchError> {
    // What is no file, such as a pipe, may never end.
    if !std::fs::metadata(from)?.is_file() {
        return Err(FetchError::Content("it is no file"));
    }
    let mut from = File::open(from)?.take(bytes_max + 1);
    let mut into = create(into)?;
    if io::copy(&mut from, &mut into)? > bytes_max {
        return Err(FetchError::TooLarge(bytes_max));
    }
    into.sync_all()?;
    Ok(())
}

/// Adds an event to the list. Tells how much room is left, or nothing where there is not enough.
fn append(event: &Path, list: &Path, room: u64) -> Result<Option<u64>, FetchError> {
    look(event)?;
    let mut event = File::open(event)?;
    let bytes = event.metadata()?.len() + 1;
    let Some(rest) = room.checked_sub(bytes) else { return Ok(None) };
    let mut list = File::options().append(true).open(list)?;
    io::copy(&mut event, &mut list)?;
    io::copy(&mut &b"\n"[..], &mut list)?;
    list.sync_all()?;
    Ok(Some(rest))
}
