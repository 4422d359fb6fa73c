//! SQLite and PostgreSQL behind one SQL text: connections, sets, migrations, rows.
//!
//! A slice of work is read with a few statements and written with a few
//! statements, however many members it touches: values travel as sets
//! (`unnest` on PostgreSQL, `json_each` on SQLite), never row by row. Instants
//! are microseconds in `bigint`, points and money whole numbers in `bigint`.
//! No business decision is taken here.

#![deny(missing_docs)]

pub mod abuse;
pub mod adjustments;
pub mod answers;
pub mod audit;
pub mod benefits;
pub mod cards;
pub mod checkouts;
pub mod coupons;
mod database;
mod error;
pub mod gifts;
pub mod growth;
pub mod identities;
pub mod keys;
pub mod ledger;
pub mod mall;
pub mod members;
pub mod merges;
pub mod migrated;
mod migrations;
pub mod nodes;
pub mod notes;
pub mod offers;
pub mod orders;
pub mod overview;
pub mod programs;
pub mod proofs;
pub mod refunds;
pub mod reviews;
mod sets;
pub mod settings;
pub mod shops;
pub mod staff;
pub mod tenders;
pub mod upkeep;
pub mod vault;
pub mod versions;
pub mod wallet;

pub use database::{Engine, Row, Store, StoreOptions, Tx};
pub use error::Error;
pub use sets::{Cell, Column, Set};
