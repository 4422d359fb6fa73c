//! Chores of the repository, as functions that tests call too.

pub mod tidy;
