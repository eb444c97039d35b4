//! Kerberos as far as guessing shows in it: the user name of a request and the error of an answer
//! (RFC 4120 §5.4, §5.9).

use super::answer::Answer;
use super::service::Service;
use crate::text_search::{after, fingerprint};

pub(super) const PORT: u16 = 88;

const AS_REQ: u8 = 0x6a;
const AS_REP: u8 = 0x6b;
const KRB_ERROR: u8 = 0x7e;
const NO_SUCH_USER: u8 = 6;
const LOCKED_OUT: u8 = 18;
const WRONG_PASSWORD: u8 = 24;
/// Options of the request body, [0], before which nothing is of the same shape.
const KDC_OPTIONS: &[u8] = &[0xa0, 0x07, 0x03, 0x05, 0x00];
const OPTIONS_LEN: usize = 4;
/// The error code, [6], as an integer of one byte.
const ERROR_CODE: &[u8] = &[0xa6, 0x03, 0x02, 0x01];

/// What an answer says. That pre-authentication is required is part of every honest log-in.
pub(super) fn answer(message: &[u8]) -> Option<(Service, Answer)> {
    let answer = match *message.first()? {
        AS_REP => Answer::Works,
        KRB_ERROR => match *after(message, ERROR_CODE)?.first()? {
            LOCKED_OUT | WRONG_PASSWORD => Answer::Fails,
            NO_SUCH_USER => Answer::NoSuchUser,
            _ => return None,
        },
        _ => return None,
    };
    Some((Service::Kerberos, answer))
}

/// The user whom a request is for, by a fingerprint of the name.
pub(super) fn user(request: &[u8]) -> Option<u32> {
    // Over TCP the message follows its length.
    let request = match request {
        [0, 0, _, _, rest @ ..] => rest,
        all => all,
    };
    if request.first() != Some(&AS_REQ) {
        return None;
    }
    let [0xa1, len, name @ ..] = after(request, KDC_OPTIONS)?.get(OPTIONS_LEN..)? else {
        return None;
    };
    Some(fingerprint(name.get(..usize::from(*len))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(user: &[u8]) -> Vec<u8> {
        let mut message = vec![AS_REQ, 0x60, 0xa4, 0x50];
        message.extend(KDC_OPTIONS);
        message.extend([0x50, 0x80, 0, 0, 0xa1, user.len() as u8]);
        message.extend(user);
        message
    }

    #[test]
    fn users_are_told_apart_and_errors_by_what_they_mean() {
        assert!(user(&request(b"alice")).is_some());
        assert_eq!(user(&request(b"alice")), user(&request(b"alice")));
        assert_ne!(user(&request(b"alice")), user(&request(b"bob")));
        assert_eq!(user(b"\x6a\x01"), None);
        let error = |code| answer(&[KRB_ERROR, 0x40, 0xa6, 3, 2, 1, code]);
        assert_eq!(error(24), Some((Service::Kerberos, Answer::Fails)));
        assert_eq!(error(25), None, "pre-authentication required");
        assert_eq!(answer(&[AS_REP]), Some((Service::Kerberos, Answer::Works)));
    }
}
