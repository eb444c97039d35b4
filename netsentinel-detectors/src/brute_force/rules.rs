//! The rules of the detector, and what spares from them.

use netsentinel_core::{Guard, Rule, Severity};

pub(super) const TARGET: Rule = Rule {
    id: "brute_force/target",
    signature: 1_000_071,
    summary: "one source connects to one login port many times within the window",
    severity: None,
};
pub(super) const FAILURES: Rule = Rule {
    id: "brute_force/failures",
    signature: 1_000_072,
    summary: "the log-ins of one source at one service are seen to fail many times within the window",
    severity: None,
};
pub(super) const SESSIONS: Rule = Rule {
    id: "brute_force/sessions",
    signature: 1_000_073,
    summary: "one source opens many SSH or RDP sessions at one service that end without a log-in",
    severity: None,
};
pub(super) const FORMS: Rule = Rule {
    id: "brute_force/forms",
    signature: 1_000_074,
    summary: "one source sends many different passwords to the web forms of one server",
    severity: None,
};
pub(super) const SPRAY: Rule = Rule {
    id: "brute_force/spray",
    signature: 1_000_075,
    summary: "the log-ins of one source fail at many hosts, or with many user names",
    severity: None,
};
pub(super) const SLOW: Rule = Rule {
    id: "brute_force/slow",
    signature: 1_000_076,
    summary: "the log-ins of one source at one service fail again and again over the hour",
    severity: Some(Severity::Medium),
};
pub(super) const DISTRIBUTED: Rule = Rule {
    id: "brute_force/distributed",
    signature: 1_000_077,
    summary: "the log-ins of many sources fail at one service, each too rarely to be told of",
    severity: Some(Severity::Medium),
};
pub(super) const SUCCESS: Rule = Rule {
    id: "brute_force/success",
    signature: 1_000_078,
    summary: "a log-in works after many of the same source have failed",
    severity: Some(Severity::Critical),
};

/// All, in the order in which reports list them.
pub(super) const ALL: &[Rule] =
    &[TARGET, FAILURES, SESSIONS, FORMS, SPRAY, SLOW, DISTRIBUTED, SUCCESS];
/// Those that tell of one source at one service: whichever comes first tells for all.
pub(super) const OF_ONE_LOGIN: [&Rule; 5] = [&TARGET, &FAILURES, &SESSIONS, &FORMS, &SLOW];

pub(super) const NO_SESSION: Guard = Guard {
    id: "brute_force/no_session",
    summary: "connections that are refused or never used: a scan, a flood or a health check guesses nothing",
};
pub(super) const WORKS: Guard = Guard {
    id: "brute_force/works",
    summary: "clients whose log-ins mostly succeed, or whose sessions carry real work",
};
pub(super) const RETRIES: Guard = Guard {
    id: "brute_force/retries",
    summary: "clients that send the same wrong password again and again: one stored, not guessed",
};

pub(super) const GUARDS: &[Guard] = &[NO_SESSION, WORKS, RETRIES];
