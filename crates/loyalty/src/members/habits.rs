//! What a member's purchases tell: how much, how often, of what.

use std::collections::BTreeMap;

use crate::amounts::{Money, Rounding, divide, split};
use crate::time::{Day, Timestamp, Zone};

/// One paid order, as far as habits go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// When it was paid.
    pub paid_at: Timestamp,
    /// The whole payment, shipping included.
    pub paid: Money,
    /// What was refunded of it.
    pub refunded: Money,
    /// What each line keeps of its payment after refunds, with the line's category.
    pub lines: Vec<(Option<String>, Money)>,
}

/// What purchases tell. Money that was refunded is taken off except where it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Habits {
    /// How many orders.
    pub orders: i64,
    /// What was paid for them, shipping included.
    pub spent: Money,
    /// 笔单价 (also 客单价 of tills): what was paid less refunds, by orders, half up.
    pub average_order: Option<Money>,
    /// 客单价 of marketplaces at one buyer: what was paid, refunds not taken off, by orders, half up.
    pub average_payment: Option<Money>,
    /// 人均消费 of one member: what was paid less refunds for orders of the last 12 months.
    pub spent_year: Money,
    /// The median of the days between one day with a purchase and the next, half up; two days with a
    /// purchase at least.
    pub purchase_cycle_days: Option<i64>,
    /// When the first order was paid.
    pub first_order_at: Option<Timestamp>,
    /// When the latest order was paid.
    pub last_order_at: Option<Timestamp>,
    /// Categories by what was kept of them, most first; ties by name.
    pub categories: Vec<CategoryShare>,
}

/// How much of a member's purchases is of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryShare {
    /// The category; none for lines without one.
    pub category: Option<String>,
    /// What was paid for its lines, refunds taken off.
    pub paid: Money,
    /// Its share of all lines in hundredths of a per cent; all shares add up to 10,000.
    pub share_bp: i64,
}

/// What `purchases` tell at `now`; their order does not matter.
pub fn habits(purchases: &[Purchase], zone: &Zone, now: Timestamp) -> Habits {
    let orders = i64::try_from(purchases.len()).unwrap_or(i64::MAX);
    let kept = |purchase: &Purchase| purchase.paid.minus(purchase.refunded);
    let spent: Money = purchases.iter().map(kept).sum();
    let paid: Money = purchases.iter().map(|purchase| purchase.paid).sum();
    let year_ago = zone.plus_months(now, -12);
    let spent_year =
        purchases.iter().filter(|one| year_ago < one.paid_at && one.paid_at <= now).map(kept).sum();
    Habits {
        orders,
        spent,
        average_order: average(spent, orders),
        average_payment: average(paid, orders),
        spent_year,
        purchase_cycle_days: cycle(purchases, zone),
        first_order_at: purchases.iter().map(|purchase| purchase.paid_at).min(),
        last_order_at: purchases.iter().map(|purchase| purchase.paid_at).max(),
        categories: categories(purchases),
    }
}

fn average(sum: Money, count: i64) -> Option<Money> {
    let exact = divide(i128::from(sum.0), i128::from(count), Rounding::HalfUp)?;
    i64::try_from(exact).ok().map(Money)
}

fn cycle(purchases: &[Purchase], zone: &Zone) -> Option<i64> {
    let mut days: Vec<Day> = purchases.iter().map(|purchase| zone.day(purchase.paid_at)).collect();
    days.sort_unstable();
    days.dedup();
    let next = days.iter().skip(1);
    let mut gaps: Vec<i64> =
        days.iter().zip(next).map(|(day, next)| i64::from(next.days_since(*day))).collect();
    gaps.sort_unstable();
    let last = gaps.len().checked_sub(1)?;
    let lower = gaps.get(last.div_euclid(2))?;
    let upper = gaps.get(gaps.len().div_euclid(2))?;
    let sum = i128::from(*lower).saturating_add(i128::from(*upper));
    divide(sum, 2, Rounding::HalfUp).and_then(|days| i64::try_from(days).ok())
}

fn categories(purchases: &[Purchase]) -> Vec<CategoryShare> {
    let mut by_category: BTreeMap<Option<&str>, Money> = BTreeMap::new();
    for (category, kept) in purchases.iter().flat_map(|purchase| &purchase.lines) {
        let sum = by_category.entry(category.as_deref()).or_default();
        *sum = sum.plus(*kept);
    }
    let mut kept: Vec<(Option<&str>, Money)> =
        by_category.into_iter().filter(|(_, kept)| kept.is_positive()).collect();
    kept.sort_by_key(|(category, kept)| (std::cmp::Reverse(*kept), *category));
    let shares: Vec<i128> = kept.iter().map(|(_, kept)| i128::from(kept.0)).collect();
    let shares = split(10_000, &shares).unwrap_or_default();
    kept.into_iter()
        .zip(shares)
        .map(|((category, paid), share_bp)| CategoryShare {
            category: category.map(str::to_owned),
            paid,
            share_bp,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_default()
    }

    fn bought(paid_at: &str, paid: i64) -> Purchase {
        let lines = vec![(Some("tea".to_owned()), Money(paid))];
        Purchase { paid_at: at(paid_at), paid: Money(paid), refunded: Money::ZERO, lines }
    }

    fn told(purchases: &[Purchase]) -> Habits {
        let zone = Zone::named("Asia/Shanghai").unwrap_or_else(|_| unreachable!());
        habits(purchases, &zone, at("2026-07-01T00:00:00+08:00"))
    }

    #[test]
    fn nobody_has_an_average_without_orders() {
        assert_eq!(told(&[]), Habits::default());
    }

    #[test]
    fn refunds_lower_one_average_and_not_the_other() {
        let mut returned = bought("2026-06-01T10:00:00+08:00", 1_000);
        returned.refunded = Money(400);

        let habits = told(&[returned, bought("2026-06-02T10:00:00+08:00", 2_001)]);

        assert_eq!(habits.average_order, Some(Money(1_301)));
        assert_eq!(habits.average_payment, Some(Money(1_501)));
        assert_eq!(habits.spent, Money(2_601));
    }

    #[test]
    fn a_year_ends_twelve_months_ago_to_the_microsecond() {
        let at_the_end = told(&[bought("2025-07-01T00:00:00+08:00", 100)]);
        let just_within = told(&[bought("2025-07-01T00:00:00.000001+08:00", 100)]);

        assert_eq!((at_the_end.spent_year, just_within.spent_year), (Money(0), Money(100)));
    }

    #[test]
    fn the_cycle_is_the_median_of_days_between_days_in_the_programs_zone() {
        let one_day =
            [bought("2026-05-01T00:00:00+08:00", 1), bought("2026-05-01T23:59:59.999999+08:00", 1)];
        let odd = [
            bought("2026-05-01T12:00:00+08:00", 1),
            bought("2026-05-03T12:00:00+08:00", 1),
            bought("2026-05-13T12:00:00+08:00", 1),
            bought("2026-06-30T12:00:00+08:00", 1),
        ];

        assert_eq!(told(&one_day).purchase_cycle_days, None);
        assert_eq!(told(&odd).purchase_cycle_days, Some(10));
        assert_eq!(told(odd.get(..3).unwrap_or_default()).purchase_cycle_days, Some(6));
        let midnight =
            [bought("2026-05-01T23:59:59+08:00", 1), bought("2026-05-02T00:00:00+08:00", 1)];
        assert_eq!(told(&midnight).purchase_cycle_days, Some(1));
    }

    #[test]
    fn shares_of_categories_add_up() {
        let lines = [("tea", 100), ("cake", 100), ("milk", 100), ("gone", 0)];
        let lines = lines.map(|(name, kept)| (Some(name.to_owned()), Money(kept)));
        let mut lines = lines.to_vec();
        lines.push((None, Money(1)));
        let purchase = Purchase { lines, ..bought("2026-05-01T12:00:00+08:00", 301) };

        let categories = told(&[purchase]).categories;

        let names: Vec<_> = categories.iter().map(|share| share.category.as_deref()).collect();
        assert_eq!(names, [Some("cake"), Some("milk"), Some("tea"), None]);
        assert_eq!(categories.iter().map(|share| share.share_bp).sum::<i64>(), 10_000);
    }
}
