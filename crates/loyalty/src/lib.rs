//! The rules of membership and loyalty: pure values and functions.
//!
//! Nothing here reads a clock, a file, a database or a random number; every
//! function takes the state and the instant it needs and returns a decision
//! with its reasons. Modules use only those above them in this list, but for two
//! things of `program`: its sections report to `program::problems`, and share the
//! fractions and texts of `program::rules` and `program::texts`.

#![deny(missing_docs)]
// Tests may take apart what they have just built; the product may not.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

pub mod amounts;

pub mod ids;

pub mod time;

pub mod scopes;

pub mod schedules;

pub mod expr;

pub mod members;

pub mod orders;

pub mod ledger;

pub mod abuse;

pub mod program;

pub mod tiers;

pub mod coupons;

pub mod benefits;

pub mod cards;

pub mod promotions;

pub mod earning;

pub mod wallet;

pub mod mall;

pub mod checkout;

pub mod publishing;

pub mod calendar;
