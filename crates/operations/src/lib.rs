//! What the business does: one file per operation, one database transaction each.
//!
//! An operation loads what a slice of requests needs with a few statements, lets
//! the pure rules decide, and saves the decisions with a few statements. It never
//! talks to the network. Only this crate owns a clock.

pub mod abuse;
pub mod actor;
pub mod adjustments;
pub mod audit;
pub mod benefits;
mod books;
pub mod calendar;
pub mod cards;
pub mod channels;
pub mod checkout;
pub mod clock;
pub mod commit;
mod context;
pub mod coupons;
pub mod ids;
pub mod join_member;
pub mod keys;
pub mod leases;
pub mod mall;
pub mod merge_members;
mod merging;
pub mod migrate_members;
pub mod move_points;
pub mod notes;
pub mod overview;
mod passwords;
mod persons;
pub mod programs;
pub mod read_members;
pub mod read_profile;
pub mod record_orders;
pub mod record_refunds;
mod refunding;
pub mod rules;
pub mod sessions;
pub mod settings;
pub mod settle_due;
pub mod slices;
pub mod staff;
mod totp;
pub mod wallet;

pub use context::{CHANNELS, Operations, Places};
