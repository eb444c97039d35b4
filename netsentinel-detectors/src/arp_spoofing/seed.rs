//! The seed rule: any change of a mapping.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Context, Finding, Mac, Packet, Setup, Usage};

use super::CHANGE;

/// A mapping not heard of for this long may be forgotten without a loss: leases are shorter.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Remembers who announced each address last.
pub(super) struct Announced {
    announced: BoundedMap<Ipv4Addr, Mac>,
}

impl Announced {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { announced: BoundedMap::new(setup.limits.max_keys, IDLE) }
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
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

    pub(super) fn usage(&self) -> Usage {
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
