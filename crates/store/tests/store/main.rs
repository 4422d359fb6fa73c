//! The store on both databases: every claim holds on SQLite and on PostgreSQL.

mod answers;
mod audit;
mod databases;
mod people;
mod places;
mod programs;
mod sets;
mod transactions;
mod upkeep;
