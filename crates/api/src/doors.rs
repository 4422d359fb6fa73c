//! Looks up who a key or a session belongs to.

use std::sync::Arc;

use hui_operations::actor::Actor;
use hui_operations::keys::authenticate_key;
use hui_operations::sessions::check_session;

use crate::app::App;
use crate::problem::Problem;
use crate::threads::aside;

pub(crate) use hui_operations::sessions::Session;

/// Who an API key belongs to.
pub(crate) async fn key(app: &Arc<App>, secret: &str) -> Result<Option<Actor>, Problem> {
    if let Some(actor) = app.operations.doors.recently(secret) {
        return Ok(Some(actor));
    }
    let (app, secret) = (Arc::clone(app), secret.to_owned());
    let found =
        aside(move || async move { authenticate_key(&app.operations, &secret).await }).await?;
    Ok(found?)
}

/// Whose a session's cookie is.
pub(crate) async fn session(app: &Arc<App>, token: &str) -> Result<Option<Session>, Problem> {
    let (app, token) = (Arc::clone(app), token.to_owned());
    let found = aside(move || async move { check_session(&app.operations, &token).await }).await?;
    Ok(found?)
}
