//! Where an interface can not be shared among rings.

use std::io;
use std::sync::Arc;

use ::pcap::{Active, Capture};

/// The rings of one interface.
#[derive(Debug, Default)]
pub(super) struct Group;

/// A place in a group.
#[derive(Debug)]
pub(super) struct Joined;

impl Group {
    #[allow(clippy::unused_self, reason = "the same where an interface can be shared")]
    pub(super) fn join(&self, _: &Capture<Active>, _: u32) -> io::Result<Arc<Joined>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux shares an interface"))
    }
}
