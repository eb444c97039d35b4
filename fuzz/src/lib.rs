//! What the fuzz targets share: reading structured input, a small pipeline, and what must hold of
//! whatever comes out.
#![forbid(unsafe_code)]

mod capture;
mod checks;
mod input;
mod pipeline;
mod spool;

pub use capture::{Reading, check_file, read, rewrite};
pub use checks::{check_alert, check_answer, check_formats, check_line, check_slices, lies_within};
pub use input::{Input, TIME_STEPS};
pub use pipeline::{alerts_of, config, kept_alerts_of};
pub use spool::{SPOOL_FILES, spool_record};
