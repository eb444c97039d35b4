//! Signing in and out, and one's own account.

use std::time::Duration;

use http::header::{HeaderValue, SET_COOKIE};
use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use netsentinel_transport::identity::key_hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::reply::Response;

use super::{Caller, Peer, random};
use crate::api::answer::{Answered, nothing, ok};
use crate::app::App;
use crate::metrics::SignInOutcome;
use crate::refusal::Refusal;
use crate::store::{AuditEntry, NewSession, Role};

/// The session's cookie. Browsers take a name with this prefix only over HTTPS, from this very host.
pub(crate) const COOKIE_NAME: &str = "__Host-netsentinel";

/// Who signs in.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct SignIn {
    /// The user's name.
    user: String,
    /// The password.
    #[schemars(with = "String")]
    password: Secret,
}

/// Who is signed in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    /// The user's or the token's name.
    name: String,
    /// What they may do.
    role: Role,
    /// Whether it is a token.
    token: bool,
}

/// Another password for oneself.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct OwnPassword {
    /// The password until now.
    #[schemars(with = "String")]
    current: Secret,
    /// The one from now on, of at least 12 characters.
    #[schemars(with = "String")]
    new: Secret,
}

/// Signs a user in.
pub(super) async fn sign_in(app: &App, peer: &Peer, asked: SignIn) -> Answered {
    let SignIn { user, password } = asked;
    let role = verify(app, peer, &user, password).await?;
    note(app, peer, &user, "login.ok", "signed in").await?;
    let cookie = open_session(app, peer, &user).await?;
    let me = Me { name: user, role, token: false };
    with_cookie(ok(&me)?, &cookie)
}

/// Ends the session of whoever asks.
pub(super) async fn sign_out(app: &App, caller: &Caller) -> Answered {
    if let Caller::Person { session, .. } = caller {
        app.store.end_session(session).await?;
    }
    with_cookie(nothing()?, &cookie_text("", 0))
}

/// Who asks.
pub(super) fn me(caller: &Caller) -> Answered {
    match caller {
        Caller::Person { name, role, .. } => {
            ok(&Me { name: name.clone(), role: *role, token: false })
        }
        Caller::Script { name, role, .. } => {
            ok(&Me { name: name.clone(), role: *role, token: true })
        }
        _ => Err(Refusal::unauthorized("sign in, or show a token")),
    }
}

/// Gives whoever asks another password, ends all their sessions and opens a new one.
pub(super) async fn change_own_password(
    app: &App,
    peer: &Peer,
    caller: &Caller,
    asked: OwnPassword,
) -> Answered {
    let Caller::Person { name, .. } = caller else {
        return Err(Refusal::forbidden("a token has no password"));
    };
    verify(app, peer, name, asked.current).await?;
    app.accounts.set_password(name, asked.new, name).await?;
    let cookie = open_session(app, peer, name).await?;
    with_cookie(nothing()?, &cookie)
}

/// The role of the user whose password this is.
async fn verify(app: &App, peer: &Peer, user: &str, password: Secret) -> Result<Role, Refusal> {
    let ip = peer.address.ip();
    if let Err(locked) = app.gate.lockout.attempt(user, ip, app.now()) {
        app.metrics.sign_in(SignInOutcome::Locked);
        if locked.first {
            note(app, peer, user, "login.locked", "too many attempts").await?;
        }
        let message = "too many attempts to sign in: wait, then try again";
        return Err(Refusal::too_many("locked", message, locked.wait_s));
    }
    let found = app.store.user(user).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let Some(fits) = app.gate.passwords.check(password, hash).await else {
        app.gate.lockout.not_checked(user, ip);
        app.metrics.sign_in(SignInOutcome::Busy);
        return Err(Refusal::try_later("busy", "too many sign in at once: try again"));
    };
    match found {
        Some(found) if fits => {
            app.gate.lockout.succeeded(user, ip);
            app.metrics.sign_in(SignInOutcome::Ok);
            Ok(found.role)
        }
        _ => {
            app.metrics.sign_in(SignInOutcome::Refused);
            note(app, peer, user, "login.refused", "wrong name or password").await?;
            Err(Refusal::unauthorized("name or password is wrong"))
        }
    }
}

async fn open_session(app: &App, peer: &Peer, user: &str) -> Result<String, Refusal> {
    let life = Duration::from_secs(app.settings().session_hours.get() * 3_600);
    let cookie = random::cookie()?;
    let now = app.now();
    let session = NewSession {
        id: key_hash(cookie.expose()),
        user: user.into(),
        created: now,
        expires: now.after(life),
        address: peer.address.ip().to_string(),
    };
    app.store.add_session(session).await?;
    Ok(cookie_text(cookie.expose(), life.as_secs()))
}

fn cookie_text(value: &str, life_s: u64) -> String {
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={life_s}; HttpOnly; Secure; SameSite=Strict")
}

fn with_cookie(mut response: Response, cookie: &str) -> Answered {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, value);
    }
    Ok(response)
}

/// The lock-out bounds how many of these a stranger can cause.
async fn note(
    app: &App,
    peer: &Peer,
    user: &str,
    action: &str,
    detail: &str,
) -> Result<(), Refusal> {
    let name: String = user.chars().take(64).collect();
    let (name, address) = (shown(&name).into_owned(), peer.address.ip());
    tracing::info!("{action}: {name} from {address}: {detail}");
    let entry = AuditEntry {
        id: 0,
        at: app.now(),
        actor: if action == "login.ok" { name.clone() } else { "anyone".into() },
        action: action.into(),
        subject: name,
        detail: format!("{detail}, from {address}"),
    };
    Ok(app.store.note(entry).await?)
}
