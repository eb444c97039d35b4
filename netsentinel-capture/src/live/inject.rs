//! Sending frames.

use ::pcap::{Active, Capture};

use super::LiveError;
use super::error::plain;
use super::handle::open_error;
use super::interfaces::names;
use super::presence::{Presence, look};

/// What no frame passes that is likely to be met: this handle only sends, and what it captures would
/// cost a copy each. A filter that lets nothing pass at all is refused by libpcap.
const NOTHING: &str = "ether proto 0xffff and ether src 00:00:00:00:00:00";

/// Bytes of the kernel's buffer for what is not read anyway; the least that libpcap rounds up.
const BUFFER: i32 = 65_536;

/// Sends whole frames, link layer and all, on one interface.
pub struct Injector {
    name: String,
    capture: Capture<Active>,
}

impl Injector {
    /// Opens an interface for sending. Needs root or `CAP_NET_RAW`.
    ///
    /// # Errors
    ///
    /// When there is no such interface, it is down, or the right is missing.
    pub fn open(name: &str) -> Result<Self, LiveError> {
        if look(name) == Presence::Missing {
            return Err(LiveError::Missing { name: name.into(), there: names() });
        }
        let failed = |error| open_error(name, error);
        let inactive = Capture::from_device(name).map_err(failed)?;
        let inactive = inactive.promisc(false).snaplen(64).buffer_size(BUFFER).timeout(1000);
        let mut capture = inactive.open().map_err(failed)?;
        // Only Ethernet has these fields; elsewhere what is captured is left where it is.
        let _ = capture.filter(NOTHING, true);
        Ok(Self { name: name.into(), capture })
    }

    /// Sends one frame as it is; nothing is added or cut.
    ///
    /// # Errors
    ///
    /// When the interface refuses it: it is longer than the interface carries, or the interface is
    /// down or gone.
    pub fn send(&mut self, frame: &[u8]) -> Result<(), LiveError> {
        self.capture.sendpacket(frame).map_err(|error| LiveError::Send {
            name: self.name.clone(),
            len: frame.len(),
            reason: plain(error, &self.name),
        })
    }
}
