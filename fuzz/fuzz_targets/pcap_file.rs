//! Captures that begin as classic pcap does, or compressed; what is read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_fuzz::{check_file, rewrite};

fuzz_target!(|bytes: &[u8]| rewrite(&check_file(bytes)));
