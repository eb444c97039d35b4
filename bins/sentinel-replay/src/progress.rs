//! The progress bar.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a capture is, on standard error and only where somebody watches.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for a capture of `size` bytes, or one without an end.
    pub(crate) fn new(name: &str, size: Option<u64>, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
        let template = match size {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {eta}",
            None => "{msg} {spinner} {bytes}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Self { bar }
    }

    /// A bar for so many captures.
    pub(crate) fn of_captures(captures: usize, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let target = ProgressDrawTarget::stderr();
        Self { bar: ProgressBar::with_draw_target(Some(captures as u64), target) }
    }

    /// Tells that one capture more is done.
    pub(crate) fn next(&self) {
        self.bar.inc(1);
    }

    /// Tells that `bytes` of the file have been read.
    pub(crate) fn at(&self, bytes: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
