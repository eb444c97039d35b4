//! What two hardware addresses tell of each other.

use netsentinel_core::Mac;

/// The bit of an address that its owner made up instead of buying it.
const LOCAL: u8 = 0x02;
/// How far the numbers of cards lie apart that were sold together, such as the ports of one adapter.
const NEIGHBOURS: u32 = 8;

/// Whether `mac` is one that several routers or servers share by a protocol: VRRP and CARP (RFC 9568
/// §7.3), HSRP (RFC 2281 and its second version), GLBP, Windows network load balancing.
pub(super) const fn is_virtual(mac: Mac) -> bool {
    matches!(
        mac.0,
        [0, 0, 0x5e, 0, 1 | 2, _]
            | [0, 0, 0x0c, 0x07, 0xac, _]
            | [0, 0, 0x0c, 0x9f, 0xf0..=0xff, _]
            | [0, 0x05, 0x73, 0xa0, 0..=0x0f, _]
            | [0, 0x07, 0xb4, _, _, _]
            | [0x02 | 0x03, 0xbf, _, _, _, _]
    )
}

/// Whether two cards look like those of one adapter: one maker, numbers next to each other, none made up.
pub(super) fn are_neighbours(a: Mac, b: Mac) -> bool {
    let number = |mac: Mac| {
        let [_, _, _, x, y, z] = mac.0;
        u32::from_be_bytes([0, x, y, z])
    };
    a.0.first_chunk::<3>() == b.0.first_chunk::<3>()
        && (a.0[0] | b.0[0]) & LOCAL == 0
        && number(a).abs_diff(number(b)) <= NEIGHBOURS
}

/// A short name of `mac` that is the same in every process.
pub(super) const fn tag(mac: Mac) -> u32 {
    let [a, b, c, d, e, f] = mac.0;
    u32::from_be_bytes([c, d, e, f]) ^ u32::from_be_bytes([0, 0, a, b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_addresses_are_known() {
        for mac in
            ["00:00:5e:00:01:02", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "02:bf:0a:00:00:01"]
        {
            assert!(is_virtual(mac.parse().unwrap()), "{mac}");
        }
        for mac in ["00:00:5e:90:01:02", "00:00:0c:9f:e0:01", "02:00:0a:00:00:01"] {
            assert!(!is_virtual(mac.parse().unwrap()), "{mac}");
        }
    }

    #[test]
    fn neighbours_are_of_one_maker() {
        let neighbours = |a: &str, b: &str| are_neighbours(a.parse().unwrap(), b.parse().unwrap());
        assert!(neighbours("00:1b:21:00:00:fe", "00:1b:21:00:01:01"));
        assert!(!neighbours("00:1b:21:00:00:01", "00:1b:21:00:00:11"));
        assert!(!neighbours("00:1b:21:00:00:01", "00:1b:22:00:00:02"));
        assert!(!neighbours("02:00:00:00:00:01", "02:00:00:00:00:02"), "anybody can make these");
    }
}
