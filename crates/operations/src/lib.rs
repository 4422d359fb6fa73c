//! What the business does: one file per operation, one database transaction each.
//!
//! An operation loads what a slice of requests needs with a few statements, lets
//! the pure rules decide, and saves the decisions with a few statements. It never
//! talks to the network. Only this crate owns a clock.

pub mod actor;
pub mod clock;
mod context;
pub mod ids;

pub use context::Operations;
