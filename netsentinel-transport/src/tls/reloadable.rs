//! A certificate that a running server can change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::files::{Role, certified_key};
use super::{CertificateFacts, TlsError, Validity};
use crate::secret_file::name;

/// The server's certificate and key, read from two files and again when asked.
///
/// Connections that stand keep what they were opened with; each new one gets the newest. Agents need
/// nothing: they trust the authority, which has signed the new certificate as it has the old.
#[derive(Debug)]
pub struct ReloadableCert {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ReloadableCert {
    /// Reads the certificate, with the chain that may follow it, and its key.
    ///
    /// One that has ended or not begun is taken, so that a server starts with a wrong clock too:
    /// [`facts`](Self::facts) tells, and agents refuse it anyway.
    ///
    /// # Errors
    ///
    /// When a file can not be read or is not what it should be, when the key belongs to another
    /// certificate, and when everybody may read the key.
    pub fn load(cert: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(Arc::new(certified_key(cert, key, Role::Server)?));
        Ok(Arc::new(Self { cert: cert.into(), key: key.into(), current }))
    }

    /// Reads both files again.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and when the new certificate is not valid at this moment. What was
    /// in use then stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = certified_key(&self.cert, &self.key, Role::Server)?;
        let facts = facts_of(&fresh, &self.cert)?;
        let validity = facts.validity(SystemTime::now());
        if !matches!(validity, Validity::Current { .. }) {
            return Err(TlsError::NotValidNow { file: name(&self.cert), validity });
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    /// What the certificate in use says of itself.
    ///
    /// # Errors
    ///
    /// When it can not be read, which `load` would have told.
    pub fn facts(&self) -> Result<CertificateFacts, TlsError> {
        facts_of(&self.current(), &self.cert)
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for ReloadableCert {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn facts_of(key: &CertifiedKey, file: &Path) -> Result<CertificateFacts, TlsError> {
    let damaged = |reason: String| TlsError::Damaged { file: name(file), reason };
    let leaf = key.end_entity_cert().map_err(|error| damaged(error.to_string()))?;
    CertificateFacts::read(leaf).map_err(|error| damaged(error.to_string()))
}
