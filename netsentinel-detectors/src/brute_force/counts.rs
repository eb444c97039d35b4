//! How often log-ins failed, by who tried, where, and whom.

use std::net::IpAddr;
use std::time::Duration;

use netsentinel_core::alert::Subject;
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::{BoundedMap, DistinctWindow, EventWindow};
use netsentinel_core::{Limits, Rule, Timestamp, Usage};

use super::logins::Login;
use super::settings::Settings;
use super::tuned::share;

/// The windows of the tuned rules.
pub(super) struct Counts {
    pub(super) failures: EventWindow<Login>,
    pub(super) sessions: EventWindow<Login>,
    pub(super) slow: EventWindow<Login>,
    /// Passwords in forms, by fingerprint.
    pub(super) passwords: DistinctWindow<Login, u32, 5>,
    /// Hosts at which a source failed.
    pub(super) hosts: DistinctWindow<IpAddr, IpAddr, 2>,
    /// User names that a source tried, by fingerprint.
    pub(super) users: DistinctWindow<IpAddr, u32, 5>,
    /// Sources that failed at a service.
    pub(super) sources: DistinctWindow<(IpAddr, u16), IpAddr, 2>,
    pub(super) told: Told,
}

/// When the rules over long windows have told of whom.
pub(super) struct Told {
    last: BoundedMap<(u32, Subject), Timestamp>,
}

impl Told {
    fn new(limits: Limits, longest: Duration) -> Self {
        Self { last: BoundedMap::new(share(limits, 64).max_keys, longest) }
    }

    /// Whether `rule` has not told of `subject` for the length of its window; if so, it does now.
    pub(super) fn is_due(
        &mut self,
        rule: &Rule,
        subject: Subject,
        window: Seconds,
        now: Timestamp,
    ) -> bool {
        let touched = self.last.entry((rule.signature, subject), now, || now);
        if !touched.inserted && now <= touched.value.after(window.duration()) {
            return false;
        }
        *touched.value = now;
        true
    }
}

impl Counts {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let [fast, spray, slow] = [
            settings.failures_window.duration(),
            settings.spray_window.duration(),
            settings.slow_window.duration(),
        ];
        let (failures, sessions) = (settings.failures.non_zero(), settings.sessions.non_zero());
        let session_window = settings.sessions_window.duration();
        let (many, few) = (share(limits, 16), share(limits, 32));
        Self {
            failures: EventWindow::new(failures, fast, many),
            sessions: EventWindow::new(sessions, session_window, few),
            slow: EventWindow::new(settings.slow_threshold.non_zero(), slow, many),
            passwords: DistinctWindow::new(failures, fast, few),
            hosts: DistinctWindow::new(settings.spray_hosts.non_zero(), spray, few),
            users: DistinctWindow::new(settings.spray_users.non_zero(), spray, few),
            sources: DistinctWindow::new(
                settings.distributed_sources.non_zero(),
                slow,
                share(limits, 64),
            ),
            told: Told::new(limits, slow),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let [fast, spray, slow] = [
            settings.failures_window.duration(),
            settings.spray_window.duration(),
            settings.slow_window.duration(),
        ];
        let session_window = settings.sessions_window.duration();
        self.failures.reconfigure(settings.failures.non_zero(), fast);
        self.sessions.reconfigure(settings.sessions.non_zero(), session_window);
        self.slow.reconfigure(settings.slow_threshold.non_zero(), slow);
        self.passwords.reconfigure(settings.failures.non_zero(), fast);
        self.hosts.reconfigure(settings.spray_hosts.non_zero(), spray);
        self.users.reconfigure(settings.spray_users.non_zero(), spray);
        self.sources.reconfigure(settings.distributed_sources.non_zero(), slow);
    }

    pub(super) fn usage(&self) -> Vec<(&'static str, Usage)> {
        vec![
            ("failures", self.failures.usage()),
            ("sessions", self.sessions.usage()),
            ("slow", self.slow.usage()),
            ("passwords", self.passwords.usage()),
            ("hosts", self.hosts.usage()),
            ("users", self.users.usage()),
            ("sources", self.sources.usage()),
            ("told", self.told.last.usage()),
        ]
    }
}
