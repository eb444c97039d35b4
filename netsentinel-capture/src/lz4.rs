//! A reader of concatenated LZ4 frames that notices when the last one is cut short.

use std::io::{self, BufReader, Read};

use lz4_flex::frame::FrameDecoder;

/// Decodes LZ4 frames one after the other.
///
/// [`FrameDecoder`] ends without an error where the input ends at a block boundary although the
/// frame's end mark is missing, and wants all frames to have one block size. So every frame gets
/// a decoder of its own here, and the input is watched.
pub(crate) struct Lz4Frames<R: Read> {
    /// Present except while it is being replaced.
    decoder: Option<FrameDecoder<Watched<R>>>,
}

/// Notices whether a frame has begun, and that the input has ended.
struct Watched<R> {
    input: BufReader<R>,
    begun: bool,
    ended: bool,
}

impl<R: Read> Lz4Frames<R> {
    pub(crate) fn new(input: R) -> Self {
        let input = Watched { input: BufReader::new(input), begun: false, ended: false };
        Self { decoder: Some(FrameDecoder::new(input)) }
    }
}

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        while let Some(decoder) = &mut self.decoder {
            let read = decoder.read(bytes)?;
            let input = decoder.get_ref();
            match (read, input.begun, input.ended) {
                (1.., _, _) => return Ok(read),
                (0, true, true) => return Err(io::ErrorKind::UnexpectedEof.into()),
                (0, false, true) => return Ok(0),
                // A frame has ended, and the input has not: another frame may follow.
                (0, _, false) => {
                    self.decoder = self.decoder.take().map(|decoder| {
                        let input = decoder.into_inner();
                        FrameDecoder::new(Watched { begun: false, ..input })
                    });
                }
            }
        }
        Ok(0)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(bytes)?;
        self.begun |= read > 0;
        self.ended |= read == 0 && !bytes.is_empty();
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};

    use super::*;

    fn frame(block: BlockSize, content: &[u8]) -> Vec<u8> {
        let mut encoder =
            FrameEncoder::with_frame_info(FrameInfo::new().block_size(block), Vec::new());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let mut out = Vec::new();
        let mut piece = [0; 1000];
        let mut frames = Lz4Frames::new(Cursor::new(bytes.to_vec()));
        loop {
            match frames.read(&mut piece) {
                Ok(0) => return (out, Ok(())),
                Ok(n) => out.extend_from_slice(&piece[..n]),
                Err(error) => return (out, Err(error)),
            }
        }
    }

    #[test]
    fn frames_of_different_block_sizes_and_empty_ones_follow_one_another() {
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut bytes = frame(BlockSize::Max4MB, &content);
        bytes.extend(frame(BlockSize::Max64KB, b""));
        bytes.extend(frame(BlockSize::Max64KB, &content));
        let (out, end) = decode(&bytes);
        end.unwrap();
        assert_eq!(out, [&content[..], &content[..]].concat());
    }

    #[test]
    fn every_cut_inside_a_frame_is_noticed() {
        let one = frame(BlockSize::Max64KB, b"a capture");
        let two = [&one[..], &one[..]].concat();
        for cut in 0..=two.len() {
            let (_, end) = decode(&two[..cut]);
            if cut % one.len() == 0 {
                end.unwrap();
            } else {
                assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{cut}");
            }
        }
    }
}
