//! The bytes of a capture, decompressed where they are compressed.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Compression;
use crate::stop::Stop;

/// How many times larger than its compressed form a capture may be; traffic compresses less than
/// a hundredfold.
pub const MAX_EXPANSION: u64 = 1000;

/// How many uncompressed bytes are read before [`MAX_EXPANSION`] is looked at: 256 MiB.
pub const EXPANSION_FLOOR: u64 = 256 << 20;

/// Bytes that a decoder is given at once; small beside a capture, large beside the cost of a call.
const PIECE: usize = 4096;

/// As many bytes as are needed to tell the compressions apart.
const MAGIC_LEN: usize = 4;

/// The input of a capture, behind its decompression.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    compression: Option<Compression>,
    taken: Arc<AtomicU64>,
    given: u64,
    floor: u64,
}

impl Input {
    pub(crate) fn new(raw: impl Read + Send + 'static) -> io::Result<Self> {
        let taken = Arc::new(AtomicU64::new(0));
        let mut raw = Counted { raw, taken: Arc::clone(&taken) };
        let mut head = Vec::with_capacity(MAGIC_LEN);
        (&mut raw).take(MAGIC_LEN as u64).read_to_end(&mut head)?;

        let compression = Compression::detect(&head);
        let whole = Cursor::new(head).chain(raw);
        let reader: Box<dyn Read + Send> = match compression {
            Some(compression) => compression.decode(Pieces::new(whole))?,
            None => Box::new(whole),
        };
        Ok(Self { reader, compression, taken, given: 0, floor: EXPANSION_FLOOR })
    }

    pub(crate) fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Bytes taken from the underlying input so far, as it stands, that is compressed or not.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Reads what is there, at least one byte of it; 0 at the end.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Stop> {
        let read = self.reader.read(bytes).map_err(|error| self.stop(error))?;
        self.given += read as u64;
        match self.compression {
            Some(compression) if self.expands_too_much() => Err(Stop::Expansion(compression)),
            _ => Ok(read),
        }
    }

    fn expands_too_much(&self) -> bool {
        self.given > self.floor && self.given / MAX_EXPANSION > self.taken()
    }

    fn stop(&self, error: io::Error) -> Stop {
        match self.compression {
            // The decoders pass on what the operating system says, and make up the rest.
            Some(compression) if error.raw_os_error().is_none() => match error.kind() {
                io::ErrorKind::UnexpectedEof => Stop::CutShort,
                _ => Stop::Damaged { offset: self.given, what: format!("{compression}: {error}") },
            },
            _ => Stop::Read(error),
        }
    }
}

/// Counts what is read, and reads again when interrupted by a signal.
struct Counted<R> {
    raw: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.raw.read(bytes) {
                Ok(read) => {
                    self.taken.fetch_add(read as u64, Ordering::Relaxed);
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Gives pieces of [`PIECE`] bytes, but for the last.
///
/// A decoder that meets damage loses what it has made of the piece of input at hand. Pieces of one
/// small size keep that little, and the same whether the input is a file or a pipe.
struct Pieces<R> {
    input: BufReader<R>,
    /// What went wrong behind the bytes given last.
    failure: Option<io::Error>,
}

impl<R: Read> Pieces<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 << 10, input), failure: None }
    }
}

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let size = PIECE.min(bytes.len());
        let mut filled = 0;
        while let Some(room) = bytes.get_mut(filled..size).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn drain(input: &mut Input) -> Result<u64, Stop> {
        let mut piece = vec![0; 1 << 20];
        let mut total = 0;
        loop {
            match input.read(&mut piece)? {
                0 => return Ok(total),
                read => total += read as u64,
            }
        }
    }

    #[test]
    fn a_bomb_is_stopped_soon_after_the_floor() {
        let zeros = zstd::encode_all(io::repeat(0).take(64 << 20), 1).unwrap();
        assert!(zeros.len() < 16 << 10, "{}", zeros.len());
        let mut input = Input::new(Cursor::new(zeros.clone())).unwrap();
        assert_eq!(drain(&mut input).unwrap(), 64 << 20);

        let mut input = Input::new(Cursor::new(zeros)).unwrap();
        input.floor = 16 << 20;
        assert!(matches!(drain(&mut input), Err(Stop::Expansion(Compression::Zstd))));
        assert!((16 << 20..18 << 20).contains(&input.given), "{}", input.given);
    }

    #[test]
    fn a_zstd_window_above_the_limit_is_refused() {
        // Magic, a frame header with only a window descriptor (2^31 bytes), one empty last block.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        let mut input = Input::new(Cursor::new(frame.to_vec())).unwrap();
        assert!(matches!(drain(&mut input), Err(Stop::Damaged { offset: 0, .. })));
    }

    /// Gives one byte at a time, as the slowest pipe does, then fails.
    struct Trickle(Cursor<Vec<u8>>, Option<io::Error>);

    impl Read for Trickle {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(bytes.get_mut(..1).unwrap_or_default())?;
            if read > 0 { Ok(read) } else { self.1.take().map_or(Ok(0), Err) }
        }
    }

    #[test]
    fn damage_is_met_at_the_same_place_however_the_input_comes() {
        let noise =
            std::iter::successors(Some(1_u32), |n| Some(n.wrapping_mul(1_664_525).wrapping_add(1)));
        let content: Vec<u8> = noise.map(|n| n.to_be_bytes()[0]).take(100_000).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&content).unwrap();
        gzip.flush().unwrap();
        // Flushed to a whole byte; then comes a block of a type that there is not.
        let mut bytes = gzip.get_ref().clone();
        bytes.push(0x07);
        let damaged_at = |mut input: Input| match drain(&mut input) {
            Err(Stop::Damaged { offset, .. }) => offset,
            other => panic!("{other:?}"),
        };
        let file = damaged_at(Input::new(Cursor::new(bytes.clone())).unwrap());
        let pipe = damaged_at(Input::new(Trickle(Cursor::new(bytes), None)).unwrap());
        assert_eq!(file, pipe);
        assert!(file > content.len() as u64 * 3 / 4, "{file}");
    }

    #[test]
    fn a_failure_comes_behind_what_was_read_before_it() {
        let failure = io::Error::from_raw_os_error(5);
        let trickle = Trickle(Cursor::new(vec![1, 2, 3]), Some(failure));
        let mut pieces = Pieces::new(trickle);
        let mut bytes = [0; 10];
        assert_eq!(pieces.read(&mut bytes).unwrap(), 3);
        assert_eq!(pieces.read(&mut bytes).unwrap_err().raw_os_error(), Some(5));
        assert_eq!(pieces.read(&mut bytes).unwrap(), 0);
    }

    #[test]
    fn interruptions_are_read_over_and_bytes_counted() {
        struct Interrupted(bool);
        impl Read for Interrupted {
            fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
                self.0 = !self.0;
                if self.0 {
                    Err(io::ErrorKind::Interrupted.into())
                } else {
                    io::repeat(7).read(bytes)
                }
            }
        }
        let mut input = Input::new(Interrupted(false).take(100)).unwrap();
        assert_eq!(drain(&mut input).unwrap(), 100);
        assert_eq!(input.taken(), 100);
    }
}
