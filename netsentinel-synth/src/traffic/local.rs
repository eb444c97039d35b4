//! What hosts on one link say to each other: ARP and echo.

use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_core::{Arp, Mac, Timestamp};

use crate::Frame;
use crate::timeline::{Activity, Turn};

use super::{Host, filler};

/// Writes "who has `target`? tell `sender`", sent to everybody.
pub(crate) fn arp_request(out: &mut Vec<u8>, mac: Mac, sender: Ipv4Addr, target: Ipv4Addr) {
    let arp = Arp {
        operation: 1,
        sender_mac: mac,
        sender_ip: sender,
        target_mac: Mac::ZERO,
        target_ip: target,
    };
    Frame::new(out).ethernet(mac, Mac::BROADCAST).arp(&arp);
}

/// Writes "`sender` is at `mac`", sent to one host.
pub(crate) fn arp_reply(
    out: &mut Vec<u8>,
    mac: Mac,
    sender: Ipv4Addr,
    target_mac: Mac,
    target: Ipv4Addr,
) {
    let arp =
        Arp { operation: 2, sender_mac: mac, sender_ip: sender, target_mac, target_ip: target };
    Frame::new(out).ethernet(mac, target_mac).arp(&arp);
}

/// Echo requests in even distances, each answered after 2 ms, or less where they come faster.
pub(crate) struct Pings {
    from: Host,
    to: Host,
    first: Timestamp,
    gap: Duration,
    count: u32,
    /// Frames sent: a request, its reply, the next request, …
    sent: u32,
}

impl Pings {
    /// `count` requests, the first at `first`.
    pub(crate) fn new(from: Host, to: Host, first: Timestamp, gap: Duration, count: u32) -> Self {
        Self { from, to, first, gap, count, sent: 0 }
    }
}

impl Activity for Pings {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        let (number, id) = ((self.sent / 2) as u16, 0x0107);
        let body = filler(56);
        if self.sent.is_multiple_of(2) {
            self.from.frame_to(&self.to, turn.frame).echo_request(id, number, body);
        } else {
            self.to.frame_to(&self.from, turn.frame).echo_reply(id, number, body);
        }
        self.sent += 1;
        let request = self.first.after(self.gap * (self.sent / 2));
        let answer = Duration::from_millis(2).min(self.gap / 2);
        let next = if self.sent.is_multiple_of(2) { request } else { request.after(answer) };
        (self.sent < self.count.saturating_mul(2)).then_some(next)
    }
}
