//! The connections at log-ins, by what can be told of them without reading each segment: sizes come from
//! sequence numbers, and whether an SSH log-in worked from the lengths of a few small segments.

use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Ip, Tcp, TcpFlags, Timestamp, Usage};

use super::logins::Login;
use super::service::Service;

/// A connection without a packet of interest for longer may be forgotten without loss.
const IDLE: Duration = Duration::from_secs(600);
/// What a client says at least to log in anywhere; a health check says less.
const BRIEF_MIN: u32 = 8;
/// More than a log-in takes in either direction, key exchange and certificates included.
const BRIEF_MAX: u32 = 12_000;
/// A log-in that lasts longer is a session. OpenSSH waits two minutes for a password.
const BRIEF_FOR: Duration = Duration::from_secs(150);
/// Of RDP: what a client and a server say at least to check a password; who only looks at the certificate
/// says less.
const RDP_MIN: (u32, u32) = (900, 500);
/// Of RDP: screens come only after a log-in.
const RDP_SCREENS: u32 = 40_000;
/// Segments longer than this tell nothing of an SSH log-in.
const SSH_ANSWER_MAX: usize = 128;
/// The client's last message in clear: new keys (RFC 4253 §7.3).
const NEW_KEYS: [u8; 6] = [0, 0, 0, 12, 10, 21];
/// Lengths on the wire of the acceptance of `ssh-userauth`, under the ciphers and integrity codes in use.
const ACCEPTANCES: [u8; 8] = [40, 44, 48, 52, 56, 64, 68, 100];
/// Under all of them, word that a log-in has worked is so much shorter than the acceptance was.
const SHORTER: u8 = 16;

/// One connection, from the client's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    login: Login,
    client_port: u16,
}

/// A connection while it lasts.
#[derive(Clone, Copy, Debug)]
struct Conversation {
    opened: Timestamp,
    client_isn: u32,
    server_isn: u32,
    service: Service,
    stage: Stage,
}

/// How far an SSH log-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Clear,
    Encrypted,
    /// The server has accepted to check who it is, in a segment of this length.
    Accepted(u8),
    /// And has said no.
    Refused(u8),
    LoggedIn,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nobody said anything to speak of.
    Unused,
    /// Somebody may have tried to log in.
    Brief,
    /// An SSH or RDP session that ended where a password was refused.
    Failed,
    /// It carried more than a log-in.
    Busy,
    /// The same, of a kind that can not be had without a log-in.
    LoggedIn,
}

/// The connections that are followed.
pub(super) struct Conversations {
    open: BoundedMap<Key, Conversation>,
}

impl Conversations {
    pub(super) fn new(max: NonZeroUsize) -> Self {
        Self { open: BoundedMap::new(max, IDLE) }
    }

    /// A server accepts a connection by SYN-ACK.
    pub(super) fn accept(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, now: Timestamp) {
        let (login, client_port) = from_server(ip, tcp);
        let conversation = Conversation {
            opened: now,
            client_isn: tcp.acknowledgement.wrapping_sub(1),
            server_isn: tcp.sequence,
            service: Service::at(login.port),
            stage: Stage::Clear,
        };
        *self.open.entry(Key { login, client_port }, now, || conversation).value = conversation;
    }

    /// A segment from a server that shows it to speak `service`: its connection is followed from now on.
    pub(super) fn meet(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, service: Service, now: Timestamp) {
        let (login, client_port) = from_server(ip, tcp);
        let conversation = || Conversation {
            opened: now,
            client_isn: tcp.acknowledgement.wrapping_sub(1),
            server_isn: tcp.sequence.wrapping_sub(1),
            service,
            stage: Stage::Clear,
        };
        self.open.entry(Key { login, client_port }, now, conversation).value.service = service;
    }

    /// A segment of a client at a port where SSH is spoken.
    pub(super) fn client_says(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, now: Timestamp) {
        if !tcp.payload.starts_with(&NEW_KEYS) {
            return;
        }
        let (login, client_port) = from_client(ip, tcp);
        if let Some(conversation) = self.open.touch(&Key { login, client_port }, now)
            && conversation.stage == Stage::Clear
        {
            conversation.service = Service::Ssh;
            conversation.stage = Stage::Encrypted;
        }
    }

    /// A segment of a server at a port where SSH is spoken; the log-in that it shows to have worked.
    pub(super) fn server_says(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>) -> Option<Login> {
        let len = u8::try_from(tcp.payload.len()).ok()?;
        if usize::from(len) > SSH_ANSWER_MAX {
            return None;
        }
        let (login, client_port) = from_server(ip, tcp);
        let conversation = self.open.get_mut(&Key { login, client_port })?;
        match conversation.stage {
            Stage::Encrypted if ACCEPTANCES.contains(&len) => {
                conversation.stage = Stage::Accepted(len);
            }
            Stage::Accepted(accepted) | Stage::Refused(accepted) => {
                if len == accepted.saturating_sub(SHORTER) {
                    conversation.stage = Stage::LoggedIn;
                    return Some(login);
                }
                if len >= accepted {
                    conversation.stage = Stage::Refused(accepted);
                }
            }
            _ => {}
        }
        None
    }

    /// How many bytes the server has sent before this segment of it, where its connection is followed.
    pub(super) fn sent_before(&self, ip: &Ip<'_>, tcp: &Tcp<'_>) -> Option<u32> {
        let (login, client_port) = from_server(ip, tcp);
        let conversation = self.open.get(&Key { login, client_port })?;
        Some(since(conversation.server_isn, tcp.sequence))
    }

    /// A FIN or RST of the server or the client: how the connection ended, if it was followed. Told once.
    pub(super) fn end(
        &mut self,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        by_server: bool,
        now: Timestamp,
    ) -> Option<(Login, Service, Ending)> {
        let (login, client_port) =
            if by_server { from_server(ip, tcp) } else { from_client(ip, tcp) };
        let conversation = self.open.remove(&Key { login, client_port })?;
        let Conversation { client_isn, server_isn, .. } = conversation;
        let (own, other) =
            if by_server { (server_isn, client_isn) } else { (client_isn, server_isn) };
        let sent = since(own, tcp.sequence) + tcp.payload.len() as u32;
        let heard = match tcp.flags.contains(TcpFlags::ACK) {
            true => since(other, tcp.acknowledgement),
            false => 0,
        };
        let (client, server) = if by_server { (heard, sent) } else { (sent, heard) };
        Some((login, conversation.service, conversation.ending(client, server, now)))
    }

    pub(super) fn usage(&self) -> Usage {
        self.open.usage()
    }
}

impl Conversation {
    /// What it was, by what the client and the server said, in bytes.
    fn ending(&self, client: u32, server: u32, now: Timestamp) -> Ending {
        if client < BRIEF_MIN {
            return Ending::Unused;
        }
        if self.service == Service::Rdp && server > RDP_SCREENS {
            return Ending::LoggedIn;
        }
        let brief = client <= BRIEF_MAX && server <= BRIEF_MAX;
        if !brief || now > self.opened.after(BRIEF_FOR) || self.stage == Stage::LoggedIn {
            return Ending::Busy;
        }
        match (self.service, self.stage) {
            (Service::Ssh, Stage::Refused(_)) => Ending::Failed,
            (Service::Rdp, _) if client >= RDP_MIN.0 && server >= RDP_MIN.1 => Ending::Failed,
            _ => Ending::Brief,
        }
    }
}

/// Bytes between the initial sequence number and `number`; 0 where it lies before it.
fn since(isn: u32, number: u32) -> u32 {
    let bytes = number.wrapping_sub(isn).wrapping_sub(1);
    if bytes > u32::MAX / 2 { 0 } else { bytes }
}

/// The log-in and the client's port of a segment from the server.
pub(super) fn from_server(ip: &Ip<'_>, tcp: &Tcp<'_>) -> (Login, u16) {
    let login = Login { source: ip.destination, destination: ip.source, port: tcp.source_port };
    (login, tcp.destination_port)
}

/// The same of a segment from the client.
pub(super) fn from_client(ip: &Ip<'_>, tcp: &Tcp<'_>) -> (Login, u16) {
    let login =
        Login { source: ip.source, destination: ip.destination, port: tcp.destination_port };
    (login, tcp.source_port)
}

/// Whether `payload` of the server opens SSH (RFC 4253 §4.2).
pub(super) fn opens_ssh(payload: &[u8]) -> bool {
    payload.starts_with(b"SSH-")
}

/// Whether `payload` of the server confirms a connection of RDP: TPKT 3, X.224 connection confirm.
pub(super) fn opens_rdp(payload: &[u8]) -> bool {
    matches!(payload, [3, 0, 0, len, _, 0xd0, ..] if usize::from(*len) == payload.len())
}
