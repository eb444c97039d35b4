//! The names and addresses of this machine.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsentinel_core::text::shown;
use netsentinel_transport::pki::SubjectName;

/// Most addresses of interfaces that are taken: machines that run containers can have thousands, and
/// each makes every handshake longer.
const ADDRESSES_MAX: usize = 64;

/// What this machine is called.
pub(crate) fn hostname() -> String {
    shown(&gethostname::gethostname().to_string_lossy()).into_owned()
}

/// All names and addresses that this machine can be reached by, as far as it knows: its own name and
/// what the hosts file says of it, `localhost`, the loopback addresses, and every address of its
/// interfaces but for those that are good on one link only. Names come first.
pub(crate) fn names_and_addresses() -> Vec<SubjectName> {
    let hostname = hostname();
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let mut all: Vec<SubjectName> = Vec::new();
    for name in names(&hostname, &hosts) {
        match name.parse() {
            Ok(name) => push_new(&mut all, name),
            Err(error) => tracing::warn!("\"{}\" is left out: {error}", shown(&name)),
        }
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("the addresses of the interfaces can not be read: {error}: use --san");
        Vec::new()
    });
    let addresses: BTreeSet<IpAddr> =
        interfaces.iter().map(if_addrs::Interface::ip).filter(is_reachable).collect();
    if addresses.len() > ADDRESSES_MAX {
        let left_out = addresses.len() - ADDRESSES_MAX;
        tracing::warn!("{left_out} of this machine's addresses are left out: use --san for those");
    }
    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    for address in loopback.into_iter().chain(addresses.into_iter().take(ADDRESSES_MAX)) {
        push_new(&mut all, SubjectName::Ip(address));
    }
    tracing::debug!("this machine: {all:?}");
    all
}

/// Adds a name that is not there yet.
pub(crate) fn push_new(all: &mut Vec<SubjectName>, name: SubjectName) {
    if !all.contains(&name) {
        all.push(name);
    }
}

/// The host's own name, the names that share a line of the hosts file with it (that is where its
/// full name stands), and `localhost`; the longest of them first, for it says most.
fn names(hostname: &str, hosts: &str) -> Vec<String> {
    let mut all = BTreeSet::from([hostname.to_owned()]);
    for line in hosts.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let names: Vec<_> = line.split_ascii_whitespace().skip(1).collect();
        if names.iter().any(|name| name.eq_ignore_ascii_case(hostname)) {
            all.extend(names.into_iter().map(str::to_owned));
        }
    }
    all.remove("localhost");
    all.remove("");
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|name| std::cmp::Reverse(name.len()));
    all.push("localhost".into());
    all
}

fn is_reachable(address: &IpAddr) -> bool {
    !address.is_unspecified()
        && !address.is_multicast()
        && match address {
            IpAddr::V4(address) => !address.is_link_local(),
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_tells_the_full_name() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tsensor.example.com  Sensor # here\n\
                     192.0.2.9 other.example.com\n# 192.0.2.8 sensor wrong\n";
        let names = names("sensor", hosts);
        assert_eq!(names, ["sensor.example.com", "Sensor", "sensor", "localhost"]);
        assert_eq!(super::names("localhost", "127.0.0.1 localhost"), ["localhost"]);
    }

    #[test]
    fn this_machine_is_reached_by_its_loopback_at_least() {
        let all = names_and_addresses();
        for expected in ["localhost", "127.0.0.1", "::1"] {
            assert!(all.contains(&expected.parse().unwrap()), "{all:?}");
        }
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn addresses_of_one_link_are_left_out() {
        for (address, expected) in [
            ("192.0.2.7", true),
            ("2001:db8::7", true),
            ("fd00::7", true),
            ("169.254.1.1", false),
            ("fe80::1", false),
            ("0.0.0.0", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_reachable(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
