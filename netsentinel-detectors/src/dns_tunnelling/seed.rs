//! The rule of the systems that NetSentinel unites, as it is: one name that is too long.

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::dns::{Message, Name, Question};
use netsentinel_core::{Context, Finding, Indicator, Ip, Report};

use super::{LONG_NAME, Settings};

/// Measures the longest name that a query asks for.
pub(super) fn judge(settings: &Settings, message: &Message<'_>, ip: &Ip<'_>, cx: &mut Context<'_>) {
    let Some(question) = message.questions().max_by_key(|q| q.name.text_len()) else { return };
    let length = question.name.text_len() as u64;
    let mut buffer = [0; Name::MAX_WIRE_LEN];
    let domain = question.name.lower(&mut buffer).map(Indicator::Domain);
    let (subject, base) = (Subject::host(ip.source), settings.query_len.get());
    let Some(reached) = cx.exceeds(&LONG_NAME, subject, base, length, domain) else { return };
    let resolver = Endpoint::ip(ip.destination);
    let finding = Finding {
        rule: &LONG_NAME,
        subject,
        reached,
        // The count is a length, which further queries do not add to.
        step: 0,
        source: Endpoint::ip(ip.source),
        target: ip.ports().map_or(resolver, |(_, port)| resolver.port(port)),
        window: None,
    };
    cx.raise(finding, |report| {
        let Question { name, kind } = question;
        tell(&finding, &name.to_string(), report);
        report.evidence("query_type", kind);
    });
}

/// What is said of a long name.
pub(super) fn tell(finding: &Finding<'_>, name: &str, report: &mut Report) {
    let (source, length) = (finding.subject.owner(), finding.reached.count());
    let Some(resolver) = finding.target.ip else { return };
    report
        .message(format_args!(
            "{source} asked {resolver} for a name of {length} characters: {name}"
        ))
        .evidence("query", name)
        .evidence("query_len", length);
}
