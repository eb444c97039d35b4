//! Hosts, their conversations, and a background made of them.

mod background;
mod budget;
mod content;
mod datagrams;
mod local;
mod session;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsentinel_core::Mac;

use crate::Frame;

pub(crate) use background::{Background, MAX_RATE_PER_HOST};
pub(crate) use content::{NAMES, filler};
pub(crate) use datagrams::{Exchange, Kind};
pub(crate) use local::{Pings, arp_reply, arp_request};
pub(crate) use session::{Ending, Plan, Service, Session};

/// One end of a conversation as it is seen on the inner side of the site's router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) mac: Mac,
    pub(crate) ip: IpAddr,
}

/// The router that all traffic with the outside passes.
pub(crate) const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// The site's resolver.
pub(crate) const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 53);
/// The site's server for files, pages and logins.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
/// Who attacks from inside.
pub(crate) const INSIDER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);
/// Who attacks from outside.
pub(crate) const OUTSIDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

impl Host {
    /// A host of the site.
    pub(crate) fn inside(ip: Ipv4Addr) -> Self {
        Self { mac: mac_of(ip), ip: IpAddr::V4(ip) }
    }

    /// Workstation `index` of the site, in 10.0.1.0 and up; below 16 million.
    pub(crate) fn workstation(index: u32) -> Self {
        Self::inside(workstation_ip(index))
    }

    /// The same workstation with its IPv6 address in `fd00::/64`.
    pub(crate) fn workstation_v6(index: u32) -> Self {
        let mac = mac_of(workstation_ip(index));
        let ip = Ipv6Addr::from_bits((0xfd00 << 112) | u128::from(index + 0x100));
        Self { mac, ip: IpAddr::V6(ip) }
    }

    /// A host behind the router.
    pub(crate) fn outside(ip: impl Into<IpAddr>) -> Self {
        Self { mac: mac_of(GATEWAY), ip: ip.into() }
    }

    /// Starts a frame from here to there.
    pub(crate) fn frame_to<'a>(&self, to: &Self, out: &'a mut Vec<u8>) -> Frame<'a> {
        Frame::new(out).ethernet(self.mac, to.mac).ip(self.ip, to.ip)
    }

    /// With a port.
    pub(crate) fn port(self, port: u16) -> Endpoint {
        Endpoint { host: self, port }
    }
}

/// A host and a port of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// The locally administered hardware address of a host of the site.
pub(crate) fn mac_of(ip: Ipv4Addr) -> Mac {
    let [a, b, c, d] = ip.octets();
    Mac([0x02, 0x00, a, b, c, d])
}

fn workstation_ip(index: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 1, 0).to_bits() + index)
}
