//! What flows on a port, by the first bytes: protocols with a documented signature, and shells.

use crate::text_search::{find, says_any};

/// A prompt or the banner of a shell is short.
const SHELL_MAX: usize = 512;
/// A program that is sent starts with a header of at least this.
const PROGRAM_MIN: usize = 256;

/// What one side was first heard to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// A command shell: its banner, its prompt or the answer of `id`.
    Shell,
    /// An executable program, as it stands in a file, with nothing around it.
    Program,
    /// The Android debug bridge.
    Adb,
    Irc,
    Http,
    Tls,
    /// Another protocol that is known and that its users may put at any port.
    Known(&'static str),
    /// Peers of a file-sharing network, whose ports are chance.
    Peer,
    /// Real-time media, whose ports are negotiated.
    Media,
    /// Nothing that is known.
    Unknown,
}

impl Speech {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Shell => "command shell",
            Self::Program => "executable program",
            Self::Adb => "Android debug bridge",
            Self::Irc => "IRC",
            Self::Http => "HTTP",
            Self::Tls => "TLS",
            Self::Known(name) => name,
            Self::Peer => "peer-to-peer",
            Self::Media => "media",
            Self::Unknown => "unknown",
        }
    }

    /// What a TCP segment speaks.
    pub(super) fn of_segment(payload: &[u8]) -> Self {
        match payload {
            [0x16, 3, 0..=4, ..] => Self::Tls,
            [b'M', b'Z', ..] | [0x7f, b'E', b'L', b'F', ..] if payload.len() >= PROGRAM_MIN => {
                Self::Program
            }
            [b'C', b'N', b'X', b'N', 0 | 1, 0, 0, ..] => Self::Adb,
            [19, b'B', b'i', b't', b'T', b'o', b'r', b'r', b'e', b'n', b't', ..] => Self::Peer,
            [b'S', b'S', b'H', b'-', ..] => Self::Known("SSH"),
            [b'R', b'F', b'B', b' ', ..] => Self::Known("RFB"),
            [0xff, _, _, _, _, _, _, _, _, 0x7f, ..] => Self::Known("ZeroMQ"),
            [b'2', b'2', b'0', b' ' | b'-', ..] => Self::Known("FTP or SMTP"),
            [b'*', b'0'..=b'9', ..] if find(payload, b"\r\n$").is_some() => Self::Known("Redis"),
            _ if is_http(payload) => Self::Http,
            _ if is_irc(payload) => Self::Irc,
            _ if is_shell(payload) => Self::Shell,
            _ => Self::Unknown,
        }
    }

    /// What a datagram speaks.
    pub(super) fn of_datagram(payload: &[u8]) -> Self {
        match payload {
            // BitTorrent: the magic number of trackers (BEP 15), queries of the DHT (BEP 5), uTP (BEP 29).
            [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, ..] | [b'd', b'1', b':', ..] => Self::Peer,
            [0x01 | 0x11 | 0x21 | 0x31 | 0x41, 0..=2, ..] if payload.len() == 20 => Self::Peer,
            [_, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] => Self::Media,
            // RTP and RTCP, version 2 (RFC 3550).
            [first, ..] if first & 0xc0 == 0x80 && payload.len() >= 12 => Self::Media,
            [0x16, 0xfe, ..] => Self::Known("DTLS"),
            // QUIC, a long header (RFC 9000 §17.2).
            [first, _, _, _, _, ..] if first & 0xc0 == 0xc0 && payload.len() >= 1_200 => {
                Self::Known("QUIC")
            }
            _ => Self::Unknown,
        }
    }

    /// Whether `payload` opens as the command interpreter of Windows does: at no port but a log-in's.
    pub(super) fn is_windows_banner(payload: &[u8]) -> bool {
        payload.len() <= SHELL_MAX
            && payload.starts_with(b"Microsoft Windows ")
            && find(payload, b"[Version ").or_else(|| find(payload, b"(C) Copyright")).is_some()
    }
}

fn is_http(payload: &[u8]) -> bool {
    const STARTS: [&[u8]; 8] =
        [b"GET ", b"POST ", b"HTTP/1.", b"HEAD ", b"PUT ", b"OPTIONS ", b"CONNECT ", b"DELETE "];
    STARTS.iter().any(|start| payload.starts_with(start))
}

/// Commands that open a conversation, and numeric or named ones of a server with its name before them.
fn is_irc(payload: &[u8]) -> bool {
    const STARTS: [&[u8]; 8] =
        [b"NICK ", b"USER ", b"CAP ", b"PASS ", b"NOTICE ", b"PING ", b"JOIN ", b"ERROR :"];
    let line = payload.get(..payload.len().min(128)).unwrap_or(payload);
    STARTS.iter().any(|start| line.starts_with(start))
        || line.starts_with(b":") && says_any(line, &[b" notice ", b" 001 ", b" 020 ", b" mode "])
}

fn is_shell(payload: &[u8]) -> bool {
    if payload.len() > SHELL_MAX {
        return false;
    }
    let text = payload.trim_ascii();
    Speech::is_windows_banner(text)
        || (text.starts_with(b"uid=") && find(text, b" gid=").is_some())
        || is_windows_prompt(text)
        || is_unix_prompt(payload)
        || find(text, b"no job control in this shell").is_some()
        || find(text, b"can't access tty; job control turned off").is_some()
}

/// `C:\somewhere>` at the end of what was sent.
fn is_windows_prompt(text: &[u8]) -> bool {
    let line = text.rsplit(|&byte| byte == b'\n').next().unwrap_or(text);
    matches!(line, [drive, b':', b'\\', .., b'>'] if drive.is_ascii_alphabetic())
}

/// `$ ` or `# ` and nothing else, or behind a line of a shell's name or of user and host.
fn is_unix_prompt(payload: &[u8]) -> bool {
    let line = payload.rsplit(|&byte| byte == b'\n').next().unwrap_or(payload);
    match line {
        b"$ " | b"# " => true,
        [name @ .., b'$' | b'#', b' '] => {
            let known = name.starts_with(b"bash-") || name.starts_with(b"sh-");
            known || (name.contains(&b'@') && name.contains(&b':') && name.is_ascii())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_and_programs_are_told_from_protocols() {
        for shell in [
            &b"Microsoft Windows XP [Version 5.1.2600]"[..],
            b"Microsoft Windows [Version 10.0.19045.2006]\r\n(c) Microsoft Corporation.",
            b"\r\nC:\\WINDOWS\\system32>",
            b"uid=0(root) gid=0(root) groups=0(root)\n",
            b"$ ",
            b"bash-5.1$ ",
            b"\nroot@web:/var/www# ",
            b"/bin/sh: 0: can't access tty; job control turned off\n$ ",
        ] {
            assert_eq!(Speech::of_segment(shell), Speech::Shell, "{}", shell.escape_ascii());
        }
        let program = [&b"MZ\x90\0"[..], &[0; 300]].concat();
        assert_eq!(Speech::of_segment(&program), Speech::Program);
        for (payload, speech) in [
            (&b"GET /c2 HTTP/1.1\r\n"[..], Speech::Http),
            (b"NICK joe\r\nUSER joe 0 * :Joe\r\n", Speech::Irc),
            (b":irc.example.net NOTICE * :*** Looking up your hostname", Speech::Irc),
            (b"\x16\x03\x01\x02\0\x01", Speech::Tls),
            (b"CNXN\x01\0\0\x01\0\0\x10\0", Speech::Adb),
            (b"SSH-2.0-OpenSSH_9.6\r\n", Speech::Known("SSH")),
            (b"{\"id\": 1, \"method\": \"mining.subscribe\"}", Speech::Unknown),
            (b"total: 5$ ", Speech::Unknown),
            (b"MZ", Speech::Unknown),
        ] {
            assert_eq!(Speech::of_segment(payload), speech, "{}", payload.escape_ascii());
        }
    }

    #[test]
    fn datagrams_of_peers_and_calls_are_known() {
        let tracker = b"\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0\x01\x02\x03\x04";
        assert_eq!(Speech::of_datagram(tracker), Speech::Peer);
        assert_eq!(Speech::of_datagram(b"d1:ad2:id20:"), Speech::Peer);
        assert_eq!(Speech::of_datagram(&[0x80; 172]), Speech::Media);
        assert_eq!(Speech::of_datagram(b"$GPGGA,114834"), Speech::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn nothing_hostile_breaks_it(payload: Vec<u8>) {
            let _ = (Speech::of_segment(&payload), Speech::of_datagram(&payload));
            let _ = Speech::is_windows_banner(&payload);
        }
    }
}
