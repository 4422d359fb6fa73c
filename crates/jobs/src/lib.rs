//! Background work: what time makes due, and what is old enough to be forgotten.
//!
//! One process at a time works, the one that holds the lease in the database;
//! when it stops or dies another takes over. Every piece of work is safe to do
//! twice.

mod worker;

pub use worker::{Figure, Worker, WorkerError};
