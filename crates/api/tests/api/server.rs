//! A server without a socket, and the few words tests speak to it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use hui_api::app::{App, Hooks, Settings};
use hui_operations::Operations;
use hui_operations::clock::Clock;
use hui_operations::ids::Ids;
use hui_store::vault::Vault;
use hui_store::{Store, StoreOptions};
use serde_json::Value;
use tower::ServiceExt as _;

/// A server on an empty SQLite file that is deleted with it.
pub struct Server {
    pub router: Router,
    folder: std::path::PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary directory harms no test.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

pub async fn server(settings: Settings) -> Server {
    let mut ids = Ids::for_node(1);
    let name = hui_loyalty::ids::NewIds::next_id(&mut ids);
    let folder = std::env::temp_dir().join(format!("hui-api-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the database");
    let url = format!("sqlite://{}", folder.join("hui.db").display());
    let store = Store::connect(&StoreOptions::new(url)).await.expect("a database");
    let clock = Clock::system();
    store.migrate(clock.now()).await.expect("migrations");
    let operations = Operations::new(store, clock, ids, Vault::development());
    let app: Arc<App> = App::new(operations, settings, Hooks::default());
    Server { router: hui_api::router(app), folder }
}

impl Server {
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, body: &str) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        self.send(request).await
    }
}
