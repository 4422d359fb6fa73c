//! What a later event about a recorded order may change: semantics, section 11.

use super::{Order, Status};
use crate::orders::checks::AHEAD_MAX;
use crate::time::Timestamp;

/// What is recorded of an order and bears on later events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedState {
    /// How far it had come.
    pub status: Status,
    /// When it was placed, if told.
    pub placed_at: Option<Timestamp>,
    /// When it was paid, if told.
    pub paid_at: Option<Timestamp>,
    /// When it was completed, if told.
    pub completed_at: Option<Timestamp>,
    /// The digest of [`Order::canonical`] at its first event.
    pub fingerprint: String,
    /// Whether any refund of it was applied.
    pub refunded: bool,
    /// When its first event was recorded.
    pub recorded_at: Timestamp,
    /// When its latest event was recorded.
    pub updated_at: Timestamp,
}

/// What an event changes. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Advance {
    /// The new status, where it moves forward.
    pub becomes: Option<Status>,
    /// When it was placed, where that was not known.
    pub sets_placed_at: Option<Timestamp>,
    /// When it was paid, where that was not known.
    pub sets_paid_at: Option<Timestamp>,
    /// When it was completed, where that was not known.
    pub sets_completed_at: Option<Timestamp>,
    /// Whether it earns from this event on: it was not paid before and is now.
    pub now_earns: bool,
    /// Whether it is completed by this event: `after_completion` maturity starts.
    pub completed: bool,
    /// Whether it is closed by this event.
    pub closed: bool,
    /// Whether that acts as a full refund: it was paid and nothing of it was refunded.
    pub returns_all: bool,
}

impl Advance {
    /// Whether the event adds nothing to what is recorded.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Why an event contradicts what is recorded: `order.changed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderChanged {
    /// Lines or amounts.
    #[error("the order was recorded with other lines or amounts")]
    Content,
    /// The time it was placed.
    #[error("the order was recorded with another placed_at")]
    PlacedAt,
    /// The time it was paid.
    #[error("the order was recorded with another paid_at")]
    PaidAt,
    /// The time it was completed.
    #[error("the order was recorded with another completed_at")]
    CompletedAt,
}

impl OrderChanged {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        "order.changed"
    }

    /// Where in the body: a JSON pointer.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Content => "",
            Self::PlacedAt => "/placed_at",
            Self::PaidAt => "/paid_at",
            Self::CompletedAt => "/completed_at",
        }
    }
}

/// What an order changes that was never seen before.
///
/// First seen closed it earns nothing, whether it was paid or not.
pub fn first_seen(order: &Order) -> Advance {
    Advance {
        becomes: Some(order.status),
        sets_placed_at: order.placed_at,
        sets_paid_at: order.paid_at,
        sets_completed_at: order.completed_at,
        now_earns: order.status.is_paid(),
        completed: order.status == Status::Completed,
        closed: order.status == Status::Closed,
        returns_all: false,
    }
}

/// What a later event about a recorded order changes.
///
/// `event` has its times already brought back to the present
/// ([`Order::clamp_times`]); `fingerprint` is the digest of its
/// [`Order::canonical`]. The status moves forward only and times are set once; a
/// late event about an earlier status may still tell a time that was missing.
/// Once closed nothing changes any more.
///
/// # Errors
///
/// [`OrderChanged`] when lines, amounts or a time already set differ, in whatever
/// status.
pub fn advance(
    recorded: &RecordedState,
    event: &Order,
    fingerprint: &str,
) -> Result<Advance, OrderChanged> {
    if recorded.fingerprint != fingerprint {
        return Err(OrderChanged::Content);
    }
    let set = |known: Option<Timestamp>, given: Option<Timestamp>, changed: OrderChanged| match (
        known, given,
    ) {
        (None, given) => Ok(given),
        (Some(_), None) => Ok(None),
        (Some(known), Some(given)) if is_same(recorded, known, given) => Ok(None),
        (Some(_), Some(_)) => Err(changed),
    };
    let sets_placed_at = set(recorded.placed_at, event.placed_at, OrderChanged::PlacedAt)?;
    let sets_paid_at = set(recorded.paid_at, event.paid_at, OrderChanged::PaidAt)?;
    let sets_completed_at =
        set(recorded.completed_at, event.completed_at, OrderChanged::CompletedAt)?;
    if recorded.status == Status::Closed {
        return Ok(Advance::default());
    }
    let becomes = Some(event.status).filter(|status| *status > recorded.status);
    let closed = becomes == Some(Status::Closed);
    Ok(Advance {
        becomes,
        sets_placed_at,
        sets_paid_at,
        sets_completed_at,
        now_earns: !recorded.status.is_paid() && becomes.is_some_and(Status::is_paid),
        completed: becomes == Some(Status::Completed),
        closed,
        returns_all: closed && recorded.status.is_paid() && !recorded.refunded,
    })
}

/// Whether a given time is the one that is recorded.
///
/// A channel whose clock is ahead sends a time in our future; it was recorded as
/// the present of that moment. When the event is delivered again later that very
/// time is past and stands as given: it is still the same.
fn is_same(recorded: &RecordedState, known: Timestamp, given: Timestamp) -> bool {
    let was_clamped = known == recorded.recorded_at || known == recorded.updated_at;
    let ahead = given.0.saturating_sub(known.0);
    given == known || (was_clamped && (0..=AHEAD_MAX).contains(&ahead))
}
