use serde_json::json;

use super::*;
use crate::checkout::tests::{cart, program};
use crate::checkout::{Asked, Assets, Buyer, quote};

/// Spend ¥300, save ¥30, on two lines of ¥200.
fn saved(policy: LostThreshold) -> Allocation {
    let rules = program(json!([{"id": "save", "benefits": [{"kind": "spend_save",
        "steps": [{"spend": 30_000, "off": {"amount": 3_000}}]}]}]));
    let buyer = Buyer { member: None, first: false };
    let cart = cart(&[("A", 1, 20_000), ("B", 1, 20_000)]);
    let quote = quote(&rules, &cart, buyer, &Assets::default(), &Asked::default()).unwrap();
    Allocation { lost_threshold: policy, ..quote.allocation }
}

fn whole_line(line_no: &str) -> RefundLine {
    RefundLine { line_no: line_no.to_owned(), quantity: 1, amount: Money(18_500) }
}

fn refund(allocation: &Allocation, before: &Refunded, line_no: &str) -> RefundQuote {
    refund_quote(allocation, before, &[whole_line(line_no)], Money::ZERO).unwrap()
}

#[test]
fn a_discount_that_lost_its_threshold_may_be_kept() {
    let allocation = saved(LostThreshold::Keep);

    let told = refund(&allocation, &Refunded::default(), "1");

    assert_eq!((told.back.money, told.withheld), (Money(18_500), Money::ZERO));
    let lost = ThresholdState::Lost(vec![Offer::Promotion("save".into())]);
    assert_eq!(told.threshold, lost);
}

#[test]
fn a_discount_that_is_clawed_back_returns_when_the_rest_is_refunded() {
    let allocation = saved(LostThreshold::ClawBack);

    let first = refund(&allocation, &Refunded::default(), "1");
    let second = refund(&allocation, &first.refunded, "2");

    assert_eq!((first.back.money, first.withheld), (Money(17_000), Money(1_500)));
    assert_eq!((second.back.money, second.withheld), (Money(20_000), Money::ZERO));
    assert_eq!(second.threshold, ThresholdState::Kept);
}

#[test]
fn money_without_a_return_leaves_thresholds_alone() {
    let allocation = saved(LostThreshold::ClawBack);
    let goodwill = RefundLine { line_no: "1".to_owned(), quantity: 0, amount: Money(5_000) };

    let told = refund_quote(&allocation, &Refunded::default(), &[goodwill], Money::ZERO).unwrap();

    assert_eq!((told.back.money, told.threshold), (Money(5_000), ThresholdState::Kept));
}

#[test]
fn more_than_is_left_is_refused() {
    let allocation = saved(LostThreshold::Keep);
    let first = refund(&allocation, &Refunded::default(), "1");

    let again = refund_quote(&allocation, &first.refunded, &[whole_line("1")], Money::ZERO);
    let unknown = refund_quote(&allocation, &first.refunded, &[whole_line("9")], Money::ZERO);
    let shipping = refund_quote(&allocation, &first.refunded, &[], Money(1));

    assert_eq!(again, Err(RefundQuoteError::Exceeds("1".to_owned())));
    assert_eq!(unknown, Err(RefundQuoteError::LineUnknown("9".to_owned())));
    assert_eq!(shipping, Err(RefundQuoteError::Exceeds("shipping".to_owned())));
}
