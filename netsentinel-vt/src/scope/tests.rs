use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netsentinel_core::config::{DomainScope, ReputationSettings};
use netsentinel_core::{Indicator, Site};
use proptest::prelude::*;

use super::*;

/// All that is not global, said once more: as networks.
const NOT_GLOBAL: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 \
    192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 \
    224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 3fff::/20";

/// Whether `ip` must never be told to anybody, judged apart from the code under test.
pub(crate) fn special(ip: IpAddr) -> bool {
    let carried = |range: std::ops::Range<usize>| match ip {
        IpAddr::V6(ip) => {
            let octets: [u8; 4] = ip.octets()[range].try_into().unwrap();
            special(IpAddr::V4(octets.into()))
        }
        IpAddr::V4(_) => unreachable!(),
    };
    let lies_in = |network: &str| network.parse::<IpNet>().unwrap().contains(&ip);
    if lies_in("2002::/16") {
        carried(2..6)
    } else if lies_in("::ffff:0:0/96") || lies_in("64:ff9b::/96") {
        carried(12..16)
    } else {
        NOT_GLOBAL.split_whitespace().any(lies_in)
    }
}

fn scope(change: impl FnOnce(&mut ReputationSettings)) -> Scope {
    let mut settings = ReputationSettings::default();
    change(&mut settings);
    Scope::new(&settings, &Site::new(vec!["9.9.9.0/24".parse().unwrap()]))
}

fn near_special_v4() -> impl Strategy<Value = u32> {
    let networks: Vec<IpNet> = NOT_GLOBAL.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let edges: Vec<u32> = networks
        .iter()
        .filter_map(|network| match network {
            IpNet::V4(network) => Some([network.network(), network.broadcast()]),
            IpNet::V6(_) => None,
        })
        .flatten()
        .map(Ipv4Addr::to_bits)
        .collect();
    let near = (proptest::sample::select(edges), -2_i32..=2)
        .prop_map(|(edge, by)| edge.wrapping_add_signed(by));
    prop_oneof![any::<u32>(), near]
}

fn near_special() -> impl Strategy<Value = IpAddr> {
    let v4 = near_special_v4().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let starts = [0x2000, 0x2001, 0x2002, 0x2003, 0x2620, 0x3ffe, 0x3fff, 0x4000, 0xfc00, 0xfe80];
    let seconds = [0, 1, 0x1ff, 0x200, 0xdb7, 0xdb8, 0xdb9, 0xfff, 0x1000];
    let v6 = (
        prop_oneof![proptest::sample::select(starts.to_vec()), any::<u16>()],
        prop_oneof![proptest::sample::select(seconds.to_vec()), any::<u16>()],
        any::<[u16; 6]>(),
    )
        .prop_map(|(a, b, [c, d, e, f, g, h])| IpAddr::V6([a, b, c, d, e, f, g, h].into()));
    let carrying = (0_u8..3, near_special_v4(), any::<u128>()).prop_map(|(kind, v4, rest)| {
        let v4 = u128::from(v4);
        let rest = rest >> 48;
        IpAddr::V6(Ipv6Addr::from_bits(match kind {
            0 => 0xffff << 32 | v4,
            1 => 0x0064_ff9b << 96 | v4,
            _ => 0x2002 << 112 | v4 << 80 | rest,
        }))
    });
    prop_oneof![v4, v6, carrying, any::<IpAddr>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn an_address_may_be_asked_about_exactly_where_it_is_global(ip in near_special()) {
        let everywhere = Scope::new(&ReputationSettings::default(), &Site::new(Vec::new()));
        prop_assert_eq!(everywhere.may_ask_ip(ip), !special(ip));
    }

    #[test]
    fn a_site_and_what_is_allowed_stay_at_home(bits in any::<u8>()) {
        let scope = scope(|s| s.allow_networks = vec!["8.8.8.0/24".parse().unwrap()]);
        for net in [[9, 9, 9], [8, 8, 8]] {
            let ip = Ipv4Addr::new(net[0], net[1], net[2], bits);
            prop_assert!(!scope.may_ask_ip(ip.into()));
            prop_assert!(!scope.may_ask_ip(ip.to_ipv6_mapped().into()));
            prop_assert_eq!(scope.allows(Indicator::Ip(ip.into())), net[0] == 8);
        }
        prop_assert!(scope.may_ask_ip(Ipv4Addr::new(8, 8, 9, bits).into()));
    }

    #[test]
    fn a_name_is_asked_about_only_where_it_is_public(
        name in "([a-z0-9_-]{1,4}\\.){0,4}([a-z0-9-]{1,3}\\.)?\
            (com|co\\.uk|lan|local|arpa|com\\.corp|mine\\.net|ok\\.org|onion|example\\.com|[a-z]{2,6})",
        full in any::<bool>(),
    ) {
        let scope = scope(|s| {
            s.private_domains = vec!["*.Mine.NET.".into()];
            s.allow_domains = vec!["ok.org".into()];
            s.domains = if full { DomainScope::Full } else { DomainScope::Registered };
        });
        let Some(asked) = scope.asked_about(Indicator::Domain(&name)) else { return Ok(()) };
        prop_assert_eq!(scope.asked_about(asked.borrowed()), Some(asked.clone()));
        let asked = asked.to_string();
        let below = name.ends_with(&format!(".{asked}"));
        prop_assert!(name == asked || below);
        prop_assert!(!full || name == asked);
        let last = asked.rsplit('.').next().unwrap();
        prop_assert!(!["lan", "local", "arpa", "corp", "onion"].contains(&last));
        for private in ["mine.net", "ok.org", "example.com"] {
            let within = format!(".{asked}").ends_with(&format!(".{private}"));
            prop_assert!(!within, "{}", asked);
        }
        prop_assert!(asked.contains('.') && asked != "co.uk");
    }
}

#[test]
fn names_become_what_was_registered() {
    let registered = scope(|_| {});
    let full = scope(|s| s.domains = DomainScope::Full);
    let asked = |scope: &Scope, name: &str| {
        scope.asked_about(Indicator::Domain(name)).map(|name| name.to_string())
    };
    for (name, domain) in [
        ("a.b.evil.com", "evil.com"),
        ("evil.co.uk", "evil.co.uk"),
        ("x.evil.co.uk", "evil.co.uk"),
        ("x.someone.github.io", "someone.github.io"),
        ("www.xn--bcher-kva.de", "xn--bcher-kva.de"),
    ] {
        assert_eq!(asked(&registered, name).as_deref(), Some(domain));
        assert_eq!(asked(&full, name).as_deref(), Some(name));
    }
    // What lies below stays at home, so its form does not matter.
    assert_eq!(asked(&registered, "_x=y.evil.com").as_deref(), Some("evil.com"));
    assert_eq!(asked(&full, "_x=y.evil.com"), None);
    let long = format!("{}.com", "a".repeat(64));
    let longer = format!("{}evil.com", "abc.".repeat(62));
    for name in [
        "com",
        "co.uk",
        "github.io",
        "localhost",
        "printer",
        "nas.local",
        "x.fritz.box.lan",
        "a.invalid",
        "1.0.168.192.in-addr.arpa",
        "x.home.arpa",
        "www.example.com",
        "abc.onion",
        "dc.corp",
        "unknown.suffixnobodyknows",
        "",
        ".",
        "a..com",
        ".evil.com",
        "evil.com.",
        "-a.com",
        "a-.com",
        "EVIL.com",
        "ev il.com",
        "évil.com",
        "8.8.8.8",
        "2606:4700::1111",
        "[::1]",
        &long,
        &longer,
    ] {
        assert_eq!(asked(&registered, name), None, "{name}");
    }
}

#[test]
fn what_is_allowed_counts_for_all_below() {
    let scope = scope(|s| s.allow_domains = vec!["Good.org".into()]);
    for (name, allowed) in
        [("good.org", true), ("a.b.good.org", true), ("notgood.org", false), ("org", false)]
    {
        assert_eq!(scope.allows(Indicator::Domain(name)), allowed, "{name}");
    }
}
