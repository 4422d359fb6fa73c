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
    /// When its first event was recorded: the `now` its times were brought back to.
    pub recorded_at: Timestamp,
    /// When its latest event was recorded, likewise.
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
    /// Whether it is closed by this event in a way that acts as a full refund: it
    /// was paid and nothing of it was refunded.
    pub returns_all: bool,
}

impl Advance {
    /// Whether the event adds nothing to what is recorded.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is completed by this event: `after_completion` maturity starts at
    /// [`Order::completed_or`]. A completion time told later still moves no lot.
    pub fn completes(&self) -> bool {
        self.becomes == Some(Status::Completed)
    }

    /// Whether it is closed by this event.
    pub fn closes(&self) -> bool {
        self.becomes == Some(Status::Closed)
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
    let closes = becomes == Some(Status::Closed);
    Ok(Advance {
        becomes,
        sets_placed_at,
        sets_paid_at,
        sets_completed_at,
        now_earns: !recorded.status.is_paid() && becomes.is_some_and(Status::is_paid),
        returns_all: closes && recorded.status.is_paid() && !recorded.refunded,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amounts::Money;
    use crate::members::Profile;
    use crate::orders::{Line, OrderKey};
    use crate::time::SECOND;
    use proptest::prelude::*;

    const STATUSES: [Status; 5] =
        [Status::Placed, Status::Paid, Status::Shipped, Status::Completed, Status::Closed];
    const RECORDED: Timestamp = Timestamp(500 * SECOND);

    fn order(status: Status) -> Order {
        Order {
            key: OrderKey { channel: "douyin".to_owned(), order_no: "1".to_owned() },
            shop: None,
            status,
            placed_at: None,
            paid_at: None,
            completed_at: None,
            claims: Vec::new(),
            profile: Profile::default(),
            lines: vec![Line {
                line_no: "1".to_owned(),
                sku: "A1".to_owned(),
                category: None,
                quantity: 1,
                unit_price: Money(100),
                paid: Money(100),
            }],
            shipping: Money::ZERO,
            paid: Money(100),
            staff: None,
            touchpoint: None,
        }
    }

    fn recorded(status: Status) -> RecordedState {
        RecordedState {
            status,
            placed_at: None,
            paid_at: None,
            completed_at: None,
            fingerprint: "f".to_owned(),
            refunded: false,
            recorded_at: RECORDED,
            updated_at: RECORDED,
        }
    }

    #[test]
    fn a_placed_order_earns_when_it_is_paid() {
        let paid = Order { paid_at: Some(Timestamp(7)), ..order(Status::Paid) };

        let change = advance(&recorded(Status::Placed), &paid, "f");

        assert_eq!(
            change,
            Ok(Advance {
                becomes: Some(Status::Paid),
                sets_paid_at: Some(Timestamp(7)),
                now_earns: true,
                ..Advance::default()
            })
        );
    }

    #[test]
    fn a_paid_order_does_not_earn_again_when_it_is_completed() {
        let change = advance(&recorded(Status::Paid), &order(Status::Completed), "f");

        assert!(change.is_ok_and(|change| change.completes() && !change.now_earns));
    }

    #[test]
    fn an_order_that_is_completed_at_once_earns() {
        let change = advance(&recorded(Status::Placed), &order(Status::Completed), "f");

        assert!(change.is_ok_and(|change| change.completes() && change.now_earns));
    }

    #[test]
    fn a_late_paid_after_completed_changes_nothing() {
        let known = RecordedState { paid_at: Some(Timestamp(7)), ..recorded(Status::Completed) };
        let late = Order { paid_at: Some(Timestamp(7)), ..order(Status::Paid) };

        assert!(advance(&known, &late, "f").is_ok_and(|change| change.is_nothing()));
    }

    #[test]
    fn a_late_event_tells_a_missing_time() {
        let late = Order { placed_at: Some(Timestamp(3)), ..order(Status::Placed) };

        let change = advance(&recorded(Status::Completed), &late, "f");

        let told = Advance { sets_placed_at: Some(Timestamp(3)), ..Advance::default() };
        assert_eq!(change, Ok(told));
    }

    #[test]
    fn a_time_once_set_stays() {
        let known = RecordedState { paid_at: Some(Timestamp(7)), ..recorded(Status::Paid) };
        let at = |micros| Order { paid_at: Some(Timestamp(micros)), ..order(Status::Paid) };

        assert!(advance(&known, &at(7), "f").is_ok());
        assert_eq!(advance(&known, &at(8), "f"), Err(OrderChanged::PaidAt));
        assert_eq!(advance(&known, &at(6), "f"), Err(OrderChanged::PaidAt));
        assert!(advance(&known, &order(Status::Paid), "f").is_ok());
    }

    #[test]
    fn a_time_that_was_ahead_when_recorded_is_the_same_when_delivered_again() {
        let known = RecordedState { paid_at: Some(RECORDED), ..recorded(Status::Paid) };
        let again = |ahead: i64| {
            let given = Timestamp(RECORDED.0.saturating_add(ahead));
            advance(&known, &Order { paid_at: Some(given), ..order(Status::Paid) }, "f")
        };

        assert!(again(AHEAD_MAX).is_ok());
        assert_eq!(again(AHEAD_MAX.saturating_add(1)), Err(OrderChanged::PaidAt));
        assert_eq!(again(-1), Err(OrderChanged::PaidAt));
    }

    #[test]
    fn other_content_is_refused_in_every_status() {
        for status in STATUSES {
            assert_eq!(
                advance(&recorded(status), &order(Status::Closed), "g"),
                Err(OrderChanged::Content)
            );
        }
    }

    #[test]
    fn closing_returns_all_of_a_paid_order_without_refunds_only() {
        let returns_all = |known: &RecordedState| {
            advance(known, &order(Status::Closed), "f").map(|change| change.returns_all)
        };

        assert_eq!(returns_all(&recorded(Status::Paid)), Ok(true));
        assert_eq!(returns_all(&recorded(Status::Completed)), Ok(true));
        assert_eq!(returns_all(&recorded(Status::Placed)), Ok(false));
        let refunded = RecordedState { refunded: true, ..recorded(Status::Paid) };
        assert_eq!(returns_all(&refunded), Ok(false));
    }

    #[test]
    fn a_closed_order_never_changes_again() {
        for status in STATUSES {
            let event = Order { paid_at: Some(Timestamp(7)), ..order(status) };

            let change = advance(&recorded(Status::Closed), &event, "f");

            assert!(change.is_ok_and(|change| change.is_nothing()), "{status:?}");
        }
    }

    #[test]
    fn an_order_first_seen_closed_earns_nothing() {
        let closed = Order { paid_at: Some(Timestamp(7)), ..order(Status::Closed) };

        let change = first_seen(&closed);

        assert!(change.closes() && !change.now_earns && !change.returns_all);
    }

    proptest! {
        #[test]
        fn however_events_arrive_the_order_earns_at_most_once(
            events in prop::collection::vec(prop::sample::select(&STATUSES[..]), 1..12),
        ) {
            let mut events = events.into_iter().map(order);
            let mut change = first_seen(&events.next().unwrap_or_else(|| order(Status::Placed)));
            let mut known = recorded(change.becomes.unwrap_or(Status::Placed));
            let mut earned = u32::from(change.now_earns);
            for event in events {
                change = advance(&known, &event, "f").unwrap_or_default();
                earned = earned.saturating_add(u32::from(change.now_earns));
                if let Some(status) = change.becomes {
                    prop_assert!(status > known.status);
                    known.status = status;
                }
                prop_assert!(!change.returns_all || earned == 1);
            }

            prop_assert!(earned <= 1);
        }
    }
}
