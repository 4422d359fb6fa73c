//! What the business does: one file per operation, one database transaction each.
//!
//! An operation loads what a slice of requests needs with a few statements, lets
//! the pure rules decide, and saves the decisions with a few statements. It never
//! talks to the network. Only this crate owns a clock.

pub mod actor;
mod books;
pub mod clock;
mod context;
pub mod ids;
mod merging;
mod persons;
pub mod record_orders;
pub mod record_refunds;
mod refunding;
pub mod rules;
pub mod slices;

pub use context::{Operations, Places};
