//! The two ends of what an alert tells, and what alerts are counted by.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Mac;

/// One end of what an alert tells. What is not known, or does not apply, is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// Address.
    pub ip: Option<IpAddr>,
    /// Port.
    pub port: Option<u16>,
    /// Hardware address, as `aa:bb:cc:dd:ee:ff`: the one that the frame bears, which for a host
    /// behind a router is the router's; for ARP the one that is claimed.
    pub mac: Option<Mac>,
    /// Whether the address belongs to the site; absent without an address.
    pub internal: Option<bool>,
}

impl Endpoint {
    /// The end with this address.
    pub const fn ip(ip: IpAddr) -> Self {
        Self { ip: Some(ip), port: None, mac: None, internal: None }
    }

    /// The same end with a port.
    #[must_use]
    pub const fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// The same end with a hardware address.
    #[must_use]
    pub const fn mac(self, mac: Mac) -> Self {
        Self { mac: Some(mac), ..self }
    }
}

/// `10.0.0.1`, `10.0.0.1:80`, `[2001:db8::1]:80`, a MAC alone, or `-`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.port, self.mac) {
            (Some(ip), Some(port), _) => std::net::SocketAddr::new(ip, port).fmt(f),
            (Some(ip), None, _) => ip.fmt(f),
            (None, _, Some(mac)) => mac.fmt(f),
            (None, _, None) => f.write_str("-"),
        }
    }
}

/// What a rule's alerts are counted by: while one is open for a subject, no other is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    host: IpAddr,
    peer: Option<IpAddr>,
    port: Option<u16>,
    tag: Option<u32>,
}

impl Subject {
    /// A host.
    pub const fn host(host: IpAddr) -> Self {
        Self { host, peer: None, port: None, tag: None }
    }

    /// The host whose behaviour it is.
    pub const fn owner(&self) -> IpAddr {
        self.host
    }

    /// The other host, if the subject is a pair.
    pub const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// The port, if it is about one.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// What else tells it from others.
    pub const fn tag(&self) -> Option<u32> {
        self.tag
    }

    /// A host and a port.
    pub const fn host_port(host: IpAddr, port: u16) -> Self {
        Self { port: Some(port), ..Self::host(host) }
    }

    /// A host, another host, and a port of that.
    pub const fn pair_port(host: IpAddr, peer: IpAddr, port: u16) -> Self {
        Self { peer: Some(peer), port: Some(port), ..Self::host(host) }
    }

    /// A host and another host.
    pub const fn pair(host: IpAddr, peer: IpAddr) -> Self {
        Self { peer: Some(peer), ..Self::host(host) }
    }

    /// The same subject, told from others by `tag`: say, a fingerprint of a name that is the same in
    /// every process.
    #[must_use]
    pub const fn tagged(self, tag: u32) -> Self {
        Self { tag: Some(tag), ..self }
    }
}

/// The parts, separated by commas; absent ones are left empty, an absent tag out.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},", self.host)?;
        if let Some(peer) = self.peer {
            peer.fmt(f)?;
        }
        f.write_str(",")?;
        if let Some(port) = self.port {
            port.fmt(f)?;
        }
        if let Some(tag) = self.tag {
            write!(f, ",{tag:08x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_print_as_people_write_them() {
        let v6 = Endpoint::ip("2001:db8::1".parse().unwrap());
        assert_eq!(v6.port(80).to_string(), "[2001:db8::1]:80");
        assert_eq!(v6.to_string(), "2001:db8::1");
        assert_eq!(Endpoint::default().mac(Mac::BROADCAST).to_string(), "ff:ff:ff:ff:ff:ff");
        assert_eq!(Endpoint::default().to_string(), "-");
    }

    #[test]
    fn different_subjects_print_differently() {
        let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let all = [
            Subject::host(a),
            Subject::host_port(a, 1),
            Subject::pair_port(a, b, 1),
            Subject::pair(a, b),
            Subject::host(a).tagged(0xbeef),
        ];
        assert_eq!(
            all.map(|s| s.to_string()),
            [
                "10.0.0.1,,",
                "10.0.0.1,,1",
                "10.0.0.1,10.0.0.2,1",
                "10.0.0.1,10.0.0.2,",
                "10.0.0.1,,,0000beef"
            ]
        );
    }
}
