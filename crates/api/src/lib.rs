//! REST over the operations: routes, wire types, sign-in, problem documents, OpenAPI, web pages.
//!
//! A handler parses, calls one operation and renders its answer. No rule is
//! decided here. Wire types end in `Body`; they are all that callers depend on.

mod abuse;
mod adjustments;
mod administration;
pub mod app;
mod assets;
mod audit;
mod auth;
mod benefits;
mod body;
mod calendar;
mod cards;
mod channels;
mod checkout;
pub mod codes;
mod coupons;
mod doors;
mod edge;
mod health;
mod idempotency;
mod keys;
mod limits;
mod mall;
mod members;
mod metrics;
mod notes;
mod openapi;
mod orders;
mod overview;
mod own_account;
mod paging;
mod params;
mod points;
mod problem;
mod problems;
mod profile;
mod program;
mod refunds;
mod reviews;
mod router;
mod sandbox;
mod session;
mod staff;
mod threads;
mod wallet;
mod web;
mod wire;

pub use app::App;
pub use openapi::{documents, openapi_json};
pub use router::router;
