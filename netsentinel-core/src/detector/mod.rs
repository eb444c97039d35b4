//! The plug-in contract: what a detector is, and how one is registered.

pub mod attack;
mod context;
mod finding;
mod registration;
mod seated;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use context::Context;
pub(crate) use context::Occasion;
pub(crate) use finding::{Bar, Standing};
pub use finding::{Finding, Reached, Report};
pub use registration::Registration;
pub(crate) use seated::{Prepared, Seated};

use crate::config::Profile;
use crate::{Flow, Interest, Limits, Packet, Severity, Usage};
use attack::Technique;

/// Watches packets and raises alerts: the run-time half of a detector.
///
/// Synchronous and deterministic: it reads no clock and does no I/O; the same packets give the same
/// alerts. Nothing it does on a packet may allocate, but for an alert that is raised.
pub trait Detector: Send {
    /// Sees one packet of a kind named in [`Descriptor::interest`].
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>);

    /// Sees a flow that has ended; only with [`Interest::FLOW`].
    fn on_flow_end(&mut self, flow: &Flow, cx: &mut Context<'_>) {
        let _ = (flow, cx);
    }

    /// Called when packet time enters a new second, before that second's first packet.
    fn on_tick(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }

    /// Called with a finding of its own that waited for a verdict, when one has come that makes the count
    /// enough: raises it. There is no packet; [`Context::now`] is the time of the verdict, and what was
    /// counted may have left the windows since. Unless a detector says otherwise, the alert has a plain
    /// sentence made of the finding.
    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        cx.raise(*finding, |report| {
            report.message(finding.sentence());
        });
    }

    /// Called once, at the end of the capture.
    fn finish(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }

    /// How full the detector's tables are, added up.
    fn usage(&self) -> Usage;

    /// The same table by table, each by a short name in snake case, for whoever sizes them. Unless a
    /// detector says otherwise, one line for all.
    fn tables(&self) -> Vec<(&'static str, Usage)> {
        vec![("all", self.usage())]
    }
}

/// What a detector is called, how it is configured and how it is made: the build-time half.
pub trait DetectorKind: Detector + Sized + 'static {
    /// The configuration keys that the detector owns. Flat; every key has a default.
    type Settings: DeserializeOwned + Serialize + Default;

    /// What is known of the detector before it runs.
    const DESCRIPTOR: Descriptor;

    /// About how many instructions a packet costs it, on the average of traffic of every kind. By this
    /// detectors are dealt to several workers, so that none has much more to do than the others; but those
    /// that see most packets, or may come to watch them, stay with the worker who reads the headers.
    const COST: u32 = 100;

    /// Whether several workers have a part of it each, for as many of the hosts: worth it where it costs
    /// about as much as all others together. Such a detector counts for a host only where
    /// [`Context::judges`] holds. Any other is called by one worker at a time, and judges all hosts.
    const DIVIDED: bool = false;

    /// Which packets the detector asks to see under `profile`, and whose behaviour it judges then; as the
    /// descriptor has it, unless a detector says otherwise.
    fn asks(profile: Profile) -> Asks {
        let _ = profile;
        Asks { interest: Self::DESCRIPTOR.interest, judges: Self::DESCRIPTOR.judges }
    }

    /// Which kinds it may ask for besides, by [`Context::watch`], while it suspects something; none, unless a
    /// detector says otherwise. Others than the one that judges are handed only what may be seen.
    fn watches(profile: Profile) -> Interest {
        let _ = profile;
        Interest::empty()
    }

    /// Makes the detector and takes all the memory it will ever use, but for
    /// [`reconfigure`](Self::reconfigure).
    fn new(settings: Self::Settings, setup: &Setup) -> Self;

    /// Goes on with other settings and everything that is counted so far; called between packets,
    /// when a key of the detector has changed. `setup` is the one it was made with. May take memory,
    /// and must not count anything that did not happen.
    ///
    /// The windows of [`window`](crate::window) have a `reconfigure` of their own for this.
    ///
    /// # Errors
    ///
    /// [`NeedsRestart`] where the detector can not: it has changed nothing then, and the user is
    /// told that its keys take effect at the next start. So it is unless a detector says otherwise.
    fn reconfigure(&mut self, settings: Self::Settings, setup: &Setup) -> Result<(), NeedsRestart> {
        let _ = (settings, setup);
        Err(NeedsRestart)
    }
}

/// A detector can not take other settings while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the detector takes other settings only at its next start")]
pub struct NeedsRestart;

/// What the pipeline tells every detector when it is made.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Which set of rules to follow.
    pub profile: Profile,
    /// How large tables may become.
    pub limits: Limits,
}

/// Everything about a detector that is known before it runs.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// Its name in snake case, such as `port_scan`.
    pub id: &'static str,
    /// Its name as alerts show it, such as `Port Scan`.
    pub category: &'static str,
    /// The severity of its alerts before reputation is asked.
    pub severity: Severity,
    /// The techniques its alerts name, unless a report says otherwise.
    pub attack: &'static [Technique],
    /// The packets it asks to see.
    pub interest: Interest,
    /// Whose behaviour it judges: the hosts that are the subjects of its alerts.
    pub judges: Party,
    /// What it looks for, in one line.
    pub summary: &'static str,
    /// Its rules, in the order in which reports list them.
    pub rules: &'static [Rule],
    /// What spares the innocent: conditions under which a rule that holds raises nothing.
    pub guards: &'static [Guard],
}

/// What a detector asks for under a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The packets it asks to see.
    pub interest: Interest,
    /// Whose behaviour it judges. A part of a divided detector that judges either end sees packets of which it
    /// is to judge only one: [`Context::judges`] tells.
    pub judges: Party,
}

/// An end of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Who sent it; for ARP, the address claimed.
    Source,
    /// Whom it is for; for ARP, the address asked for.
    Destination,
    /// Both.
    Either,
}

/// One condition under which a detector raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `detector/variant`, such as `port_scan/vertical`.
    pub id: &'static str,
    /// Its number in Suricata's local range, 1000000 to 1999999; never used again for another rule.
    pub signature: u32,
    /// When it holds, in one line.
    pub summary: &'static str,
    /// The severity of its alerts before reputation is asked, where it is not the detector's.
    pub severity: Option<Severity>,
}

/// A condition that spares somebody whom a rule would tell of: what it sees is known to be innocent.
///
/// Counted by rule in [`RuleStats::suppressed_by`](crate::pipeline::RuleStats), told by
/// [`Explanation`](crate::pipeline::Explanation), and switched off by the key `disabled_guards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// `detector/guard`, such as `port_scan/traceroute`; no rule has the same.
    pub id: &'static str,
    /// Whom it spares and why, in one line.
    pub summary: &'static str,
}
