//! Files and mails that programs send out in the clear.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::detector::attack::{EXFILTRATION_IN_THE_CLEAR, Technique};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{
    Context, Finding, Guard, Indicator, Ip, Limits, Report, Rule, Severity, Tcp, Timestamp, Usage,
};

use super::Settings;

pub(super) const CLEAR: Rule = Rule {
    id: "data_exfiltration/clear",
    signature: 1_000_065,
    summary: "a program sends a file or a mail to an external host in the clear",
    severity: Some(Severity::Medium),
};
pub(super) const BROWSING: Guard = Guard {
    id: "data_exfiltration/browsing",
    summary: "the session lists directories, too: somebody works with files",
};
pub(super) const MAIL_CLIENT: Guard = Guard {
    id: "data_exfiltration/mail_client",
    summary: "the mail names its identity or its program, as mail clients have it (RFC 5322, 3.6.4)",
};
const TECHNIQUES: &[Technique] = &[EXFILTRATION_IN_THE_CLEAR];
const WINDOW: Seconds = Seconds::new(3_600).unwrap();
/// The share of the keys: sessions of FTP and of mail with a password in the clear.
const SHARE: usize = 64;
/// Ports that mail is handed in at.
const MAIL_PORTS: [u16; 3] = [25, 587, 2525];
/// Bytes of the longest command.
const LINE_MAX: usize = 512;
/// The header of a mail is looked for in so many bytes.
const HEADER_MAX: u32 = 4_096;

/// The sessions, by client and server.
pub(super) struct Uploads {
    sessions: BoundedMap<(IpAddr, IpAddr), Session>,
}

#[derive(Clone, Copy)]
struct Session {
    began: Timestamp,
    uploads: u32,
    listed: bool,
    /// Whether the password of a mail box went out in the clear.
    logged_in: bool,
    /// Bytes of a mail's header that have come, while they come.
    header: Option<u32>,
    /// Whether the header names a message's identity or a program.
    named: bool,
}

/// What a client says.
enum Said {
    List,
    Store,
    LogIn,
    Data,
    Else,
}

/// Whether the segment may be one that the rule is about. Asked of each one that goes out: nearly all have no
/// payload, or one that is no line.
#[inline]
pub(super) fn may_say(tcp: &Tcp<'_>) -> bool {
    let line = tcp.payload.len() <= LINE_MAX && tcp.payload.last() == Some(&b'\n');
    line || !tcp.payload.is_empty() && MAIL_PORTS.contains(&tcp.destination_port)
}

impl Uploads {
    pub(super) fn new(limits: Limits) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        Self { sessions: BoundedMap::new(max, WINDOW.duration()) }
    }

    /// Sees what an internal client says to an external server.
    pub(super) fn see(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        tcp: Tcp<'_>,
        cx: &mut Context<'_>,
    ) {
        let mail = MAIL_PORTS.contains(&tcp.destination_port);
        let said = Said::of(tcp.payload, mail);
        if matches!(said, Said::Else) && !mail {
            return;
        }
        let (key, now) = ((ip.source, ip.destination), cx.now());
        let session = match said {
            Said::Else | Said::Data => match self.sessions.touch(&key, now) {
                Some(session) => session,
                None => return,
            },
            _ => self.sessions.entry(key, now, || Session::begun(now)).value,
        };
        let (rule_met, guard, innocent, by) = match said {
            Said::List => {
                session.listed = true;
                return;
            }
            Said::LogIn => {
                session.logged_in = true;
                return;
            }
            Said::Data => {
                (session.header, session.named) = (Some(0), false);
                return;
            }
            Said::Store => (true, &BROWSING, session.listed, "FTP"),
            Said::Else => {
                let complete = session.read_header(tcp.payload) && session.logged_in;
                (complete, &MAIL_CLIENT, session.named, "mail")
            }
        };
        if rule_met {
            session.count(now);
            let spared = innocent.then_some(guard);
            judge(session, settings, spared, by, ip, tcp.destination_port, cx);
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.sessions.usage()
    }
}

fn judge(
    session: &Session,
    settings: &Settings,
    guard: Option<&'static Guard>,
    by: &'static str,
    ip: &Ip<'_>,
    port: u16,
    cx: &mut Context<'_>,
) {
    let subject = Subject::pair_port(ip.source, ip.destination, port);
    let (base, count) = (settings.clear_uploads.get(), session.uploads.into());
    let indicator = Some(Indicator::Ip(ip.destination));
    let Some(reached) = cx.reaches(&CLEAR, subject, base, count, indicator) else { return };
    if guard.is_some_and(|guard| cx.spares(guard, &CLEAR, subject)) {
        return;
    }
    let finding = Finding {
        rule: &CLEAR,
        subject,
        reached,
        step: 1,
        source: Endpoint::ip(ip.source),
        target: Endpoint::ip(ip.destination).port(port),
        window: Some(WINDOW),
    };
    cx.raise(finding, |report| tell(&finding, by, session.began, report));
}

fn tell(finding: &Finding<'_>, by: &'static str, began: Timestamp, report: &mut Report) {
    let (source, target) = (finding.source, finding.target);
    report
        .message(format_args!("a program on {source} sent data to {target} by {by} in the clear"))
        .attack(TECHNIQUES)
        .evidence("protocol", by)
        .evidence("uploads", finding.reached.count())
        .first_seen(Some(began));
}

impl Session {
    const fn begun(began: Timestamp) -> Self {
        Self { began, uploads: 0, listed: false, logged_in: false, header: None, named: false }
    }

    fn count(&mut self, now: Timestamp) {
        if now > self.began.after(WINDOW.duration()) {
            (self.began, self.uploads) = (now, 0);
        }
        self.uploads = self.uploads.saturating_add(1);
    }

    /// Reads on in the header of a mail. Tells when it is complete, once.
    fn read_header(&mut self, payload: &[u8]) -> bool {
        let Some(come) = self.header else { return false };
        let end = position(payload, b"\r\n\r\n");
        let header = payload.get(..end.unwrap_or(payload.len())).unwrap_or_default();
        let names = [&b"message-id:"[..], b"x-mailer:", b"user-agent:"];
        self.named |= header.split(|b| *b == b'\n').any(|line| {
            names.iter().any(|name| {
                line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            })
        });
        let come = come.saturating_add(u32::try_from(payload.len()).unwrap_or(u32::MAX));
        let complete = end.is_some() || come >= HEADER_MAX || ends_mail(payload);
        self.header = if complete { None } else { Some(come) };
        complete
    }
}

impl Said {
    fn of(payload: &[u8], mail: bool) -> Self {
        let Some(verb) = payload.first_chunk::<4>() else { return Self::Else };
        match verb.map(|b| b.to_ascii_uppercase()) {
            _ if mail && ends_in_data(payload) => Self::Data,
            [b'A', b'U', b'T', b'H'] if mail => Self::LogIn,
            [b'L' | b'N', b'I' | b'L', b'S', b'T'] | [b'M', b'L', b'S', b'D']
                if is_line(payload) =>
            {
                Self::List
            }
            [b'S', b'T', b'O', b'R' | b'U'] | [b'A', b'P', b'P', b'E'] if is_line(payload) => {
                Self::Store
            }
            _ => Self::Else,
        }
    }
}

/// Whether it is one command of FTP: a short line of text.
fn is_line(payload: &[u8]) -> bool {
    let command = matches!(payload.get(4), Some(b' ' | b'\r'));
    command && payload.len() <= LINE_MAX && payload.ends_with(b"\r\n")
}

/// Whether the client is about to hand in a mail; commands before it may come in the same segment.
fn ends_in_data(payload: &[u8]) -> bool {
    let line = payload.strip_suffix(b"\r\n").unwrap_or(payload);
    let start = line.len().saturating_sub(4);
    let last = line.get(start..).unwrap_or_default();
    last.eq_ignore_ascii_case(b"DATA")
        && (start == 0 || line.get(..start).is_some_and(|rest| rest.ends_with(b"\r\n")))
}

/// Whether the header's empty line, or the end of the mail, came in a segment of its own.
fn ends_mail(payload: &[u8]) -> bool {
    payload == b"\r\n" || payload == b".\r\n" || payload.ends_with(b"\r\n.\r\n")
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_data() {
        let kind = |payload: &[u8], mail| match Said::of(payload, mail) {
            Said::List => 'l',
            Said::Store => 's',
            Said::LogIn => 'a',
            Said::Data => 'd',
            Said::Else => '-',
        };
        for (payload, mail, expected) in [
            (&b"STOR a.html\r\n"[..], false, 's'),
            (b"stou\r\n", false, 's'),
            (b"LIST -a\r\n", false, 'l'),
            (b"NLST\r\n", false, 'l'),
            (b"STORAGE is full\r\n", false, '-'),
            (b"AUTH TLS\r\n", false, '-'),
            (b"AUTH login abc\r\n", true, 'a'),
            (b"DATA\r\n", true, 'd'),
            (b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n", true, 'd'),
            (b"METADATA\r\n", true, '-'),
            (b"", true, '-'),
        ] {
            assert_eq!(kind(payload, mail), expected, "{}", String::from_utf8_lossy(payload));
        }
    }

    #[test]
    fn a_mail_is_known_by_its_header() {
        let read = |parts: &[&[u8]]| {
            let mut session = Session::begun(Timestamp::from_parts(0, 0));
            session.header = Some(0);
            let complete = parts.iter().filter(|part| session.read_header(part)).count();
            (complete, session.named)
        };
        assert_eq!(read(&[b"From: a\r\nSubject: b\r\n", b"\r\n", b"x"]), (1, false));
        assert_eq!(read(&[b"From: a\r\n", b"Subject: b\r\n"]), (0, false), "goes on");
        assert_eq!(read(&[b"From: a\r\n\r\nMessage-ID: in the text"]), (1, false));
        assert_eq!(read(&[b"From: a\r\nMESSAGE-ID: <1>\r\n\r\ntext"]), (1, true));
    }
}
