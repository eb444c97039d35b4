//! What a client sends to log in, read to tell guesses from one wrong password sent again and again.

use crate::text_search::{after, find, fingerprint};

/// A command longer than this is none to log in by.
const LINE_MAX: usize = 512;
/// A form of more is no log-in.
const FORM_MAX: usize = 4_096;
/// The first message of NTLM in base 64: it names nobody yet.
const NTLM_HELLO: &[u8] = b"TlRMTVNTUAAB";
/// What the field of a password is called, in forms and in JSON.
const FIELDS: [&[u8]; 4] = [b"password", b"passwd", b"pwd", b"pass"];

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A password, by its fingerprint, alone or with a user name.
    Password(u32),
    /// Only whom it is for.
    User(u32),
}

/// What the segment `payload` of a client asks.
pub(super) fn read(payload: &[u8]) -> Option<Asked> {
    match *payload {
        [b'P' | b'p', b'A' | b'a', b'S' | b's', b'S' | b's', b' ', ref word @ ..]
        | [b'A' | b'a', b'U' | b'u', b'T' | b't', b'H' | b'h', b' ', ref word @ ..] => {
            (word.len() < LINE_MAX).then(|| Asked::Password(fingerprint(word)))
        }
        [b'U' | b'u', b'S' | b's', b'E' | b'e', b'R' | b'r', b' ', ref name @ ..] => {
            (name.len() < LINE_MAX).then(|| Asked::User(fingerprint(name)))
        }
        [b'G' | b'P' | b'H' | b'O' | b'D' | b'R' | b'I', b'A'..=b'Z', b'A'..=b'Z', ..]
            if payload.len() > 16 =>
        {
            credentials(payload)
        }
        _ if payload.len() < LINE_MAX => line(payload),
        _ => None,
    }
}

/// The credentials of a request of HTTP or SIP.
fn credentials(request: &[u8]) -> Option<Asked> {
    let header = after(request, b"uthorization: ")?;
    let end = header.iter().position(|&byte| byte == b'\r').unwrap_or(header.len());
    let value = header.get(..end)?;
    find(value, NTLM_HELLO).is_none().then(|| Asked::Password(fingerprint(value)))
}

/// An IMAP log-in, behind its tag, or a line of base 64 as SMTP and IMAP ask for.
fn line(payload: &[u8]) -> Option<Asked> {
    let text = payload.strip_suffix(b"\r\n")?;
    let space = text.iter().position(|&byte| byte == b' ');
    let Some(space) = space else {
        let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        return (text.len() >= 4 && text.iter().all(base64))
            .then(|| Asked::Password(fingerprint(text)));
    };
    let command = text.get(space + 1..)?;
    let verb = command.get(..6)?;
    verb.eq_ignore_ascii_case(b"LOGIN ").then(|| Asked::Password(fingerprint(command)))
}

/// The password in a form or its JSON, or in the query of a page: its fingerprint.
pub(super) fn form(payload: &[u8]) -> Option<u32> {
    let text = match payload {
        [b'P', b'O', b'S', b'T', b' ', ..] => payload.get(..payload.len().min(FORM_MAX))?,
        [b'G', b'E', b'T', b' ', ..] => {
            let end = payload.iter().position(|&byte| byte == b'\r')?;
            let line = payload.get(..end)?;
            find(line, b"?")?;
            line
        }
        _ => return None,
    };
    // The command by which WordPress is asked over and over.
    if let Some(call) = after(text, b"wp.getUsersBlogs") {
        return Some(fingerprint(call));
    }
    let fields = find(text, b"\r\n\r\n").map_or(text, |body| text.get(body..).unwrap_or_default());
    let value = FIELDS.iter().find_map(|field| value_of(fields, field))?;
    let end = value.iter().position(|byte| b"&,} \r\n".contains(byte)).unwrap_or(value.len());
    Some(fingerprint(value.get(..end)?))
}

/// What follows `field` and the signs that make it one: `password=`, `login[password]=`, `"password":`. A
/// short name must not be the end of another, as in `compass=`.
fn value_of<'t>(text: &'t [u8], field: &[u8]) -> Option<&'t [u8]> {
    let windows = text.windows(field.len()).enumerate();
    let mut places = windows.filter(|(_, part)| part.eq_ignore_ascii_case(field));
    places.find_map(|(place, _)| {
        let before = place.checked_sub(1).and_then(|before| text.get(before));
        if field.len() <= 4 && before.is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        match text.get(place + field.len()..)? {
            [b'=' | b':', value @ ..] | [b'"' | b']', b'=' | b':', value @ ..] => Some(value),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_told_apart_by_what_is_sent() {
        let password = |text: &[u8]| match read(text) {
            Some(Asked::Password(print)) => print,
            other => panic!("{other:?} in {}", text.escape_ascii()),
        };
        assert_ne!(password(b"PASS one\r\n"), password(b"PASS two\r\n"));
        assert_eq!(password(b"a1 LOGIN joe one\r\n"), password(b"b7 LOGIN joe one\r\n"));
        let basic = |who: &str| {
            format!("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {who}\r\n\r\n").into_bytes()
        };
        assert_ne!(password(&basic("YTpi")), password(&basic("YTpj")));
        assert_ne!(password(b"am9lOm9uZQ==\r\n"), password(b"am9lOnR3bw==\r\n"));
        assert!(matches!(read(b"USER joe\r\n"), Some(Asked::User(_))));
        for other in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            &basic("").iter().copied().take(20).collect::<Vec<_>>(),
            b"GET / HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAABAAAA\r\n\r\n",
            b"a1 NOOP\r\n",
            b"\x16\x03\x01",
            b"",
        ] {
            assert_eq!(read(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn forms_show_their_password() {
        let post =
            |body: &str| form(format!("POST /login HTTP/1.1\r\nHost: a\r\n\r\n{body}").as_bytes());
        assert!(post("user=a&password=b&go=1").is_some());
        assert_ne!(post("user=a&password=b&go=1"), post("user=a&password=c&go=1"));
        assert_eq!(post("user=a&password=b&go=1"), post("user=z&password=b&go=2"));
        assert_ne!(post(r#"{"user":"a","password":"b"}"#), post(r#"{"user":"a","password":"c"}"#));
        assert!(post("login%5B=1&user[Password]=b").is_some());
        for innocent in ["q=weather", "compass=17", "password_reset=1", "bypass=2"] {
            assert_eq!(post(innocent), None, "{innocent}");
        }
        assert!(form(b"GET /brute/?username=a&password=b&Login=Login HTTP/1.1\r\n").is_some());
        assert_eq!(form(b"GET /change-password HTTP/1.1\r\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_hostile_breaks_it(payload: Vec<u8>) {
            let _ = (read(&payload), form(&payload));
            let _ = form(&[b"POST ", &payload[..]].concat());
        }
    }
}
