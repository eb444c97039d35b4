//! Lists on the disk, and what loading one takes.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use netsentinel_benches::{put, write_list};
use netsentinel_vt::feeds::{FeedId, FeedSet};

use crate::memory::{peak, reset_peak, resident};

/// What a load took.
pub(crate) struct Loaded {
    pub(crate) listed: u64,
    pub(crate) took: Duration,
    pub(crate) peak: Option<u64>,
    pub(crate) resident: Option<u64>,
    pub(crate) table: usize,
}

/// Writes a list; tells its bytes.
pub(crate) fn list(path: &Path, lines: Range<u64>) -> Result<u64> {
    let write = || {
        write_list(&mut BufWriter::new(File::create(path)?), lines)?;
        Ok::<_, std::io::Error>(path.metadata()?.len())
    };
    write().with_context(|| format!("can not write {}", path.display()))
}

/// Loads it, and makes it count.
pub(crate) fn load(set: &FeedSet, feed: FeedId, path: &Path) -> Result<Loaded> {
    reset_peak();
    let begun = Instant::now();
    let mut from = BufReader::new(File::open(path)?);
    let mut line = String::new();
    let mut load = set.load(feed);
    while from.read_line(&mut line)? > 0 {
        put(&mut load, line.trim_end());
        line.clear();
    }
    let listed = load.finish();
    let took = begun.elapsed();
    set.set_active(feed, true);
    Ok(Loaded { listed, took, peak: peak(), resident: resident(), table: set.bytes() })
}
