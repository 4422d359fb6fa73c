//! The built web pages, served from memory with ETags and compression.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use memory_serve::CacheControl;

/// Every application under its folder; deep links open its own page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let pages = memory_serve::load!()
        .index_file(None)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Long)
        .add_alias("/console/", "/console/index.html")
        .add_alias("/console/{*rest}", "/console/index.html")
        .into_router();
    Router::new()
        .merge(pages)
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
}
