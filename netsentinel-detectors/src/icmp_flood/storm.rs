//! Answers that nobody asked for: echo replies and errors.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Context, Finding, Ip, Rule, Usage};

use super::{REFLECTED, REPLIES, SMURF, Settings, UNREACHABLE};
use crate::recent::Recent;

const REQUESTS: usize = 0;
const ANSWERS: usize = 1;

/// What a host has asked and got; only of those that got something.
pub(super) struct Storms {
    replies: BoundedMap<IpAddr, Recent<2>>,
    errors: BoundedMap<IpAddr, Recent<1>>,
}

impl Storms {
    pub(super) fn new(hosts: NonZeroUsize, s: &Settings) -> Self {
        let window = s.window.duration();
        Self { replies: BoundedMap::new(hosts, window), errors: BoundedMap::new(hosts, window) }
    }

    pub(super) fn reconfigure(&mut self, s: &Settings) {
        self.replies.set_idle_after(s.window.duration());
        self.errors.set_idle_after(s.window.duration());
    }

    /// `host` asks for a reply.
    pub(super) fn on_request(&mut self, host: IpAddr, s: &Settings, cx: &Context<'_>) {
        let now = cx.now();
        if let Some(host) = self.replies.touch(&host, now) {
            host.add(REQUESTS, now, s.window);
        }
    }

    pub(super) fn on_reply(&mut self, ip: &Ip<'_>, s: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        let host = self.replies.entry(ip.destination, now, || Recent::NONE).value;
        let replies = host.add(ANSWERS, now, s.window);
        let unasked = replies.saturating_sub(host.count(REQUESTS, now, s.window));
        raise(&REPLIES, ip, unasked, s, cx);
    }

    pub(super) fn on_error(&mut self, ip: &Ip<'_>, s: &Settings, cx: &mut Context<'_>) {
        let host = ip.destination;
        let asked = cx.attempt().is_some_and(|attempt| attempt.tuple.originator == host);
        // Of what has no ports nobody follows the attempts: a scan of protocols, a ping of networks.
        if asked || ip.quoted().is_some_and(|quoted| quoted.ports.is_none()) {
            return;
        }
        let now = cx.now();
        let errors = self.errors.entry(host, now, || Recent::NONE).value;
        let count = errors.add(0, now, s.window);
        raise(&UNREACHABLE, ip, count, s, cx);
    }

    pub(super) fn usage(&self) -> [Usage; 2] {
        [self.replies.usage(), self.errors.usage()]
    }
}

fn raise(rule: &'static Rule, ip: &Ip<'_>, count: u64, s: &Settings, cx: &mut Context<'_>) {
    let subject = Subject::host(ip.destination);
    let Some(reached) = cx.reaches(rule, subject, s.storm.get(), count, None) else { return };
    let finding = Finding {
        rule,
        subject,
        reached,
        step: 1,
        source: Endpoint::ip(ip.source),
        target: Endpoint::ip(ip.destination),
        window: Some(s.window),
    };
    if cx.is_part_of(&SMURF, subject, &finding) {
        return;
    }
    let what = match rule.id == REPLIES.id {
        true => "echo replies that it did not ask for",
        false => "errors about what it was not seen to send",
    };
    cx.raise(finding, |report| {
        report
            .message(format_args!(
                "{} got {count} {what} within {} s, the last from {}",
                ip.destination,
                finding.window_s(),
                ip.source,
            ))
            .evidence("messages", count)
            .attack(REFLECTED);
        if let Some(quoted) = ip.quoted() {
            report
                .evidence("about_destination", quoted.destination.to_string())
                .evidence("about_port", quoted.ports.map(|(_, to)| to));
        }
    });
}
