//! The routing tables as Linux shows them.

/// Names of the interfaces that a default route leaves by, best first: IPv4's, then those that have
/// only one of IPv6's.
pub(super) fn default_interfaces() -> Vec<String> {
    // The thread's, for the process's may be another namespace's.
    let read = |table| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{table}")).unwrap_or_default()
    };
    let mut routes = four(&read("route"));
    routes.sort();
    let mut more = six(&read("ipv6_route"));
    more.sort();
    let mut names: Vec<String> = Vec::new();
    for (_, name) in routes.into_iter().chain(more) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A route that is in use.
const UP: u32 = 1;
/// A route that refuses.
const REJECT: u32 = 0x200;

fn leads_out(flags: &str) -> bool {
    u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & (UP | REJECT) == UP)
}

/// Metric and interface of each default route of IPv4.
fn four(table: &str) -> Vec<(u32, String)> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [name, "00000000", _, flags, _, _, metric, "00000000", ..] = fields[..] else {
            return None;
        };
        leads_out(flags).then(|| (metric.parse().unwrap_or(u32::MAX), name.to_owned()))
    });
    routes.collect()
}

/// Metric and interface of each default route of IPv6.
fn six(table: &str) -> Vec<(u32, String)> {
    const NOWHERE: &str = "00000000000000000000000000000000";
    let routes = table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [NOWHERE, "00", _, _, _, metric, _, _, flags, name] = fields[..] else { return None };
        let metric = u32::from_str_radix(metric, 16).unwrap_or(u32::MAX);
        (name != "lo" && leads_out(flags)).then(|| (metric, name.to_owned()))
    });
    routes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes_are_found_among_others() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
            eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
            eth1\t00000000\t00000000\t0201\t0\t0\t1\t00000000\t0\t0\t0\n\
            vpn0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n\
            eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
            cut\t00000000\n";
        let mut found = four(table);
        found.sort();
        assert_eq!(found, [(100, "eth0".to_owned()), (600, "wlan0".to_owned())]);
        assert_eq!(four(""), []);
    }

    #[test]
    fn the_refusing_default_of_ipv6_is_no_route() {
        let zero = "0".repeat(32);
        let table = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n"
        );
        assert_eq!(six(&table), [(1024, "eth0".to_owned())]);
    }
}
