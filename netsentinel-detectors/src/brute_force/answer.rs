//! What a server answers to a log-in, read from the first bytes of a segment.
//!
//! Status codes are those of RFC 959 (FTP), 4954 (SMTP), 1939 (POP3), 3501 (IMAP), 9110 (HTTP), 4511
//! (LDAP), 1929 (SOCKS), 6143 (RFB), 3261 (SIP), of MS-SMB and MS-SMB2, MS-TDS, and of the manuals of
//! MySQL, PostgreSQL and Redis.

use super::kerberos;
use super::service::Service;
use crate::text_search::{find, says_any};

const VNC: u16 = 5900;
/// RFB: version, security types and challenge go before the result; later the same bytes are a picture.
pub(super) const VNC_RESULT_WITHIN: u32 = 48;
const LDAP_INVALID_CREDENTIALS: u8 = 49;
/// Wrong password, no such user, log-on failure, account locked out.
const SMB_REFUSALS: [u32; 4] = [0xc000_006a, 0xc000_0064, 0xc000_006d, 0xc000_0234];
/// Words of servers that refuse a password.
const BLAME: &[&[u8]] =
    &[b"incorrect", b"fail", b"denied", b"invalid", b"wrong", b"cannot log", b"bad pass"];
/// The same where anything else may be refused, too: the answer must speak of the log-in.
const OF_LOGIN: &[&[u8]] = &[b"auth", b"passw", b"login", b"logon", b"credential", b"sign in"];
const TELNET_BLAME: &[&[u8]] =
    &[b"login incorrect", b"login failed", b"bad password", b"authentication fail"];

/// Ports at which answers are read that tell nothing elsewhere: Telnet, Kerberos, IMAP, SOCKS, MySQL, VNC.
pub(super) const PORTS: [u16; 6] = [23, kerberos::PORT, 143, 1080, 3306, VNC];

/// By its first byte, whether a segment may say something of a log-in at any port: an answer, the opening
/// of SSH or RDP, or a form.
pub(super) const OPENINGS: [bool; 256] = {
    let mut openings = [false; 256];
    let known = *b"52-+HERSPG\x00\x03\x04\x30";
    let mut n = 0;
    while n < known.len() {
        openings[known[n] as usize] = true;
        n += 1;
    }
    openings
};

/// Whether `payload` is an error packet of MySQL (0xff) of number 1045, behind its length and sequence number.
pub(super) fn is_mysql_error(payload: &[u8]) -> bool {
    matches!(payload, [_, _, 0, _, 0xff, 0x15, 0x04, ..])
}

/// What an answer says of the log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has failed.
    Fails,
    /// It has failed for the name: there is nobody to guess at.
    NoSuchUser,
    /// It has failed, if one was tried: the same is told to those who have not.
    Refuses,
    /// It has worked.
    Works,
    /// It has worked, if one was tried.
    Accepts,
}

/// What the segment `payload` from a server's `port` says. All but a few segments are told by their first
/// byte to say nothing.
pub(super) fn read(payload: &[u8], port: u16) -> Option<(Service, Answer)> {
    use Answer::{Accepts, Fails, Refuses, Works};
    match *payload {
        _ if is_mysql_error(payload) => Some((Service::MySql, Fails)),
        [7, 0, 0, _, 0, 0, 0, ..] if port == 3306 => Some((Service::MySql, Works)),
        [b'5', b'3', b'0', b' ' | b'-', ref text @ ..] => {
            Some((Service::Ftp, if says_any(text, BLAME) { Fails } else { Refuses }))
        }
        [b'5', b'3', b'5', b' ' | b'-', ..] => Some((Service::Smtp, Fails)),
        [b'2', b'3', b'0', b' ' | b'-', ..] => Some((Service::Ftp, Works)),
        [b'2', b'3', b'5', b' ' | b'-', ..] => Some((Service::Smtp, Works)),
        [b'-', b'W', b'R', b'O', b'N', b'G', b'P', b'A', b'S', b'S', ..] => {
            Some((Service::Redis, Fails))
        }
        [b'-', b'E', b'R', b'R', ref text @ ..] => pop3_or_redis(text, port),
        [b'+', b'O', b'K', ..] => Some((mailbox(port), Accepts)),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', ref code @ ..] => http(code),
        [b'E', 0, 0, _, _, b'S', ref fields @ ..] => {
            let refused = find(fields, b"C28P01\0").or_else(|| find(fields, b"C28000\0"));
            refused.map(|_| (Service::PostgreSql, Fails))
        }
        [b'R', 0, 0, 0, 8, 0, 0, 0, 0, ..] => Some((Service::PostgreSql, Works)),
        [0, _, _, _, 0xfe, b'S', b'M', b'B', ref header @ ..] => smb2(header),
        [0, _, _, _, 0xff, b'S', b'M', b'B', ref header @ ..] => smb1(header),
        [0, 0, 0, 1, ..] if port == VNC => Some((Service::Vnc, Fails)),
        [0, 0, 0, 0] if port == VNC => Some((Service::Vnc, Works)),
        [0, 0, _, _, ref message @ ..] if port == kerberos::PORT => kerberos::answer(message),
        [1, status] if port == 1080 => {
            Some((Service::Socks, if status == 0 { Works } else { Fails }))
        }
        // TDS: an error (0xaa) of number 18456, or a change of environment (0xe3), opens the answer.
        [4, 1, _, _, _, _, _, _, 0xaa, _, _, 0x18, 0x48, 0, 0, ..] => {
            Some((Service::SqlServer, Fails))
        }
        [4, 1, _, _, _, _, _, _, 0xe3, ..] => Some((Service::SqlServer, Works)),
        [0x30, ref message @ ..] => ldap(message),
        _ if port == 143 => imap(payload),
        _ if port == 23 && says_any(payload, TELNET_BLAME) => Some((Service::Telnet, Fails)),
        _ => None,
    }
}

/// What a datagram from a server says: Kerberos and SIP.
pub(super) fn read_datagram(payload: &[u8], port: u16) -> Option<(Service, Answer)> {
    if port == kerberos::PORT {
        return kerberos::answer(payload);
    }
    let code = payload.strip_prefix(b"SIP/2.0 ")?;
    match code {
        [b'4', b'0', b'1' | b'3' | b'7', ..] => Some((Service::Sip, Answer::Refuses)),
        [b'2', b'0', b'0', ..] => Some((Service::Sip, Answer::Accepts)),
        _ => None,
    }
}

fn mailbox(port: u16) -> Service {
    if port == 6379 { Service::Redis } else { Service::Pop3 }
}

fn pop3_or_redis(text: &[u8], port: u16) -> Option<(Service, Answer)> {
    let line = text.get(..text.len().min(160)).unwrap_or(text);
    says_any(line, OF_LOGIN).then_some((mailbox(port), Answer::Refuses))
}

/// A 401 opens every handshake that proves who one is: it counts only for requests that bear
/// credentials, and not where they were only too old.
fn http(code: &[u8]) -> Option<(Service, Answer)> {
    let answer = match code {
        [b'4', b'0', b'1', rest @ ..] if find(rest, b"stale=true").is_none() => Answer::Refuses,
        [b'4', b'0', b'3', ..] => Answer::Refuses,
        [b'2' | b'3', ..] => Answer::Accepts,
        _ => return None,
    };
    Some((Service::Http, answer))
}

/// `header` follows the protocol identifier: structure size, credit charge, status, command (1 is session
/// setup), credits, flags (1 is an answer).
fn smb2(header: &[u8]) -> Option<(Service, Answer)> {
    let [_, _, _, _, a, b, c, d, 1, 0, _, _, flags, ..] = *header else { return None };
    if flags & 1 == 0 {
        return None;
    }
    smb(u32::from_le_bytes([a, b, c, d]))
}

/// `header` follows the protocol identifier: command (0x73 is session setup), status, flags (0x80 is an
/// answer).
fn smb1(header: &[u8]) -> Option<(Service, Answer)> {
    let [0x73, a, b, c, d, flags, ..] = *header else { return None };
    if flags & 0x80 == 0 {
        return None;
    }
    smb(u32::from_le_bytes([a, b, c, d]))
}

fn smb(status: u32) -> Option<(Service, Answer)> {
    match status {
        0 => Some((Service::Smb, Answer::Works)),
        _ if SMB_REFUSALS.contains(&status) => Some((Service::Smb, Answer::Fails)),
        _ => None,
    }
}

/// A message is a sequence of its identifier and the operation; a bind response (0x61) opens with its
/// result.
fn ldap(message: &[u8]) -> Option<(Service, Answer)> {
    let message = past_length(message)?;
    let [2, id_len, rest @ ..] = message else { return None };
    let [0x61, rest @ ..] = rest.get(usize::from(*id_len)..)? else { return None };
    match past_length(rest)? {
        [0x0a, 1, 0, ..] => Some((Service::Ldap, Answer::Works)),
        [0x0a, 1, LDAP_INVALID_CREDENTIALS, ..] => Some((Service::Ldap, Answer::Fails)),
        _ => None,
    }
}

/// What follows a BER length.
fn past_length(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [len, rest @ ..] if *len < 0x80 => Some(rest),
        [len @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(len & 0x7f)..),
        _ => None,
    }
}

/// A tag, then OK or NO and a text that speaks of the log-in.
fn imap(payload: &[u8]) -> Option<(Service, Answer)> {
    let space = payload.iter().take(20).position(|&byte| byte == b' ')?;
    let text = payload.get(space..)?;
    let line = text.get(..text.len().min(160)).unwrap_or(text);
    if line.starts_with(b" NO ") && says_any(line, OF_LOGIN) {
        return Some((Service::Imap, Answer::Fails));
    }
    (line.starts_with(b" OK ") && payload.first() != Some(&b'*'))
        .then_some((Service::Imap, Answer::Accepts))
}

#[cfg(test)]
mod tests {
    use super::Answer::{Accepts, Fails, Refuses, Works};
    use super::*;

    fn says(payload: &[u8], port: u16, service: Service, answer: Answer) {
        assert_eq!(read(payload, port), Some((service, answer)), "{}", payload.escape_ascii());
    }

    #[test]
    fn failures_are_read_in_every_protocol() {
        says(b"530 Login incorrect.\r\n", 2121, Service::Ftp, Fails);
        says(b"530 Please login with USER and PASS.\r\n", 21, Service::Ftp, Refuses);
        says(b"535 5.7.8 Error: authentication failed\r\n", 25, Service::Smtp, Fails);
        says(b"-ERR [AUTH] Authentication failed.\r\n", 110, Service::Pop3, Refuses);
        says(b"-WRONGPASS invalid username-password pair\r\n", 6379, Service::Redis, Fails);
        says(b"a1 NO [AUTHENTICATIONFAILED] no\r\n", 143, Service::Imap, Fails);
        says(b"HTTP/1.1 401 Unauthorized\r\n", 8000, Service::Http, Refuses);
        says(b"\x4c\0\0\x02\xff\x15\x04#28000Access", 3307, Service::MySql, Fails);
        says(b"E\0\0\0\x64SFATAL\0VFATAL\0C28P01\0Mno\0", 5432, Service::PostgreSql, Fails);
        says(b"\r\nLogin incorrect\r\nlogin: ", 23, Service::Telnet, Fails);
        says(b"\0\0\0\x01\0\0\0\x05wrong", 5900, Service::Vnc, Fails);
        says(&[1, 1], 1080, Service::Socks, Fails);
        says(
            b"\x04\x01\0\x60\0\x33\x01\0\xaa\x4c\0\x18\x48\0\0\x01\x0e",
            1433,
            Service::SqlServer,
            Fails,
        );
        says(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\0\x04\0", 389, Service::Ldap, Fails);
        let sip = b"SIP/2.0 403 Forbidden\r\n";
        assert_eq!(read_datagram(sip, 5060), Some((Service::Sip, Refuses)));
    }

    #[test]
    fn smb_tells_by_status_and_only_in_session_setup() {
        let smb2 = |command: u8, flags: u8, status: u32| {
            let mut message = b"\0\0\0\x49\xfeSMB\x40\0\x01\0".to_vec();
            message.extend(status.to_le_bytes());
            message.extend([command, 0, 1, 0, flags, 0, 0, 0]);
            read(&message, 445)
        };
        assert_eq!(smb2(1, 1, 0xc000_006d), Some((Service::Smb, Fails)));
        assert_eq!(smb2(1, 1, 0), Some((Service::Smb, Works)));
        assert_eq!(smb2(1, 1, 0xc000_0016), None, "more processing required");
        assert_eq!(smb2(3, 1, 0xc000_006d), None);
        assert_eq!(smb2(1, 0, 0xc000_006d), None, "a request");
        let smb1 = b"\0\0\0\x23\xffSMB\x73\x6d\0\0\xc0\x98\x07\xc0";
        assert_eq!(read(smb1, 139), Some((Service::Smb, Fails)));
    }

    #[test]
    fn successes_are_read_and_other_answers_are_not() {
        says(b"230 Login successful.\r\n", 21, Service::Ftp, Works);
        says(b"+OK Logged in.\r\n", 110, Service::Pop3, Accepts);
        says(b"R\0\0\0\x08\0\0\0\0S", 5432, Service::PostgreSql, Works);
        says(b"HTTP/1.1 302 Found\r\n", 80, Service::Http, Accepts);
        for other in [
            &b"220 ready\r\n"[..],
            b"-ERR no such message\r\n",
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest stale=true\r\n",
            b"HTTP/1.1 404 Not Found\r\n",
            b"\x16\x03\x03\0\x31",
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x20\x04\0\x04\0",
            b"",
        ] {
            assert_eq!(read(other, 80), None, "{}", other.escape_ascii());
        }
    }

    proptest::proptest! {
        #[test]
        fn what_says_something_opens_so_or_comes_from_such_a_port(
            start in proptest::sample::select(vec![
                &b"530 Login incorrect"[..], b"535 ", b"230 ", b"235 ", b"-WRONGPASS", b"-ERR auth", b"+OK",
                b"HTTP/1.1 401 ", b"R\0\0\0\x08\0\0\0\0", b"\0\0\0\0", &[1, 0], b"\x07\0\0\x02\0\0\0",
                b"a OK ", b"\x4c\0\0\x02\xff\x15\x04",
            ]),
            rest: Vec<u8>,
            any: Vec<u8>,
            port: u16,
        ) {
            for payload in [[start, &rest].concat(), any] {
                for port in [port, 23, 88, 143, 1080, 3306, 5900] {
                    let told = read(&payload, port).is_some();
                    let may = payload.first().is_some_and(|&first| OPENINGS[usize::from(first)])
                        || PORTS.contains(&port)
                        || is_mysql_error(&payload);
                    proptest::prop_assert!(may || !told, "{}", payload.escape_ascii());
                }
            }
        }

        #[test]
        fn nothing_hostile_breaks_it(payload: Vec<u8>, port: u16) {
            let _ = (read(&payload, port), read_datagram(&payload, port));
            let _ = (read(&payload, 88), read(&payload, 143), read_datagram(&payload, 88));
        }
    }
}
