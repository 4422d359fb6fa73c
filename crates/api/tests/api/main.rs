//! The API as a caller meets it: the whole router, in process, on a real database.

mod adjustments;
mod assets;
mod checkout;
mod documents;
mod edge;
mod refusals;
mod repeats;
mod rules;
mod server;
mod stories;
