//! What spares the innocent.

use netsentinel_core::alert::Subject;
use netsentinel_core::{Context, Guard, Rule};

use super::talks::Half;
use super::{ANSWERS, VOLUME};
use crate::spelling::Spelling;

pub(super) const SERVICE_NAME: Guard = Guard {
    id: "dns_tunnelling/service_name",
    summary: "names of services and conventions (RFC 2782, RFC 8552), as directories and mail use them",
};
pub(super) const REVERSE: Guard = Guard {
    id: "dns_tunnelling/reverse",
    summary: "addresses looked up in reverse are long, and say nothing but the address",
};
pub(super) const FEW_NAMES: Guard = Guard {
    id: "dns_tunnelling/few_names",
    summary: "few different long names below the domain, made of words: hosts in clouds",
};
pub(super) const ADDRESS_LIST: Guard = Guard {
    id: "dns_tunnelling/address_list",
    summary: "addresses looked up in a list of addresses (RFC 5782), as mail servers do",
};
pub(super) const VERDICTS: Guard = Guard {
    id: "dns_tunnelling/verdicts",
    summary: "short names answered by yes or no: scanners that look up what they found",
};
pub(super) const SEARCH_LIST: Guard = Guard {
    id: "dns_tunnelling/search_list",
    summary: "public names with the site's own domain put behind them",
};
pub(super) const FORWARDER: Guard = Guard {
    id: "dns_tunnelling/forwarder",
    summary: "the host asks for others, who are judged themselves",
};

/// No guard but the forwarder's spares who sends so many times the threshold.
const SPARED_MAX: u64 = 8;
/// Characters below the domain that a look-up of what was found does not have.
const LOOK_UP_LEN: u32 = 80;
/// A single name below a domain that is longer than this, and looks encoded, is told at once.
const MUCH_LEN: usize = 100;

/// Whether one name alone carries data.
pub(super) fn says_much(name: &Spelling) -> bool {
    name.below().len() > MUCH_LEN && name.is_encoded()
}

/// Whether a talk whose names hold too much is innocent.
pub(super) fn spare_volume(
    talk: &Half,
    forwards: bool,
    base: u64,
    subject: Subject,
    cx: &mut Context<'_>,
) -> bool {
    let bounded = talk.bytes() < base.saturating_mul(SPARED_MAX);
    let verdicts = mostly(talk.verdicts, talk.answers) && talk.mean_length() <= LOOK_UP_LEN;
    let met = [
        (bounded && mostly(talk.addresses, talk.queries), &ADDRESS_LIST),
        (bounded && mostly(talk.suffixed, talk.queries), &SEARCH_LIST),
        (bounded && verdicts, &VERDICTS),
        (forwards, &FORWARDER),
    ];
    any(&met, &VOLUME, subject, cx)
}

/// Whether a talk whose answers carry anything is innocent.
pub(super) fn spare_answers(
    talk: &Half,
    forwards: bool,
    subject: Subject,
    cx: &mut Context<'_>,
) -> bool {
    let met = [(mostly(talk.addresses, talk.queries), &ADDRESS_LIST), (forwards, &FORWARDER)];
    any(&met, &ANSWERS, subject, cx)
}

fn any(
    guards: &[(bool, &'static Guard)],
    rule: &'static Rule,
    subject: Subject,
    cx: &mut Context<'_>,
) -> bool {
    guards.iter().any(|(met, guard)| *met && cx.spares(guard, rule, subject))
}

/// Nine of ten, and not nothing.
fn mostly(some: u32, all: u32) -> bool {
    all > 0 && u64::from(some) * 10 >= u64::from(all) * 9
}
