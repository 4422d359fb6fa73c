//! The store on both databases: every claim holds on SQLite and on PostgreSQL.

mod answers;
mod audit;
mod databases;
mod events;
mod people;
mod places;
mod programs;
mod schema;
mod sets;
mod transactions;
mod upkeep;
