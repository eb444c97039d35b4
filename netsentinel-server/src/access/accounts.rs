//! Users and tokens: the rules about them, for the API and for the command line.

use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::Timestamp;
use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use netsentinel_transport::identity::key_hash;

use super::{password, random};
use crate::error::ServerError;
use crate::store::{NewToken, Role, Store, StoreError, Token, User};

/// Longest name of a user or a token, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest life of a token, in days.
pub(crate) const TOKEN_DAYS_MAX: u64 = 3_650;
/// The user that is made at the first start.
const FIRST_USER: &str = "admin";

/// Users and tokens.
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: fn() -> Timestamp,
    /// Held while it is made sure that an administrator is left, and until it is so.
    changes: tokio::sync::Mutex<()>,
}

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// What the bearer shows; kept nowhere.
    pub secret: Secret,
    /// What is kept.
    pub token: Token,
}

/// Why an account could not be made, changed or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The name can not be used.
    #[error("a name has 1 to 64 letters, digits, dots, dashes, underscores or at signs")]
    Name,
    /// The password can not be used.
    #[error("{0}")]
    Password(String),
    /// A token lives too short or too long.
    #[error("a token is valid for 1 to {TOKEN_DAYS_MAX} days, or without an end")]
    Days,
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(String),
    /// There is no such token.
    #[error("there is no token {0}")]
    NoToken(u64),
    /// Nobody could manage the server any more.
    #[error("{0} is the last administrator: make another one first")]
    LastAdmin(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password or token could not be made.
    #[error(transparent)]
    Server(#[from] ServerError),
}

type Result<T> = std::result::Result<T, AccountError>;

impl Accounts {
    /// The accounts that `store` keeps.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, clock: crate::app::wall_clock, changes: tokio::sync::Mutex::default() }
    }

    /// Adds a user.
    ///
    /// # Errors
    ///
    /// When the name is taken or not allowed, or the password too short.
    pub async fn add(&self, name: &str, role: Role, password: Secret, actor: &str) -> Result<()> {
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        let (password_hash, now) = (hash(password).await?, (self.clock)());
        let user = User { name: name.into(), role, password_hash, created: now };
        Ok(self.store.add_user(user, actor, now).await?)
    }

    /// Gives a user another password and ends their sessions.
    ///
    /// # Errors
    ///
    /// When there is no such user or the password is too short.
    pub async fn set_password(&self, name: &str, password: Secret, actor: &str) -> Result<()> {
        let hash = hash(password).await?;
        let there = self.store.set_password(name, &hash, actor, (self.clock)()).await?;
        if there { Ok(()) } else { Err(no_user(name)) }
    }

    /// Removes a user, their sessions and tokens.
    ///
    /// # Errors
    ///
    /// When there is no such user, or no other administrator.
    pub async fn remove(&self, name: &str, actor: &str) -> Result<()> {
        let _changing = self.changes.lock().await;
        let users = self.store.users().await?;
        let is_admin = |user: &&User| user.role == Role::Admin;
        let mut others = users.iter().filter(|user| user.name != name).filter(is_admin);
        let found = users.iter().find(|user| user.name == name).ok_or_else(|| no_user(name))?;
        if found.role == Role::Admin && others.next().is_none() {
            return Err(AccountError::LastAdmin(name.into()));
        }
        let there = self.store.remove_user(name, actor, (self.clock)()).await?;
        if there { Ok(()) } else { Err(no_user(name)) }
    }

    /// Makes a token that is valid for so many days, or without an end.
    ///
    /// # Errors
    ///
    /// When the name or the number of days is not allowed.
    pub async fn make_token(
        &self,
        name: &str,
        role: Role,
        days: Option<u64>,
        actor: &str,
    ) -> Result<MadeToken> {
        if days.is_some_and(|days| !(1..=TOKEN_DAYS_MAX).contains(&days)) {
            return Err(AccountError::Days);
        }
        let life = days.map(|days| Duration::from_secs(days * 86_400));
        self.make(name, role, life, actor).await
    }

    /// Makes a token for one task: it is valid for `life`, and to be revoked when the task is done.
    ///
    /// # Errors
    ///
    /// When the name is not allowed.
    pub async fn make_brief_token(
        &self,
        name: &str,
        role: Role,
        life: Duration,
        actor: &str,
    ) -> Result<MadeToken> {
        self.make(name, role, Some(life), actor).await
    }

    async fn make(
        &self,
        name: &str,
        role: Role,
        life: Option<Duration>,
        actor: &str,
    ) -> Result<MadeToken> {
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        let (secret, now) = (random::token()?, (self.clock)());
        let expires = life.map(|life| now.after(life));
        let hash = key_hash(secret.expose());
        let token = NewToken { hash, name: name.into(), role, expires };
        let token = self.store.add_token(token, actor, now).await?;
        Ok(MadeToken { secret, token })
    }

    /// Takes a token away.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn revoke_token(&self, id: u64, actor: &str) -> Result<()> {
        let there = self.store.revoke_token(id, actor, (self.clock)()).await?;
        if there { Ok(()) } else { Err(AccountError::NoToken(id)) }
    }

    /// Makes the first administrator, `admin`, where there is no user at all; gives the password.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn make_first(&self) -> Result<Option<Secret>> {
        if !self.store.users().await?.is_empty() {
            return Ok(None);
        }
        let password = random::password()?;
        match self.add(FIRST_USER, Role::Admin, password.clone(), "first start").await {
            Ok(()) => Ok(Some(password)),
            Err(AccountError::Store(StoreError::Exists(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn hash(password: Secret) -> Result<String> {
    if let Some(reason) = password::unfit(password.expose()) {
        return Err(AccountError::Password(reason));
    }
    let hashed = tokio::task::spawn_blocking(move || password::hash(password.expose())).await;
    let stopped = |_| ServerError::Hash("the server is stopping".into());
    Ok(hashed.map_err(stopped)??)
}

fn no_user(name: &str) -> AccountError {
    let name: String = name.chars().take(NAME_BYTES_MAX).collect();
    AccountError::NoUser(shown(&name).into_owned())
}

fn is_name(name: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_forge_nothing() {
        for name in ["ann", "ann.b-c_d@example.org", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a b", "token:x", "ä", "a\n", "<b>", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
