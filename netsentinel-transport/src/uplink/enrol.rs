//! First contact: the agent makes itself known.

use tracing::info;

use super::Uplink;
use super::exchange::{Exchange, Key, Request};
use super::verdict::{Failure, FailureKind, Verdict, refusal, said};
use crate::wire::{ENROL_PATH, Enrolled};

impl<E: Exchange> Uplink<E> {
    /// Enrols; as often as it is needed, since the same enrolment is answered the same.
    pub(super) async fn enrol(&self) -> Result<(), Verdict> {
        let Some((enrolment, shared)) = &self.settings.enrolment else {
            let reason = "it does not know this agent, and there is no api_key to enrol with";
            return Err(Verdict::Refused(reason.into()));
        };
        let body = serde_json::to_vec(enrolment).map_err(|error| failed(error.to_string()))?;
        let request = Request { path: ENROL_PATH, key: Key::Shared(shared.clone()), body };
        let answer = match refusal(self.exchange.send(request).await) {
            Ok(answer) => answer,
            Err(Verdict::Refused(reason)) => return Err(refused(&reason)),
            Err(Verdict::Unknown) => return Err(refused("the api_key is not the server's")),
            Err(verdict) => return Err(verdict),
        };
        match answer.status {
            200 | 201 => match serde_json::from_slice::<Enrolled>(&answer.body) {
                Ok(Enrolled { id }) if id == enrolment.id => {
                    info!(agent = %id, "enrolled at the server");
                    Ok(())
                }
                _ => Err(failed("its answer to the enrolment makes no sense".into())),
            },
            400 | 409 | 413 | 422 => Err(refused(&said(&answer))),
            429 => Err(Verdict::Busy(answer.retry_after.unwrap_or_default())),
            _ => Err(failed(said(&answer))),
        }
    }
}

fn refused(reason: &str) -> Verdict {
    Verdict::Refused(format!("the enrolment was refused: {reason}"))
}

fn failed(reason: String) -> Verdict {
    Verdict::Failed(Failure { reason, kind: FailureKind::Away })
}
