//! How the errors of operations become problems: one file per domain.

mod store;
