//! What can be wrong with certificates and keys before anything is connected.

use std::io;

use rustls::server::VerifierBuilderError;

use super::{Role, Validity};
use crate::secret_file::SecretFileError;

/// Why a TLS configuration can not be made. Each message names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can not be read.
    #[error("{file}: can not be read: {reason}: {}", .role.advice())]
    Read {
        /// The file.
        file: String,
        /// What it should be.
        role: Role,
        /// What the system says.
        reason: io::Error,
    },
    /// A private key can not be read, or everybody may read it.
    #[error("{reason}: {}", .role.advice())]
    Key {
        /// What its certificate should be.
        role: Role,
        /// What is wrong.
        reason: SecretFileError,
    },
    /// Everybody may read a private key.
    #[error(transparent)]
    SharedKey(SecretFileError),
    /// A file is longer than any such file is.
    #[error("{file}: longer than {len_max} bytes, which no file of certificates is")]
    TooLong {
        /// The file.
        file: String,
        /// The limit in bytes.
        len_max: u64,
    },
    /// A file holds no certificate.
    #[error("{file}: no certificate found: {}", .role.advice())]
    NoCertificate {
        /// The file.
        file: String,
        /// What it should be.
        role: Role,
    },
    /// A file holds no private key.
    #[error("{file}: no private key found: {}", .role.advice())]
    NoKey {
        /// The file.
        file: String,
        /// What its certificate should be.
        role: Role,
    },
    /// A certificate or key can not be understood.
    #[error("{file}: damaged or of an unknown kind: {reason}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A certificate is made for something else.
    #[error("{file}: {found} where {} belongs: {}", .role.article(), .role.advice())]
    WrongRole {
        /// The file.
        file: String,
        /// What it should be.
        role: Role,
        /// What it is.
        found: &'static str,
    },
    /// A key belongs to another certificate.
    #[error("{key}: does not belong to {cert}: put the two back that were made together, or {}", .role.advice())]
    KeyMismatch {
        /// The key's file.
        key: String,
        /// The certificate's file.
        cert: String,
        /// What the certificate should be.
        role: Role,
    },
    /// A new certificate is not valid at this moment.
    #[error("{file}: {validity}: run sentinel-certs rotate server, and check the clock")]
    NotValidNow {
        /// The file.
        file: String,
        /// When it is.
        validity: Validity,
    },
    /// The authorities that clients are held to are none.
    #[error("client certificates are asked for, but there is no authority to check them by")]
    NoAuthority(#[from] VerifierBuilderError),
    /// TLS itself refuses.
    #[error("TLS can not be set up")]
    Setup(#[source] rustls::Error),
}
