//! The keys of those who are asked about addresses and domains.

use netsentinel_core::config::{Deployment, Secret};

/// Where the keys may come from instead of the file.
const VIRUSTOTAL: &str = "VIRUSTOTAL_API_KEY";
const ABUSEIPDB: &str = "ABUSEIPDB_API_KEY";
const ABUSECH: &str = "ABUSECH_AUTH_KEY";

/// Takes the providers' keys from the environment where they are there and not empty: they go before those
/// of the file. To be called after the file's rights were judged, which is about the file's own keys.
pub fn provider_keys(deployment: &mut Deployment) {
    take(deployment, |variable| std::env::var(variable).ok());
}

fn take(deployment: &mut Deployment, look: impl Fn(&str) -> Option<String>) {
    for (variable, key) in [
        (VIRUSTOTAL, &mut deployment.virustotal_api_key),
        (ABUSEIPDB, &mut deployment.abuseipdb_api_key),
        (ABUSECH, &mut deployment.abusech_auth_key),
    ] {
        // What a shell or a file of secrets leaves at the end is no part of a key.
        let found = look(variable).map(|found| found.trim().to_owned());
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            *key = Secret::new(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_file() {
        let mut deployment = Deployment {
            virustotal_api_key: Secret::new("of the file"),
            abuseipdb_api_key: Secret::new("of the file"),
            ..Deployment::default()
        };
        take(&mut deployment, |variable| match variable {
            VIRUSTOTAL => Some("of the environment\n".into()),
            ABUSEIPDB => Some(" ".into()),
            ABUSECH => Some("theirs".into()),
            other => unreachable!("{other}"),
        });
        assert_eq!(deployment.virustotal_api_key.expose(), "of the environment");
        assert_eq!(deployment.abuseipdb_api_key.expose(), "of the file");
        assert_eq!(deployment.abusech_auth_key.expose(), "theirs");
    }
}
