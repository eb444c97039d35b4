//! Captures that begin as pcapng does. The first block's type and byte-order magic are set, so that
//! no time is spent on finding them; what follows is up to the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_fuzz::check_file;

const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

fuzz_target!(|bytes: &[u8]| {
    check_file(bytes);
    let mut section = bytes.to_vec();
    if let Some(kind) = section.first_chunk_mut::<4>() {
        *kind = SECTION_HEADER;
        check_file(&section);
    }
});
