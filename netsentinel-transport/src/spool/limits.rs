//! How much a spool may hold.

use crate::wire::BATCH_BYTES_MAX;

/// The least and the most bytes of a segment.
const SEGMENT_BYTES: (u64, u64) = (64 << 10, 8 << 20);
/// What a batch with one alert has around it: `{"alerts":[` and `]}`.
const ENVELOPE_BYTES: usize = 13;

/// How much a spool may hold.
#[derive(Clone, Copy, Debug)]
pub struct SpoolLimits {
    /// Bytes of all segments with their journals; when alerts must be dropped, a segment goes as a
    /// whole. Dead letters come on top.
    pub bytes_max: u64,
    /// Bytes of a segment, beyond which the next one is begun.
    pub segment_bytes: u64,
    /// Bytes of an alert as JSON; a larger one becomes a dead letter at once.
    pub alert_bytes_max: usize,
    /// Bytes of a file of dead letters; there are two at most, the older is given up.
    pub dead_letter_bytes: u64,
}

impl SpoolLimits {
    /// The limits of a spool of `bytes_max` bytes: segments of a 64th, between 64 KiB and 8 MiB;
    /// alerts as large as a request may be; two files of dead letters of 4 MiB.
    pub fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            segment_bytes: (bytes_max / 64).clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1),
            alert_bytes_max: BATCH_BYTES_MAX - ENVELOPE_BYTES,
            dead_letter_bytes: 4 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_a_small_part() {
        assert_eq!(SpoolLimits::new(1 << 20).segment_bytes, 64 << 10);
        assert_eq!(SpoolLimits::new(256 << 20).segment_bytes, 4 << 20);
        assert_eq!(SpoolLimits::new(1 << 40).segment_bytes, 8 << 20);
    }

    #[test]
    fn the_largest_alert_fits_a_request() {
        let body = format!(r#"{{"alerts":[{}]}}"#, "x".repeat(SpoolLimits::new(0).alert_bytes_max));
        assert_eq!(body.len(), BATCH_BYTES_MAX);
    }
}
