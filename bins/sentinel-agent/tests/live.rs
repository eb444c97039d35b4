//! The agent at work on the loopback: signals, its rights, and its own uplink. Skipped, and told, where
//! packets may not be captured.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]
#![allow(dead_code, reason = "each test uses a part of the site")]

mod site;

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::time::Duration;

use netsentinel_core::Alert;
use rustix::process::Signal;
use site::{Running, Site, free_port, may_capture};
use tokio::runtime::Runtime;

/// Tries to connect to a port where nobody listens: one packet that is judged.
fn knock(port: u16) {
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

/// How many alerts there are about a port that is suspicious; an alert and its updates are one.
fn about(alerts: &[Alert], port: u16) -> usize {
    let about = alerts.iter().filter(|alert| {
        alert.detector == "suspicious_port" && alert.message.contains(&format!(":{port}"))
    });
    about.map(|alert| alert.id.to_string()).collect::<BTreeSet<_>>().len()
}

#[test]
fn term_loses_nothing_while_the_server_is_away() {
    if !may_capture() {
        return;
    }
    let (mut site, port) = (Site::new(), free_port());
    site.set("suspicious_ports", vec![port]);
    let running = Running::start(&site);
    running.says("do not reach the server: nothing listens there");
    knock(port);
    // At once: the packet is still in the kernel's buffer.
    let took = running.stop();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(about(&site.spooled(), port), 1);
}

#[test]
fn two_rings_and_two_workers_lose_nothing_either() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let (mut site, port) = (Site::new(), free_port());
    site.set("suspicious_ports", vec![port]);
    site.set("agent.rings", 2);
    site.set("agent.workers", 2);
    let doctor = site.run(&["doctor"]);
    assert!(doctor.out.contains("lo: can be captured on by 2 rings"), "{}", doctor.out);
    let _server = site.serve(&runtime);
    let running = Running::start(&site);
    for _ in 0..30 {
        knock(port);
    }
    site.until_known(&runtime, |agent| {
        let told = agent.heartbeat.as_ref().and_then(|told| told.interfaces.first());
        told.is_some_and(|lo| {
            let by_ring: u64 = lo.rings.iter().map(|ring| ring.received).sum();
            lo.rings.len() == 2 && lo.received > 0 && by_ring == lo.received
        })
    });
    knock(port);
    running.signal(Signal::TERM);
    running.says("lo, ring 2: ");
    running.stop();
    assert_eq!(about(&site.stored(&runtime), port), 1);
}

#[test]
fn what_was_spooled_is_sent_by_the_next_start() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let (mut site, port) = (Site::new(), free_port());
    site.set("suspicious_ports", vec![port]);
    let running = Running::start(&site);
    knock(port);
    running.stop();
    let _server = site.serve(&runtime);
    let running = Running::start(&site);
    site.until_known(&runtime, |agent| agent.alerts > 0);
    running.stop();
    assert_eq!(about(&site.stored(&runtime), port), 1);
    assert!(site.spooled().is_empty());
}

#[test]
fn hup_takes_new_lists_and_refuses_a_broken_file() {
    if !may_capture() {
        return;
    }
    let (mut site, port) = (Site::new(), free_port());
    site.set("suspicious_ports", vec![1]);
    let running = Running::start(&site);
    running.says("do not reach the server");
    knock(port);
    site.write("sentinel_config.json", "{");
    running.signal(Signal::HUP);
    let line = running.says("nothing was changed");
    assert!(line.contains("sentinel_config.json"), "{line}");
    site.set("port_scan_window", 0);
    running.signal(Signal::HUP);
    running.says("nothing was changed");
    site.set("port_scan_window", 10);
    site.set_mode("sentinel_config.json", 0o644);
    running.signal(Signal::HUP);
    running.says("nothing was changed");
    site.set("suspicious_ports", vec![port]);
    site.set("agent.filter", "udp");
    running.signal(Signal::HUP);
    let line = running.says("needs a restart to change");
    assert!(line.contains("agent.filter"), "{line}");
    let line = running.says("changed without losing a window");
    assert!(line.contains("suspicious_ports"), "{line}");
    knock(port);
    running.stop();
    assert_eq!(about(&site.spooled(), port), 1);
}

#[test]
fn every_thread_gives_up_all_rights_but_one() {
    if !may_capture() {
        return;
    }
    let mut site = Site::new();
    site.set("agent.rings", 2);
    site.set("agent.workers", 2);
    let running = Running::start(&site);
    running.says("do not reach the server");
    let tasks = format!("/proc/{}/task", running.child.id());
    let threads: Vec<_> = std::fs::read_dir(tasks).unwrap().collect();
    assert!(threads.len() >= 7, "{threads:?}");
    for thread in threads {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let has = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            u64::from_str_radix(line.trim(), 16).unwrap()
        };
        const NET_RAW: u64 = 1 << 13;
        assert_eq!((has("CapEff:"), has("CapPrm:")), (NET_RAW, NET_RAW), "{status}");
        assert_eq!((has("CapInh:"), has("CapAmb:")), (0, 0), "{status}");
        assert_eq!(has("CapBnd:") & !NET_RAW, 0, "{status}");
        assert_eq!(has("NoNewPrivs:"), 1, "{status}");
    }
    running.stop();
}

#[test]
fn its_own_connection_is_judged_only_if_it_should_be() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    for excluded in [true, false] {
        let mut site = Site::new();
        let server = site.serve(&runtime);
        let port = server.addresses().agents.port();
        site.set("suspicious_ports", vec![port]);
        site.set("agent.exclude_uplink", excluded);
        let running = Running::start(&site);
        site.until_known(&runtime, |agent| {
            let told = agent.heartbeat.as_ref();
            // The second one at least, so that the uplink has been there to be judged.
            told.is_some_and(|told| told.uptime_s > 0 && told.uplink_excluded == excluded)
        });
        running.stop();
        assert_eq!(about(&site.stored(&runtime), port) > 0, !excluded);
    }
}
