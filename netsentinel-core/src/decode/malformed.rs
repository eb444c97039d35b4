//! What can be wrong with a frame, and how often it was.

use std::ops::AddAssign;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The first problem met in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The header it was met in.
    pub layer: Layer,
    /// What is wrong with it.
    pub reason: Reason,
    /// Where that header starts, in bytes into the frame, or into the reassembled datagram for
    /// [`resume`](super::resume).
    pub offset: u32,
}

/// A fieldless enum with the list of its variants, in order of declaration.
macro_rules! counted {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];
        }
    };
}

counted! {
    /// A kind of header.
    Layer {
        /// The capture's own link layer: Linux cooked, loopback, raw, HDLC, FDDI.
        Link,
        /// Ethernet, with 802.2 LLC and SNAP.
        Ethernet,
        /// An 802.1Q or 802.1ad tag.
        Vlan,
        /// A MACsec security tag.
        Macsec,
        /// A label stack.
        Mpls,
        /// A PPPoE session header.
        Pppoe,
        /// PPP.
        Ppp,
        /// ARP and RARP.
        Arp,
        /// IPv4.
        Ipv4,
        /// The fixed header of IPv6.
        Ipv6,
        /// An IPv6 extension header, or an authentication header in IPv4.
        Ipv6Extension,
        /// IPv4, IPv6, Ethernet or MPLS directly in an IP packet.
        IpInIp,
        /// GRE, with PPTP's version 1 and ERSPAN.
        Gre,
        /// VXLAN.
        Vxlan,
        /// Geneve.
        Geneve,
        /// GTP-U.
        GtpU,
        /// Teredo.
        Teredo,
        /// TCP.
        Tcp,
        /// UDP.
        Udp,
        /// ICMP and ICMPv6.
        Icmp,
    }
}

counted! {
    /// What is wrong with a header.
    Reason {
        /// It was cut off by the snap length of the capture.
        Snapped,
        /// It ends early although nothing was cut off.
        Short,
        /// A length field contradicts the header or what is there.
        BadLength,
        /// The version is not that of the protocol.
        BadVersion,
        /// A link type, or an optional part of a header, that is not read.
        Unsupported,
        /// More headers of this kind than are followed.
        TooDeep,
    }
}

/// How many frames were malformed, by layer and reason. Of fixed size; counts saturate.
///
/// Serializes as a nested map without the zeros: `{"ipv4":{"short":3}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodeCounters {
    counts: [[u64; Reason::ALL.len()]; Layer::ALL.len()],
}

impl DecodeCounters {
    /// Counts one malformed frame.
    pub fn count(&mut self, malformed: Malformed) {
        let count = &mut self.counts[malformed.layer as usize][malformed.reason as usize];
        *count = count.saturating_add(1);
    }

    /// What was counted, without the zeros, by layer and then by reason.
    pub fn iter(&self) -> impl Iterator<Item = (Layer, Reason, u64)> + '_ {
        Layer::ALL.into_iter().zip(&self.counts).flat_map(|(layer, reasons)| {
            non_zero(reasons).map(move |(reason, count)| (layer, reason, count))
        })
    }

    /// All malformed frames.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// Adds what another worker or capture counted.
impl AddAssign<&Self> for DecodeCounters {
    fn add_assign(&mut self, other: &Self) {
        let theirs = other.counts.iter().flatten();
        for (count, more) in self.counts.iter_mut().flatten().zip(theirs) {
            *count = count.saturating_add(*more);
        }
    }
}

impl Serialize for DecodeCounters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut layers = serializer.serialize_map(None)?;
        for (layer, reasons) in Layer::ALL.iter().zip(&self.counts) {
            if non_zero(reasons).next().is_some() {
                layers.serialize_entry(layer, &Reasons(reasons))?;
            }
        }
        layers.end()
    }
}

/// The counts of one layer.
struct Reasons<'c>(&'c [u64; Reason::ALL.len()]);

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(non_zero(self.0))
    }
}

fn non_zero(reasons: &[u64; Reason::ALL.len()]) -> impl Iterator<Item = (Reason, u64)> + '_ {
    Reason::ALL.into_iter().zip(reasons.iter().copied()).filter(|(_, count)| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(layer: Layer, reason: Reason) -> Malformed {
        Malformed { layer, reason, offset: 14 }
    }

    #[test]
    fn variants_index_their_own_place() {
        for (index, layer) in Layer::ALL.into_iter().enumerate() {
            assert_eq!(layer as usize, index);
        }
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
        }
    }

    #[test]
    fn counts_by_layer_and_reason() {
        let mut counters = DecodeCounters::default();
        assert_eq!(counters.iter().count(), 0);
        counters.count(malformed(Layer::Tcp, Reason::Snapped));
        counters.count(malformed(Layer::Ipv4, Reason::BadLength));
        counters.count(malformed(Layer::Ipv4, Reason::BadLength));
        counters.count(malformed(Layer::GtpU, Reason::TooDeep));
        let counted: Vec<_> = counters.iter().collect();
        assert_eq!(
            counted,
            [
                (Layer::Ipv4, Reason::BadLength, 2),
                (Layer::GtpU, Reason::TooDeep, 1),
                (Layer::Tcp, Reason::Snapped, 1),
            ]
        );
        assert_eq!(counters.total(), 4);
        assert_eq!(
            serde_json::to_string(&counters).unwrap(),
            r#"{"ipv4":{"bad_length":2},"gtp_u":{"too_deep":1},"tcp":{"snapped":1}}"#
        );
        let twice = counters.clone();
        counters += &twice;
        assert_eq!(counters.total(), 8);
    }

    #[test]
    fn names_are_snake_case() {
        let names = serde_json::to_string(&Layer::ALL).unwrap();
        for name in ["\"ipv6_extension\"", "\"ip_in_ip\"", "\"pppoe\"", "\"vxlan\"", "\"icmp\""] {
            assert!(names.contains(name), "{name} is not in {names}");
        }
    }
}
