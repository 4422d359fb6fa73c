//! The program as an operator meets it: the real binary, real files, real signals.

mod crash;
mod demo;
mod import;
mod proxy;
mod server;
mod verify;
