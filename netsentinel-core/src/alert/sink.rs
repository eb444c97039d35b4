//! Where alerts go.

use super::Alert;

/// Takes alerts as the pipeline raises them, in packet order.
pub trait Sink {
    /// Takes one alert, or an update of one.
    fn alert(&mut self, alert: Alert);
}

impl Sink for Vec<Alert> {
    fn alert(&mut self, alert: Alert) {
        self.push(alert);
    }
}

/// Any closure that takes an alert.
impl<F: FnMut(Alert)> Sink for F {
    fn alert(&mut self, alert: Alert) {
        self(alert);
    }
}
