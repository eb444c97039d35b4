//! What is known of a link: who is where, who asked for whom, and who claims several addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, DistinctWindow, EventWindow};
use netsentinel_core::{
    Context, Finding, Limits, Mac, Packet, Report, Rule, Setup, Timestamp, Usage,
};

use super::claim::{Act, Claim};
use super::denial::Denials;
use super::evidence::{are_neighbours, is_virtual, tag};
use super::router::Routers;
use super::{
    BONDED, BRIDGED, CHANGE, FLIP_FLOP, MOVED, ONE_SIDED, Settings, UNASKED, VIRTUAL_ROUTER,
};

/// How long after a question an answer was asked for. Hosts ask again after a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Questions asked before the sensor began to see may be answered so long.
const GRACE: Duration = Duration::from_secs(1);
/// A mapping not heard of for this long may be forgotten: twice what most stacks keep one.
const OWNER_IDLE: Duration = Duration::from_secs(4 * 3600);
/// Addresses that a station has claimed within this time count.
const CLAIMANT_IDLE: Duration = Duration::from_secs(600);
/// One message on both sides of a bridge comes at once.
const BRIDGE_WITHIN: Duration = Duration::from_millis(10);
/// So many stations that answer unasked are no attackers: the sensor misses the questions.
const ONE_SIDED_STATIONS: u64 = 4;
/// Signs that do from one that claims several addresses.
const SIGNS_OF_MANY: u64 = 2;

/// A link and its stations.
pub(super) struct Link {
    settings: Settings,
    owners: BoundedMap<IpAddr, Owner>,
    claimants: BoundedMap<Mac, Claimant>,
    /// Questions: who asked for which address.
    asked: BoundedMap<(IpAddr, IpAddr), Question>,
    signs: EventWindow<(Mac, IpAddr)>,
    /// Stations that answered unasked.
    unasked: DistinctWindow<(), Mac>,
    started: Option<Timestamp>,
    routers: Routers,
    denials: Denials,
}

/// A question, and who answered it first.
#[derive(Clone, Copy)]
struct Question {
    at: Timestamp,
    answered_by: Option<Mac>,
}

/// Where an address is.
#[derive(Clone, Copy)]
struct Owner {
    mac: Mac,
    last: Timestamp,
    act: Act,
    /// Who had it before.
    rival: Option<Mac>,
    changed: Timestamp,
    returns: u64,
}

/// What a station claims.
#[derive(Clone, Copy)]
struct Claimant {
    first: Option<IpAddr>,
    second: Option<IpAddr>,
    /// Whom its alert is about.
    face: Option<IpAddr>,
    unasked: bool,
}

impl Link {
    pub(super) fn new(settings: Settings, setup: &Setup) -> Self {
        let keys = setup.limits.max_keys;
        let part = |of: usize| NonZeroUsize::new(keys.get() / of).unwrap_or(NonZeroUsize::MIN);
        let limits = |of| Limits { max_keys: part(of) };
        let (threshold, window) =
            (settings.unasked_threshold.non_zero(), settings.window.duration());
        let stations = const { std::num::NonZeroU32::new(ONE_SIDED_STATIONS as u32).unwrap() };
        Self {
            owners: BoundedMap::new(part(4), OWNER_IDLE),
            claimants: BoundedMap::new(part(8), CLAIMANT_IDLE),
            asked: BoundedMap::new(part(8), ANSWER_WITHIN),
            signs: EventWindow::new(threshold, window, limits(32)),
            unasked: DistinctWindow::new(stations, window, Limits { max_keys: NonZeroUsize::MIN }),
            started: None,
            routers: Routers::new(&settings, setup),
            denials: Denials::new(&settings, setup),
            settings,
        }
    }

    pub(super) fn reconfigure(&mut self, settings: Settings) {
        let (threshold, window) =
            (settings.unasked_threshold.non_zero(), settings.window.duration());
        self.signs.reconfigure(threshold, window);
        self.unasked.reconfigure(
            const { std::num::NonZeroU32::new(ONE_SIDED_STATIONS as u32).unwrap() },
            window,
        );
        self.routers.reconfigure(&settings);
        self.denials.reconfigure(&settings);
        self.settings = settings;
    }

    /// Time passes, with or without packets for us.
    pub(super) fn on_tick(&mut self, now: Timestamp) {
        self.started.get_or_insert(now);
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        // What travels in a tunnel is another link's.
        if packet.headers.tunnel.is_some() {
            return;
        }
        let now = cx.now();
        self.started.get_or_insert(now);
        self.routers.on_packet(packet, &self.settings, cx);
        let Some(claim) = Claim::of(packet) else { return };
        self.denials.on_claim(&claim, &self.settings, cx);
        if let Act::Asks(target) = claim.act {
            let asker = claim.address.unwrap_or_else(|| nobody_like(target));
            let question = Question { at: now, answered_by: None };
            *self.asked.entry((asker, target), now, || question).value = question;
        }
        if let Some(address) = claim.address {
            self.weigh(&claim, address, cx);
        }
    }

    fn weigh(&mut self, claim: &Claim, address: IpAddr, cx: &mut Context<'_>) {
        let now = cx.now();
        let unasked = self.is_unasked(claim, address, now);
        let claimant = self.claimants.entry(claim.mac, now, Claimant::new).value;
        claimant.claims(address);
        let against_itself = matches!(claim.act, Act::Asks(target) if claimant.has(target));
        claimant.unasked |= unasked;
        let suspect = claimant.unasked;
        if unasked {
            self.unasked.add((), claim.mac, now);
        }
        let told = self.change(claim, address, unasked, cx);
        if unasked || (against_itself && suspect) {
            self.sign(claim, address, told, cx);
        }
    }

    /// Notes where `address` is now; tells of it if that is somewhere else than before. Whether it told.
    fn change(
        &mut self,
        claim: &Claim,
        address: IpAddr,
        unasked: bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let now = cx.now();
        if self.is_bridged(claim, address, now)
            && cx.spares(&BRIDGED, &FLIP_FLOP, self.face(claim.mac, address))
        {
            // The owner is where it was.
            return false;
        }
        let heard = Owner::new(claim, now);
        let owner = self.owners.entry(address, now, || heard).value;
        let before = *owner;
        if before.mac == claim.mac {
            (owner.last, owner.act) = (now, claim.act);
            return false;
        }
        let window = self.settings.window.duration();
        let returned = before.rival == Some(claim.mac) && now <= before.changed.after(window);
        // Who only announces defends an address that two were given; an owner goes on to use it.
        let returns = match returned {
            true => before.returns + u64::from(claim.act != Act::Announces && !unasked),
            false => 0,
        };
        *owner = Owner { rival: Some(before.mac), returns, ..heard };
        let rule = if unasked { &CHANGE } else { &FLIP_FLOP };
        // Of two that take turns, it is who has answered unasked.
        let suspect = self.claimants.get(&before.mac).is_some_and(|known| known.unasked);
        let culprit = if suspect && !unasked { before.mac } else { claim.mac };
        let subject = self.face(culprit, address);
        let (base, count) =
            if unasked { (1, 1) } else { (self.settings.flip_flop_threshold.get(), returns) };
        let Some(reached) = cx.reaches(rule, subject, base, count, None) else {
            // The seed rule would have told of it.
            cx.spares(&MOVED, &CHANGE, subject);
            return false;
        };
        let both = [before.mac, claim.mac];
        if both.into_iter().any(is_virtual) && cx.spares(&VIRTUAL_ROUTER, rule, subject)
            || self.are_bonded(both) && cx.spares(&BONDED, rule, subject)
            || self.is_one_sided(now) && cx.spares(&ONE_SIDED, rule, subject)
        {
            return false;
        }
        let claimed = Endpoint::ip(address).mac(culprit);
        let finding = found(rule, subject, reached, claim, claimed, &self.settings);
        tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{address} is claimed by {} and {} at {}{}",
                    claim.mac,
                    if returned { "again" } else { "was" },
                    before.mac,
                    if returned { "" } else { " before" },
                ))
                .evidence("mac_before", before.mac.to_string())
                .evidence("mac_now", claim.mac.to_string())
                .evidence("unasked", unasked);
        });
        self.remember_face(culprit, address);
        true
    }

    /// Counts a sign of poisoning, and tells of it where no change has.
    fn sign(&mut self, claim: &Claim, address: IpAddr, told: bool, cx: &mut Context<'_>) {
        let now = cx.now();
        let of_many = self.claimants.get(&claim.mac).is_some_and(|known| known.second.is_some());
        // Who claims several addresses is counted over all of them.
        let total = self.signs.add((claim.mac, nobody_like(address)), now);
        let alone = self.signs.add((claim.mac, address), now);
        let (base, count) = match of_many {
            true => (SIGNS_OF_MANY, total),
            false => (self.settings.unasked_threshold.get(), alone),
        };
        let subject = self.face(claim.mac, address);
        let Some(reached) = cx.reaches(&UNASKED, subject, base, count, None) else { return };
        if told
            || is_virtual(claim.mac) && cx.spares(&VIRTUAL_ROUTER, &UNASKED, subject)
            || self.is_one_sided(now) && cx.spares(&ONE_SIDED, &UNASKED, subject)
        {
            return;
        }
        let claimed = Endpoint::ip(address).mac(claim.mac);
        let finding = found(&UNASKED, subject, reached, claim, claimed, &self.settings);
        tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{} tells others unasked that it has {address}, {count} times within {} s",
                    claim.mac,
                    finding.window_s(),
                ))
                .evidence("claims_several", of_many);
        });
        self.remember_face(claim.mac, address);
    }

    /// Whether the claim answers what nobody asked, or what another has answered already; but for one
    /// message seen on both sides of a bridge.
    fn is_unasked(&mut self, claim: &Claim, address: IpAddr, now: Timestamp) -> bool {
        let Act::Answers(to) = claim.act else { return false };
        let asker = to.unwrap_or_else(|| nobody_like(address));
        let question = self.asked.get_mut(&(asker, address));
        let question = question.filter(|question| now <= question.at.after(ANSWER_WITHIN));
        let asked = question
            .is_some_and(|question| *question.answered_by.get_or_insert(claim.mac) == claim.mac);
        let settled = self.started.is_some_and(|started| now > started.after(GRACE));
        !asked && settled && !self.is_bridged(claim, address, now)
    }

    /// Whether the same message was just seen with another hardware address.
    fn is_bridged(&self, claim: &Claim, address: IpAddr, now: Timestamp) -> bool {
        self.owners.get(&address).is_some_and(|owner| {
            owner.mac != claim.mac
                && owner.act == claim.act
                && now <= owner.last.after(BRIDGE_WITHIN)
        })
    }

    fn is_one_sided(&self, now: Timestamp) -> bool {
        self.unasked.values(&(), now).count() as u64 >= ONE_SIDED_STATIONS
    }

    fn are_bonded(&self, [a, b]: [Mac; 2]) -> bool {
        let one_address =
            |mac: &Mac| self.claimants.get(mac).is_none_or(|known| known.second.is_none());
        are_neighbours(a, b) && one_address(&a) && one_address(&b)
    }

    /// What alerts about a station are counted by: all it does is one.
    fn face(&self, mac: Mac, address: IpAddr) -> Subject {
        let face = self.claimants.get(&mac).and_then(|known| known.face);
        Subject::host(face.unwrap_or(address)).tagged(tag(mac))
    }

    fn remember_face(&mut self, mac: Mac, address: IpAddr) {
        if let Some(known) = self.claimants.get_mut(&mac) {
            known.face.get_or_insert(address);
        }
    }

    pub(super) fn tables(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = vec![
            ("owners", self.owners.usage()),
            ("claimants", self.claimants.usage()),
            ("questions", self.asked.usage()),
            ("signs", self.signs.usage()),
            ("unasked", self.unasked.usage()),
        ];
        tables.extend(self.routers.tables());
        tables.extend(self.denials.tables());
        tables
    }
}

impl Owner {
    const fn new(claim: &Claim, now: Timestamp) -> Self {
        Self { mac: claim.mac, last: now, act: claim.act, rival: None, changed: now, returns: 0 }
    }
}

impl Claimant {
    const fn new() -> Self {
        Self { first: None, second: None, face: None, unasked: false }
    }

    fn claims(&mut self, address: IpAddr) {
        match self.first {
            // Hosts have several addresses of IPv6, and one of IPv4 beside them.
            Some(first) if first != address && self.second.is_none() => {
                if first.is_ipv4() && address.is_ipv4() {
                    self.second = Some(address);
                }
            }
            Some(_) => {}
            None => self.first = Some(address),
        }
    }

    fn has(&self, address: IpAddr) -> bool {
        self.first == Some(address) || self.second == Some(address)
    }
}

/// Raises an alert, or adds to the one that tells of the same station by another rule.
fn tell(finding: &Finding<'_>, cx: &mut Context<'_>, report: impl FnOnce(&mut Report)) {
    let others =
        [&CHANGE, &UNASKED, &FLIP_FLOP].into_iter().filter(|rule| rule.id != finding.rule.id);
    for whole in others {
        if cx.is_part_of(whole, finding.subject, finding) {
            return;
        }
    }
    cx.raise(*finding, report);
}

fn found<'i>(
    rule: &'static Rule,
    subject: Subject,
    reached: netsentinel_core::Reached<'i>,
    claim: &Claim,
    source: Endpoint,
    settings: &Settings,
) -> Finding<'i> {
    let target = match claim.act {
        Act::Asks(other) | Act::Answers(Some(other)) => Endpoint::ip(other),
        _ => Endpoint::default(),
    };
    let window = (rule.id != CHANGE.id).then_some(settings.window);
    Finding { rule, subject, reached, step: 1, source, target, window }
}

/// The unspecified address of the same family.
const fn nobody_like(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}
