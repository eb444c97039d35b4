//! What can be asked about accounts.

use std::sync::Arc;

use http::Method;
use netsentinel_core::Timestamp;
use netsentinel_core::config::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::accounts::AccountError;
use super::sign_in::{self, Me, OwnPassword, SignIn};
use super::{Caller, Peer};
use crate::api::answer::{Answered, answered, created, nothing, ok};
use crate::api::query::{Pairs, Query};
use crate::api::{Access, Answer, Operation, body, schema};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{AuditEntry, Role, Token};

/// Entries of the audit trail in one answer.
const AUDIT_LIMIT_MAX: u64 = 500;

/// A user, as administrators see them.
#[derive(Serialize, JsonSchema)]
struct UserView {
    /// The name to sign in with.
    name: String,
    /// What they may do.
    role: Role,
    /// When the account was made.
    created: Timestamp,
}

/// A user to be added.
#[derive(Deserialize, JsonSchema)]
struct NewUser {
    /// The name to sign in with.
    name: String,
    /// What they may do.
    role: Role,
    /// The password, of at least 12 characters.
    #[schemars(with = "String")]
    password: Secret,
}

/// Another password.
#[derive(Deserialize, JsonSchema)]
struct Password {
    /// The password from now on, of at least 12 characters.
    #[schemars(with = "String")]
    password: Secret,
}

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
struct AskedToken {
    /// What it is for.
    name: String,
    /// What its bearer may do.
    role: Role,
    /// Days that it is valid; absent for good.
    days: Option<u64>,
}

/// A token that was made.
#[derive(Serialize, JsonSchema)]
struct FreshToken {
    /// What the bearer shows as `Authorization: Bearer …`; it is not shown again.
    secret: String,
    /// The rest of it.
    token: Token,
}

/// Where to begin in the audit trail, and how much of it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "for the OpenAPI document alone")]
struct AuditQuery {
    /// Entries before this number; absent for the newest.
    before: Option<u64>,
    /// How many at most, from 1 to 500.
    limit: Option<u64>,
}

/// Everything that can be asked about accounts.
pub(crate) fn operations() -> Vec<Operation> {
    let (viewer, admin) = (Access::Role(Role::Viewer), Access::Role(Role::Admin));
    let new = Operation::new;
    vec![
        new(Method::POST, "/api/login", Access::Public, Answer::Json(schema::<Me>))
            .summary("Signs in; the answer sets the session's cookie.")
            .request::<SignIn>(),
        new(Method::POST, "/api/logout", viewer, Answer::Nothing).summary("Signs out."),
        new(Method::GET, "/api/me", viewer, Answer::Json(schema::<Me>)).summary("Who asks."),
        new(Method::POST, "/api/me/password", viewer, Answer::Nothing)
            .summary("Changes one's own password and ends all other sessions.")
            .request::<OwnPassword>(),
        new(Method::GET, "/api/users", admin, Answer::Json(schema::<Vec<UserView>>))
            .summary("All users, by name."),
        new(Method::POST, "/api/users", admin, Answer::Created(schema::<UserView>))
            .summary("Adds a user.")
            .request::<NewUser>(),
        new(Method::DELETE, "/api/users/{name}", admin, Answer::Nothing)
            .summary("Removes a user, their sessions and tokens; never the last administrator."),
        new(Method::POST, "/api/users/{name}/password", admin, Answer::Nothing)
            .summary("Gives a user another password and ends their sessions.")
            .request::<Password>(),
        new(Method::GET, "/api/tokens", admin, Answer::Json(schema::<Vec<Token>>))
            .summary("All tokens; what their bearers show is not kept."),
        new(Method::POST, "/api/tokens", admin, Answer::Created(schema::<FreshToken>))
            .summary("Makes a token; the answer is the only time that it is shown.")
            .request::<AskedToken>(),
        new(Method::DELETE, "/api/tokens/{id}", admin, Answer::Nothing)
            .summary("Takes a token away."),
        new(Method::GET, "/api/audit", admin, Answer::Json(schema::<Vec<AuditEntry>>))
            .summary("The audit trail, the newest first.")
            .query::<AuditQuery>(),
    ]
}

/// The handlers.
pub(crate) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    own(app).or(users(app)).unify().or(tokens(app)).unify().or(audit(app)).unify().boxed()
}

fn with(app: &Arc<App>) -> BoxedFilter<(Arc<App>,)> {
    let app = Arc::clone(app);
    warp::any().map(move || Arc::clone(&app)).boxed()
}

fn caller() -> impl Filter<Extract = (Caller,), Error = warp::Rejection> + Copy {
    warp::ext::get::<Caller>()
}

fn peer() -> impl Filter<Extract = (Peer,), Error = warp::Rejection> + Copy {
    warp::ext::get::<Peer>()
}

fn own(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = with(app);
    let login = warp::path!("api" / "login").and(warp::post()).and(app.clone()).and(peer());
    let login = login.and(body::json::<SignIn>()).then(
        |app: Arc<App>, peer, asked: Result<SignIn, Refusal>| async move {
            answered(async { sign_in::sign_in(&app, &peer, asked?).await }).await
        },
    );
    let logout = warp::path!("api" / "logout").and(warp::post()).and(app.clone()).and(caller());
    let logout = logout.then(|app: Arc<App>, caller| async move {
        answered(sign_in::sign_out(&app, &caller)).await
    });
    let me = warp::path!("api" / "me").and(warp::get()).and(caller());
    let me = me.then(|caller| async move { answered(async { sign_in::me(&caller) }).await });
    let password = warp::path!("api" / "me" / "password")
        .and(warp::post())
        .and(app)
        .and(peer())
        .and(caller())
        .and(body::json::<OwnPassword>())
        .then(|app: Arc<App>, peer, caller, asked: Result<OwnPassword, Refusal>| async move {
            let changed =
                async { sign_in::change_own_password(&app, &peer, &caller, asked?).await };
            answered(changed).await
        });
    login.or(logout).unify().or(me).unify().or(password).unify().boxed()
}

fn users(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = with(app);
    let all = || warp::path!("api" / "users");
    let list = all()
        .and(warp::get())
        .and(app.clone())
        .then(|app: Arc<App>| async move { answered(list_users(&app)).await });
    let add =
        all().and(warp::post()).and(app.clone()).and(caller()).and(body::json::<NewUser>()).then(
            |app: Arc<App>, caller, asked: Result<NewUser, Refusal>| async move {
                answered(async { add_user(&app, &caller, asked?).await }).await
            },
        );
    let remove = warp::path!("api" / "users" / String)
        .and(warp::delete())
        .and(app.clone())
        .and(caller())
        .then(|name: String, app: Arc<App>, caller: Caller| async move {
            let removed = async {
                app.accounts.remove(&user_name(&name), &caller.actor()).await?;
                nothing()
            };
            answered(removed).await
        });
    let password = warp::path!("api" / "users" / String / "password")
        .and(warp::post())
        .and(app)
        .and(caller())
        .and(body::json::<Password>())
        .then(
            |name: String, app: Arc<App>, caller: Caller, asked: Result<Password, Refusal>| async move {
                let changed = async {
                    app.accounts.set_password(&user_name(&name), asked?.password, &caller.actor()).await?;
                    nothing()
                };
                answered(changed).await
            },
        );
    list.or(add).unify().or(remove).unify().or(password).unify().boxed()
}

fn tokens(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = with(app);
    let all = || warp::path!("api" / "tokens");
    let list = all().and(warp::get()).and(app.clone()).then(|app: Arc<App>| async move {
        answered(async { ok(&app.store.tokens().await?) }).await
    });
    let make = all()
        .and(warp::post())
        .and(app.clone())
        .and(caller())
        .and(body::json::<AskedToken>())
        .then(|app: Arc<App>, caller, asked: Result<AskedToken, Refusal>| async move {
            answered(async { make_token(&app, &caller, asked?).await }).await
        });
    let revoke =
        warp::path!("api" / "tokens" / u64).and(warp::delete()).and(app).and(caller()).then(
            |id, app: Arc<App>, caller: Caller| async move {
                let revoked = async {
                    app.accounts.revoke_token(id, &caller.actor()).await?;
                    nothing()
                };
                answered(revoked).await
            },
        );
    list.or(make).unify().or(revoke).unify().boxed()
}

fn audit(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    warp::path!("api" / "audit")
        .and(warp::get())
        .and(with(app))
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move {
            let trail = async {
                let mut query = Query::new(pairs, app.now())?;
                let before = query.parsed::<u64>("before")?;
                let limit = query.number("limit", 1..=AUDIT_LIMIT_MAX, 100)?;
                query.finish()?;
                ok(&app.store.audit(before, limit as usize).await?)
            };
            answered(trail).await
        })
        .boxed()
}

/// The name of a user in a path. Of what a name may hold programs escape the at sign alone.
fn user_name(segment: &str) -> String {
    segment.replace("%40", "@")
}

async fn list_users(app: &App) -> Answered {
    let users = app.store.users().await?;
    let view = |user: crate::store::User| UserView {
        name: user.name,
        role: user.role,
        created: user.created,
    };
    ok(&users.into_iter().map(view).collect::<Vec<_>>())
}

async fn add_user(app: &App, caller: &Caller, asked: NewUser) -> Answered {
    let NewUser { name, role, password } = asked;
    app.accounts.add(&name, role, password, &caller.actor()).await?;
    created(&UserView { name, role, created: app.now() })
}

async fn make_token(app: &App, caller: &Caller, asked: AskedToken) -> Answered {
    let AskedToken { name, role, days } = asked;
    let made = app.accounts.make_token(&name, role, days, &caller.actor()).await?;
    created(&FreshToken { secret: made.secret.expose().into(), token: made.token })
}

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Server(error) => error.into(),
            AccountError::NoUser(_) | AccountError::NoToken(_) => {
                Self::not_found(error.to_string())
            }
            AccountError::LastAdmin(_) => Self::conflict(error.to_string()),
            AccountError::Name | AccountError::Password(_) | AccountError::Days => {
                Self::bad_request(error.to_string())
            }
        }
    }
}
