//! Waiting for packets on all handles at once, or for another thread, by one poll(2).

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::tap::{Readiness, Tap};

/// What a capturing thread waits with.
pub(super) struct Wait {
    receiver: UnixStream,
    sender: Arc<UnixStream>,
}

/// Ends the wait under way, or the next one.
#[derive(Clone, Debug)]
pub(super) struct Waker(Arc<UnixStream>);

impl Waker {
    pub(super) fn wake(&self) {
        // When the stream is full a wake is pending; when it is closed nobody waits any more.
        let _ = (&*self.0).write(&[1]);
    }
}

impl Wait {
    pub(super) fn new() -> io::Result<Self> {
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        Ok(Self { receiver, sender: Arc::new(sender) })
    }

    pub(super) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.sender))
    }

    /// Waits until a handle is ready, a waker is used or the time is over. Notes on each tap what
    /// there is to do, and tells whether a waker was used.
    pub(super) fn wait(&self, taps: &mut [Tap], timeout: Duration) -> io::Result<bool> {
        let timeout = Timespec::try_from(timeout).ok();
        let wanted = PollFlags::IN;
        let mut fds = Vec::with_capacity(taps.len() + 1);
        fds.push(PollFd::new(&self.receiver, wanted));
        let open = taps.iter().filter_map(Tap::capture);
        fds.extend(open.map(|capture| PollFd::new(capture, wanted)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            // A signal: as if nothing had come.
            Err(Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(error) => return Err(error.into()),
        }
        let seen: Vec<_> = fds.iter().map(PollFd::revents).collect();
        let mut seen = seen.into_iter();
        let woken = seen.next().is_some_and(|flags| !flags.is_empty());
        for tap in taps.iter_mut().filter(|tap| tap.capture().is_some()) {
            tap.readiness = match seen.next().unwrap_or(PollFlags::empty()) {
                flags if flags.is_empty() => Readiness::Quiet,
                flags if flags == wanted => Readiness::Packets,
                _ => Readiness::Trouble,
            };
        }
        if woken {
            self.drain();
        }
        Ok(woken)
    }

    fn drain(&self) {
        let mut sink = [0; 64];
        while matches!((&self.receiver).read(&mut sink), Ok(read) if read > 0) {}
    }
}
