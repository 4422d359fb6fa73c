//! What can be said of an order or a refund without knowing anything else.

use std::collections::BTreeSet;

use super::{Line, Order, Refund, Status};
use crate::amounts::{AMOUNT_MAX, Money};
use crate::time::{MINUTE, Timestamp};

/// The most lines of one order or refund.
pub const LINES_MAX: usize = 500;
/// The most pieces of one line.
pub const QUANTITY_MAX: i64 = 1_000_000;
/// The most identities of one event.
pub const CLAIMS_MAX: usize = 20;
/// How far ahead of our clock a channel's clock may be, in microseconds.
pub const AHEAD_MAX: i64 = 5 * MINUTE;

/// Why a part of an order or refund cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code, such as `order.total_mismatch`.
    pub code: &'static str,
    /// Where in the body: a JSON pointer.
    pub pointer: String,
    /// A sentence for the caller.
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, pointer: &str, detail: impl Into<String>) -> Self {
        Self { code, pointer: pointer.to_owned(), detail: detail.into() }
    }
}

/// An instant lies more than five minutes ahead of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is more than five minutes in the future")]
pub struct TimeInFuture(pub Timestamp);

impl TimeInFuture {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        "time.future"
    }
}

/// The instant an event counts from: up to five minutes ahead counts as `now`.
///
/// # Errors
///
/// [`TimeInFuture`] when it lies further ahead; five minutes exactly is not.
pub fn clamp_future(at: Timestamp, now: Timestamp) -> Result<Timestamp, TimeInFuture> {
    if at.0.saturating_sub(now.0) > AHEAD_MAX { Err(TimeInFuture(at)) } else { Ok(at.min(now)) }
}

impl Order {
    /// Everything that is wrong with the order by itself; empty when nothing is.
    ///
    /// The order of its times among each other is not checked: channels report a
    /// completion that their own clocks put before the payment, and no rule
    /// counts the time between.
    pub fn check(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for (text, pointer, bytes_max) in [
            (Some(&self.key.channel), "/channel", 64),
            (Some(&self.key.order_no), "/order_no", 128),
            (self.shop.as_ref(), "/shop", 64),
            (self.staff.as_ref(), "/staff", 64),
            (self.touchpoint.as_ref(), "/touchpoint", 64),
            (self.profile.name.as_ref(), "/buyer/name", 128),
        ] {
            if let Some(text) = text {
                refusals.extend(check_text(text, pointer, bytes_max));
            }
        }
        if self.claims.len() > CLAIMS_MAX {
            let detail = format!("at most {CLAIMS_MAX} identities");
            refusals.push(Refusal::new("identity.too_many", "/buyer/identities", detail));
        }
        if self.status.is_paid() && self.paid_at.is_none() {
            let detail = "from status paid on an order needs its paid_at";
            refusals.push(Refusal::new("order.paid_at_missing", "/paid_at", detail));
        }
        refusals.extend(check_amount(self.shipping, "/shipping"));
        refusals.extend(check_amount(self.paid, "/paid"));
        refusals.extend(check_line_numbers(self.lines.iter().map(|line| &line.line_no)));
        for (place, line) in self.lines.iter().take(LINES_MAX).enumerate() {
            check_line(line, &format!("/lines/{place}"), &mut refusals);
        }
        refusals.extend(self.check_total());
        refusals
    }

    fn check_total(&self) -> Option<Refusal> {
        let lines: Money = self.lines.iter().map(|line| line.paid).sum();
        let total = lines.plus(self.shipping);
        (total != self.paid).then(|| {
            let detail =
                format!("the lines and the shipping add up to {total}, paid is {}", self.paid);
            Refusal::new("order.total_mismatch", "/paid", detail)
        })
    }

    /// Brings times of up to five minutes ahead back to `now`, and tells of those further ahead.
    ///
    /// A time that is refused stays as it was.
    pub fn clamp_times(&mut self, now: Timestamp) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for (at, pointer) in [
            (&mut self.placed_at, "/placed_at"),
            (&mut self.paid_at, "/paid_at"),
            (&mut self.completed_at, "/completed_at"),
        ] {
            match at.map(|given| clamp_future(given, now)) {
                Some(Ok(clamped)) => *at = Some(clamped),
                Some(Err(ahead)) => {
                    refusals.push(Refusal::new(ahead.code(), pointer, ahead.to_string()));
                }
                None => {}
            }
        }
        refusals
    }

    /// The bytes of what may never change once the order is recorded, for a digest.
    ///
    /// The channel, the number, the lines and the amounts. Lines count in the
    /// order of their numbers, so that two paths may list them differently. Equal
    /// bytes mean equal content: every text stands behind its length.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = b"order 1".to_vec();
        put_text(&mut out, &self.key.channel);
        put_text(&mut out, &self.key.order_no);
        put_number(&mut out, self.shipping.0);
        put_number(&mut out, self.paid.0);
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by(|one, other| one.line_no.cmp(&other.line_no));
        for line in lines {
            put_text(&mut out, &line.line_no);
            put_text(&mut out, &line.sku);
            out.push(u8::from(line.category.is_some()));
            put_text(&mut out, line.category.as_deref().unwrap_or_default());
            put_number(&mut out, line.quantity);
            put_number(&mut out, line.unit_price.0);
            put_number(&mut out, line.paid.0);
        }
        out
    }

    /// When the order counts as completed, if it is: its `completed_at`, else `now`.
    ///
    /// A channel that tells of a completion without its time means the present.
    pub fn completed_or(&self, now: Timestamp) -> Option<Timestamp> {
        (self.status == Status::Completed).then(|| self.completed_at.unwrap_or(now))
    }
}

impl Refund {
    /// Everything that is wrong with the refund by itself; empty when nothing is.
    ///
    /// Whether its lines exist and have so much left is known by
    /// [`super::refunds::apply_refund`] alone.
    pub fn check(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for (text, pointer, bytes_max) in [
            (&self.order.channel, "/channel", 64),
            (&self.order.order_no, "/order_no", 128),
            (&self.refund_no, "/refund_no", 128),
        ] {
            refusals.extend(check_text(text, pointer, bytes_max));
        }
        refusals.extend(check_amount(self.shipping, "/shipping"));
        if !self.lines.is_empty() || !self.shipping.is_positive() {
            refusals.extend(check_line_numbers(self.lines.iter().map(|line| &line.line_no)));
        }
        for (place, line) in self.lines.iter().take(LINES_MAX).enumerate() {
            refusals.extend(check_text(&line.line_no, &format!("/lines/{place}/line_no"), 64));
            refusals.extend(check_amount(line.amount, &format!("/lines/{place}/amount")));
            if !(0..=QUANTITY_MAX).contains(&line.quantity) {
                let pointer = format!("/lines/{place}/quantity");
                let detail = format!("a quantity is from 0 to {QUANTITY_MAX}");
                refusals.push(Refusal::new("quantity.out_of_range", &pointer, detail));
            }
        }
        let nothing = self.lines.iter().all(|line| line.quantity == 0 && line.amount.is_zero());
        if nothing && !self.lines.is_empty() && self.shipping.is_zero() {
            let detail = "a refund gives back something of at least one line";
            refusals.push(Refusal::new("refund.empty", "/lines", detail));
        }
        refusals
    }

    /// Brings a time of up to five minutes ahead back to `now`, and tells of one further ahead.
    pub fn clamp_time(&mut self, now: Timestamp) -> Option<Refusal> {
        match clamp_future(self.refunded_at, now) {
            Ok(clamped) => {
                self.refunded_at = clamped;
                None
            }
            Err(ahead) => Some(Refusal::new(ahead.code(), "/refunded_at", ahead.to_string())),
        }
    }

    /// The bytes of the whole refund, for a digest: of a refund nothing may change.
    ///
    /// Taken before [`Refund::clamp_time`], else a refund delivered again would differ.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = b"refund 1".to_vec();
        put_text(&mut out, &self.order.channel);
        put_text(&mut out, &self.order.order_no);
        put_text(&mut out, &self.refund_no);
        put_number(&mut out, self.refunded_at.0);
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by(|one, other| one.line_no.cmp(&other.line_no));
        for line in lines {
            put_text(&mut out, &line.line_no);
            put_number(&mut out, line.quantity);
            put_number(&mut out, line.amount.0);
        }
        // Refunds without it keep the digest they had before there was any.
        if !self.shipping.is_zero() {
            put_text(&mut out, "shipping");
            put_number(&mut out, self.shipping.0);
        }
        out
    }
}

fn check_line(line: &Line, pointer: &str, refusals: &mut Vec<Refusal>) {
    refusals.extend(check_text(&line.line_no, &format!("{pointer}/line_no"), 64));
    refusals.extend(check_text(&line.sku, &format!("{pointer}/sku"), 128));
    if let Some(category) = &line.category {
        refusals.extend(check_text(category, &format!("{pointer}/category"), 256));
    }
    if !(1..=QUANTITY_MAX).contains(&line.quantity) {
        let pointer = format!("{pointer}/quantity");
        let detail = format!("a quantity is from 1 to {QUANTITY_MAX}");
        refusals.push(Refusal::new("quantity.out_of_range", &pointer, detail));
    }
    refusals.extend(check_amount(line.unit_price, &format!("{pointer}/unit_price")));
    refusals.extend(check_amount(line.paid, &format!("{pointer}/paid")));
}

fn check_line_numbers<'a>(numbers: impl ExactSizeIterator<Item = &'a String>) -> Vec<Refusal> {
    let count = numbers.len();
    if count == 0 {
        return vec![Refusal::new("lines.missing", "/lines", "one line or more is needed")];
    }
    if count > LINES_MAX {
        let detail = format!("at most {LINES_MAX} lines");
        return vec![Refusal::new("lines.too_many", "/lines", detail)];
    }
    let mut seen = BTreeSet::new();
    let mut refusals = Vec::new();
    for (place, number) in numbers.enumerate() {
        if !seen.insert(number) {
            let pointer = format!("/lines/{place}/line_no");
            refusals.push(Refusal::new("lines.repeated", &pointer, "this line was given before"));
        }
    }
    refusals
}

fn check_text(text: &str, pointer: &str, bytes_max: usize) -> Option<Refusal> {
    if text.trim().is_empty() {
        return Some(Refusal::new("text.empty", pointer, "this text is empty"));
    }
    if text.len() > bytes_max {
        let detail = format!("at most {bytes_max} bytes");
        return Some(Refusal::new("text.too_long", pointer, detail));
    }
    let control = text.contains(|letter: char| letter.is_control());
    control.then(|| Refusal::new("text.control_character", pointer, "no control characters"))
}

fn check_amount(amount: Money, pointer: &str) -> Option<Refusal> {
    let fits = (0..=AMOUNT_MAX).contains(&amount.0);
    let detail = || format!("an amount is from 0 to {AMOUNT_MAX}");
    (!fits).then(|| Refusal::new("amount.out_of_range", pointer, detail()))
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    // Texts are far shorter than 2³² bytes: the body limit is 16 MiB.
    out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(text.as_bytes());
}

fn put_number(out: &mut Vec<u8>, number: i64) {
    out.extend(number.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::{Claim, IdentityKind, Profile};
    use crate::orders::{OrderKey, RefundLine};

    fn line(number: &str) -> Line {
        Line {
            line_no: number.to_owned(),
            sku: "A1".to_owned(),
            category: Some("skincare/serum".to_owned()),
            quantity: 2,
            unit_price: Money(9950),
            paid: Money(19900),
        }
    }

    fn order(lines: Vec<Line>) -> Order {
        let paid: Money = lines.iter().map(|line| line.paid).sum();
        Order {
            key: OrderKey { channel: "douyin".to_owned(), order_no: "6921".to_owned() },
            shop: Some("dy-flagship".to_owned()),
            status: Status::Paid,
            placed_at: None,
            paid_at: Some(Timestamp(7)),
            completed_at: None,
            claims: Vec::new(),
            profile: Profile::default(),
            lines,
            shipping: Money(500),
            paid: paid.plus(Money(500)),
            staff: None,
            touchpoint: None,
        }
    }

    fn wrong(order: &Order) -> Vec<(&'static str, String)> {
        order.check().into_iter().map(|refusal| (refusal.code, refusal.pointer)).collect()
    }

    fn refused(code: &'static str, pointer: &str) -> Vec<(&'static str, String)> {
        vec![(code, pointer.to_owned())]
    }

    #[test]
    fn a_usual_order_is_taken() {
        assert_eq!(order(vec![line("1"), line("2")]).check(), []);
    }

    #[test]
    fn the_lines_and_the_shipping_are_the_whole_payment() {
        let usual = order(vec![line("1")]);

        let less = Order { paid: usual.paid.minus(Money(1)), ..usual.clone() };
        let more = Order { paid: usual.paid.plus(Money(1)), ..usual };

        assert_eq!(wrong(&less), refused("order.total_mismatch", "/paid"));
        assert_eq!(wrong(&more), refused("order.total_mismatch", "/paid"));
    }

    #[test]
    fn paid_at_is_needed_from_paid_on() {
        for status in [Status::Paid, Status::Shipped, Status::Completed] {
            let timeless = Order { paid_at: None, status, ..order(vec![line("1")]) };

            assert_eq!(wrong(&timeless), refused("order.paid_at_missing", "/paid_at"));
        }
        for status in [Status::Placed, Status::Closed] {
            let unpaid = Order { paid_at: None, status, ..order(vec![line("1")]) };

            assert_eq!(wrong(&unpaid), []);
        }
    }

    #[test]
    fn an_order_has_one_to_500_lines_each_with_its_own_number() {
        let lines = |count: usize| (0..count).map(|number| line(&number.to_string())).collect();

        assert_eq!(wrong(&order(lines(0))), refused("lines.missing", "/lines"));
        assert_eq!(wrong(&order(lines(1))), []);
        assert_eq!(wrong(&order(lines(LINES_MAX))), []);
        let over = LINES_MAX.saturating_add(1);
        assert_eq!(wrong(&order(lines(over))), refused("lines.too_many", "/lines"));
        let twice = order(vec![line("1"), line("2"), line("1")]);
        assert_eq!(wrong(&twice), refused("lines.repeated", "/lines/2/line_no"));
    }

    #[test]
    fn quantities_and_amounts_have_their_limits() {
        let with = |quantity, price| {
            wrong(&order(vec![Line { quantity, unit_price: Money(price), ..line("1") }]))
        };
        let quantity = refused("quantity.out_of_range", "/lines/0/quantity");
        let price = refused("amount.out_of_range", "/lines/0/unit_price");

        assert_eq!(with(0, 0), quantity);
        assert_eq!(with(1, 0), []);
        assert_eq!(with(QUANTITY_MAX, AMOUNT_MAX), []);
        assert_eq!(with(QUANTITY_MAX.saturating_add(1), 0), quantity);
        assert_eq!(with(1, -1), price);
        assert_eq!(with(1, AMOUNT_MAX.saturating_add(1)), price);
    }

    #[test]
    fn amounts_at_the_limit_add_up_without_overflow() {
        let line = Line { paid: Money(AMOUNT_MAX), ..line("1") };
        let shipped = Order { shipping: Money::ZERO, ..order(vec![line]) };
        let exact = Order { paid: Money(AMOUNT_MAX), ..shipped.clone() };
        let wild = Order { shipping: Money(i64::MAX), ..exact.clone() };

        assert_eq!(wrong(&exact), []);
        assert!(wrong(&wild).contains(&("amount.out_of_range", "/shipping".to_owned())));
    }

    #[test]
    fn texts_are_not_empty_and_not_longer_than_their_column() {
        let number = |length| {
            let key = OrderKey { channel: "web".to_owned(), order_no: "9".repeat(length) };
            wrong(&Order { key, ..order(vec![line("1")]) })
        };

        assert_eq!(number(0), refused("text.empty", "/order_no"));
        assert_eq!(number(1), []);
        assert_eq!(number(128), []);
        assert_eq!(number(129), refused("text.too_long", "/order_no"));
    }

    #[test]
    fn control_characters_are_refused() {
        let odd = order(vec![Line { sku: "A\n1".to_owned(), ..line("1") }]);

        assert_eq!(wrong(&odd), refused("text.control_character", "/lines/0/sku"));
    }

    #[test]
    fn an_event_names_at_most_20_identities() {
        let claim = |number: usize| Claim {
            kind: IdentityKind::Card,
            scope: "shop".to_owned(),
            value: number.to_string(),
            verified: true,
        };
        let with =
            |count| Order { claims: (0..count).map(claim).collect(), ..order(vec![line("1")]) };

        assert_eq!(wrong(&with(CLAIMS_MAX)), []);
        let over = with(CLAIMS_MAX.saturating_add(1));
        assert_eq!(wrong(&over), refused("identity.too_many", "/buyer/identities"));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let bad = Order { paid_at: None, paid: Money(1), ..order(vec![line("")]) };

        let codes: Vec<_> = bad.check().into_iter().map(|refusal| refusal.code).collect();

        assert_eq!(codes, ["order.paid_at_missing", "text.empty", "order.total_mismatch"]);
    }

    #[test]
    fn up_to_five_minutes_ahead_counts_as_now() {
        let now = Timestamp(1_000 * MINUTE);
        let ahead = |micros: i64| Timestamp(now.0.saturating_add(micros));

        assert_eq!(clamp_future(ahead(-1), now), Ok(ahead(-1)));
        assert_eq!(clamp_future(ahead(0), now), Ok(now));
        assert_eq!(clamp_future(ahead(AHEAD_MAX), now), Ok(now));
        let beyond = ahead(AHEAD_MAX.saturating_add(1));
        assert_eq!(clamp_future(beyond, now), Err(TimeInFuture(beyond)));
    }

    #[test]
    fn every_time_of_an_order_is_brought_back() {
        let now = Timestamp(1_000 * MINUTE);
        let (soon, late) = (now.plus_seconds(300), now.plus_seconds(301));
        let mut ahead = Order {
            placed_at: Some(soon),
            paid_at: Some(soon),
            completed_at: Some(late),
            ..order(vec![line("1")])
        };

        let refusals = ahead.clamp_times(now);

        assert_eq!((ahead.placed_at, ahead.effective_at()), (Some(now), Some(now)));
        let told: Vec<_> =
            refusals.into_iter().map(|refusal| (refusal.code, refusal.pointer)).collect();
        assert_eq!(told, refused("time.future", "/completed_at"));
    }

    #[test]
    fn a_refunds_time_is_brought_back_too() {
        let now = Timestamp(1_000 * MINUTE);
        let mut refund = Refund {
            order: OrderKey { channel: "web".to_owned(), order_no: "1".to_owned() },
            refund_no: "R1".to_owned(),
            refunded_at: now.plus_seconds(300),
            lines: Vec::new(),
            shipping: Money::ZERO,
        };
        let mut late = Refund { refunded_at: now.plus_seconds(301), ..refund.clone() };

        assert_eq!((refund.clamp_time(now), refund.refunded_at), (None, now));
        assert_eq!(late.clamp_time(now).map(|refusal| refusal.code), Some("time.future"));
    }

    #[test]
    fn the_listing_of_lines_is_not_content_and_their_fields_are() {
        let usual = order(vec![line("1"), line("2")]);
        let listed = order(vec![line("2"), line("1")]);
        let moved = Order { status: Status::Completed, shop: None, ..usual.clone() };
        let uncategorised = order(vec![line("1"), Line { category: None, ..line("2") }]);
        let resold = order(vec![line("1"), Line { sku: "A2".to_owned(), ..line("2") }]);

        assert_eq!(usual.canonical(), listed.canonical());
        assert_eq!(usual.canonical(), moved.canonical());
        assert_ne!(usual.canonical(), uncategorised.canonical());
        assert_ne!(usual.canonical(), resold.canonical());
    }

    #[test]
    fn text_does_not_run_over_into_the_next_field() {
        let with = |channel: &str, number: &str| {
            let key = OrderKey { channel: channel.to_owned(), order_no: number.to_owned() };
            Order { key, ..order(vec![line("1")]) }.canonical()
        };

        assert_ne!(with("ab", "c"), with("a", "bc"));
    }

    #[test]
    fn a_completion_without_its_time_is_now() {
        let completed = Order { status: Status::Completed, ..order(vec![line("1")]) };
        let told = Order { completed_at: Some(Timestamp(8)), ..completed.clone() };

        assert_eq!(completed.completed_or(Timestamp(9)), Some(Timestamp(9)));
        assert_eq!(told.completed_or(Timestamp(9)), Some(Timestamp(8)));
        assert_eq!(order(vec![line("1")]).completed_or(Timestamp(9)), None);
    }

    #[test]
    fn a_refund_gives_back_something_of_each_line_once() {
        let back = |number: &str, quantity, amount| RefundLine {
            line_no: number.to_owned(),
            quantity,
            amount: Money(amount),
        };
        let codes = |lines| {
            let refund = Refund {
                order: OrderKey { channel: "web".to_owned(), order_no: "1".to_owned() },
                refund_no: "R1".to_owned(),
                refunded_at: Timestamp(7),
                lines,
                shipping: Money::ZERO,
            };
            refund.check().into_iter().map(|refusal| refusal.code).collect::<Vec<_>>()
        };

        assert_eq!(codes(vec![back("1", 0, 1), back("2", 1, 0), back("3", 0, 0)]), [""; 0]);
        assert_eq!(codes(vec![]), ["lines.missing"]);
        assert_eq!(codes(vec![back("1", 0, 0)]), ["refund.empty"]);
        assert_eq!(codes(vec![back("1", 1, 1), back("1", 1, 1)]), ["lines.repeated"]);
        assert_eq!(codes(vec![back("1", -1, 1)]), ["quantity.out_of_range"]);
        assert_eq!(codes(vec![back("1", 1, -1)]), ["amount.out_of_range"]);
    }
}
