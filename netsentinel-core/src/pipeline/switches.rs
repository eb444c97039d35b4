//! Rules and guards that the configuration switches off.

use super::seat::Seat;
use crate::Registration;
use crate::config::{ConfigError, PipelineSettings};
use crate::detector::{Descriptor, Guard, Rule};
use crate::text::printable;

/// Names alike at least so much are suggested for each other.
const ALIKE: f64 = 0.6;

/// What is switched off of one detector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switches {
    off: Vec<&'static str>,
}

impl Switches {
    /// What `settings` switch off of the detector that `descriptor` is of.
    pub(super) fn new(descriptor: &'static Descriptor, settings: &PipelineSettings) -> Self {
        let rules = descriptor.rules.iter().map(|rule| rule.id);
        let guards = descriptor.guards.iter().map(|guard| guard.id);
        let rules = rules.filter(|id| settings.disabled_rules.iter().any(|off| off == id));
        let guards = guards.filter(|id| settings.disabled_guards.iter().any(|off| off == id));
        Self { off: rules.chain(guards).collect() }
    }

    /// Whether the rule may raise alerts.
    pub(crate) fn allow(&self, rule: &Rule) -> bool {
        !self.off.contains(&rule.id)
    }

    /// Whether the guard may spare somebody.
    pub(crate) fn guards(&self, guard: &Guard) -> bool {
        !self.off.contains(&guard.id)
    }
}

/// Refuses names that no detector has.
pub(super) fn check<'d>(
    descriptors: impl Iterator<Item = &'d Descriptor> + Clone,
    settings: &PipelineSettings,
) -> Result<(), ConfigError> {
    let rules = descriptors.clone().flat_map(|d| d.rules).map(|rule| rule.id);
    let guards = descriptors.flat_map(|d| d.guards).map(|guard| guard.id);
    check_names("disabled_rules", "rule", &settings.disabled_rules, &rules.collect::<Vec<_>>())?;
    check_names("disabled_guards", "guard", &settings.disabled_guards, &guards.collect::<Vec<_>>())
}

/// As [`check`], of a registry.
pub(super) fn check_registry(
    registrations: &[Registration],
    settings: &PipelineSettings,
) -> Result<(), ConfigError> {
    check(registrations.iter().map(Registration::descriptor), settings)
}

/// As [`check`], of detectors that run.
pub(super) fn check_seats<'s>(
    seats: impl Iterator<Item = &'s Seat> + Clone,
    settings: &PipelineSettings,
) -> Result<(), ConfigError> {
    check(seats.map(|seat| seat.account.descriptor), settings)
}

fn check_names(
    key: &str,
    kind: &str,
    names: &[String],
    known: &[&'static str],
) -> Result<(), ConfigError> {
    let wrong = names.iter().enumerate().find(|(_, name)| !known.contains(&name.as_str()));
    let Some((at, name)) = wrong else { return Ok(()) };
    let likeness = |id: &&str| strsim::normalized_damerau_levenshtein(id, name);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = nearest
        .filter(|id| likeness(id) >= ALIKE)
        .map_or_else(String::new, |id| format!(": did you mean \"{id}\"?"));
    let name = printable(name.as_bytes());
    Err(ConfigError::Key {
        key: format!("{key}[{at}]"),
        reason: format!("there is no {kind} \"{name}\"{hint}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_has_is_refused_with_the_nearest() {
        let known = ["port_scan/traceroute", "port_scan/answered"];
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let check = |list: &[&str]| check_names("disabled_guards", "guard", &names(list), &known);
        assert!(check(&[]).is_ok());
        assert!(check(&known).is_ok());
        assert_eq!(
            check(&["port_scan/answered", "port_scan/tracerout"]).unwrap_err().to_string(),
            "key \"disabled_guards[1]\": there is no guard \"port_scan/tracerout\": did you mean \
             \"port_scan/traceroute\"?"
        );
        assert_eq!(
            check(&["x"]).unwrap_err().to_string(),
            "key \"disabled_guards[0]\": there is no guard \"x\""
        );
    }
}
