//! Every address of the server: a table of contents.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::{
    abuse, adjustments, administration, assets, audit, calendar, edge, health, keys, members,
    metrics, openapi, orders, overview, points, profile, program, refunds, reviews, sandbox,
    session, web,
};

/// The service of an [`App`].
///
/// Serve it with the callers' addresses (`into_make_service_with_connect_info`),
/// else attempts to sign in are counted by name alone.
pub fn router(app: Arc<App>) -> Router {
    let (api, document) = api(app.settings.sandbox).split_for_parts();
    let document: Arc<str> = finished(document).to_json().unwrap_or_default().into();
    Router::new()
        .merge(api)
        .route("/api/openapi.json", get(move || ready(openapi::json(&document))))
        .route("/api/docs", get(openapi::page))
        .route("/api/docs/page.js", get(openapi::script))
        .route("/api/docs/codes.json", get(openapi::codes))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .merge(web::routes())
        .method_not_allowed_fallback(edge::unknown_method)
        .fallback(edge::unknown_route)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(from_fn_with_state(Arc::clone(&app), edge::pass))
        .with_state(app)
}

fn api(with_sandbox: bool) -> OpenApiRouter<Arc<App>> {
    let routes = OpenApiRouter::with_openapi(openapi::Described::openapi())
        .routes(routes!(orders::record))
        .routes(routes!(orders::record_batch))
        .routes(routes!(orders::known::show))
        .routes(routes!(refunds::record, refunds::list))
        .routes(routes!(members::join))
        .routes(routes!(members::look_up))
        .routes(routes!(members::search))
        .routes(routes!(members::show, members::change))
        .routes(routes!(profile::show))
        .routes(routes!(members::code))
        .routes(routes!(members::identities::list, members::identities::bind))
        .routes(routes!(members::identities::unbind))
        .routes(routes!(members::identities::change_verified_phone))
        .routes(routes!(members::merges::merge))
        .routes(routes!(members::merges::undo))
        .routes(routes!(members::merges::list))
        .routes(routes!(members::tiers::show))
        .routes(routes!(orders::known::list))
        .routes(routes!(points::balances::show))
        .routes(routes!(points::entries::list))
        .routes(routes!(points::lots::list))
        .routes(routes!(points::entries::explain))
        .routes(routes!(adjustments::adjust))
        .routes(routes!(adjustments::list))
        .routes(routes!(adjustments::adjust_batch))
        .routes(routes!(adjustments::limits, adjustments::put_limits))
        .routes(routes!(adjustments::decide))
        .routes(routes!(adjustments::undo))
        .routes(routes!(points::hold))
        .routes(routes!(points::confirm))
        .routes(routes!(points::cancel))
        .routes(routes!(overview::show))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::decide))
        .routes(routes!(abuse::list, abuse::block))
        .routes(routes!(abuse::lift))
        .routes(routes!(session::start, session::show, session::end))
        .routes(routes!(keys::create, keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(program::create))
        .routes(routes!(program::current))
        .routes(routes!(program::put, program::draft))
        .routes(routes!(program::check))
        .routes(routes!(program::publish_draft))
        .routes(routes!(program::versions))
        .routes(routes!(program::version_of))
        .routes(routes!(calendar::show))
        .routes(routes!(program::schema))
        .routes(routes!(program::facts));
    let routes = assets::routes(administration::routes(routes));
    if with_sandbox { routes.routes(routes!(sandbox::set_clock)) } else { routes }
}

/// The document of every route, the sandbox's included.
pub(crate) fn document() -> Document {
    finished(api(true).into_openapi())
}

fn finished(mut document: Document) -> Document {
    openapi::finish(&mut document);
    document
}
