//! The program as an operator meets it: the real binary, real files, real signals.

mod backups;
mod crash;
mod imports;
mod people;
mod places;
mod proofs;
mod proxy;
mod server;
mod shows;
mod till;
mod till_crash;
