//! Somebody answers for an address that is another's.
//!
//! # What it sees
//!
//! ARP packets of every operation, and which hardware address each says its sender's IPv4 address
//! is at. Probes from `0.0.0.0` and senders with the zero or the broadcast address are left out:
//! they claim nothing.
//!
//! # Why it matters
//!
//! Who is believed to be the gateway sees, and may change, everything that others send through it.
//!
//! # Rule
//!
//! `arp_spoofing/change`: an ARP packet whose sender address was last announced with another
//! hardware address.
//!
//! # Keys
//!
//! None.
//!
//! # Blind spots
//!
//! Poisoning that changes no mapping in view of the sensor, such as claims that came before the
//! capture began, and its IPv6 twins. False alarms: replaced network cards, addresses leased to
//! another host, virtual routers (VRRP, HSRP, CARP) and bonded or bridged hosts.
//!
//! # ATT&CK
//!
//! T1557.002 ARP Cache Poisoning. Reputation is asked about nobody: both ends are on the link.
//!
//! # Sources
//!
//! The rule is that of the systems that NetSentinel unites. ARP: RFC 826; probes and announcements:
//! RFC 5227.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::detector::attack::ARP_CACHE_POISONING;
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Interest, Mac, NeedsRestart, Packet,
    Party, Rule, Setup, Severity, Usage,
};
use serde::{Deserialize, Serialize};

/// A mapping not heard of for this long may be forgotten without a loss: leases are shorter.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

const CHANGE: Rule = Rule {
    id: "arp_spoofing/change",
    signature: 1_000_041,
    summary: "an address is announced with another hardware address than before",
    severity: None,
};

/// Remembers who announced each address last.
pub struct ArpSpoofing {
    announced: BoundedMap<Ipv4Addr, Mac>,
}

/// The detector's keys: none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Settings {}

impl DetectorKind for ArpSpoofing {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "arp_spoofing",
        category: "ARP Spoofing",
        severity: Severity::Critical,
        attack: &[ARP_CACHE_POISONING],
        interest: Interest::ARP,
        judges: Party::Source,
        summary: "somebody answers for an address that is another's",
        rules: &[CHANGE],
        guards: &[],
    };

    fn new(_: Settings, setup: &Setup) -> Self {
        Self { announced: BoundedMap::new(setup.limits.max_keys, IDLE) }
    }

    fn reconfigure(&mut self, _: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        Ok(())
    }
}

impl Detector for ArpSpoofing {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(arp) = packet.arp() else { return };
        let (claimed, mac) = (arp.sender_ip, arp.sender_mac);
        if claimed.is_unspecified() || mac == Mac::ZERO || mac == Mac::BROADCAST {
            return;
        }
        let last = self.announced.entry(claimed, cx.now(), || mac).value;
        let before = std::mem::replace(last, mac);
        if before == mac {
            return;
        }
        let subject = Subject::host(IpAddr::V4(claimed));
        let Some(reached) = cx.reaches(&CHANGE, subject, 1, 1, None) else { return };
        let finding = Finding {
            rule: &CHANGE,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(IpAddr::V4(claimed)).mac(mac),
            target: Endpoint::ip(IpAddr::V4(arp.target_ip)).mac(arp.target_mac),
            window: None,
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!("{claimed} is claimed by {mac} and was at {before} before"))
                .evidence("mac_before", before.to_string())
                .evidence("mac_now", mac.to_string())
                .evidence("operation", operation(arp.operation))
                .evidence("gratuitous", arp.target_ip == claimed);
            if let Some(ethernet) = packet.headers.ethernet {
                report.evidence("frame_source", ethernet.source.to_string());
            }
        });
    }

    fn usage(&self) -> Usage {
        self.announced.usage()
    }
}

fn operation(number: u16) -> String {
    match number {
        1 => "request".into(),
        2 => "reply".into(),
        other => other.to_string(),
    }
}
