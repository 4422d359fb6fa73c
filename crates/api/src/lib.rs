//! REST over the operations: routes, wire types, sign-in, problem documents, OpenAPI, web pages.
//!
//! A handler parses, calls one operation and renders its answer. No rule is
//! decided here. Wire types end in `Body`; they are all that callers depend on.

pub mod app;
mod auth;
mod body;
pub mod codes;
mod doors;
mod edge;
mod health;
mod idempotency;
mod limits;
mod metrics;
mod openapi;
mod orders;
mod paging;
mod params;
mod problem;
mod problems;
mod program;
mod refunds;
mod router;
mod sandbox;
mod threads;
mod web;
mod wire;

pub use app::App;
pub use openapi::{documents, openapi_json};
pub use router::router;
