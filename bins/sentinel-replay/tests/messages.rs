//! What the program says on standard error.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::fs::File;
use std::process::{Command, Output};

fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sentinel-replay")).arg("-q").args(arguments).output().unwrap()
}

#[test]
fn the_name_of_a_file_forges_no_message() {
    let name = "none\n INFO 1 capture\u{1b}[2J\u{9b}2J\u{202e}.pcap";
    for arguments in [
        &[name][..],
        &["--log-format", "json", name],
        &["--config", name, "-"],
        &["--reputation", name, "-"],
        &["--reputation-cache", name, "-"],
    ] {
        let output = replay(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
        assert!(!text.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn messages_that_can_not_be_written_change_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-replay"));
    let status = command.arg("no such capture").stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
