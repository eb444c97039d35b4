//! A station that keeps others from taking an address (RFC 4862 §5.4; `dos-new-ip6`).

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, DistinctWindow};
use netsentinel_core::{Context, Finding, Limits, Mac, Setup, Timestamp, Usage};

use super::claim::{Act, Claim};
use super::evidence::tag;
use super::{DAD_DENIAL, Settings};

/// A host waits a second for objections (RFC 4862 §5.1); twice that, for slow sensors.
const OBJECTION: Duration = Duration::from_secs(2);
/// Hosts that look for an address at once, on one link.
const TENTATIVE_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
/// Stations that object at once.
const OBJECTORS_MAX: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// Who was about to take which address, and who objected.
pub(super) struct Denials {
    tentative: BoundedMap<IpAddr, (Mac, Timestamp)>,
    objected: DistinctWindow<Mac, IpAddr, 2>,
    /// The first address that each objected about: what its alert is counted by.
    faces: BoundedMap<Mac, IpAddr>,
}

impl Denials {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let keys = OBJECTORS_MAX.min(setup.limits.max_keys);
        let threshold = settings.dad_denial_threshold.non_zero();
        Self {
            tentative: BoundedMap::new(TENTATIVE_MAX.min(setup.limits.max_keys), OBJECTION),
            objected: DistinctWindow::new(
                threshold,
                settings.window.duration(),
                Limits { max_keys: keys },
            ),
            faces: BoundedMap::new(keys, settings.window.duration()),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let threshold = settings.dad_denial_threshold.non_zero();
        self.objected.reconfigure(threshold, settings.window.duration());
        self.faces.set_idle_after(settings.window.duration());
    }

    pub(super) fn on_claim(&mut self, claim: &Claim, settings: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        let address = match (claim.act, claim.address) {
            (Act::Asks(wanted), None) => {
                let tentative = self.tentative.entry(wanted, now, || (claim.mac, now));
                *tentative.value = (claim.mac, now);
                return;
            }
            (Act::Answers(_) | Act::Announces, Some(address)) => address,
            _ => return,
        };
        let Some(&(applicant, since)) = self.tentative.get(&address) else { return };
        if applicant == claim.mac || now > since.after(OBJECTION) {
            return;
        }
        let count = self.objected.add(claim.mac, address, now).count;
        let face = *self.faces.entry(claim.mac, now, || address).value;
        let base = settings.dad_denial_threshold.get();
        // Whoever objects is known by hardware address alone.
        let subject = Subject::host(face).tagged(tag(claim.mac));
        let Some(reached) = cx.reaches(&DAD_DENIAL, subject, base, count, None) else { return };
        let finding = Finding {
            rule: &DAD_DENIAL,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(address).mac(claim.mac),
            target: Endpoint::default().mac(applicant),
            window: Some(settings.window),
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{} answered for {count} addresses that others were about to take, last {address}",
                    claim.mac,
                ))
                .evidence("addresses", count);
        });
    }

    pub(super) fn tables(&self) -> [(&'static str, Usage); 3] {
        [
            ("tentative", self.tentative.usage()),
            ("objected", self.objected.usage()),
            ("objectors", self.faces.usage()),
        ]
    }
}
