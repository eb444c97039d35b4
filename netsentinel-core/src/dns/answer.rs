//! The answers of a message, read in place.

use super::{HEADER_LEN, Message, Name, Questions};

/// Answers read of one message: more than any real one has.
const ANSWERS_MAX: u16 = 64;
/// Type, class, time to live and the length of the data.
const FIXED_LEN: usize = 10;

/// One record of the answer section.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Record type, such as 1 for A or 16 for TXT.
    pub kind: u16,
    /// Its data, as far as it was captured.
    pub data: &'a [u8],
    message: &'a [u8],
    at: usize,
}

impl<'a> Answer<'a> {
    /// The name that the data holds behind `skipped` bytes: 0 for CNAME, 2 for MX, 6 for SRV.
    pub fn name_behind(&self, skipped: usize) -> Option<Name<'a>> {
        let (name, end) = Name::parse(self.message, self.at + skipped)?;
        (end <= self.at + self.data.len()).then_some(name)
    }
}

impl<'a> Message<'a> {
    /// The response code of the header: 0 for success, 3 for a name that does not exist.
    pub fn response_code(&self) -> u8 {
        self.bytes.get(3).map_or(0, |flags| flags & 0x0f)
    }

    /// The answers, up to the first that can not be read. The last may be cut short.
    pub fn answers(&self) -> impl Iterator<Item = Answer<'a>> + use<'a> {
        self.answers_behind(&self.read_questions())
    }

    /// The same, where the questions were read already.
    pub fn answers_behind(
        &self,
        questions: &Questions<'a>,
    ) -> impl Iterator<Item = Answer<'a>> + use<'a> {
        /// A pointer to the first question, which was read already.
        const ASKED: [u8; 2] = [0xc0, HEADER_LEN as u8];
        let (bytes, asked) = (self.bytes, questions.first.is_some());
        let mut at = questions.end;
        (0..self.count(6).min(ANSWERS_MAX)).map_while(move |_| {
            let start = at?;
            let end = match bytes.get(start..)?.first_chunk() {
                Some(&ASKED) if asked => start + ASKED.len(),
                _ => Name::parse(bytes, start)?.1,
            };
            let &[k0, k1, _, _, _, _, _, _, l0, l1] =
                bytes.get(end..)?.first_chunk::<FIXED_LEN>()?;
            let start = end + FIXED_LEN;
            let told = start + usize::from(u16::from_be_bytes([l0, l1]));
            at = Some(told);
            let data = bytes.get(start..told.min(bytes.len()))?;
            Some(Answer { kind: u16::from_be_bytes([k0, k1]), data, message: bytes, at: start })
        })
    }

    /// Whether this can be a DNS message at all: a known operation, no more questions than are asked, and
    /// all of them there. What is carried over the port in place of DNS seldom can.
    pub fn is_plausible(&self, questions: &Questions<'_>) -> bool {
        /// The highest operation that is assigned: DSO (RFC 8490).
        const OPERATION_MAX: u8 = 6;
        const QUESTIONS_MAX: u16 = 4;
        let operation = self.bytes.get(2).map_or(u8::MAX, |flags| flags >> 3 & 0x0f);
        operation <= OPERATION_MAX && self.count(4) <= QUESTIONS_MAX && questions.end.is_some()
    }

    /// A count of the header, at `at`.
    fn count(&self, at: usize) -> u16 {
        let count = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        count.map_or(0, |&count| u16::from_be_bytes(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to `a.b` with a TXT and a CNAME.
    const ANSWERED: &[u8] = b"\0\x07\x81\x83\0\x01\0\x02\0\0\0\0\x01a\x01b\0\0\x10\0\x01\
        \xc0\x0c\0\x10\0\x01\0\0\0\x09\0\x04\x03xyz\
        \xc0\x0c\0\x05\0\x01\0\0\0\x09\0\x04\x01c\xc0\x0e";

    #[test]
    fn reads_answers_in_place() {
        let message = Message::parse(ANSWERED).unwrap();
        assert_eq!(message.response_code(), 3);
        assert!(!message.is_query() && message.is_plausible(&message.read_questions()));
        let answers: Vec<_> = message.answers().collect();
        assert_eq!((answers[0].kind, answers[0].data), (16, &b"\x03xyz"[..]));
        assert_eq!(answers[1].name_behind(0).unwrap().to_string(), "c.b");
        assert!(answers[1].name_behind(3).is_none() && answers.len() == 2);
    }

    #[test]
    fn what_is_cut_off_is_told_as_far_as_it_goes() {
        for length in 12..ANSWERED.len() {
            let message = Message::parse(&ANSWERED[..length]).unwrap();
            let read: usize = message.answers().map(|answer| answer.data.len()).sum();
            assert!(read <= 8, "{length}");
        }
        let message = Message::parse(&ANSWERED[..35]).unwrap();
        assert_eq!(message.answers().map(|a| a.data).collect::<Vec<_>>(), [b"\x03x"]);
    }

    #[test]
    fn what_is_no_message_is_not_plausible() {
        for bytes in
            [&b"\x10\xd1\x9e\x20\x11\x22\x33\x44\x55\x66\x77\x88\x99"[..], b"GET / HTTP/1.1"]
        {
            let message = Message::parse(bytes).unwrap();
            assert!(!message.is_plausible(&message.read_questions()));
        }
    }
}
