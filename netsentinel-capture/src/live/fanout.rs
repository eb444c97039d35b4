//! Sharing an interface among several rings: Linux's `PACKET_FANOUT`.
//!
//! The kernel puts each packet into one ring of a group, chosen by a hash of its addresses, protocol and ports
//! that is the same both ways. So a flow stays in one ring, whatever is there to be dissected; all fragments of
//! a datagram hash by their addresses and share a ring, and so does everything that is not IP.
//!
//! No flag is set. `DEFRAG` makes the kernel put datagrams together, and packets that can not be put together
//! vanish uncounted; our engine does it, and judges what the fragments show. `ROLLOVER` moves packets of a
//! flow to another ring when theirs is full, which breaks their order, and helps little: all rings are judged in
//! one order, so none stays full alone for long.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ::pcap::{Active, Capture};

use super::fanout_option as option;

/// Chooses the ring by the flow.
const HASH: u32 = 0;
/// Draws an id that no other group of the network namespace has.
const UNIQUE_ID: u32 = 0x2000;

/// The rings of one interface. There is a group in the kernel while one of them is open.
#[derive(Debug, Default)]
pub(super) struct Group(Mutex<Weak<Joined>>);

/// A place in a group in the kernel. To be dropped after the handle that it belongs to.
#[derive(Debug)]
pub(super) struct Joined {
    id: u16,
    /// The index of the interface: one that comes back under its name is another, and has another group.
    index: u32,
}

impl Group {
    /// Puts a handle into the group of those that are open on the same interface, or into a new one.
    ///
    /// The id of a new group is drawn by the kernel, so that no other program's rings are joined, which
    /// would take packets from both.
    pub(super) fn join(&self, capture: &Capture<Active>, index: u32) -> io::Result<Arc<Joined>> {
        let mut group = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = as_fd(capture);
        if let Some(joined) = group.upgrade().filter(|joined| joined.index == index) {
            option::set(socket, u32::from(joined.id) | HASH << 16)?;
            return Ok(joined);
        }
        option::set(socket, (HASH | UNIQUE_ID) << 16)?;
        let joined = Arc::new(Joined { id: id_of(option::get(socket)?), index });
        *group = Arc::downgrade(&joined);
        Ok(joined)
    }
}

fn as_fd(capture: &Capture<Active>) -> BorrowedFd<'_> {
    capture.as_fd()
}

/// The lower half of the option is the id.
fn id_of(value: u32) -> u16 {
    (value & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_lower_half() {
        assert_eq!(id_of((HASH | UNIQUE_ID) << 16 | 0xfedc), 0xfedc);
    }
}
