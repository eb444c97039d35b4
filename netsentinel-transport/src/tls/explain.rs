//! Turns a failed connection into a sentence that says what to do.

use std::error::Error;
use std::io;

use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError};

use super::facts::minutes;

/// Longest chain of causes that is walked.
const CAUSES_MAX: usize = 32;

/// Why a connection failed, and what to do: one sentence for a log or a person.
///
/// Takes the error of an HTTP client, of a socket or of rustls, and looks through its causes for the
/// one that tells most.
pub fn explain(error: &(dyn Error + 'static)) -> String {
    let causes = causes(error);
    causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
        .and_then(of_tls)
        .or_else(|| causes.iter().find_map(|cause| of_text(&cause.to_string())))
        .or_else(|| {
            let mut sockets = causes.iter().rev().filter_map(|c| c.downcast_ref::<io::Error>());
            sockets.find_map(of_socket)
        })
        .or_else(|| causes.iter().any(|cause| is_timeout(*cause)).then(|| TIMEOUT.to_owned()))
        .unwrap_or_else(|| in_its_own_words(&causes))
}

const TIMEOUT: &str = "the server does not answer in time: is the address right, and does a firewall \
                       between here and there let the agents' port through?";
const CLOSED: &str = "the server closed the connection: is this the agents' port, and is the server \
                      overloaded or being restarted?";

fn of_tls(error: &rustls::Error) -> Option<String> {
    Some(match error {
        rustls::Error::InvalidCertificate(error) => return of_certificate(error),
        rustls::Error::AlertReceived(alert) => return of_alert(*alert),
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS there: is this the \
            agents' port (8444 unless agent_port says otherwise), and not that of plain HTTP?"
            .into(),
        rustls::Error::NoCertificatesPresented => {
            "no certificate was shown, and one is asked for: set agent.client_cert and \
             agent.client_key (sentinel-certs agent NAME makes them)"
                .into()
        }
        rustls::Error::PeerIncompatible(_) => {
            "both sides know no common version of TLS: 1.2 or 1.3 is needed".into()
        }
        _ => return None,
    })
}

fn of_certificate(error: &CertificateError) -> Option<String> {
    Some(match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the certificate was not signed by an authority in ca_cert: copy ca.crt from the \
             server's folder again; if it is the right one, somebody else is answering in the \
             server's place"
                .into()
        }
        CertificateError::NotValidForName => {
            "the server's certificate does not name the address that it was reached by: use a name \
             it has, or add this one with sentinel-certs rotate server --san NAME"
                .into()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let (expected, presented) = (expected.to_str(), presented.join(", "));
            format!(
                "the server's certificate is not for {}, only for {}: use a name it has, or add \
                 this one with sentinel-certs rotate server --san {0}",
                shown(&expected),
                shown(&presented)
            )
        }
        CertificateError::Expired => {
            "the certificate has expired: renew it with sentinel-certs rotate server, and check \
             this machine's clock"
                .into()
        }
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate expired on {}, and this machine's clock says {}: renew it with \
             sentinel-certs rotate server, or set the clock",
            moment(*not_after),
            moment(*time)
        ),
        CertificateError::NotValidYet => {
            "the certificate is not valid yet: is this machine's clock right?".into()
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate is not valid before {}, and this machine's clock says {}: set the \
             clock",
            moment(*not_before),
            moment(*time)
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is made for the other side: a server needs server.crt, an agent its \
             own agent.crt"
                .into()
        }
        _ => return None,
    })
}

/// What the other side complains about.
fn of_alert(alert: AlertDescription) -> Option<String> {
    Some(match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "the server asks for a client certificate: set agent.client_cert and agent.client_key \
             (sentinel-certs agent NAME makes them)"
                .into()
        }
        // A server of TLS 1.2 has no alert of its own for a certificate that is missing.
        AlertDescription::HandshakeFailure => {
            "the server refuses the handshake: it may ask for a client certificate (set \
             agent.client_cert and agent.client_key), or know no common version of TLS"
                .into()
        }
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "the other side does not trust this certificate: it was signed by another authority; \
             make one in the server's folder with sentinel-certs agent NAME"
                .into()
        }
        AlertDescription::CertificateExpired => {
            "the other side says that this certificate has expired: make a new one with \
             sentinel-certs agent NAME --force, and check both clocks"
                .into()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateUnknown => {
            "the other side refuses this certificate: an agent must show what sentinel-certs agent \
             NAME makes, not the server's own"
                .into()
        }
        _ => return None,
    })
}

fn of_socket(error: &io::Error) -> Option<String> {
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there: is the server running, and are \
            its address and agent_port right?"
                .into()
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "there is no way to the server: is the network up, and its address right?".into()
        }
        io::ErrorKind::TimedOut => TIMEOUT.into(),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => CLOSED.into(),
        _ => return None,
    })
}

/// A name that does not resolve has no kind of its own.
fn of_text(text: &str) -> Option<String> {
    let unknown = text.contains("failed to lookup address") || text.contains("dns error");
    unknown.then(|| {
        "the server's name is not known: check its spelling and this machine's DNS, or use its \
         address"
            .into()
    })
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
}

fn in_its_own_words(causes: &[&(dyn Error + 'static)]) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in causes {
        let text = cause.to_string();
        if !words.iter().any(|said| said.contains(&text)) {
            words.push(text);
        }
    }
    shown(&words.join(": ")).into_owned()
}

/// The error and what it was caused by, the outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut all = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next.filter(|_| all.len() < CAUSES_MAX) {
        all.push(cause);
        // The source of an `io::Error` is that of the error within, not the error within.
        let within = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match within {
            Some(within) => Some(within),
            None => cause.source(),
        };
    }
    all
}

fn moment(time: UnixTime) -> String {
    minutes(Timestamp::from_parts(i64::try_from(time.as_secs()).unwrap_or(i64::MAX), 0))
}
