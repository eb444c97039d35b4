//! The end of a frame: lengths and checksums, from the inside out.

use crate::checksum::Sum;

use super::{Frame, Layer};

impl Frame<'_> {
    /// Sets every length and checksum and returns the length of the frame.
    ///
    /// The innermost layer comes first, because a checksum covers all that it carries.
    pub(super) fn seal(mut self) -> usize {
        for index in (0..self.depth).rev() {
            let below = index.checked_sub(1).map(|below| self.layers[below]);
            match self.layers[index] {
                Layer::Ipv4(at) => {
                    self.set_u16(at + 2, self.length_from(at));
                    let sum = Sum::default().add(&self.out[at..at + 20]);
                    self.set_u16(at + 10, sum.finish());
                }
                Layer::Ipv6(at) => self.set_u16(at + 4, self.length_from(at + 40)),
                Layer::Tcp(at) => {
                    let sum = self.transport_sum(below, 6, at);
                    self.set_u16(at + 16, sum.finish());
                }
                Layer::Udp(at) => {
                    self.set_u16(at + 4, self.length_from(at));
                    // Zero would mean that there is no checksum (RFC 768).
                    let sum = match self.transport_sum(below, 17, at).finish() {
                        0 => 0xffff,
                        sum => sum,
                    };
                    self.set_u16(at + 6, sum);
                }
                Layer::Icmp(at) => {
                    let sum = match below {
                        Some(Layer::Ipv6(_)) => self.transport_sum(below, 58, at),
                        _ => Sum::default().add(&self.out[at..]),
                    };
                    self.set_u16(at + 2, sum.finish());
                }
                Layer::GtpU(at) => self.set_u16(at + 2, self.length_from(at + 8)),
            }
        }
        self.out.len() - self.start
    }

    /// Bytes from `at` to the end; 0 where they do not fit a length field.
    fn length_from(&self, at: usize) -> u16 {
        u16::try_from(self.out.len() - at).unwrap_or(0)
    }

    /// The sum over the pseudo-header of the IP layer `below` and all bytes from `at`.
    fn transport_sum(&self, below: Option<Layer>, protocol: u8, at: usize) -> Sum {
        let addresses = match below {
            Some(Layer::Ipv4(ip)) => &self.out[ip + 12..ip + 20],
            Some(Layer::Ipv6(ip)) => &self.out[ip + 8..ip + 40],
            _ => &[],
        };
        let bytes = &self.out[at..];
        Sum::default()
            .add(addresses)
            .add_number(u32::from(protocol))
            .add_number(bytes.len() as u32)
            .add(bytes)
    }
}
