//! How well attacks are found and innocents spared, judged by captures of which somebody has said what is
//! in them.
//!
//! [`Labels`] reads what has been said, [`Meanings`] tells which label is whose business, [`judge`] replays
//! every capture by itself, and [`Quality`] is what came of it: recall and false alarms for each detector,
//! as a value to hold against limits, as JSON, or as Markdown.
#![forbid(unsafe_code)]

mod csv;
mod judge;
mod judged;
mod labels;
mod markdown;
mod meanings;
mod quality;

pub use judge::judge;
pub use judged::{Judged, Raised};
pub use labels::{Labelled, Labels, LabelsError};
pub use meanings::{Expectation, Meanings};
pub use quality::{Alarm, Benign, DetectorQuality, Miss, Quality, Unread};

#[cfg(test)]
mod tests;
