//! Passwords: argon2id, never more than a few at once.

use std::sync::Arc;
use std::time::Duration;

use argon2::Version;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _};
use netsentinel_core::config::Secret;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::random;
use crate::error::ServerError;

/// Shortest password in characters.
pub(crate) const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password in bytes.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1024;
/// Passwords that are checked at once: each takes 19 MiB and most of a core for some 20 ms.
const CHECKS_AT_ONCE: usize = 2;
/// Longest wait for a turn.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Memory in KiB, passes, lanes: the second choice of OWASP's password storage cheat sheet
/// (19 MiB, 2, 1). Tests take less, they check many.
const COST: (u32, u32, u32) = if cfg!(test) { (64, 1, 1) } else { (19 * 1024, 2, 1) };

/// Checks passwords.
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    wait_max: Duration,
    /// The hash that the password of an unknown user is checked against, so that it takes as long.
    nobody: String,
}

impl Default for Passwords {
    fn default() -> Self {
        // Without it an unknown user is told sooner, which is no reason not to start.
        let nobody = random::password().and_then(|password| hash(password.expose()));
        Self {
            turns: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
            wait_max: WAIT_MAX,
            nobody: nobody.unwrap_or_default(),
        }
    }
}

impl Passwords {
    /// Whether `password` has the hash of a user; takes the same time for a user who is not there.
    /// `None` when too many wait already.
    pub(super) async fn check(&self, password: Secret, user: Option<String>) -> Option<bool> {
        let turns = Arc::clone(&self.turns);
        let turn = timeout(self.wait_max, turns.acquire_owned()).await.ok()?.ok()?;
        let known = user.is_some();
        let expected = user.unwrap_or_else(|| self.nobody.clone());
        let checked = tokio::task::spawn_blocking(move || {
            // Kept to the end even if whoever asked has hung up: the work goes on all the same.
            let _turn = turn;
            verify(password.expose(), &expected)
        });
        Some(checked.await.unwrap_or(false) && known)
    }

    /// Keeps all turns taken, for tests.
    #[cfg(test)]
    pub(super) async fn hold(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.turns.acquire_many(CHECKS_AT_ONCE as u32).await.unwrap()
    }
}

/// Why a password is not taken, if it is not.
pub(crate) fn unfit(password: &str) -> Option<String> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Some(format!("a password has at most {PASSWORD_BYTES_MAX} bytes"));
    }
    (password.chars().count() < PASSWORD_CHARS_MIN)
        .then(|| format!("a password has at least {PASSWORD_CHARS_MIN} characters"))
}

/// The argon2id hash of a password, as a PHC string. Takes some 20 ms.
pub(crate) fn hash(password: &str) -> Result<String, ServerError> {
    let salt = random::bytes::<16>()?;
    let (memory, passes, lanes) = COST;
    let failed = |error: &dyn std::fmt::Display| ServerError::Hash(error.to_string());
    let cost = Params::new(memory, passes, lanes, None).map_err(|error| failed(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn verify(password: &str, expected: &str) -> bool {
    PasswordHash::new(expected)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let kept = hash("correct horse battery").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m="), "{kept}");
        assert_ne!(kept, hash("correct horse battery").unwrap());
        let check = async |text: &str, user: Option<&str>| {
            passwords.check(Secret::new(text), user.map(str::to_owned)).await
        };
        assert_eq!(check("correct horse battery", Some(&kept)).await, Some(true));
        assert_eq!(check("correct horse", Some(&kept)).await, Some(false));
        assert_eq!(check("correct horse battery", None).await, Some(false));
        assert_eq!(check("", Some("no hash")).await, Some(false));
    }

    #[tokio::test]
    async fn more_than_can_be_checked_are_turned_away() {
        let passwords = Passwords { wait_max: Duration::from_millis(10), ..Passwords::default() };
        let _held = passwords.hold().await;
        assert_eq!(passwords.check(Secret::new("x"), None).await, None);
    }

    #[test]
    fn hanging_up_does_not_free_a_turn_that_is_still_used() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // The one thread for such work is taken until it is let go, so the check waits for it.
        let runtime = runtime.enable_time().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let passwords = Passwords::default();
            let (let_go, wait) = std::sync::mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || wait.recv());
            {
                let mut check = std::pin::pin!(passwords.check(Secret::new("x"), None));
                assert!(futures_util::poll!(check.as_mut()).is_pending());
            }
            assert_eq!(passwords.turns.available_permits(), CHECKS_AT_ONCE - 1);
            let_go.send(()).unwrap();
            busy.await.unwrap().unwrap();
            let _all = timeout(Duration::from_secs(10), passwords.hold()).await.unwrap();
        });
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(unfit("elevenchars").is_some());
        assert!(unfit("twelve chars").is_none());
        assert!(unfit(&"x".repeat(PASSWORD_BYTES_MAX + 1)).is_some());
    }
}
