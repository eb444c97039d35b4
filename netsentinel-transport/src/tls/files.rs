//! Reading certificates and keys from PEM files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{CertificateFacts, TlsError, provider};
use crate::secret_file::{self, SecretFileError, name};

/// Longest file that is read; a bundle of all the authorities that browsers know has 200 KiB.
const LEN_MAX: u64 = 1 << 20;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It signs others.
    Authority,
    /// A server shows it.
    Server,
    /// An agent shows it.
    Client,
}

impl Role {
    /// Where such a certificate comes from.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Authority => {
                "copy ca.crt from the server's folder, or make one with sentinel-certs init"
            }
            Self::Server => "make it with sentinel-certs init, or renew it with rotate server",
            Self::Client => {
                "make it with sentinel-certs agent NAME in the server's folder, and copy the \
                 bundle here"
            }
        }
    }

    pub(super) fn article(self) -> &'static str {
        match self {
            Self::Authority => "the certificate of an authority",
            Self::Server => "a server's certificate",
            Self::Client => "a client's certificate",
        }
    }
}

/// The authorities in a PEM file: one, or several where an old one is being replaced.
///
/// # Errors
///
/// When the file can not be read, holds none, or holds a certificate that is no authority's.
pub fn roots(ca: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca, Role::Authority)? {
        let damaged = |reason: String| TlsError::Damaged { file: name(ca), reason };
        check_role(&certificate, ca, Role::Authority)?;
        roots.add(certificate).map_err(|error| damaged(error.to_string()))?;
    }
    Ok(roots)
}

/// All certificates in a PEM file, in their order; at least one. Anything else in it is passed over.
///
/// # Errors
///
/// When the file can not be read, is no PEM, or holds none.
pub fn certificates(file: &Path, role: Role) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(file, role)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match all {
        Ok(all) if all.is_empty() => Err(TlsError::NoCertificate { file: name(file), role }),
        Ok(all) => Ok(all),
        Err(error) => Err(damaged(file, &error)),
    }
}

/// A certificate, the chain that may follow it in its file, and the private key that belongs to it.
///
/// # Errors
///
/// When a file can not be read or is not what it should be, when the key belongs to another
/// certificate, and when everybody may read the key.
pub fn certified_key(cert: &Path, key: &Path, role: Role) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(cert, role)?;
    if let Some(leaf) = chain.first() {
        check_role(leaf, cert, role)?;
    }
    let secret = private_key(key, role)?;
    CertifiedKey::from_der(chain, secret, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::KeyMismatch { key: name(key), cert: name(cert), role }
        }
        error => TlsError::Damaged { file: name(key), reason: error.to_string() },
    })
}

fn private_key(file: &Path, role: Role) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = secret_file::read(file, LEN_MAX).map_err(|reason| match reason {
        SecretFileError::Shared { .. } => TlsError::SharedKey(reason),
        reason => TlsError::Key { role, reason },
    })?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey { file: name(file), role },
        error => damaged(file, &error),
    })
}

fn read(file: &Path, role: Role) -> Result<Vec<u8>, TlsError> {
    let failed = |reason: io::Error| TlsError::Read { file: name(file), role, reason };
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(failed)?;
    opened.take(LEN_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LEN_MAX {
        return Err(TlsError::TooLong { file: name(file), len_max: LEN_MAX });
    }
    Ok(bytes)
}

/// A mix-up is told here, where the file's name is known, not by a handshake that fails later.
fn check_role(certificate: &[u8], file: &Path, role: Role) -> Result<(), TlsError> {
    let damaged = |reason: String| TlsError::Damaged { file: name(file), reason };
    let facts = CertificateFacts::read(certificate).map_err(|error| damaged(error.to_string()))?;
    let fits = match role {
        Role::Authority => facts.is_ca,
        Role::Server => !facts.is_ca && facts.server_auth,
        Role::Client => !facts.is_ca && facts.client_auth,
    };
    let found = match () {
        () if fits => return Ok(()),
        () if facts.is_ca => Role::Authority.article(),
        () if facts.server_auth => Role::Server.article(),
        () if facts.client_auth => Role::Client.article(),
        () => "a certificate for something else",
    };
    Err(TlsError::WrongRole { file: name(file), role, found })
}

fn damaged(file: &Path, error: &pem::Error) -> TlsError {
    // The error's own text may quote the file, and the file may be a key.
    let reason = match error {
        pem::Error::MissingSectionEnd { .. } => "it is cut off",
        pem::Error::Base64Decode(_) => "its base64 is not valid",
        _ => "it is no valid PEM",
    };
    TlsError::Damaged { file: name(file), reason: reason.into() }
}
