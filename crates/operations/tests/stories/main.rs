//! What the operations do, told as stories on both databases.

mod abuse;
mod adjustments;
mod benefits;
mod cards;
mod checkout;
mod coupons;
mod identities;
mod mall;
mod migrations;
mod orders;
mod overview;
mod parting;
mod points;
mod refunds;
mod tiers;
mod together;
mod wallet;
