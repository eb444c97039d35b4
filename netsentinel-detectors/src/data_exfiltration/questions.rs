//! Data in the names that are asked for.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::detector::attack::{
    DNS_C2, EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, Technique,
};
use netsentinel_core::dns::{DNS_PORT, Message, Question};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{
    Context, Finding, Guard, Indicator, Ip, Limits, Report, Rule, Timestamp, Transport, Udp, Usage,
};

use super::Settings;
use super::outflow::one_sided;
use crate::spelling::{Information, Spelling, hash};

pub(super) const NAMES: Rule = Rule {
    id: "data_exfiltration/names",
    signature: 1_000_066,
    summary: "the names that a host asks for below one domain carry data out, and less comes back",
    severity: None,
};
pub(super) const FORWARDER: Guard = Guard {
    id: "data_exfiltration/forwarder",
    summary: "the host is asked for names of the domain itself, by clients that are judged",
};
const TECHNIQUES: &[Technique] = &[EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, DNS_C2];
const WINDOW: Seconds = Seconds::new(300).unwrap();
/// The share of the keys: clients and domains of very long names that look encoded.
const SHARE: usize = 32;
/// Characters below the domain, from which on a name is made to carry as much as it can: no host is called so.
const MUCH_LEN: usize = 100;
/// A message with a shorter name is not looked at: its header, and what MUCH_LEN takes.
const MESSAGE_LEN: usize = 12 + MUCH_LEN;

/// What was asked for, by client and domain.
pub(super) struct Questions {
    talks: BoundedMap<(IpAddr, u64), Talk>,
    information: Information,
}

#[derive(Clone, Copy)]
struct Talk {
    began: Timestamp,
    /// Fingerprints of the last names: a question that is asked again carries nothing new.
    last: [u64; 4],
    names: u32,
    /// Bytes of information in the names.
    out: u64,
    /// Bytes in the records of the answers.
    inward: u64,
    /// Whether the client was asked for names of the domain.
    forwards: bool,
}

/// Whether the datagram may be one that the rule is about: asked of each.
#[inline]
pub(super) fn may_carry(udp: &Udp<'_>) -> bool {
    udp.payload.len() > MESSAGE_LEN
        && (udp.destination_port == DNS_PORT || udp.source_port == DNS_PORT)
}

impl Questions {
    pub(super) fn new(limits: Limits) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        Self { talks: BoundedMap::new(max, WINDOW.duration()), information: Information::new() }
    }

    /// Sees a datagram of which [`may_carry`] holds.
    pub(super) fn see(&mut self, settings: &Settings, ip: &Ip<'_>, cx: &mut Context<'_>) {
        let Transport::Udp(udp) = ip.transport else { return };
        let Some(message) = Message::parse(udp.payload) else { return };
        let questions = message.read_questions();
        let Some(question) = questions.first else { return };
        if question.name.text_len() <= MUCH_LEN || !message.is_plausible(&questions) {
            return;
        }
        let Some(name) = Spelling::of(&question.name) else { return };
        if name.below().len() <= MUCH_LEN || !name.is_encoded() {
            return;
        }
        let now = cx.now();
        if message.is_query() && udp.destination_port == DNS_PORT {
            let domain = name.domain_hash();
            self.talk((ip.destination, domain), now).forwards = true;
            if cx.site().is_internal(ip.source) {
                self.ask(settings, ip, question, &name, cx);
            }
        } else if !message.is_query() && udp.source_port == DNS_PORT {
            let carried: usize =
                message.answers_behind(&questions).map(|answer| answer.data.len()).sum();
            if let Some(talk) = self.talks.touch(&(ip.destination, name.domain_hash()), now) {
                talk.inward = talk.inward.saturating_add(carried as u64);
            }
        }
    }

    fn ask(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        question: Question<'_>,
        name: &Spelling,
        cx: &mut Context<'_>,
    ) {
        let (now, domain) = (cx.now(), name.domain_hash());
        let bytes = u64::from(self.information.bits(name.below()) / 8);
        let talk = self.talk((ip.source, domain), now);
        let percent = settings.ratio_percent.get();
        if !talk.ask(hash(name.whole()), bytes) || !one_sided(talk.out, talk.inward, percent) {
            return;
        }
        let talk = *talk;
        let subject = Subject::host(ip.source).tagged(domain as u32);
        let indicator = name.domain_text().map(Indicator::Domain);
        let base = settings.dns_bytes.get();
        let Some(reached) = cx.reaches(&NAMES, subject, base, talk.out, indicator) else { return };
        if talk.forwards && cx.spares(&FORWARDER, &NAMES, subject) {
            return;
        }
        let finding = Finding {
            rule: &NAMES,
            subject,
            reached,
            step: bytes,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination).port(DNS_PORT),
            window: Some(WINDOW),
        };
        cx.raise(finding, |report| {
            let domain = netsentinel_core::text::printable(name.domain());
            tell(&finding, &domain, report);
            report
                .evidence("names", talk.names)
                .evidence("returned_bytes", talk.inward)
                .evidence("seconds", now.nanos_since(talk.began) / 1_000_000_000)
                .evidence("query_type", question.kind)
                .first_seen(Some(talk.began));
        });
    }

    /// The talk of a client about a domain, in the window that goes on.
    fn talk(&mut self, key: (IpAddr, u64), now: Timestamp) -> &mut Talk {
        let talk = self.talks.entry(key, now, || Talk::begun(now)).value;
        if now > talk.began.after(WINDOW.duration()) {
            *talk = Talk { forwards: talk.forwards, ..Talk::begun(now) };
        }
        talk
    }

    pub(super) fn usage(&self) -> Usage {
        self.talks.usage()
    }
}

/// What is said of a domain, also where a verdict on it makes enough of what was counted.
pub(super) fn tell(finding: &Finding<'_>, domain: &str, report: &mut Report) {
    let (client, bytes) = (finding.subject.owner(), finding.reached.count());
    report
        .message(format_args!(
            "{client} sent {bytes} bytes of data in the names that it asked for below {domain} within {} s",
            finding.window_s(),
        ))
        .attack(TECHNIQUES)
        .evidence("bytes", bytes)
        .evidence("domain", domain);
}

impl Talk {
    const fn begun(began: Timestamp) -> Self {
        Self { began, last: [0; 4], names: 0, out: 0, inward: 0, forwards: false }
    }

    /// Counts a name that is not one of the last. Tells whether it is.
    fn ask(&mut self, name: u64, bytes: u64) -> bool {
        if self.last.contains(&name) {
            return false;
        }
        self.last.rotate_right(1);
        self.last[0] = name;
        self.names = self.names.saturating_add(1);
        self.out = self.out.saturating_add(bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_asked_again_carries_nothing_new() {
        let mut talk = Talk::begun(Timestamp::from_parts(0, 0));
        let new = [1, 1, 2, 1, 3, 4, 5, 2].map(|name| talk.ask(name, 10));
        assert_eq!(new, [true, false, true, false, true, true, true, false]);
        assert_eq!((talk.names, talk.out), (5, 50));
    }
}
