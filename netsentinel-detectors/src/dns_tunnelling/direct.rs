//! What travels over port 53 and is no DNS.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::dns::DNS_PORT;
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Context, Finding, Ip, Limits, Rule, Timestamp, Udp, Usage};

use super::Settings;

pub(super) const DIRECT: Rule = Rule {
    id: "dns_tunnelling/direct",
    signature: 1_000_055,
    summary: "two hosts exchange over port 53 what is no DNS",
    severity: None,
};
const WINDOW: Seconds = Seconds::new(60).unwrap();
/// The share of the keys: pairs of hosts that do so.
const SHARE: usize = 16;

/// What was exchanged, by client and server.
pub(super) struct Strangers {
    pairs: BoundedMap<(IpAddr, IpAddr), Exchange>,
}

#[derive(Clone, Copy)]
struct Exchange {
    began: Timestamp,
    up: u32,
    down: u32,
    bytes: u64,
}

impl Strangers {
    pub(super) fn new(limits: Limits) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        Self { pairs: BoundedMap::new(max, WINDOW.duration()) }
    }

    /// Counts a datagram that is no DNS message. One that nobody asked for is no exchange: the table is
    /// entered by what goes to port 53.
    pub(super) fn see(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        udp: Udp<'_>,
        cx: &mut Context<'_>,
    ) {
        let up = udp.destination_port == DNS_PORT;
        let (client, server) =
            if up { (ip.source, ip.destination) } else { (ip.destination, ip.source) };
        let now = cx.now();
        let pair = (client, server);
        let exchange = match up {
            true => self.pairs.entry(pair, now, || Exchange::begun(now)).value,
            false => match self.pairs.touch(&pair, now) {
                Some(exchange) => exchange,
                None => return,
            },
        };
        exchange.turn(now, WINDOW.duration());
        let way = if up { &mut exchange.up } else { &mut exchange.down };
        *way = way.saturating_add(1);
        exchange.bytes = exchange.bytes.saturating_add(udp.payload.len() as u64);
        let count = 2 * u64::from(exchange.up.min(exchange.down));
        let (subject, base) = (Subject::pair(client, server), settings.direct_datagrams.get());
        let Some(reached) = cx.reaches(&DIRECT, subject, base, count, None) else { return };
        let finding = Finding {
            rule: &DIRECT,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(client),
            target: Endpoint::ip(server).port(DNS_PORT),
            window: Some(WINDOW),
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{client} and {server} exchanged {count} datagrams over port 53 that are no DNS"
                ))
                .evidence("datagrams_to_server", exchange.up)
                .evidence("datagrams_to_client", exchange.down)
                .evidence("bytes", exchange.bytes)
                .first_seen(Some(exchange.began));
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.pairs.usage()
    }
}

impl Exchange {
    const fn begun(began: Timestamp) -> Self {
        Self { began, up: 0, down: 0, bytes: 0 }
    }

    fn turn(&mut self, now: Timestamp, window: Duration) {
        if now > self.began.after(window) {
            *self = Self::begun(now);
        }
    }
}
