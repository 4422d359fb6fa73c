//! The sample: a year of a grocery chain that becomes a year of an omnichannel brand.
//!
//! The baskets are The Complete Journey's; channels, identities, refunds and the way events arrive
//! are made up. `samples/complete-journey/README.md` says which is which. Everything made up
//! follows from a seed and from the household's or basket's own number, so the same seed gives the
//! same events, and a smaller [`Scale`] gives the same events for fewer shoppers.

mod chance;
mod columns;
pub(crate) mod events;
pub(crate) mod journey;
mod schedule;
mod shoppers;

use std::path::Path;

use jiff::civil::Date;

use self::events::SampleEvent;
use self::journey::Product;

/// How much of the sample is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Every household of the year.
    Year,
    /// So many households with their whole year, chosen by the seed.
    Households(usize),
}

/// The events of the sample in the order in which they arrive: mostly as they happen, some late,
/// some twice.
///
/// The data's last day becomes the day before yesterday; what would happen on `today` or later,
/// the delivery of the latest orders say, is left out. Holds the whole year in memory, about
/// 100 MB; the events themselves are made one by one.
///
/// # Errors
///
/// When a file in `folder` is missing or is not The Complete Journey's.
pub(crate) fn orders(
    folder: &Path,
    seed: u64,
    scale: Scale,
    today: Date,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<SampleEvent>>> {
    let mut year = journey::read(folder, today)?;
    if let Scale::Households(count) = scale {
        year.keep(&shoppers::choose(seed, &year.households(), count));
    }
    let steps = schedule::steps(seed, &year, today)?;
    Ok(steps.into_iter().map(move |step| schedule::event(seed, &year, &step)))
}

/// The products of the sample, one for each `sku` of the orders and more.
///
/// # Errors
///
/// When `products.parquet` in `folder` is missing or is not The Complete Journey's.
#[cfg_attr(not(test), expect(dead_code, reason = "a catalogue has no page yet"))]
pub(crate) fn products(folder: &Path) -> anyhow::Result<impl Iterator<Item = Product>> {
    Ok(journey::products(folder)?.into_iter())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
    use std::path::PathBuf;

    use hui_loyalty::members::{Claim, IdentityKind};
    use jiff::civil::{Time, date};
    use jiff::tz::offset;

    use super::events::{Channel, OrderEvent, RefundEvent, Status};
    use super::*;

    const TODAY: Date = date(2026, 5, 20);

    fn folder() -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "samples", "complete-journey"].iter().collect()
    }

    fn events(seed: u64, households: usize) -> Vec<SampleEvent> {
        let scale = Scale::Households(households);
        orders(&folder(), seed, scale, TODAY).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn order_events(events: &[SampleEvent]) -> impl Iterator<Item = &OrderEvent> {
        events.iter().filter_map(|event| match event {
            SampleEvent::Order(order) => Some(order),
            SampleEvent::Refund(_) => None,
        })
    }

    fn refund_events(events: &[SampleEvent]) -> impl Iterator<Item = &RefundEvent> {
        events.iter().filter_map(|event| match event {
            SampleEvent::Refund(refund) => Some(refund),
            SampleEvent::Order(_) => None,
        })
    }

    fn kinds(order: &OrderEvent) -> BTreeSet<&'static str> {
        order.buyer.iter().flat_map(|buyer| &buyer.identities).map(|known| known.kind).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_events() {
        let once = events(1, 40);

        assert_eq!(once, events(1, 40));
        assert_ne!(once, events(2, 40));
    }

    #[test]
    fn a_smaller_scale_has_the_same_events_for_fewer_shoppers() {
        let few = events(1, 20);
        let more: HashSet<String> =
            events(1, 40).iter().map(|event| serde_json::to_string(event).unwrap()).collect();

        assert!(few.iter().all(|event| more.contains(&serde_json::to_string(event).unwrap())));
        assert!(few.len() < more.len());
    }

    #[test]
    fn an_order_costs_what_its_basket_cost_at_five_yuan_a_dollar() {
        let mut cents: HashMap<(i64, i64), i64> = HashMap::new();
        let file = columns::open(&folder().join("transactions.parquet")).unwrap();
        columns::each_group(&file, |group| {
            let baskets = columns::integers(group, "basket_id")?;
            let products = columns::integers(group, "product_id")?;
            let quantities = columns::integers(group, "quantity")?;
            let sales = columns::integers(group, "sales_cents")?;
            for row in (0..baskets.len()).filter(|row| quantities[*row] > 0) {
                *cents.entry((baskets[row], products[row])).or_default() += sales[row];
            }
            Ok(())
        })
        .unwrap();

        let events = events(1, 150);

        for order in order_events(&events) {
            let basket: i64 =
                order.order_no.trim_start_matches(char::is_alphabetic).parse().unwrap();
            let skus: BTreeSet<i64> =
                order.lines.iter().map(|line| line.sku.parse().unwrap()).collect();
            let basket_cents: i64 = skus.iter().map(|sku| cents[&(basket, *sku)]).sum();
            let goods: i64 = order.lines.iter().map(|line| line.paid).sum();
            assert_eq!(goods, 5 * basket_cents, "{}", order.order_no);
            assert_eq!(order.paid, goods + order.shipping, "{}", order.order_no);
            assert!(order.lines.iter().all(|line| line.unit_price * line.quantity >= line.paid));
        }
    }

    #[test]
    fn refunds_never_exceed_their_order() {
        let events = events(1, 300);
        let orders: HashMap<&str, &OrderEvent> =
            order_events(&events).map(|order| (order.order_no.as_str(), order)).collect();

        let refunds: BTreeMap<&str, &RefundEvent> =
            refund_events(&events).map(|refund| (refund.refund_no.as_str(), refund)).collect();

        let mut back: HashMap<(&str, &str), (i64, i64)> = HashMap::new();
        for refund in refunds.values() {
            let order = orders[refund.order_no.as_str()];
            assert_eq!(refund.channel, order.channel);
            assert!(refund.refunded_at > order.paid_at, "{}", refund.refund_no);
            for line in &refund.lines {
                let sum = back.entry((&refund.order_no, &line.line_no)).or_default();
                *sum = (sum.0 + line.quantity, sum.1 + line.amount);
                let sold = order.lines.iter().find(|sold| sold.line_no == line.line_no).unwrap();
                assert!(sum.0 <= sold.quantity && sum.1 <= sold.paid, "{}", refund.refund_no);
            }
        }
        let refunded: BTreeSet<&str> =
            refunds.values().map(|refund| refund.order_no.as_str()).collect();
        let per_mille = refunded.len() * 1000 / orders.len();
        assert!((30..50).contains(&per_mille), "{per_mille} of 1,000 orders came back");
    }

    #[test]
    fn events_arrive_in_order_and_none_is_of_today() {
        let midnight = offset(8).to_timestamp(TODAY.to_datetime(Time::midnight())).unwrap();

        let events = events(1, 150);

        assert!(events.is_sorted_by_key(SampleEvent::arrives_at));
        assert!(events.last().unwrap().arrives_at() < midnight);
        assert!(order_events(&events).all(|order| order.paid_at <= order.arrives_at));
        assert!(refund_events(&events).all(|refund| refund.refunded_at <= refund.arrives_at));
    }

    #[test]
    fn a_later_event_of_an_order_changes_its_status_alone() {
        let events = events(1, 150);

        let mut first: HashMap<&str, &OrderEvent> = HashMap::new();
        for order in order_events(&events) {
            let first = *first.entry(&order.order_no).or_insert(order);
            let with_the_first_state = OrderEvent {
                status: first.status,
                completed_at: first.completed_at,
                arrives_at: first.arrives_at,
                ..order.clone()
            };
            assert_eq!(&with_the_first_state, first);
            assert_eq!(order.completed_at.is_some(), order.status == Status::Completed);
        }
    }

    #[test]
    fn about_six_events_in_a_hundred_come_twice() {
        let events = events(1, 150);

        let different: HashSet<String> =
            events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();

        let per_mille = (events.len() - different.len()) * 1000 / different.len();
        assert!((50..70).contains(&per_mille), "{per_mille} of 1,000 came twice");
    }

    #[test]
    fn some_shoppers_are_known_to_a_platform_before_it_knows_their_phone() {
        let events = events(1, 300);

        let mut phone_is_known: HashMap<&str, bool> = HashMap::new();
        let mut told_later: HashSet<&str> = HashSet::new();
        for order in order_events(&events).filter(|order| order.channel != Channel::Pos) {
            let shows_phone = kinds(order).contains("phone");
            for identity in order.buyer.iter().flat_map(|buyer| &buyer.identities) {
                if matches!(identity.kind, "openid" | "buyer_id") {
                    let known = phone_is_known.entry(&identity.value).or_insert(shows_phone);
                    if shows_phone && !*known {
                        told_later.insert(&identity.value);
                    }
                }
            }
        }

        // A quarter begins so, and not all of them buy there again.
        assert!((25..90).contains(&told_later.len()), "{} of 300", told_later.len());
    }

    #[test]
    fn an_order_is_written_as_the_api_reads_it() {
        let events = events(1, 40);

        let order = order_events(&events)
            .find(|order| order.channel == Channel::Tmall && kinds(order).len() == 2)
            .unwrap();

        let json = serde_json::to_value(order).unwrap();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "buyer",
                "channel",
                "lines",
                "order_no",
                "paid",
                "paid_at",
                "placed_at",
                "shipping",
                "shop",
                "status"
            ]
        );
        assert_eq!(json["channel"], "tmall");
        assert_eq!(json["status"], "paid");
        assert_eq!(json["buyer"]["identities"][0]["kind"], "phone");
        assert_eq!(json["buyer"]["identities"][0]["verified"], true);
        assert_eq!(json["buyer"]["identities"][1]["scope"], "tmall");
    }

    #[test]
    fn every_identity_is_one_that_the_rules_accept() {
        let events = events(1, 100);

        for order in order_events(&events) {
            for identity in order.buyer.iter().flat_map(|buyer| &buyer.identities) {
                let kind: IdentityKind =
                    serde_json::from_value(serde_json::json!(identity.kind)).unwrap();
                let verified = identity.verified.unwrap_or(false);
                Claim::parse(kind, identity.scope, &identity.value, verified).unwrap();
            }
        }
    }

    #[test]
    fn every_line_but_the_unlisted_has_a_product() {
        let products: HashMap<String, Product> =
            products(&folder()).unwrap().map(|product| (product.sku.clone(), product)).collect();

        let events = events(1, 40);

        for line in order_events(&events).flat_map(|order| &order.lines) {
            match products.get(&line.sku) {
                Some(product) => assert_eq!(product.category, line.category),
                None => assert_eq!(line.category, "unlisted"),
            }
        }
    }
}
