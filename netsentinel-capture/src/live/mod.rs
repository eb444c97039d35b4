//! Live interfaces, by libpcap. Needs the feature `live`.
//!
//! [`Live`] captures on one or several interfaces in the thread that calls [`Live::turn`], and hands
//! on each packet where the kernel wrote it; or, with several rings an interface, in a thread for each ring,
//! and hands on what all of them took, in one order. Interfaces may go down, vanish and come back: the others
//! go on, and what happened is told as an [`InterfaceEvent`]. [`Injector`] sends frames;
//! [`interfaces`] lists what there is.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use netsentinel_capture::live::{Live, LiveError, LiveOptions, default_interface};
//!
//! fn watch() -> Result<(), LiveError> {
//!     let interfaces = vec![default_interface()?];
//!     let mut live = Live::open(LiveOptions { interfaces, ..LiveOptions::default() })?;
//!     loop {
//!         let mut bytes = 0;
//!         let turn = live.turn(Duration::from_millis(200), &mut |record| {
//!             bytes += u64::from(record.wire_len);
//!         })?;
//!         println!("{} packets, {bytes} bytes", turn.handed);
//!         for event in turn.events {
//!             println!("{}: {}: {}", event.interface, event.state, event.reason);
//!         }
//!     }
//! }
//! ```

mod capture;
mod counters;
mod error;
mod event;
#[cfg_attr(not(target_os = "linux"), path = "fanout_none.rs")]
mod fanout;
#[cfg(target_os = "linux")]
mod fanout_option;
mod handle;
mod inject;
mod interfaces;
mod presence;
mod rings;
#[cfg(target_os = "linux")]
mod route;
mod single;
mod tap;
#[cfg_attr(unix, path = "wait_unix.rs")]
#[cfg_attr(not(unix), path = "wait_portable.rs")]
mod wait;

pub use capture::{Live, Turn, Waker};
pub use error::LiveError;
pub use event::{InterfaceEvent, InterfaceReport, InterfaceState, RingReport};
pub use inject::Injector;
pub use interfaces::{ANY, Interface, default_interface, default_interfaces, interfaces};

use std::num::NonZeroUsize;

/// What is captured, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Names of the interfaces, or [`ANY`] alone for all of them at once. A name given twice counts
    /// once.
    pub interfaces: Vec<String>,
    /// Filter in the language of tcpdump; empty for all packets.
    pub filter: String,
    /// Whether packets for other machines are captured too. Without effect on [`ANY`].
    pub promiscuous: bool,
    /// Bytes kept of each packet; at most [`MAX_SNAPLEN`](crate::MAX_SNAPLEN) count.
    pub snap_length: u32,
    /// Bytes of the kernel's buffer for each ring; at most 2,147,483,647 count. Several rings take as much
    /// again for each, from 4 to 128 MiB, for packets that wait to be put into one order.
    pub buffer_bytes: u32,
    /// Rings that each interface is shared among by the kernel, each with a thread of its own. More than
    /// one only on Linux.
    pub rings: NonZeroUsize,
}

impl Default for LiveOptions {
    /// No interface, no filter, promiscuous, 65,535 bytes of a packet, a buffer of 8 MiB, one ring.
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            filter: String::new(),
            promiscuous: true,
            snap_length: 65_535,
            buffer_bytes: 8 << 20,
            rings: NonZeroUsize::MIN,
        }
    }
}
