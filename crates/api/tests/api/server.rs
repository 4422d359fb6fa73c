//! A server without a socket, and the few words tests speak to it.

use std::sync::{Arc, OnceLock};

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

/// The secret of the key that may do everything.
pub(crate) const KEY: &str = "hui_test_key_of_all_scopes";
/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server on a database of its own that is deleted with it.
pub(crate) struct Server {
    pub(crate) router: Router,
    store: Store,
    folder: Option<std::path::PathBuf>,
    schema: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status and the code of a problem, for short.
    pub(crate) fn problem(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default())
    }
}

/// The document of the API.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&hui_api::openapi_json()).expect("JSON"))
}

/// A problem an operation answers with is one the document lists for it.
fn check_listed(method: &str, path: &str, reply: &Reply) {
    let fits = |template: &str| {
        let mut parts = template.split('/').zip(path.split('/'));
        template.split('/').count() == path.split('/').count()
            && parts.all(|(known, part)| known == part || known.starts_with('{'))
    };
    let method = method.to_ascii_lowercase();
    let mut fitting: Vec<_> = document()["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(template, item)| fits(template) && item[&method].is_object())
        .collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    let Some((template, item)) = fitting.first() else { return };
    let listed = &item[&method]["responses"][reply.status.as_str()]["x-problem-codes"];
    let code = &reply.json()["code"];

    assert!(
        listed.as_array().is_some_and(|codes| codes.contains(code)),
        "{method} {template} does not list {} {code}",
        reply.status
    );
}

fn new_name() -> String {
    let mut ids = Ids::for_node(1);
    format!("api_{}_{}", std::process::id(), hui_loyalty::ids::NewIds::next_id(&mut ids))
}

/// A server on an empty SQLite file.
pub(crate) async fn server(settings: Settings) -> Server {
    server_on(On::Sqlite, settings).await
}

/// A server with the default program, the key [`KEY`] and the administrator `admin`.
pub(crate) async fn server_on(on: On, settings: Settings) -> Server {
    let name = new_name();
    let (options, folder, schema) = match on {
        On::Sqlite => {
            let folder = std::env::temp_dir().join(&name);
            std::fs::create_dir_all(&folder).expect("a folder for the database");
            let url = format!("sqlite://{}", folder.join("hui.db").display());
            (StoreOptions::new(url), Some(folder), None)
        }
        On::Postgres => {
            let url = std::env::var("HUI_TEST_POSTGRES_URL")
                .expect("HUI_TEST_POSTGRES_URL holds the address of a PostgreSQL for tests");
            let options = StoreOptions { schema: Some(name.clone()), ..StoreOptions::new(url) };
            (options, None, Some(name))
        }
    };
    let store = Store::connect(&options).await.expect("a database");
    let clock = Clock::system();
    store.migrate(clock.now()).await.expect("migrations");
    let operations = Operations::new(store.clone(), clock, Ids::for_node(1), Vault::development());
    hui_operations::programs::bootstrap(&operations, Some(KEY), Some(("admin", PASSWORD)))
        .await
        .expect("the default program");
    let app: Arc<App> = App::new(operations, settings, Hooks::default());
    Server { router: hui_api::router(app), store, folder, schema }
}

impl Server {
    /// Removes what the server left behind.
    pub(crate) async fn remove(self) {
        if let Some(schema) = &self.schema {
            let mut tx = self.store.begin().await.expect("a transaction");
            tx.execute(&format!("drop schema {schema} cascade"), &[]).await.expect("dropped");
            tx.commit().await.expect("dropped");
        }
        self.store.close().await;
        if let Some(folder) = &self.folder {
            std::fs::remove_dir_all(folder).expect("removed");
        }
    }

    /// How many kept answers hold a text as it is.
    pub(crate) async fn kept_in_clear(&self, text: &str) -> usize {
        let mut tx = self.store.snapshot().await.expect("a transaction");
        let rows = tx.fetch("select body from answers", &[]).await.expect("answers");
        tx.rollback().await.expect("an end");
        rows.iter().filter(|row| row.text(0).expect("a text").contains(text)).count()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let reply = Reply { status: parts.status, headers: parts.headers, text };
        if reply.header("content-type") == "application/problem+json" {
            check_listed(&method, &path, &reply);
        }
        reply
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        self.send(request).await
    }

    /// A request with [`KEY`], some headers, and a JSON body where there is one.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| matches!(*name, "authorization" | "cookie")) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {KEY}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        self.send(request.expect("a request")).await
    }
}

/// Makes the tests `name::sqlite` and `name::postgres` of one story.
macro_rules! on_both {
    ($name:ident, $settings:expr, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let server = crate::server::server_on(crate::server::On::Sqlite, $settings).await;
                ($story)(&server).await;
                server.remove().await;
            }

            #[tokio::test]
            async fn postgres() {
                let server = crate::server::server_on(crate::server::On::Postgres, $settings).await;
                ($story)(&server).await;
                server.remove().await;
            }
        }
    };
}

pub(crate) use on_both;
