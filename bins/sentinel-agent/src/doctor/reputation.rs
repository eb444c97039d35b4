//! Whether anybody can be asked what is known of endpoints. Nothing of it is wrong enough to keep the agent
//! from working: without it every endpoint is clean.

use std::net::{IpAddr, Ipv4Addr};

use netsentinel_core::config::{Deployment, ReputationSource};
use netsentinel_core::{IndicatorBuf, Suspicion};
use netsentinel_transport::AskError;
use netsentinel_transport::uplink::Client;

use super::Finding;
use crate::settings::Settings;

const WHAT: &str = "reputation";

/// An address for documentation (RFC 5737), which nobody is ever asked about.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Whom the agent asks, and with which keys; never their values.
pub(super) fn source(settings: &Settings) -> Finding {
    let deployment = &settings.config().deployment;
    let dry = match deployment.reputation.dry_run {
        true => "; a dry run: what would be asked is only logged",
        false => "",
    };
    match settings.agent.reputation {
        ReputationSource::Off => {
            Finding::good(WHAT, "off (agent.reputation): every endpoint is clean")
        }
        ReputationSource::Server => Finding::good(WHAT, format!("the server is asked{dry}")),
        ReputationSource::Own => match own(deployment) {
            known if known.is_empty() => Finding::warning(
                WHAT,
                "agent.reputation is \"own\", but there is neither a key nor a list: set \
                 virustotal_api_key or VIRUSTOTAL_API_KEY, or let the server be asked",
            ),
            known => Finding::good(WHAT, format!("asked by the agent: {}{dry}", known.join(", "))),
        },
    }
}

/// What the agent's own configuration and environment give.
fn own(deployment: &Deployment) -> Vec<String> {
    let keys = [
        ("virustotal_api_key", &deployment.virustotal_api_key),
        ("abuseipdb_api_key", &deployment.abuseipdb_api_key),
    ];
    let set = keys.into_iter().filter(|(_, key)| !key.is_empty());
    let mut own: Vec<_> = set.map(|(name, _)| format!("{name} is set")).collect();
    match deployment.reputation.feeds.len() {
        0 => {}
        1 => own.push("1 list".into()),
        lists => own.push(format!("{lists} lists")),
    }
    own
}

/// Whether the server can be asked; asks it about an address that it asks nobody about.
pub(super) async fn of_server(client: &Client) -> Finding {
    match client.ask(&[(IndicatorBuf::Ip(NOBODY), Suspicion::SEEN)]).await {
        Ok(_) => Finding::good(WHAT, "the server answers"),
        Err(AskError::Stranger) => {
            Finding::good(WHAT, "the server answers once the agent has enrolled")
        }
        Err(AskError::NotFound) => Finding::warning(
            WHAT,
            "the server is older than this agent and can not be asked: every endpoint is clean until \
             it is upgraded",
        ),
        Err(error) => Finding::warning(WHAT, format!("{error}: every endpoint is clean meanwhile")),
    }
}
