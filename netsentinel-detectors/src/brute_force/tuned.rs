//! The tuned profile: what each packet tells of log-ins, and where it is counted.

use std::num::NonZeroUsize;

use netsentinel_core::{Context, Ip, Limits, Tcp, TcpFlags, Timestamp, Udp, Usage};

use super::answer::{self, Answer};
use super::asked::{self, Asked};
use super::conversations::{Conversations, Ending, from_client, from_server, opens_rdp, opens_ssh};
use super::counts::Counts;
use super::kerberos;
use super::logins::{Login, Logins};
use super::service::Service;
use super::settings::Settings;
use super::tell;
use crate::port_bits::PortBits;

/// What the tuned rules remember beside the attempts of the seed rule.
pub(super) struct Tuned {
    pub(super) counts: Counts,
    pub(super) logins: Logins,
    conversations: Conversations,
    /// The configured ports.
    ports: PortBits,
    /// The same and those where SSH or RDP was seen: only there a segment is looked up.
    followed: PortBits,
    /// Ports of servers that have refused somebody: only there clients are read.
    watched: PortBits,
    /// All of these, and those where an answer is known by its port: nothing more is looked at elsewhere,
    /// unless it opens as only log-ins do.
    heard: PortBits,
}

/// The `part`-th part of the room for hosts.
pub(super) fn share(limits: Limits, part: usize) -> Limits {
    let most = NonZeroUsize::new(limits.max_keys.get() / part);
    Limits { max_keys: most.unwrap_or(NonZeroUsize::MIN) }
}

/// Where clients are read from the start: of Kerberos, successes count before any failure.
fn watched(settings: &Settings) -> PortBits {
    let mut watched = PortBits::of(&settings.ports);
    watched.insert(kerberos::PORT);
    watched
}

/// Where anything may matter, whatever it opens with.
fn heard(settings: &Settings) -> PortBits {
    let mut heard = watched(settings);
    answer::PORTS.iter().for_each(|&port| heard.insert(port));
    heard
}

impl Tuned {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        Self {
            counts: Counts::new(settings, limits),
            logins: Logins::new(share(limits, 16).max_keys, settings.slow_window.duration()),
            conversations: Conversations::new(share(limits, 8).max_keys),
            ports: PortBits::of(&settings.ports),
            followed: PortBits::of(&settings.ports),
            watched: watched(settings),
            heard: heard(settings),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.counts.reconfigure(settings);
        self.logins.set_idle_after(settings.slow_window.duration());
        self.ports = PortBits::of(&settings.ports);
        for &port in &settings.ports {
            self.followed.insert(port);
            self.watched.insert(port);
            self.heard.insert(port);
        }
    }

    /// Whether log-ins are counted at `port`.
    pub(super) fn counts_at(&self, port: u16) -> bool {
        self.ports.contains(port)
    }

    pub(super) fn on_udp(
        &mut self,
        ip: &Ip<'_>,
        udp: &Udp<'_>,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let (from, to) = (udp.source_port, udp.destination_port);
        if from != kerberos::PORT && to != kerberos::PORT {
            // Of all else only SIP: its requests open with a letter, its answers with `SIP`.
            match udp.payload {
                [b'S', b'I', b'P', ..] | [b'R', b'E', b'G', ..] => {}
                _ => return,
            }
        }
        self.on_datagram(ip, (from, to), udp.payload, settings, cx);
    }

    pub(super) fn on_tcp(
        &mut self,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        if self.may_matter(tcp) && ip.fragment.is_none() {
            self.on_data(ip, tcp, settings, cx);
        }
        if !tcp.flags.intersects(TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST) {
            return;
        }
        if tcp.flags.contains(TcpFlags::SYN) {
            if tcp.flags.contains(TcpFlags::ACK) && self.ports.contains(tcp.source_port) {
                self.on_accept(ip, tcp, cx.now());
            }
        } else if self.followed.contains(tcp.source_port)
            || self.followed.contains(tcp.destination_port)
        {
            self.on_end(ip, tcp, settings, cx);
        }
    }

    /// Whether a segment carries anything that may tell of a log-in, by its ports and its first bytes: most
    /// do not.
    fn may_matter(&self, tcp: &Tcp<'_>) -> bool {
        let Some(&first) = tcp.payload.first() else { return false };
        answer::OPENINGS[usize::from(first)]
            || self.heard.contains(tcp.source_port)
            || self.heard.contains(tcp.destination_port)
            || answer::is_mysql_error(tcp.payload)
    }

    fn on_accept(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, now: Timestamp) {
        self.conversations.accept(ip, tcp, now);
        let (login, _) = from_server(ip, tcp);
        let record = self.logins.of(login, Service::at(login.port), now);
        record.answered = record.answered.saturating_add(1);
    }

    fn on_end(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, settings: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        let ended = [(tcp.source_port, true), (tcp.destination_port, false)]
            .into_iter()
            .filter(|&(port, _)| self.followed.contains(port))
            .find_map(|(_, by_server)| self.conversations.end(ip, tcp, by_server, now));
        let Some((login, service, ending)) = ended else {
            if tcp.flags.contains(TcpFlags::RST) && self.ports.contains(tcp.source_port) {
                let (login, _) = from_server(ip, tcp);
                let record = self.logins.of(login, Service::at(login.port), now);
                record.refused = record.refused.saturating_add(1);
            }
            return;
        };
        let record = self.logins.of(login, service, now);
        record.service = service;
        match ending {
            Ending::Unused => {}
            Ending::Brief => record.brief = record.brief.saturating_add(1),
            Ending::Busy => record.busy = record.busy.saturating_add(1),
            Ending::Failed => {
                record.brief = record.brief.saturating_add(1);
                tell::session_failed(self, login, settings, cx);
            }
            Ending::LoggedIn => {
                record.busy = record.busy.saturating_add(1);
                tell::worked(self, login, settings, cx);
            }
        }
    }

    fn on_data(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, settings: &Settings, cx: &mut Context<'_>) {
        let (payload, now) = (tcp.payload, cx.now());
        if let Some((service, answer)) = answer::read(payload, tcp.source_port) {
            let early = |sent| sent < answer::VNC_RESULT_WITHIN;
            if service != Service::Vnc || self.conversations.sent_before(ip, tcp).is_some_and(early)
            {
                let (login, client_port) = from_server(ip, tcp);
                self.on_answer(login, client_port, (service, answer), settings, cx);
            }
            return;
        }
        let opens = match payload {
            [b'S', ..] if opens_ssh(payload) => Some(Service::Ssh),
            [3, 0, ..] if opens_rdp(payload) => Some(Service::Rdp),
            _ => None,
        };
        // Both ends of SSH open so: the server's port is the lower one, where it is not known.
        if let Some(service) = opens
            && (self.ports.contains(tcp.source_port) || tcp.source_port < tcp.destination_port)
        {
            self.followed.insert(tcp.source_port);
            self.heard.insert(tcp.source_port);
            self.conversations.meet(ip, tcp, service, now);
            return;
        }
        if self.followed.contains(tcp.source_port) {
            if let Some(login) = self.conversations.server_says(ip, tcp) {
                tell::worked(self, login, settings, cx);
            }
            return;
        }
        if self.followed.contains(tcp.destination_port) {
            self.conversations.client_says(ip, tcp, now);
        }
        let (login, client_port) = from_client(ip, tcp);
        if self.watched.contains(login.port) {
            self.on_asked(login, client_port, asked::read(payload));
        }
        if let Some(password) = asked::form(payload) {
            tell::form_sent(self, login, password, settings, cx);
        } else if login.port == kerberos::PORT
            && let Some(user) = kerberos::user(payload)
        {
            self.logins.of(login, Service::Kerberos, now).names(user, client_port);
        }
    }

    fn on_datagram(
        &mut self,
        ip: &Ip<'_>,
        (from, to): (u16, u16),
        payload: &[u8],
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        if let Some(said) = answer::read_datagram(payload, from) {
            let login = Login { source: ip.destination, destination: ip.source, port: from };
            self.on_answer(login, to, said, settings, cx);
            return;
        }
        let login = Login { source: ip.source, destination: ip.destination, port: to };
        if to == kerberos::PORT {
            if let Some(user) = kerberos::user(payload) {
                self.logins.of(login, Service::Kerberos, cx.now()).names(user, from);
            }
        } else if self.watched.contains(to) {
            self.on_asked(login, from, asked::read(payload));
        }
    }

    fn on_asked(&mut self, login: Login, client_port: u16, asked: Option<Asked>) {
        let Some(asked) = asked else { return };
        let Some(record) = self.logins.get_mut(&login) else { return };
        match asked {
            Asked::Password(guess) => record.asks(guess, client_port),
            Asked::User(user) => record.names(user, client_port),
        }
    }

    fn on_answer(
        &mut self,
        login: Login,
        client_port: u16,
        (service, answer): (Service, Answer),
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        if matches!(answer, Answer::Works | Answer::Accepts) {
            if !self.watched.contains(login.port) {
                return;
            }
            let Some(record) = self.logins.get_mut(&login) else { return };
            if answer == Answer::Works || record.was_asking(client_port) {
                tell::worked(self, login, settings, cx);
            }
            return;
        }
        self.watched.insert(login.port);
        self.heard.insert(login.port);
        let record = self.logins.of(login, service, cx.now());
        record.service = service;
        let asked = record.was_asking(client_port);
        let user = record.named(client_port);
        match answer {
            Answer::NoSuchUser => tell::failed(self, login, (user, 0), settings, cx),
            Answer::Fails => tell::failed(self, login, (user, 1), settings, cx),
            _ if asked => tell::failed(self, login, (user, 1), settings, cx),
            _ => {}
        }
    }

    pub(super) fn usage(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = self.counts.usage();
        tables.push(("logins", self.logins.usage()));
        tables.push(("conversations", self.conversations.usage()));
        tables
    }

    /// What `login` speaks, as far as that is known.
    pub(super) fn service(&self, login: &Login) -> Service {
        self.logins.get(login).map_or_else(|| Service::at(login.port), |record| record.service)
    }
}
