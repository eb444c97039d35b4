//! DNS messages: the header, the questions and the answers, read in place.
//!
//! What is hostile here: compression pointers that loop, names without an end, counts that lie.
//! Every walk is bounded by [`Name::MAX_WIRE_LEN`] and stops at the first thing that is wrong.

mod answer;
mod name;
mod stream;

pub use answer::Answer;
pub use name::Name;
pub use stream::Messages;

/// The port of unicast DNS.
pub const DNS_PORT: u16 = 53;
/// The ports of multicast DNS and LLMNR.
pub const LOCAL_DNS_PORTS: [u16; 2] = [5353, 5355];

const HEADER_LEN: usize = 12;
/// More questions than any real message has.
const QUESTIONS_MAX: u16 = 32;

/// A DNS message in a packet.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
}

/// One entry of the question section.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked about.
    pub name: Name<'a>,
    /// Record type, such as 1 for A or 16 for TXT.
    pub kind: u16,
}

/// What the question section holds, read once.
#[derive(Clone, Copy, Debug)]
pub struct Questions<'a> {
    /// The first question.
    pub first: Option<Question<'a>>,
    /// The one with the longest name; of several the last.
    pub longest: Option<Question<'a>>,
    /// Where the answers begin, if all questions that the header claims are there.
    end: Option<usize>,
}

impl<'a> Message<'a> {
    /// Reads a message that begins at the start of `bytes`; `None` if not even the header is there.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= HEADER_LEN).then_some(Self { bytes })
    }

    /// Whether this is a question, not an answer.
    pub fn is_query(&self) -> bool {
        self.bytes.get(2).is_some_and(|flags| flags & 0x80 == 0)
    }

    /// Whether all questions are there whole: not so in the first fragment of a message that
    /// was split before their end.
    pub fn has_all_questions(&self) -> bool {
        self.questions().count() == usize::from(self.question_count())
    }

    /// The questions, up to the first that can not be read or is not whole.
    pub fn questions(&self) -> impl Iterator<Item = Question<'a>> + use<'a> {
        let bytes = self.bytes;
        let mut at = HEADER_LEN;
        (0..self.question_count()).map_while(move |_| {
            let (question, end) = Question::read(bytes, at)?;
            at = end;
            Some(question)
        })
    }

    /// Reads the questions.
    #[inline]
    pub fn read_questions(&self) -> Questions<'a> {
        // Nearly every message has one.
        match (self.question_count(), Question::read(self.bytes, HEADER_LEN)) {
            (1, Some((only, end))) => {
                Questions { first: Some(only), longest: Some(only), end: Some(end) }
            }
            (claimed, _) => self.read_several(claimed),
        }
    }

    #[cold]
    fn read_several(&self, claimed: u16) -> Questions<'a> {
        let (mut first, mut longest) = (None, None::<Question<'a>>);
        let mut end = Some(HEADER_LEN);
        for _ in 0..claimed {
            let Some((question, behind)) = end.and_then(|at| Question::read(self.bytes, at)) else {
                end = None;
                break;
            };
            end = Some(behind);
            first = first.or(Some(question));
            let longer =
                |longest: &Question<'_>| question.name.text_len() >= longest.name.text_len();
            if longest.as_ref().is_none_or(longer) {
                longest = Some(question);
            }
        }
        Questions { first, longest, end }
    }

    /// As many questions as the header claims, up to what is read.
    fn question_count(&self) -> u16 {
        let claimed = self.bytes.get(4..6).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]));
        claimed.min(QUESTIONS_MAX)
    }
}

impl<'a> Question<'a> {
    /// The question at `at`, if it is whole, and where it ends.
    fn read(bytes: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let (name, end) = Name::parse(bytes, at)?;
        let &[k0, k1, _, _] = bytes.get(end..)?.first_chunk()?;
        Some((Self { name, kind: u16::from_be_bytes([k0, k1]) }, end + 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(count: u8, questions: &[u8]) -> Vec<u8> {
        [&[0, 1, 1, 0, 0, count, 0, 0, 0, 0, 0, 0], questions].concat()
    }

    #[test]
    fn reads_questions_in_place() {
        let bytes = query(2, b"\x03www\x07Example\x00\x00\x01\x00\x01\xc0\x10\x00\x10\x00\x01");
        let message = Message::parse(&bytes).unwrap();
        assert!(message.is_query() && message.has_all_questions());
        assert!(!Message::parse(&bytes[..28]).unwrap().has_all_questions());
        let seen: Vec<_> =
            message.questions().map(|q| (q.name.to_string(), q.name.text_len(), q.kind)).collect();
        assert_eq!(seen, [("www.Example".into(), 11, 1), ("Example".into(), 7, 16)]);
        let read = message.read_questions();
        let names = [read.first, read.longest].map(|q| q.map(|q| q.name.text_len()));
        assert_eq!((names, read.end), ([Some(11); 2], Some(bytes.len())));
        assert!(Message::parse(&bytes[..28]).unwrap().read_questions().end.is_none());
    }

    #[test]
    fn a_question_that_ends_early_is_not_told() {
        let whole = query(9, b"\x01a\x00\x00\x10\x00\x01");
        assert_eq!(Message::parse(&whole).unwrap().questions().count(), 1);
        let cut = Message::parse(&whole[..whole.len() - 1]).unwrap();
        assert_eq!(cut.questions().count(), 0);
    }

    #[test]
    fn lies_end_the_walk() {
        for lie in [&b"\xc0\x0c"[..], b"\x05ab", b"\x40a\x00", b"\xc0", b""] {
            let bytes = query(1, lie);
            assert_eq!(Message::parse(&bytes).unwrap().questions().count(), 0, "{lie:?}");
        }
        assert!(Message::parse(&[0; 11]).is_none());
    }
}
