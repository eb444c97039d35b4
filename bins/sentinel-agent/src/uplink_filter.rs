//! Leaving the agent's own connection to the server out of what it judges.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// The filter that lets everything through that `filter` does, but not what goes between one of the
/// `own` addresses and the agents' port of the server. Without addresses it is `filter` itself.
///
/// Only this machine's own connection is left out: another host that talks to the server's port, or
/// this one that talks to another port, is judged.
pub(crate) fn without_uplink(
    filter: &str,
    server: &BTreeSet<IpAddr>,
    port: u16,
    own: &BTreeSet<IpAddr>,
) -> String {
    if server.is_empty() || own.is_empty() {
        return filter.to_owned();
    }
    let ends = |ips: &BTreeSet<IpAddr>, end: &str| {
        let hosts: Vec<_> = ips.iter().map(|ip| format!("{end} host {ip}")).collect();
        hosts.join(" or ")
    };
    let sent =
        format!("({}) and ({}) and tcp dst port {port}", ends(own, "src"), ends(server, "dst"));
    let received =
        format!("({}) and ({}) and tcp src port {port}", ends(server, "src"), ends(own, "dst"));
    let uplink = format!("not (({sent}) or ({received}))");
    match filter.trim() {
        "" => uplink,
        filter => format!("({filter}) and {uplink}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> BTreeSet<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn only_the_uplink_is_left_out() {
        let (server, own) = (ips(&["192.0.2.1"]), ips(&["10.0.0.1", "2001:db8::1"]));
        assert_eq!(
            without_uplink("", &server, 8444, &own),
            "not (((src host 10.0.0.1 or src host 2001:db8::1) and (dst host 192.0.2.1) and tcp dst \
             port 8444) or ((src host 192.0.2.1) and (dst host 10.0.0.1 or dst host 2001:db8::1) and \
             tcp src port 8444))"
        );
        let both = without_uplink(" udp or arp ", &server, 8444, &own);
        assert!(both.starts_with("(udp or arp) and not (("), "{both}");
    }

    #[test]
    fn without_addresses_nothing_is_left_out() {
        let none = BTreeSet::new();
        assert_eq!(without_uplink("udp", &none, 8444, &ips(&["10.0.0.1"])), "udp");
        assert_eq!(without_uplink("", &ips(&["10.0.0.1"]), 8444, &none), "");
    }
}
