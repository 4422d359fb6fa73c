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
    administration, assets, audit, changing, edge, health, keys, metrics, openapi, orders, points,
    program, reading, refunds, sandbox, session, web,
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
        .routes(routes!(reading::order))
        .routes(routes!(refunds::record, reading::refunds))
        .routes(routes!(changing::join))
        .routes(routes!(reading::lookup))
        .routes(routes!(reading::search))
        .routes(routes!(reading::member, changing::change))
        .routes(routes!(reading::code))
        .routes(routes!(reading::identities, changing::bind))
        .routes(routes!(changing::unbind))
        .routes(routes!(changing::phone))
        .routes(routes!(changing::merge))
        .routes(routes!(changing::undo))
        .routes(routes!(reading::merges))
        .routes(routes!(reading::tier))
        .routes(routes!(reading::orders))
        .routes(routes!(reading::balance))
        .routes(routes!(reading::entries))
        .routes(routes!(reading::lots))
        .routes(routes!(reading::explain))
        .routes(routes!(points::adjust))
        .routes(routes!(points::hold))
        .routes(routes!(points::confirm))
        .routes(routes!(points::cancel))
        .routes(routes!(reading::reviews))
        .routes(routes!(changing::decide))
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
