//! The routes of accounts, channels and notes.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::{channels, notes, own_account, staff};

/// Adds them.
pub(crate) fn routes(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
        .routes(routes!(own_account::change_password))
        .routes(routes!(own_account::set_up_totp, own_account::take_off_totp))
        .routes(routes!(own_account::confirm_totp_code))
        .routes(routes!(staff::list, staff::create))
        .routes(routes!(staff::change))
        .routes(routes!(channels::list, channels::register))
        .routes(routes!(channels::shops))
        .routes(routes!(notes::list, notes::add))
        .routes(routes!(notes::show))
}
