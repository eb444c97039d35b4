//! Who is told when the store changes.

use super::Change;

/// Is told of every change, in the order of the revisions, after it is durable. Called on the store's
/// writer: must not wait for anything.
pub trait Observer: Send + Sync + 'static {
    /// Alerts were added or updated; never more than one request brought.
    fn stored(&self, changes: &[Change]);

    /// Any number of alerts changed; `revision` is the newest of them.
    fn changed(&self, revision: u64);

    /// Something about agents changed.
    fn agents_changed(&self);
}

/// Tells nobody.
impl Observer for () {
    fn stored(&self, _: &[Change]) {}

    fn changed(&self, _: u64) {}

    fn agents_changed(&self) {}
}
