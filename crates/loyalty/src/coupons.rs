//! Coupons: what they do to a cart.

pub mod terms;
