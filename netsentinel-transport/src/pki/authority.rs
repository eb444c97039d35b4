//! The authority and what it signs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::SubjectName;
use crate::tls::{COMMON_NAME_MAX, CertificateFacts};

const DAY: u64 = 86_400;
/// How long an authority is valid.
const AUTHORITY_DAYS: u64 = 3650;
/// How long what it signs is valid: browsers refuse a server's certificate that is for longer than
/// 398 days.
const LEAF_DAYS: u64 = 397;
/// Every certificate begins a little earlier, for clocks that are behind.
const BACKDATE: Duration = Duration::from_mins(5);
/// Most names in one certificate; more make each handshake slow.
const NAMES_MAX: usize = 100;

/// A certificate authority with its private key: ECDSA on P-256, for ten years, and for
/// certificates of servers and agents only, not of further authorities.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    key: Secret,
    not_after: u64,
}

/// A certificate and its private key, both PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate; a server's is followed by its authority's.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: Secret,
}

impl Authority {
    /// Makes a new authority that is valid from now on.
    ///
    /// # Errors
    ///
    /// When `name` is empty, longer than 64 characters, or holds control characters.
    pub fn create(name: &str) -> Result<Self, PkiError> {
        Self::create_at(name, SystemTime::now())
    }

    /// Makes a new authority that is valid from `now` on.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_at(name: &str, now: SystemTime) -> Result<Self, PkiError> {
        let (mut params, not_after) = params(name, now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pair = key_pair()?;
        let certificate = params.self_signed(&pair).map_err(PkiError::Sign)?.pem();
        let key = Secret::new(pair.serialize_pem());
        Ok(Self { issuer: Issuer::new(params, pair), certificate, key, not_after })
    }

    /// An authority that was made before, from the PEM of its certificate and its key.
    ///
    /// # Errors
    ///
    /// When one of them is damaged, the certificate is no authority's, or the key is not its own.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, PkiError> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| PkiError::BadCertificate)?;
        let facts = CertificateFacts::read(&der).map_err(|_| PkiError::BadCertificate)?;
        if !facts.is_ca {
            return Err(PkiError::NotAnAuthority);
        }
        let pair = KeyPair::from_pem(key).map_err(|_| PkiError::BadKey)?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| PkiError::BadCertificate)?;
        if parsed.public_key().raw != pair.subject_public_key_info() {
            return Err(PkiError::KeyMismatch);
        }
        let issuer = Issuer::from_ca_cert_der(&der, pair).map_err(|_| PkiError::BadCertificate)?;
        Ok(Self {
            issuer,
            certificate: certificate.into(),
            key: Secret::new(key),
            not_after: facts.not_after.as_secs().try_into().unwrap_or(0),
        })
    }

    /// Its certificate, PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its private key, PEM.
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// A certificate for a server that is reached by these names, valid for 397 days from now on.
    ///
    /// # Errors
    ///
    /// When there are no names or more than 100, or the authority is not valid any more.
    pub fn server(&self, names: &[SubjectName]) -> Result<Issued, PkiError> {
        self.server_at(names, SystemTime::now())
    }

    /// As [`server`](Self::server), valid from `now` on.
    ///
    /// # Errors
    ///
    /// As [`server`](Self::server).
    pub fn server_at(&self, names: &[SubjectName], now: SystemTime) -> Result<Issued, PkiError> {
        if names.is_empty() || names.len() > NAMES_MAX {
            return Err(PkiError::Names { found: names.len() });
        }
        // Clients look at the names only; the subject is for people.
        let subject = names.iter().map(ToString::to_string);
        let subject = subject.into_iter().find(|name| name.len() <= COMMON_NAME_MAX);
        let subject = subject.unwrap_or_else(|| "NetSentinel server".into());
        let names = names.iter().map(|name| match name {
            SubjectName::Dns(name) => Ok(SanType::DnsName(name.as_str().try_into()?)),
            SubjectName::Ip(address) => Ok(SanType::IpAddress(*address)),
        });
        let names = names.collect::<Result<_, _>>().map_err(PkiError::Sign)?;
        let mut issued = self.sign(&subject, now, ExtendedKeyUsagePurpose::ServerAuth, names)?;
        issued.certificate.push_str(first(&self.certificate));
        Ok(issued)
    }

    /// A certificate for the agent `name`, valid for 397 days from now on.
    ///
    /// # Errors
    ///
    /// When `name` is empty, longer than 64 characters, or holds control characters, or the
    /// authority is not valid any more.
    pub fn client(&self, name: &str) -> Result<Issued, PkiError> {
        self.client_at(name, SystemTime::now())
    }

    /// As [`client`](Self::client), valid from `now` on.
    ///
    /// # Errors
    ///
    /// As [`client`](Self::client).
    pub fn client_at(&self, name: &str, now: SystemTime) -> Result<Issued, PkiError> {
        self.sign(name, now, ExtendedKeyUsagePurpose::ClientAuth, Vec::new())
    }

    fn sign(
        &self,
        subject: &str,
        now: SystemTime,
        purpose: ExtendedKeyUsagePurpose,
        names: Vec<SanType>,
    ) -> Result<Issued, PkiError> {
        let (mut params, not_after) = params(subject, now, LEAF_DAYS)?;
        if seconds(now) >= self.not_after {
            return Err(PkiError::AuthorityExpired);
        }
        // A certificate that outlives its authority is worth nothing from then on.
        params.not_after =
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(not_after.min(self.not_after));
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.subject_alt_names = names;
        let pair = key_pair()?;
        let certificate = params.signed_by(&pair, &self.issuer).map_err(PkiError::Sign)?;
        Ok(Issued { certificate: certificate.pem(), key: Secret::new(pair.serialize_pem()) })
    }
}

/// Why a certificate can not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// A name is empty, too long, or could forge a line of a log.
    #[error("\"{name}\" is no name: expected 1 to 64 characters without control characters")]
    Name {
        /// The name, made safe to show.
        name: String,
    },
    /// A server's certificate needs names, and not too many.
    #[error("a server's certificate has 1 to 100 names, not {found}")]
    Names {
        /// How many were given.
        found: usize,
    },
    /// The authority's certificate can not be read.
    #[error("the authority's certificate is damaged")]
    BadCertificate,
    /// The certificate may not sign others.
    #[error("the certificate is no authority's: it may not sign others")]
    NotAnAuthority,
    /// The authority's key can not be read.
    #[error("the authority's private key is damaged")]
    BadKey,
    /// The key is that of another certificate.
    #[error("the private key does not belong to the authority's certificate")]
    KeyMismatch,
    /// The authority is not valid any more.
    #[error("the authority has expired: make a new one with sentinel-certs init --force")]
    AuthorityExpired,
    /// Signing failed.
    #[error("can not be signed")]
    Sign(#[source] rcgen::Error),
}

fn params(name: &str, now: SystemTime, days: u64) -> Result<(CertificateParams, u64), PkiError> {
    let length = name.chars().count();
    if length == 0 || length > COMMON_NAME_MAX || shown(name) != name {
        return Err(PkiError::Name { name: shown(name).into_owned() });
    }
    let begins = seconds(now).saturating_sub(BACKDATE.as_secs());
    let ends = begins + days * DAY;
    let mut params = CertificateParams::default();
    // The type of a moment is another crate's, so it is made from the epoch.
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(begins);
    params.not_after = epoch + Duration::from_secs(ends);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok((params, ends))
}

/// The first certificate of a file: where one authority replaces another, it is the one that signs.
fn first(pem: &str) -> &str {
    const END: &str = "-----END CERTIFICATE-----";
    pem.split_inclusive(END).next().unwrap_or(pem)
}

fn key_pair() -> Result<KeyPair, PkiError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(PkiError::Sign)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{Validity, is_signed_by};

    fn facts(pem: &str) -> (CertificateDer<'static>, CertificateFacts) {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let facts = CertificateFacts::read(&der).unwrap();
        (der, facts)
    }

    #[test]
    fn what_is_made_says_what_it_is() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let authority = Authority::create_at("Site 7", now).unwrap();
        let (ca, facts_of_ca) = facts(authority.certificate());
        assert!(facts_of_ca.is_ca);
        assert_eq!(facts_of_ca.subject, "CN=Site 7");
        assert_eq!(facts_of_ca.not_before.as_secs(), 1_800_000_000 - 300);
        assert_eq!(facts_of_ca.validity(now), Validity::Current { days_left: 3649 });
        let names: Vec<SubjectName> =
            ["a.example", "192.0.2.7", "2001:db8::7"].map(|name| name.parse().unwrap()).into();
        let server = authority.server_at(&names, now).unwrap();
        assert_eq!(CertificateDer::pem_slice_iter(server.certificate.as_bytes()).count(), 2);
        let (der, facts_of_server) = facts(&server.certificate);
        assert_eq!(facts_of_server.names, ["a.example", "192.0.2.7", "2001:db8::7"]);
        assert!(facts_of_server.server_auth && !facts_of_server.client_auth);
        assert!(!facts_of_server.is_ca);
        assert_eq!(facts_of_server.issuer, "CN=Site 7");
        let span = facts_of_server.not_after.as_secs() - facts_of_server.not_before.as_secs();
        assert_eq!(span, 397 * 86_400);
        assert!(is_signed_by(&der, &ca));
        let other = Authority::create_at("Site 7", now).unwrap();
        assert!(!is_signed_by(&der, &facts(other.certificate()).0));
        let (der, facts_of_client) =
            facts(&authority.client_at("sensor-1", now).unwrap().certificate);
        assert!(facts_of_client.client_auth && !facts_of_client.server_auth);
        assert_eq!(crate::tls::common_name(&der).as_deref(), Some("sensor-1"));
        assert_ne!(facts_of_client.serial, facts_of_server.serial);
    }

    #[test]
    fn an_authority_comes_back_from_its_files() {
        let made = Authority::create("Site 7").unwrap();
        let back = Authority::from_pem(made.certificate(), made.key().expose()).unwrap();
        let (der, _) = facts(&back.client("sensor-1").unwrap().certificate);
        assert!(is_signed_by(&der, &facts(made.certificate()).0));
        let other = Authority::create("Site 8").unwrap();
        let error = |cert: &str, key: &str| Authority::from_pem(cert, key).unwrap_err().to_string();
        assert!(error(made.certificate(), other.key().expose()).contains("does not belong"));
        assert!(error("", made.key().expose()).contains("certificate is damaged"));
        assert!(error(made.certificate(), "").contains("key is damaged"));
        let client = made.client("sensor-1").unwrap();
        assert!(error(&client.certificate, client.key.expose()).contains("no authority's"));
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn nothing_outlives_its_authority() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let authority = Authority::create_at("Site 7", now).unwrap();
        let late = now + Duration::from_secs(3640 * DAY);
        let issued = authority.client_at("sensor-1", late).unwrap();
        let ends = facts(authority.certificate()).1.not_after;
        assert_eq!(facts(&issued.certificate).1.not_after, ends);
        let error = authority.client_at("sensor-1", late + Duration::from_secs(20 * DAY));
        assert!(matches!(error.unwrap_err(), PkiError::AuthorityExpired));
    }

    #[test]
    fn names_that_could_forge_something_are_refused() {
        let authority = Authority::create("Site 7").unwrap();
        let long = "a".repeat(65);
        for name in ["", "a\nb", "a\u{202e}b", "\u{1b}[2J", &long] {
            assert!(matches!(authority.client(name), Err(PkiError::Name { .. })), "{name:?}");
            assert!(Authority::create(name).is_err());
        }
        assert!(authority.client(&"ä".repeat(64)).is_ok());
        let many = vec![SubjectName::Dns("a.example".into()); 101];
        assert!(matches!(authority.server(&many), Err(PkiError::Names { found: 101 })));
        assert!(matches!(authority.server(&[]), Err(PkiError::Names { found: 0 })));
    }
}
