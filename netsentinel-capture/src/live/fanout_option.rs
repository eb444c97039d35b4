//! The socket option `PACKET_FANOUT`, which no crate that we have wraps: the only place with `unsafe`.
#![allow(unsafe_code, reason = "there is no safe way to set this socket option")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Bytes of the option's value.
const LEN: libc::socklen_t = 4;

/// Puts a packet socket into a group: the id below, the way of choosing and flags above.
pub(super) fn set(socket: BorrowedFd<'_>, value: u32) -> io::Result<()> {
    // SAFETY: the descriptor is open while it is borrowed. The kernel reads exactly LEN bytes, those of
    // `value`, which lives until the call returns, and keeps no pointer.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_FANOUT,
            (&raw const value).cast(),
            LEN,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The group that a packet socket is in, in the same form.
pub(super) fn get(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let (mut value, mut len) = (0_u32, LEN);
    // SAFETY: the descriptor is open while it is borrowed. The kernel writes at most `len` bytes to `value`
    // and how many to `len`; both live until the call returns, nothing else refers to them meanwhile, and
    // every pattern of bits is a u32.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_FANOUT,
            (&raw mut value).cast(),
            &raw mut len,
        )
    };
    if done == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    #[test]
    fn what_is_no_packet_socket_is_refused() {
        let socket = UnixDatagram::unbound().unwrap();
        assert!(set(socket.as_fd(), 0).is_err());
        assert!(get(socket.as_fd()).is_err());
    }
}
