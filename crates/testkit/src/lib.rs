//! What tests stand on: a world on either database, builders.
//!
//! [`on_both!`] plays one story on SQLite and on PostgreSQL. Each story gets a
//! database of its own, a clock that stands still at [`OPENING`] and the default
//! program; what it leaves behind is removed, whether it passes or fails.

pub mod auditor;
mod books;
mod builders;
mod chance;
mod databases;
pub mod world;
mod worlds;

pub use builders::{OrderBuilder, RefundBuilder, openid, order, phone, refund};
pub use chance::Chance;
pub use databases::Database;
pub use hui_store::Engine;
pub use worlds::{OPENING, TestWorld, at, run_on};

/// Makes the tests `name::sqlite` and `name::postgres` of one story.
///
/// ```ignore
/// on_both!(a_first_order_makes_a_member, async |world: TestWorld| {
///     let receipt = world.record(order("1")).await.unwrap();
///
///     assert!(receipt.created_member);
/// });
/// ```
#[macro_export]
macro_rules! on_both {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn sqlite() {
                $crate::run_on($crate::Engine::Sqlite, $story);
            }

            #[test]
            fn postgres() {
                $crate::run_on($crate::Engine::Postgres, $story);
            }
        }
    };
}
