//! DNS messages with at most one question.

use std::net::IpAddr;

/// A DNS message, also in the forms that mDNS and LLMNR use.
#[derive(Clone, Copy, Debug)]
pub struct Dns<'a> {
    /// Transaction number.
    pub id: u16,
    /// The second 16 bits of the header: 0x0100 in a query, 0x8180 in a resolver's response,
    /// 0x8400 in an mDNS announcement.
    pub flags: u16,
    /// The name asked for, without a final dot; labels beyond 63 bytes are cut.
    pub name: &'a str,
    /// Type asked for: 1 A, 12 PTR, 16 TXT, 28 AAAA.
    pub qtype: u16,
    /// Whether the question itself is in the message.
    pub question: bool,
    /// The answers, all about `name`.
    pub answers: &'a [Answer<'a>],
}

/// The data of one answer.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// An A or AAAA record.
    Address(IpAddr),
    /// A TXT record of one string, of which the first 255 bytes count.
    Text(&'a [u8]),
    /// A CNAME record.
    Alias(&'a str),
    /// A PTR record.
    Pointer(&'a str),
}

impl<'a> Dns<'a> {
    /// A query to a resolver.
    pub fn query(id: u16, name: &'a str, qtype: u16) -> Self {
        Self { id, flags: 0x0100, name, qtype, question: true, answers: &[] }
    }

    /// A resolver's response to [`query`](Self::query).
    pub fn response(id: u16, name: &'a str, qtype: u16, answers: &'a [Answer<'a>]) -> Self {
        Self { id, flags: 0x8180, name, qtype, question: true, answers }
    }

    /// An mDNS announcement: answers nobody asked for.
    pub fn announcement(name: &'a str, answers: &'a [Answer<'a>]) -> Self {
        Self { id: 0, flags: 0x8400, name, qtype: 0, question: false, answers }
    }

    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let answers = u16::try_from(self.answers.len()).unwrap_or(u16::MAX);
        for number in [self.id, self.flags, u16::from(self.question), answers, 0, 0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        if self.question {
            write_name(self.name, out);
            out.extend_from_slice(&self.qtype.to_be_bytes());
            out.extend_from_slice(&[0, 1]);
        }
        for (index, answer) in self.answers.iter().take(usize::from(answers)).enumerate() {
            // The first name of the message stands right after the header; the others point to it.
            if index > 0 || self.question {
                out.extend_from_slice(&[0xc0, 12]);
            } else {
                debug_assert_eq!(out.len() - start, 12);
                write_name(self.name, out);
            }
            answer.write(out);
        }
    }
}

impl Answer<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let kind: u16 = match self {
            Self::Address(IpAddr::V4(_)) => 1,
            Self::Alias(_) => 5,
            Self::Pointer(_) => 12,
            Self::Text(_) => 16,
            Self::Address(IpAddr::V6(_)) => 28,
        };
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 1, 0, 0, 1, 44]);
        let length_at = out.len();
        out.extend_from_slice(&[0, 0]);
        match self {
            Self::Address(IpAddr::V4(address)) => out.extend_from_slice(&address.octets()),
            Self::Address(IpAddr::V6(address)) => out.extend_from_slice(&address.octets()),
            Self::Alias(name) | Self::Pointer(name) => write_name(name, out),
            Self::Text(text) => {
                let text = &text[..text.len().min(255)];
                out.push(text.len() as u8);
                out.extend_from_slice(text);
            }
        }
        let length = u16::try_from(out.len() - length_at - 2).unwrap_or(u16::MAX);
        out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        out.push(label.len() as u8);
        out.extend_from_slice(label);
    }
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_what_rfc_1035_says() {
        let mut out = Vec::new();
        Dns::query(0x1234, "a.example", 1).write(&mut out);
        assert_eq!(out, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x01\0\x01");
    }

    #[test]
    fn an_answer_points_to_the_question_and_tells_its_length() {
        let mut out = Vec::new();
        let answers = [Answer::Address(IpAddr::from([192, 0, 2, 7])), Answer::Text(b"hi")];
        Dns::response(1, "b", 1, &answers).write(&mut out);
        let expected: &[u8] = b"\0\x01\x81\x80\0\x01\0\x02\0\0\0\0\x01b\0\0\x01\0\x01\
            \xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x07\
            \xc0\x0c\0\x10\0\x01\0\0\x01\x2c\0\x03\x02hi";
        assert_eq!(out, expected);
    }
}
