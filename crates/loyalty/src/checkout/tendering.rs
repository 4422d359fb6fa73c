//! What pays for a priced cart: points, stored value, and money for the rest.

use super::quote::{Options, PointsUsed, WalletUsed};
use super::reasons::{Fix, Offer, Unavailable, Why};
use super::{Use, Wallet};
use crate::amounts::{AMOUNT_MAX, Money, Points, Rounding, scale};
use crate::program::points::SpendTerms;
use crate::wallet::Balance;
use crate::wallet::spending::shares;

/// The points a cart takes, and what could be asked for.
pub(super) struct PointsDecided {
    pub(super) used: PointsUsed,
    pub(super) max: Points,
    pub(super) refused: Option<Unavailable>,
}

/// What so many points pay.
fn worth(terms: &SpendTerms, points: i64) -> i64 {
    scale(points, terms.amount.0, terms.points.0, Rounding::Floor).unwrap_or(0)
}

fn to_step(terms: &SpendTerms, points: i64) -> i64 {
    let over = points.checked_rem_euclid(terms.step.0).unwrap_or(0);
    points.saturating_sub(over)
}

/// The most points whose worth is at most `money`.
fn points_within(terms: &SpendTerms, money: i64) -> i64 {
    let above = i128::from(money).saturating_add(1).saturating_mul(i128::from(terms.points.0));
    let most = above.saturating_sub(1).checked_div_euclid(i128::from(terms.amount.0));
    most.and_then(|most| i64::try_from(most).ok()).unwrap_or(0).min(AMOUNT_MAX)
}

/// Decides about points: `goods` is what the lines cost after coupons.
pub(super) fn points(
    terms: &SpendTerms,
    goods: i64,
    available: Points,
    asked: Option<Use>,
) -> PointsDecided {
    let share = terms.max_share;
    let money_max = scale(goods, share.num, share.den, Rounding::Floor).unwrap_or(0);
    let by_share = if terms.amount.0 > 0 { points_within(terms, money_max) } else { 0 };
    let usable = |points: i64| {
        let points = to_step(terms, points.max(0));
        if points < terms.min.0 || worth(terms, points) <= 0 { 0 } else { points }
    };
    let max = usable(by_share.min(available.0));
    let wanted = match asked {
        None => 0,
        Some(Use::Max) => max,
        Some(Use::Exactly(points)) => usable(points.min(max)),
    };
    let why = |points: i64| {
        if usable(by_share) == 0 {
            Why::PointsNoUse
        } else if points > available.0 {
            Why::PointsBalance
        } else if points < terms.min.0 {
            Why::PointsMinimum
        } else if points > by_share {
            Why::PointsShare
        } else {
            Why::PointsStep
        }
    };
    let refused = match asked {
        Some(Use::Exactly(points)) if points > 0 && points != wanted => {
            let better = if wanted > 0 { wanted } else { max };
            let fix = (better > 0).then_some(Fix::UsePoints { points: Points(better) });
            Some(Unavailable { offer: Offer::Points, why: why(points), fix })
        }
        Some(Use::Max) if max == 0 => {
            let short = available.0 < terms.min.0.max(terms.step.0);
            let why = if short { Why::PointsBalance } else { Why::PointsNoUse };
            Some(Unavailable { offer: Offer::Points, why, fix: None })
        }
        _ => None,
    };
    let money = Money(worth(terms, wanted));
    PointsDecided { used: PointsUsed { used: Points(wanted), money }, max: Points(max), refused }
}

impl PointsDecided {
    pub(super) fn options(&self, terms: &SpendTerms, wallet_max: Money) -> Options {
        Options { points_max: self.max, points_step: terms.step, points_min: terms.min, wallet_max }
    }
}

impl Wallet {
    /// Both balances.
    pub const fn total(self) -> Money {
        self.principal.plus(self.bonus)
    }

    /// What each balance pays of `amount`, which is at most the total.
    pub fn spend(self, amount: Money) -> WalletUsed {
        let balance = Balance { principal: self.principal, bonus: self.bonus, held: Money::ZERO };
        let (principal, bonus) = shares(balance, amount, self.order);
        WalletUsed { principal, bonus }
    }
}

/// Decides about stored value: `left` is what points leave to pay.
pub(super) fn wallet(
    wallet: Wallet,
    left: Money,
    asked: Option<Use>,
) -> (WalletUsed, Money, Option<Unavailable>) {
    let max = wallet.total().min(left);
    let used = match asked {
        None => Money::ZERO,
        Some(Use::Max) => max,
        Some(Use::Exactly(amount)) => Money(amount.max(0)).min(max),
    };
    let refused = match asked {
        Some(Use::Exactly(amount)) if amount > used.0 => {
            let short = amount > wallet.total().0;
            let why = if short { Why::WalletBalance } else { Why::WalletNothingLeft };
            let fix = max.is_positive().then_some(Fix::UseWallet { amount: max });
            Some(Unavailable { offer: Offer::Wallet, why, fix })
        }
        _ => None,
    };
    (wallet.spend(used), max, refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::rules::Fraction;
    use crate::wallet::spending::SpendOrder;

    #[test]
    fn a_wallet_pays_in_proportion() {
        let wallet =
            Wallet { principal: Money(20_000), bonus: Money(2_000), order: SpendOrder::ProRata };

        let used = wallet.spend(Money(5_500));

        assert_eq!((used.principal, used.bonus), (Money(5_000), Money(500)));
    }

    #[test]
    fn a_wallet_pays_with_one_balance_first_where_told() {
        let of = |order| Wallet { principal: Money(300), bonus: Money(200), order };
        let spent = |order, amount| {
            let used = of(order).spend(Money(amount));
            (used.principal.0, used.bonus.0)
        };

        assert_eq!(spent(SpendOrder::PrincipalFirst, 300), (300, 0));
        assert_eq!(spent(SpendOrder::PrincipalFirst, 301), (300, 1));
        assert_eq!(spent(SpendOrder::BonusFirst, 200), (0, 200));
        assert_eq!(spent(SpendOrder::BonusFirst, 201), (1, 200));
    }

    fn decided(goods: i64, available: i64, asked: Use) -> (i64, i64, Option<Why>) {
        let decided = points(&SpendTerms::default(), goods, Points(available), Some(asked));
        (decided.used.used.0, decided.used.money.0, decided.refused.map(|refused| refused.why))
    }

    #[test]
    fn points_pay_in_steps_up_to_their_share() {
        assert_eq!(decided(10_000, 99_999, Use::Max), (5_000, 5_000, None));
        assert_eq!(decided(10_199, 99_999, Use::Max), (5_000, 5_000, None));
        assert_eq!(decided(10_200, 99_999, Use::Max), (5_100, 5_100, None));
        assert_eq!(decided(10_000, 250, Use::Max), (200, 200, None));
        assert_eq!(decided(10_000, 99, Use::Max), (0, 0, Some(Why::PointsBalance)));
        assert_eq!(decided(199, 500, Use::Max), (0, 0, Some(Why::PointsNoUse)));
    }

    #[test]
    fn what_was_asked_too_much_is_cut_with_the_reason() {
        assert_eq!(decided(10_000, 9_000, Use::Exactly(4_900)), (4_900, 4_900, None));
        assert_eq!(
            decided(10_000, 9_000, Use::Exactly(5_100)),
            (5_000, 5_000, Some(Why::PointsShare))
        );
        assert_eq!(decided(10_000, 300, Use::Exactly(400)), (300, 300, Some(Why::PointsBalance)));
        assert_eq!(decided(10_000, 9_000, Use::Exactly(250)), (200, 200, Some(Why::PointsStep)));
        assert_eq!(decided(10_000, 9_000, Use::Exactly(50)), (0, 0, Some(Why::PointsMinimum)));
    }

    #[test]
    fn a_rate_that_does_not_divide_never_pays_more_than_its_share() {
        let terms = SpendTerms {
            points: Points(3),
            amount: Money(2),
            step: Points(1),
            min: Points(1),
            max_share: Fraction { num: 1, den: 3 },
        };
        for goods in 1..200 {
            let decided = points(&terms, goods, Points(1_000), Some(Use::Max));
            assert!(decided.used.money.0 * 3 <= goods);
            // Below this the points within the share are worth nothing at all.
            assert!(decided.max.0 == 0 || worth(&terms, decided.max.0 + 1) * 3 > goods);
        }
    }
}
