//! What a certificate says of itself.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netsentinel_core::Timestamp;
use netsentinel_core::text::{printable, shown};
use ring::digest::{SHA256, digest};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

/// Longest common name there is, by RFC 5280's upper bound.
pub(crate) const COMMON_NAME_MAX: usize = 64;
const DAY: u64 = 86_400;

/// What a certificate says of itself. Text from it is safe to show.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: String,
    /// Whom it says it is signed by.
    pub issuer: String,
    /// The names and addresses it is valid for.
    pub names: Vec<String>,
    /// Its number, as hexadecimal digits with colons.
    pub serial: String,
    /// When it begins.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// SHA-256 of the whole, as upper-case hexadecimal digits with colons.
    pub fingerprint: String,
    /// Whether it may sign others.
    pub is_ca: bool,
    /// Whether a server may show it.
    pub server_auth: bool,
    /// Whether a client may show it.
    pub client_auth: bool,
}

impl CertificateFacts {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    ///
    /// When the bytes are no X.509 certificate.
    pub fn read(der: &[u8]) -> Result<Self, NotACertificate> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| NotACertificate)?;
        let usage = certificate.extended_key_usage().map_err(|_| NotACertificate)?;
        // Without the extension it is good for anything.
        let may = |purpose: fn(&x509_parser::extensions::ExtendedKeyUsage<'_>) -> bool| {
            usage.as_ref().is_none_or(|usage| usage.value.any || purpose(usage.value))
        };
        let validity = certificate.validity();
        Ok(Self {
            subject: full_name(certificate.subject()),
            issuer: full_name(certificate.issuer()),
            names: names(&certificate)?,
            serial: shown(&certificate.raw_serial_as_string()).into_owned(),
            not_before: Timestamp::from_parts(validity.not_before.timestamp(), 0),
            not_after: Timestamp::from_parts(validity.not_after.timestamp(), 0),
            fingerprint: hex(digest(&SHA256, der).as_ref()),
            is_ca: certificate.is_ca(),
            server_auth: may(|usage| usage.server_auth),
            client_auth: may(|usage| usage.client_auth),
        })
    }

    /// Where `now` lies.
    pub fn validity(&self, now: SystemTime) -> Validity {
        let now = seconds(now);
        let (begins, ends) = (self.not_before.as_secs(), self.not_after.as_secs());
        if now < begins {
            Validity::NotYet { begins: self.not_before }
        } else if now > ends {
            Validity::Ended { ended: self.not_after }
        } else {
            Validity::Current { days_left: ends.abs_diff(now) / DAY }
        }
    }
}

/// Whether a certificate is valid at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It begins later.
    NotYet {
        /// When.
        begins: Timestamp,
    },
    /// It is valid.
    Current {
        /// Whole days until it ends.
        days_left: u64,
    },
    /// It is over.
    Ended {
        /// Since when.
        ended: Timestamp,
    },
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { begins } => write!(f, "not valid before {}", minutes(*begins)),
            Self::Current { days_left } => write!(f, "valid for {days_left} days"),
            Self::Ended { ended } => write!(f, "expired on {}", minutes(*ended)),
        }
    }
}

/// The bytes are no X.509 certificate.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it is no X.509 certificate")]
pub struct NotACertificate;

/// The common name of a client's certificate, such as `sentinel-certs agent NAME` has put into it.
///
/// None where there is none or several, and where it is empty, longer than 64 characters, or holds
/// characters that could forge a line of a log.
pub fn common_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut all = certificate.subject().iter_common_name();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let name = only.as_str().ok()?;
    let fits = !name.is_empty() && name.chars().count() <= COMMON_NAME_MAX && shown(name) == name;
    fits.then(|| name.to_owned())
}

/// Whether the certificate in `der` names the one in `issuer` as its issuer and is signed by its key.
pub fn is_signed_by(der: &[u8], issuer: &[u8]) -> bool {
    let parse = |der| X509Certificate::from_der(der).map(|(_, certificate)| certificate);
    let (Ok(certificate), Ok(issuer)) = (parse(der), parse(issuer)) else { return false };
    certificate.issuer() == issuer.subject()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

/// A moment as people read it, such as `2027-01-31 12:00 UTC`.
pub(super) fn minutes(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC")
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn full_name(name: &X509Name<'_>) -> String {
    shown(&name.to_string()).into_owned()
}

fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, NotACertificate> {
    let extension = certificate.subject_alternative_name().map_err(|_| NotACertificate)?;
    let all = extension.map(|extension| extension.value.general_names.as_slice());
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => shown(name).into_owned(),
        GeneralName::IPAddress(bytes) => address(bytes),
        other => shown(&other.to_string()).into_owned(),
    };
    Ok(all.unwrap_or_default().iter().map(text).collect())
}

fn address(bytes: &[u8]) -> String {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        Ipv4Addr::from(bytes).to_string()
    } else if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
        Ipv6Addr::from(bytes).to_string()
    } else {
        printable(bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
