//! Routers that are made up, or dismissed by others.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, EventWindow};
use netsentinel_core::{
    Context, Finding, Limits, Mac, Packet, Reached, Rule, Setup, Timestamp, Transport, Usage,
};

use super::evidence::{is_virtual, tag};
use super::neighbour::Message;
use super::{NEW_ROUTER, ROGUE_ROUTER, Settings, VIRTUAL_ROUTER};

/// Routers remembered on one link.
const ROUTERS_MAX: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// A router not heard of for so long is gone: three times the longest silence of RFC 4861 §6.2.1.
const GONE: Duration = Duration::from_secs(3 * 1_800);
/// New routers are counted over this long.
const BURST: Duration = Duration::from_secs(10);

/// Who advertises itself as a router.
pub(super) struct Routers {
    known: BoundedMap<IpAddr, Router>,
    new: EventWindow<()>,
    first: Option<Timestamp>,
    /// The first router of a burst, what its alert is counted by, and when it was.
    face: Option<(IpAddr, Timestamp)>,
}

#[derive(Clone, Copy)]
struct Router {
    mac: Mac,
    last: Timestamp,
}

/// What an advertisement says.
struct Advertised {
    router: IpAddr,
    mac: Mac,
    lifetime_s: u16,
}

impl Routers {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let one = Limits { max_keys: NonZeroUsize::MIN };
        Self {
            known: BoundedMap::new(ROUTERS_MAX.min(setup.limits.max_keys), GONE),
            new: EventWindow::new(settings.rogue_router_threshold.non_zero(), BURST, one),
            first: None,
            face: None,
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let threshold: NonZeroU32 = settings.rogue_router_threshold.non_zero();
        self.new.reconfigure(threshold, BURST);
    }

    pub(super) fn on_packet(
        &mut self,
        packet: &Packet<'_>,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let Some(advertised) = Advertised::of(packet) else { return };
        let now = cx.now();
        let first = *self.first.get_or_insert(now);
        let others_active = self
            .known
            .iter()
            .any(|(ip, router)| *ip != advertised.router && now <= router.last.after(GONE));
        let Advertised { router, mac, lifetime_s } = advertised;
        let heard = Router { mac, last: now };
        if lifetime_s == 0 {
            let known = self.known.get(&router).copied();
            if let Some(known) = known.filter(|known| known.mac != mac) {
                self.dismissed(&advertised, known, cx);
            }
            return;
        }
        if !self.known.entry(router, now, || heard).inserted {
            if let Some(known) = self.known.get_mut(&router) {
                known.last = now;
            }
            return;
        }
        let subject = Subject::host(router);
        let count = self.new.add((), now);
        let base = settings.rogue_router_threshold.get();
        if let Some(reached) = cx.reaches(&ROGUE_ROUTER, subject, base, count, None) {
            // Each has another address: one alert tells of all.
            let current = self.face.filter(|(_, last)| now <= last.after(6 * BURST));
            let face = current.map_or(router, |(face, _)| face);
            self.face = Some((face, now));
            let finding = told(&ROGUE_ROUTER, Subject::host(face), reached, &advertised);
            cx.raise(finding, |report| {
                report.message(format_args!("{count} new routers within 10 s, last {router}"));
            });
            return;
        }
        let learnt = now > first.after(settings.rogue_router_learning.duration());
        if !learnt || !others_active {
            return;
        }
        let Some(reached) = cx.reaches(&NEW_ROUTER, subject, 1, 1, None) else { return };
        cx.raise(told(&NEW_ROUTER, subject, reached, &advertised), |report| {
            report.message(format_args!("{router} at {mac} advertises itself as a new router"));
        });
    }

    fn dismissed(&self, advertised: &Advertised, known: Router, cx: &mut Context<'_>) {
        let Advertised { router, mac, .. } = *advertised;
        let subject = Subject::host(router).tagged(tag(mac));
        let Some(reached) = cx.reaches(&ROGUE_ROUTER, subject, 1, 1, None) else { return };
        if (is_virtual(known.mac) || is_virtual(mac))
            && cx.spares(&VIRTUAL_ROUTER, &ROGUE_ROUTER, subject)
        {
            return;
        }
        cx.raise(told(&ROGUE_ROUTER, subject, reached, advertised), |report| {
            report
                .message(format_args!(
                    "{mac} dismisses the router {router}, which is at {}",
                    known.mac
                ))
                .evidence("router_mac", known.mac.to_string());
        });
    }

    pub(super) fn tables(&self) -> [(&'static str, Usage); 2] {
        [("routers", self.known.usage()), ("new_routers", self.new.usage())]
    }
}

impl Advertised {
    fn of(packet: &Packet<'_>) -> Option<Self> {
        let ip = packet.ip()?;
        let Transport::Icmp(icmp) = ip.transport else { return None };
        let Message::Router { lifetime_s, link } = Message::of(ip, icmp)? else { return None };
        let frame = packet.headers.ethernet.map(|ethernet| ethernet.source);
        Some(Self { router: ip.source, mac: frame.or(link)?, lifetime_s })
    }
}

fn told<'i>(
    rule: &'static Rule,
    subject: Subject,
    reached: Reached<'i>,
    advertised: &Advertised,
) -> Finding<'i> {
    Finding {
        rule,
        subject,
        reached,
        step: 1,
        source: Endpoint::ip(advertised.router).mac(advertised.mac),
        target: Endpoint::default(),
        window: None,
    }
}
