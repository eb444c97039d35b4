//! How many connections there may be, in all and of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::network_of;

/// Places for connections. One address, or one IPv6 network of 64 bits, takes half of them at most,
/// so that whoever opens many does not keep everybody else out.
pub(super) struct Slots {
    max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All are taken.
    All,
    /// The address has its share.
    Address,
}

/// A place; given back when dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    network: IpAddr,
}

impl Slots {
    /// `max` places, at least two.
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max: max.max(2), taken: Mutex::default() })
    }

    /// A place for a connection from `ip`.
    pub(super) fn take(self: &Arc<Self>, ip: IpAddr) -> Result<Slot, Full> {
        let network = network_of(ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.max {
            return Err(Full::All);
        }
        let of_address = taken.by_address.entry(network).or_default();
        if *of_address >= self.max / 2 {
            return Err(Full::Address);
        }
        *of_address += 1;
        taken.all += 1;
        Ok(Slot { slots: Arc::clone(self), network })
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(of_address) = taken.by_address.get_mut(&self.network) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                taken.by_address.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_half_at_most() {
        let slots = Slots::new(4);
        let ip = |last| IpAddr::from([192, 0, 2, last]);
        let first = slots.take(ip(1)).unwrap();
        let _second = slots.take(ip(1)).unwrap();
        assert_eq!(slots.take(ip(1)).err(), Some(Full::Address));
        let _third = slots.take(ip(2)).unwrap();
        let _fourth = slots.take(ip(3)).unwrap();
        assert_eq!(slots.take(ip(4)).err(), Some(Full::All));
        drop(first);
        assert_eq!(slots.taken(), 3);
        slots.take(ip(1)).unwrap();
        assert_eq!(slots.taken.lock().unwrap().by_address.len(), 3);
    }
}
