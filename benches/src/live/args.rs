//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;

/// Sends captures by tcpreplay as fast as it can on one interface, and judges them on another.
#[derive(Debug, Parser)]
pub(crate) struct Cli {
    /// Interface that tcpreplay sends on.
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) send: String,
    /// Interface that is captured on.
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) capture: String,
    /// Ways to capture and judge, each as RINGSxWORKERS.
    #[arg(long, value_name = "WAYS", value_delimiter = ',', default_value = "1x1,2x1,1x2,2x2")]
    pub(crate) ways: Vec<Way>,
    /// Processes of tcpreplay at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) senders: u32,
    /// Times that each of them sends each capture.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) loops: u32,
    /// Bytes of the kernel's buffer for each ring.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    pub(crate) buffer: u32,
    /// Times that everything is measured, in turn; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) rounds: u32,
    /// Write the numbers as JSON, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Captures to send; none may hold frames that the interface does not carry.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
}

/// How many rings an interface has, and how many workers judge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) rings: NonZeroUsize,
    pub(crate) workers: NonZeroUsize,
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let way = text.split_once('x').and_then(|(rings, workers)| {
            Some(Self { rings: rings.parse().ok()?, workers: workers.parse().ok()? })
        });
        way.ok_or_else(|| format!("{text}: not RINGSxWORKERS, as 2x1"))
    }
}
