//! Names that carry data, and answers that carry commands.

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::dns::{Answer, DNS_PORT, Message, Name, Question, Questions};
use netsentinel_core::{Context, Finding, Indicator, Ip, Limits, Report, Rule, Timestamp, Usage};

use super::guards::{self, FEW_NAMES, FORWARDER, REVERSE, SERVICE_NAME};
use super::names::Spelt;
use super::talks::{Half, Talk, TalkKey, Talks};
use super::{ANSWERS, LONG_NAME, Settings, VOLUME};
use crate::spelling::{self, Spelling};

/// Key negotiation and transaction signatures: what stands for a name is a key's.
const KEY_NAMES: [u16; 2] = [249, 250];
const A: u16 = 1;
/// Reputation may lower a threshold to a tenth: what is below that need not be weighed.
const WEIGHED: u64 = 10;

/// The talks by names, and what judges them.
pub(super) struct Tunnels {
    talks: Talks,
}

/// A question of a client, as the rules need it.
struct Asked<'a> {
    question: Question<'a>,
    name: &'a Spelt,
    key: TalkKey,
    server: Endpoint,
}

impl Tunnels {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let talks = Talks::new(limits, settings.window.duration());
        Self { talks }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.talks.reconfigure(settings.window.duration());
    }

    /// Judges the client's question.
    pub(super) fn ask(
        &mut self,
        settings: &Settings,
        (question, name): (Question<'_>, &Spelt),
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        let domain = name.domain;
        let long = question.name.text_len() as u64 > settings.query_len.get();
        let carries = name.carries();
        let now = cx.now();
        if carries {
            self.note_forwarder(TalkKey { client: ip.destination, domain }, long, now);
        }
        if !(carries || long) {
            return;
        }
        let asked = Asked {
            question,
            name,
            key: TalkKey { client: ip.source, domain },
            server: Endpoint::ip(ip.destination).port(DNS_PORT),
        };
        if carries {
            let talk = self.talks.entry(asked.key, now);
            talk.ask(name, long);
            judge_volume(talk, settings, &asked, cx);
        }
        if long {
            self.judge_length(settings, &asked, cx);
        }
    }

    /// Whoever is asked for names, and asks for names of the same domain, asks for others.
    fn note_forwarder(&mut self, key: TalkKey, long: bool, now: Timestamp) {
        let talk = if long { Some(self.talks.entry(key, now)) } else { self.talks.touch(key, now) };
        if let Some(talk) = talk {
            talk.forwards = true;
        }
    }

    /// `dns_tunnelling/long_name`.
    fn judge_length(&mut self, settings: &Settings, asked: &Asked<'_>, cx: &mut Context<'_>) {
        let Question { name, kind } = asked.question;
        let subject = asked.subject();
        let mut buffer = [0; Name::MAX_WIRE_LEN];
        let domain = name.lower(&mut buffer).map(Indicator::Domain);
        let (base, length) = (settings.query_len.get(), name.text_len() as u64);
        let Some(reached) = cx.exceeds(&LONG_NAME, subject, base, length, domain) else { return };
        let talk = self.talks.touch(asked.key, cx.now());
        let (forwards, names) =
            talk.map_or((false, 0), |talk| (talk.forwards, talk.both().long.count()));
        let spelt = &asked.name.spelling;
        let few = names < settings.long_names.get() && !guards::says_much(spelt);
        for (met, guard) in [
            (spelt.is_reverse(), &REVERSE),
            (spelt.is_service() && !guards::says_much(spelt), &SERVICE_NAME),
            (few, &FEW_NAMES),
            (forwards, &FORWARDER),
        ] {
            if met && cx.spares(guard, &LONG_NAME, subject) {
                return;
            }
        }
        let finding = Finding {
            rule: &LONG_NAME,
            subject,
            reached,
            // The count is a length, which further queries do not add to.
            step: 0,
            source: Endpoint::ip(asked.key.client),
            target: asked.server,
            window: None,
        };
        if joins(&[&VOLUME, &ANSWERS], &finding, cx) {
            return;
        }
        cx.raise(finding, |report| {
            super::seed::tell(&finding, &name.to_string(), report);
            report.evidence("query_type", kind).evidence("long_names", names);
        });
    }

    /// Judges the answer to a client: `dns_tunnelling/answers`.
    pub(super) fn answer(
        &mut self,
        settings: &Settings,
        (message, questions): (&Message<'_>, &Questions<'_>),
        (question, name): (Question<'_>, &Spelt),
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        if name.below_len == 0 || name.is_reverse || is_of_keys(&question) {
            return;
        }
        let key = TalkKey { client: ip.destination, domain: name.domain };
        // Nobody asked for anything that holds something.
        let Some(talk) = self.talks.touch(key, cx.now()) else { return };
        let told = Told::by(message, questions, &name.spelling);
        let half = &mut talk.now;
        half.answers = half.answers.saturating_add(1);
        half.verdicts = half.verdicts.saturating_add(told.verdict.into());
        if told.carried == 0 {
            return;
        }
        let carried = u32::try_from(told.carried).unwrap_or(u32::MAX);
        half.carried = half.carried.saturating_add(carried);
        half.answered.add_at(name.place());
        let both = talk.both();
        let subject = key.subject();
        let (base, count) = (settings.answers.get(), both.answered.count());
        let indicator = name.spelling.domain_text().map(Indicator::Domain);
        let Some(reached) = cx.reaches(&ANSWERS, subject, base, count, indicator) else { return };
        if guards::spare_answers(&both, talk.forwards, subject, cx) {
            return;
        }
        let finding = Finding {
            rule: &ANSWERS,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(key.client),
            target: Endpoint::ip(ip.source).port(DNS_PORT),
            window: Some(settings.window),
        };
        if joins(&[&LONG_NAME, &VOLUME], &finding, cx) {
            return;
        }
        cx.raise(finding, |report| {
            let asked = Asked { question, name, key, server: finding.target };
            asked.evidence(report);
            tell_answers(&finding, &both, name.spelling.domain(), report);
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.talks.usage()
    }
}

/// `dns_tunnelling/volume`.
fn judge_volume(talk: &mut Talk, settings: &Settings, asked: &Asked<'_>, cx: &mut Context<'_>) {
    let base = settings.bytes.get();
    if talk.bytes_at_most() < base / WEIGHED {
        return;
    }
    let (subject, spelling) = (asked.subject(), &asked.name.spelling);
    let indicator = spelling.domain_text().map(Indicator::Domain);
    let Some(reached) = cx.reaches(&VOLUME, subject, base, talk.bytes(), indicator) else { return };
    let both = talk.both();
    if guards::spare_volume(&both, talk.forwards, base, subject, cx) {
        return;
    }
    let finding = Finding {
        rule: &VOLUME,
        subject,
        reached,
        step: u64::from(asked.name.bits / 8),
        source: Endpoint::ip(asked.key.client),
        target: asked.server,
        window: Some(settings.window),
    };
    if joins(&[&LONG_NAME, &ANSWERS], &finding, cx) {
        return;
    }
    cx.raise(finding, |report| {
        asked.evidence(report);
        tell_volume(&finding, &both, spelling.domain(), report);
    });
}

impl Asked<'_> {
    fn subject(&self) -> Subject {
        self.key.subject()
    }

    fn evidence(&self, report: &mut Report) {
        report
            .evidence("query", self.question.name.to_string())
            .evidence("query_type", self.question.kind);
    }
}

impl TalkKey {
    /// A client and the domain: another domain is told of by another alert.
    pub(super) const fn subject(&self) -> Subject {
        Subject::host(self.client).tagged(self.domain as u32)
    }
}

/// What is said of names that carry too much.
fn tell_volume(finding: &Finding<'_>, both: &Half, domain: &[u8], report: &mut Report) {
    let (client, bytes, names) =
        (finding.subject.owner(), finding.reached.count(), both.names.count());
    let domain = netsentinel_core::text::printable(domain);
    report
        .message(format_args!(
            "{client} asked for about {names} different names below {domain} within {} s, which hold {bytes} bytes",
            finding.window_s(),
        ))
        .evidence("domain", domain)
        .evidence("names", names)
        .evidence("information_bytes", bytes)
        .evidence("mean_name_len", both.mean_length());
}

/// What is said of answers that carry anything.
fn tell_answers(finding: &Finding<'_>, both: &Half, domain: &[u8], report: &mut Report) {
    let (client, names) = (finding.subject.owner(), finding.reached.count());
    let domain = netsentinel_core::text::printable(domain);
    report
        .message(format_args!(
            "{client} got answers that carry anything to about {names} different names below {domain} within {} s",
            finding.window_s(),
        ))
        .evidence("domain", domain)
        .evidence("names", names)
        .evidence("answer_bytes", both.carried);
}

/// What is said when a verdict on the domain makes enough of what was counted.
pub(super) fn tell_verdict(finding: &Finding<'_>, domain: &str, report: &mut Report) {
    let (client, count) = (finding.subject.owner(), finding.reached.count());
    let counted = if finding.rule.id == VOLUME.id { "bytes in names" } else { "answered names" };
    report
        .message(format_args!(
            "{client} exchanged {count} {counted} below {domain} within {} s",
            finding.window_s(),
        ))
        .evidence("domain", domain);
}

/// Whether the finding is part of an alert that another of the rules has open for the same domain.
fn joins(rules: &[&'static Rule], finding: &Finding<'_>, cx: &mut Context<'_>) -> bool {
    rules.iter().any(|rule| cx.is_part_of(rule, finding.subject, finding))
}

/// Whether a question is about a key, whose name says nothing.
pub(super) fn is_of_keys(question: &Question<'_>) -> bool {
    KEY_NAMES.contains(&question.kind)
}

/// What the records of an answer tell.
struct Told {
    /// Bytes in records that carry anything.
    carried: usize,
    /// Whether it only tells yes or no.
    verdict: bool,
}

impl Told {
    fn by(message: &Message<'_>, questions: &Questions<'_>, asked: &Spelling) -> Self {
        const LOOPBACK: u8 = 127;
        let mut told = Self { carried: 0, verdict: true };
        for answer in message.answers_behind(questions) {
            told.verdict &= answer.kind == A && answer.data.first() == Some(&LOOPBACK);
            if answer.kind != A && carries(&answer, asked) {
                told.carried += answer.data.len();
            }
        }
        told
    }
}

/// Whether a record can carry anything: text, bytes without a form, a key; or a name of the same domain
/// that looks encoded.
fn carries(answer: &Answer<'_>, asked: &Spelling) -> bool {
    const TEXT_NULL_KEYS: [u16; 5] = [10, 16, 24, 25, 37];
    const PRIVATE: std::ops::RangeInclusive<u16> = 65_280..=65_534;
    // Where the name stands in CNAME, PTR and NS, in MX, and in SRV.
    let skipped = match answer.kind {
        2 | 5 | 12 => 0,
        15 => 2,
        33 => 6,
        kind => return TEXT_NULL_KEYS.contains(&kind) || PRIVATE.contains(&kind),
    };
    let target = answer.name_behind(skipped).and_then(|name| Spelling::of(&name));
    target.is_some_and(|target| {
        target.domain() == asked.domain() && spelling::is_encoded(target.below())
    })
}
