//! From a count to an alert: what spares, what is part of an alert that is open, and what is said.

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::detector::attack::{self, Technique};
use netsentinel_core::{Context, Finding, Guard, Indicator, Report, Rule, Timestamp};

use super::counts::Told;
use super::logins::Login;
use super::rules::{
    DISTRIBUTED, FAILURES, FORMS, OF_ONE_LOGIN, SESSIONS, SLOW, SPRAY, SUCCESS, TARGET,
};
use super::service::Service;
use super::settings::Settings;
use super::tuned::Tuned;

/// A session of SSH holds three to six passwords, of RDP one.
const GUESSES_OF_A_SESSION: u32 = 2;
const SPRAYING: &[Technique] = &[attack::PASSWORD_SPRAYING];
const BREAK_IN: &[Technique] = &[attack::BRUTE_FORCE, attack::VALID_ACCOUNTS];

/// A count that a rule has come to.
pub(super) struct Count {
    pub(super) rule: &'static Rule,
    pub(super) subject: Subject,
    pub(super) login: Login,
    pub(super) service: Service,
    pub(super) count: u64,
    pub(super) base: u64,
    pub(super) window: Seconds,
    pub(super) first_seen: Option<Timestamp>,
    /// What spares, if anything does.
    pub(super) excuse: Option<&'static Guard>,
}

impl Count {
    /// Raises an alert, if the count is enough and nothing spares.
    pub(super) fn judge(&self, cx: &mut Context<'_>) {
        self.judge_once(None, cx);
    }

    /// Whether the count is enough as such: the same wherever the pair is seen.
    const fn is_full(&self) -> bool {
        self.count >= self.base
    }

    /// The same, but of what goes on only once a window, as `told` remembers: a count over an hour holds
    /// again and again after the alert has closed.
    fn judge_once(&self, told: Option<&mut Told>, cx: &mut Context<'_>) {
        let Self { rule, subject, login, .. } = *self;
        let indicator = Some(Indicator::Ip(login.source));
        let Some(reached) = cx.reaches(rule, subject, self.base, self.count, indicator) else {
            return;
        };
        if self.excuse.is_some_and(|guard| cx.spares(guard, rule, subject)) {
            return;
        }
        let finding = Finding {
            rule,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(login.source),
            target: Endpoint::ip(login.destination).port(login.port),
            window: Some(self.window),
        };
        if self.is_part(&finding, cx) {
            return;
        }
        if let Some(told) = told
            && reached.holds()
            && !told.is_due(rule, subject, self.window, cx.now())
        {
            // Added where the alert is open still, and else let be.
            cx.is_part_of(rule, subject, &finding);
            return;
        }
        cx.raise(finding, |report| describe(&finding, self.service, self.first_seen, report));
    }

    /// Whether an alert is open that tells of the same behaviour. A success is told by itself.
    fn is_part(&self, finding: &Finding<'_>, cx: &mut Context<'_>) -> bool {
        let rule = self.rule;
        if *rule == SUCCESS || *rule == DISTRIBUTED || *rule == SPRAY {
            return false;
        }
        let spray = Subject::host(self.login.source);
        cx.is_part_of(&SPRAY, spray, finding)
            || OF_ONE_LOGIN
                .into_iter()
                .any(|whole| whole != rule && cx.is_part_of(whole, self.subject, finding))
    }
}

fn pair(login: Login) -> Subject {
    Subject::pair_port(login.source, login.destination, login.port)
}

/// A log-in was seen to fail, that of `user` where the name is known, with so many wrong passwords.
pub(super) fn failed(
    tuned: &mut Tuned,
    login: Login,
    (user, guesses): (Option<u32>, u32),
    settings: &Settings,
    cx: &mut Context<'_>,
) {
    let now = cx.now();
    let Some(record) = tuned.logins.get_mut(&login) else { return };
    record.fails(guesses);
    if let Some(user) = user {
        tuned.counts.users.add(login.source, user, now);
    }
    if guesses > 0 {
        let count = Count {
            rule: &FAILURES,
            subject: pair(login),
            login,
            service: record.service,
            count: tuned.counts.failures.add(login, now),
            base: settings.failures.get(),
            window: settings.failures_window,
            first_seen: tuned.counts.failures.oldest(&login, now),
            excuse: record.excuse_for_failing(),
        };
        record.told |= count.is_full();
        count.judge(cx);
    }
    failed_again(tuned, login, settings, cx);
}

/// A session of SSH or RDP has ended without a log-in.
pub(super) fn session_failed(
    tuned: &mut Tuned,
    login: Login,
    settings: &Settings,
    cx: &mut Context<'_>,
) {
    let now = cx.now();
    let Some(record) = tuned.logins.get_mut(&login) else { return };
    record.fails(GUESSES_OF_A_SESSION);
    let count = Count {
        rule: &SESSIONS,
        subject: pair(login),
        login,
        service: record.service,
        count: tuned.counts.sessions.add(login, now),
        base: settings.sessions.get(),
        window: settings.sessions_window,
        first_seen: tuned.counts.sessions.oldest(&login, now),
        excuse: record.excuse_for_failing(),
    };
    record.told |= count.is_full();
    count.judge(cx);
    failed_again(tuned, login, settings, cx);
}

/// What every failure counts for: slow guessing, spraying, and the victim.
fn failed_again(tuned: &mut Tuned, login: Login, settings: &Settings, cx: &mut Context<'_>) {
    let now = cx.now();
    let Some(record) = tuned.logins.get_mut(&login) else { return };
    let (service, excuse) = (record.service, record.excuse_for_failing());
    let counts = &mut tuned.counts;
    let slow = Count {
        rule: &SLOW,
        subject: pair(login),
        login,
        service,
        count: counts.slow.add(login, now),
        base: settings.slow_threshold.get(),
        window: settings.slow_window,
        first_seen: counts.slow.oldest(&login, now),
        excuse,
    };
    record.told |= slow.is_full();
    slow.judge_once(Some(&mut counts.told), cx);
    let by_host = Subject::host(login.source);
    let window = settings.spray_window;
    let hosts = Count {
        rule: &SPRAY,
        subject: by_host,
        count: counts.hosts.add(login.source, login.destination, now).count,
        base: settings.spray_hosts.get(),
        window,
        first_seen: counts.hosts.oldest(&login.source, now),
        excuse: record.excuse_for_spraying(),
        ..slow
    };
    hosts.judge_once(Some(&mut counts.told), cx);
    // A name tried once and found wrong once is a slip of the pen: as many must fail as are tried.
    let users = counts.users.values(&login.source, now).count() as u64;
    let users = Count {
        count: users.min(u64::from(record.failures)),
        base: settings.spray_users.get(),
        first_seen: counts.users.oldest(&login.source, now),
        ..hosts
    };
    users.judge_once(Some(&mut counts.told), cx);
    if record.told {
        return;
    }
    let service_of = (login.destination, login.port);
    let sources = Count {
        rule: &DISTRIBUTED,
        subject: Subject::host_port(login.destination, login.port),
        count: counts.sources.add(service_of, login.source, now).count,
        base: settings.distributed_sources.get(),
        window: settings.slow_window,
        first_seen: counts.sources.oldest(&service_of, now),
        ..users
    };
    sources.judge_once(Some(&mut counts.told), cx);
}

/// A log-in has worked.
pub(super) fn worked(tuned: &mut Tuned, login: Login, settings: &Settings, cx: &mut Context<'_>) {
    let Some(record) = tuned.logins.get_mut(&login) else { return };
    let excuse = record.excuse_for_failing();
    let failures = record.works();
    if failures == 0 {
        return;
    }
    Count {
        rule: &SUCCESS,
        subject: pair(login),
        login,
        service: record.service,
        count: failures.into(),
        base: settings.success_after.get(),
        window: settings.slow_window,
        first_seen: tuned.counts.slow.oldest(&login, cx.now()),
        excuse,
    }
    .judge(cx);
}

/// A password was sent in a form.
pub(super) fn form_sent(
    tuned: &mut Tuned,
    login: Login,
    password: u32,
    settings: &Settings,
    cx: &mut Context<'_>,
) {
    let now = cx.now();
    let passwords = &mut tuned.counts.passwords;
    Count {
        rule: &FORMS,
        subject: pair(login),
        login,
        service: Service::Http,
        count: passwords.add(login, password, now).count,
        base: settings.failures.get(),
        window: settings.failures_window,
        first_seen: passwords.oldest(&login, now),
        excuse: None,
    }
    .judge(cx);
}

/// What an alert says.
pub(super) fn describe(
    finding: &Finding<'_>,
    service: Service,
    first_seen: Option<Timestamp>,
    report: &mut Report,
) {
    let (source, target, name) = (finding.source, finding.target, service.name());
    let (count, within) = (finding.reached.count(), finding.window_s());
    match finding.rule {
        rule if *rule == TARGET => report.message(format_args!(
            "{source} connected to the {name} login {target} {count} times within {within} s"
        )),
        rule if *rule == SESSIONS => report.message(format_args!(
            "{source} opened {count} {name} sessions to {target} that ended without a log-in within {within} s"
        )),
        rule if *rule == FORMS => report.message(format_args!(
            "{source} sent {count} different passwords to web forms of {target} within {within} s"
        )),
        rule if *rule == SPRAY => report.message(format_args!(
            "{source} failed to log in with many user names or at many hosts, {count} within {within} s, last by {name} at {target}"
        )),
        rule if *rule == DISTRIBUTED => report.message(format_args!(
            "{count} sources failed to log in to the {name} login {target} within {within} s, last {source}"
        )),
        rule if *rule == SUCCESS => report.message(format_args!(
            "{source} logged in to the {name} login {target} after {count} failures"
        )),
        _ => report.message(format_args!(
            "{source} failed to log in to the {name} login {target} {count} times within {within} s"
        )),
    };
    let counted = if *finding.rule == TARGET { "attempts" } else { "counted" };
    report.evidence(counted, count).evidence("service", name).first_seen(first_seen);
    if *finding.rule == SPRAY {
        report.attack(SPRAYING);
    } else if *finding.rule == SUCCESS {
        report.attack(BREAK_IN);
    }
}
