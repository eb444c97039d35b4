//! Somebody guesses passwords.
//!
//! # What it sees
//!
//! Connections to the ports where people log in; what servers of any port answer to a log-in, where the
//! protocol tells it in clear; how sessions of SSH and RDP end; passwords in web forms.
//!
//! # Why it matters
//!
//! Guessing is loud, cheap and often enough successful: most break-ins over SSH and RDP begin so. A guess
//! that was right is the one alert that can not wait.
//!
//! # Rule
//!
//! - `brute_force/target`: at least `bruteforce_threshold` SYN-only packets from one source to one
//!   destination and port of `bruteforce_ports` within `bruteforce_window` seconds. The only rule of profile
//!   `seed`, there without guards.
//! - `brute_force/failures`: at least `bruteforce_failures` log-ins of one source at one service, on any
//!   port, seen to fail within `bruteforce_failures_window`: FTP 530, SMTP 535, POP3, IMAP, HTTP 401 and 403
//!   to requests with credentials, MySQL 1045, PostgreSQL 28P01, SQL Server 18456, Telnet, SMB session setup,
//!   LDAP bind, VNC, SOCKS, Redis, Kerberos, SIP over UDP.
//! - `brute_force/sessions`: at least `bruteforce_sessions` sessions of SSH or RDP, on any port, that ended
//!   without a log-in within `bruteforce_sessions_window`. SSH is encrypted, but that a log-in worked is
//!   always told in a segment 16 bytes shorter than the one that agreed to check it. RDP is judged by size:
//!   who is let in sees a screen.
//! - `brute_force/forms`: as many different passwords as `bruteforce_failures` sent to web forms of one server.
//! - `brute_force/spray`: the log-ins of one source fail at `bruteforce_spray_hosts` hosts, or with
//!   `bruteforce_spray_users` user names (FTP, POP3, Kerberos), within `bruteforce_spray_window`.
//! - `brute_force/slow`: `bruteforce_slow_threshold` failures at one service within `bruteforce_slow_window`.
//!   Medium.
//! - `brute_force/distributed`: `bruteforce_distributed_sources` sources fail at one service within the same
//!   window, none often enough to be told of by itself. Medium; the subject is the victim.
//! - `brute_force/success`: a log-in works after `bruteforce_success_after` failures of the same source at the
//!   same service, with none that worked between them. Critical.
//!
//! One source at one service is one alert: whichever rule comes first, the others join it; all of a source
//! join its spraying. A session of SSH or RDP counts as two failures before a success: it holds several
//! passwords. Rules with a window of minutes or more tell of what goes on once a window, not once a cooldown.
//!
//! # Guards
//!
//! - `brute_force/no_session`: `target` spares connections that are refused, or accepted and never used.
//! - `brute_force/works`: spares clients whose log-ins succeed more often than they fail; `target` also those
//!   whose sessions carry more than a log-in.
//! - `brute_force/retries`: spares a client that sends one wrong password again and again, to one service.
//!
//! # Keys
//!
//! - `bruteforce_threshold`: attempts that make guessing.
//! - `bruteforce_window`: the window that they are counted over, in seconds.
//! - `bruteforce_ports`: ports where people log in.
//! - `bruteforce_failures`: log-ins seen to fail, or passwords in forms.
//! - `bruteforce_failures_window`: the window that they are counted over, in seconds.
//! - `bruteforce_sessions`: sessions of SSH or RDP without a log-in.
//! - `bruteforce_sessions_window`: the window that they are counted over, in seconds.
//! - `bruteforce_spray_hosts`: hosts that one source fails at.
//! - `bruteforce_spray_users`: user names that one source fails with.
//! - `bruteforce_spray_window`: the window that hosts and names are counted over, in seconds.
//! - `bruteforce_slow_threshold`: failures that make slow guessing.
//! - `bruteforce_slow_window`: the window of slow and of distributed guessing, in seconds.
//! - `bruteforce_distributed_sources`: sources that fail at one service.
//! - `bruteforce_success_after`: failures in a row before a log-in that works.
//!
//! # Blind spots
//!
//! Log-ins inside TLS, but for RDP; web forms whose password field has another name, or comes in a segment
//! after the request; SSH version 1, and SSH whose first packets were not captured; guesses at hashes offline.
//! A program with a wrong key or a wrong password that the protocol scrambles fails like a guesser; it fails
//! often, too. Users behind one address share its failures and successes.
//!
//! # ATT&CK
//!
//! T1110 Brute Force; T1110.003 Password Spraying; with a success T1078 Valid Accounts. Reputation is asked
//! about the source.
//!
//! # Sources
//!
//! Threshold, window and ports of the seed rule are those of the systems that NetSentinel unites: FTP, SSH,
//! Telnet, SMB, SQL Server, MySQL, RDP, PostgreSQL and VNC. Zeek tells of 30 SSH failures in 30 minutes and
//! 20 FTP failures in 15, Slips of 9 attempts. Zeek knows an SSH log-in by segment lengths as well. Javed and
//! Paxson, Detecting Stealthy, Distributed SSH Brute-Forcing (2013), count by victim.

mod answer;
mod asked;
mod conversations;
mod counts;
mod kerberos;
mod logins;
mod rules;
mod service;
mod settings;
mod tell;
#[cfg(test)]
mod tests;
mod tuned;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Profile;
use netsentinel_core::detector::{Asks, attack};
use netsentinel_core::window::EventWindow;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Interest, Ip, NeedsRestart, Packet,
    Party, Setup, Severity, Tcp, TcpFlags, Transport, Usage,
};

use logins::{Login, Record};
use rules::TARGET;
use service::Service;
pub use settings::Settings;
use tell::{Count, describe};
use tuned::{Tuned, share};

/// Counts the attempts of each source at each login, and under profile `tuned` how they end.
pub struct BruteForce {
    settings: Settings,
    attempts: EventWindow<Login>,
    tuned: Option<Tuned>,
}

impl DetectorKind for BruteForce {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "brute_force",
        category: "Brute Force",
        severity: Severity::High,
        attack: &[attack::BRUTE_FORCE],
        interest: Interest::SYN,
        judges: Party::Source,
        summary: "one source that knocks at one login again and again",
        rules: rules::ALL,
        guards: rules::GUARDS,
    };

    const COST: u32 = 110;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => {
                Asks { interest: Self::DESCRIPTOR.interest, judges: Self::DESCRIPTOR.judges }
            }
            Profile::Tuned => Asks {
                interest: Interest::SYN
                    | Interest::SYN_ACK
                    | Interest::FIN
                    | Interest::RST
                    | Interest::TCP_DATA
                    | Interest::UDP,
                judges: Party::Either,
            },
        }
    }

    fn new(mut settings: Settings, setup: &Setup) -> Self {
        settings.ports.sort_unstable();
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        let is_tuned = setup.profile == Profile::Tuned;
        // What the other rules take is saved here.
        let limits = if is_tuned { share(setup.limits, 4) } else { setup.limits };
        Self {
            attempts: EventWindow::new(most, window, limits),
            tuned: is_tuned.then(|| Tuned::new(&settings, setup.limits)),
            settings,
        }
    }

    fn reconfigure(&mut self, mut settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        settings.ports.sort_unstable();
        self.attempts.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        if let Some(tuned) = &mut self.tuned {
            tuned.reconfigure(&settings);
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for BruteForce {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        match (&ip.transport, &mut self.tuned) {
            (Transport::Tcp(tcp), Some(tuned)) => {
                tuned.on_tcp(ip, tcp, &self.settings, cx);
                if tcp.flags.contains(TcpFlags::SYN) && tuned.counts_at(tcp.destination_port) {
                    self.on_attempt(ip, tcp, cx);
                }
            }
            (Transport::Tcp(tcp), None)
                if self.settings.ports.binary_search(&tcp.destination_port).is_ok() =>
            {
                self.on_attempt(ip, tcp, cx);
            }
            (Transport::Udp(udp), Some(tuned)) => tuned.on_udp(ip, udp, &self.settings, cx),
            _ => {}
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let Endpoint { ip: Some(destination), port: Some(port), .. } = finding.target else {
            return;
        };
        let Some(source) = finding.source.ip else { return };
        let login = Login { source, destination, port };
        let service = self.service(&login);
        let oldest = match *finding.rule == TARGET {
            true => self.attempts.oldest(&login, cx.now()),
            false => None,
        };
        cx.raise(*finding, |report| describe(finding, service, oldest, report));
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = vec![("attempts", self.attempts.usage())];
        tables.extend(self.tuned.iter().flat_map(Tuned::usage));
        tables
    }
}

impl BruteForce {
    /// Counts a segment to a login port, if it is an attempt to connect.
    fn on_attempt(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, cx: &mut Context<'_>) {
        let opening = TcpFlags::SYN | TcpFlags::ACK | TcpFlags::RST | TcpFlags::FIN;
        if tcp.flags & opening != TcpFlags::SYN {
            return;
        }
        let now = cx.now();
        let login =
            Login { source: ip.source, destination: ip.destination, port: tcp.destination_port };
        let count = self.attempts.add(login, now);
        let base = self.settings.threshold.get();
        let mut judged = Count {
            rule: &TARGET,
            subject: Subject::pair_port(login.source, login.destination, login.port),
            login,
            service: Service::at(login.port),
            count,
            base,
            window: self.settings.window,
            first_seen: None,
            excuse: None,
        };
        // Far from any threshold that reputation can make of it, nothing more is looked up.
        if count.saturating_mul(10) >= base {
            let record = self.tuned.as_ref().and_then(|tuned| tuned.logins.get(&login));
            judged.service = self.service(&login);
            judged.first_seen = self.attempts.oldest(&login, now);
            judged.excuse = record.and_then(Record::excuse_for_connecting);
        }
        judged.judge(cx);
    }

    fn service(&self, login: &Login) -> Service {
        match &self.tuned {
            Some(tuned) => tuned.service(login),
            None => Service::at(login.port),
        }
    }
}
