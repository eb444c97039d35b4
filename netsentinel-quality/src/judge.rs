//! Replaying many captures, several at once.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;

use netsentinel_core::PipelineBuilder;
use netsentinel_core::config::ConfigError;

use crate::{Judged, Labels};

/// Replays each capture of `labels` by itself, through a pipeline of its own that `builder` makes; `threads` of
/// them at once, so that much memory is taken as so many pipelines take. Paths that are not absolute
/// begin at `root`. `done` is called for each capture when it has been replayed.
///
/// The results are in the order of the labels. A capture that can not be read is no error: its result tells.
///
/// # Errors
///
/// When the pipeline can not be made.
pub fn judge(
    labels: &Labels,
    root: &Path,
    builder: &PipelineBuilder<'_>,
    threads: NonZeroUsize,
    done: &(dyn Fn(&Judged) + Sync),
) -> Result<Vec<Judged>, ConfigError> {
    // Whatever keeps one from being made keeps all.
    builder.clone().build()?;
    let queue = Mutex::new(labels.captures.iter().enumerate());
    let next = || queue.lock().ok()?.next();
    let work = || {
        let mut judged = Vec::new();
        while let Some((nth, capture)) = next() {
            let mut pipeline = builder.clone().build()?;
            let one = Judged::replay(&capture.path, &root.join(&capture.path), &mut pipeline);
            done(&one);
            judged.push((nth, one));
        }
        Ok(judged)
    };
    let mut all = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.get()).map(|_| scope.spawn(work)).collect();
        let mut all = work()?;
        for worker in workers {
            match worker.join() {
                Ok(judged) => all.extend(judged?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok::<_, ConfigError>(all)
    })?;
    all.sort_by_key(|(nth, _)| *nth);
    Ok(all.into_iter().map(|(_, judged)| judged).collect())
}
