//! What coupons come to on a cart: which can be used, and what each takes off.
//!
//! Whether a coupon can be used is decided by the prices after promotions,
//! whatever other coupons are used. What it takes off is computed on what the
//! coupons before it leave: those for products first, then those for orders; of
//! each fixed prices, times cards, percentages, amounts, shipping, gifts; then
//! by stacking group, end of validity and code.

use super::UsableCoupon;
use super::reasons::Why;
use crate::amounts::{Rounding, scale, split};
use crate::coupons::terms::Effect;
use crate::promotions::prices::{Cut, Prices, sorted, take_dearest};
use crate::scopes::Place;
use crate::time::LocalMoment;

/// A coupon that can be used on this cart.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    pub(super) coupon: &'a UsableCoupon,
    /// The lines in its scope, in the cart's order.
    pub(super) lines: Vec<usize>,
}

/// What a coupon does to the prices.
#[derive(Debug, Clone, Default)]
pub(super) struct Effected {
    pub(super) cuts: Vec<Cut>,
    pub(super) deliveries: Vec<(usize, i64)>,
    pub(super) gift: Option<(String, i64)>,
    /// Uses of a times card; 1 otherwise.
    pub(super) times: i64,
}

/// What of a cart coupons may touch.
pub(super) struct Ground<'a> {
    pub(super) prices: &'a Prices<'a>,
    pub(super) place: Place<'a>,
    pub(super) moment: LocalMoment,
    /// Lines on which a promotion forbids coupons.
    pub(super) closed: &'a [usize],
}

/// Why a coupon cannot be used, and what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Why,
    pub(super) missing: i64,
}

impl From<Why> for Refused {
    fn from(why: Why) -> Self {
        Self { why, missing: 0 }
    }
}

impl Ground<'_> {
    /// The lines a coupon counts for, or why it cannot be used.
    pub(super) fn admit<'a>(&self, coupon: &'a UsableCoupon) -> Result<Case<'a>, Refused> {
        let terms = &coupon.terms;
        if !terms.scope.holds_place(self.place) {
            return Err(Why::CouponPlace.into());
        }
        if !terms.usable.is_open(self.moment) {
            return Err(Why::CouponNotNow.into());
        }
        let lines = self.lines_for(coupon);
        if lines.is_empty() {
            let in_scope = self.in_scope(coupon).next().is_some();
            let why = if in_scope { Why::CouponPromotion } else { Why::CouponScope };
            return Err(why.into());
        }
        let missing = terms.min_spend.0.saturating_sub(self.prices.total(&lines));
        if missing > 0 {
            return Err(Refused { why: Why::CouponSpend, missing });
        }
        Ok(Case { coupon, lines })
    }

    /// The lines a coupon counts for: those in its scope that promotions leave to it.
    pub(super) fn lines_for(&self, coupon: &UsableCoupon) -> Vec<usize> {
        let is_open = |place: &usize| {
            let line = self.prices.lines.get(*place);
            let reduced = line.is_some_and(|line| line.price < line.list);
            !(self.closed.contains(place) || coupon.terms.full_price_only && reduced)
        };
        self.in_scope(coupon).filter(is_open).collect()
    }

    fn in_scope(&self, coupon: &UsableCoupon) -> impl Iterator<Item = usize> {
        let scope = &coupon.terms.scope;
        let lines = self.prices.lines.iter().enumerate();
        lines
            .filter(|(_, line)| line.discountable && scope.holds_product(line.sku, line.category))
            .map(|(place, _)| place)
    }
}

impl Case<'_> {
    /// Coupons apply in the order of this key.
    pub(super) fn turn(&self) -> (bool, u8, &str, i64, &str) {
        let terms = &self.coupon.terms;
        let kind = match terms.effect {
            Effect::FixedPrice { .. } => 0,
            Effect::Times { .. } => 1,
            Effect::Percent { .. } => 2,
            Effect::Amount { .. } => 3,
            Effect::Shipping { .. } => 4,
            Effect::Gift { .. } => 5,
        };
        (!terms.scope.names_products(), kind, self.group(), self.expiry(), &self.coupon.code)
    }

    /// The stacking group; coupons without one form one together.
    pub(super) fn group(&self) -> &str {
        self.coupon.terms.stacking_group.as_deref().unwrap_or_default()
    }

    /// When its validity ends; without an end it is the last.
    pub(super) fn expiry(&self) -> i64 {
        self.coupon.expires_at.map_or(i64::MAX, |at| at.0)
    }

    /// What it takes off on these prices.
    pub(super) fn effect(&self, prices: &Prices<'_>) -> Effected {
        let terms = &self.coupon.terms;
        let cap = terms.cap.map_or(i64::MAX, |cap| cap.0);
        let spread = |off: i64| Effected {
            cuts: prices.spread(&self.lines, off.min(cap)),
            times: 1,
            ..Effected::default()
        };
        match &terms.effect {
            Effect::Amount { amount } => spread(amount.0),
            Effect::Percent { percent } => {
                let total = prices.total(&self.lines);
                spread(scale(total, *percent, 100, Rounding::Floor).unwrap_or(0))
            }
            Effect::FixedPrice { amount } => self.pieces(prices, 1, amount.0, cap),
            Effect::Times { times } => {
                let left = self.coupon.times_left.unwrap_or(*times);
                self.pieces(prices, left, 0, cap)
            }
            Effect::Shipping { amount } => {
                let costs: Vec<i128> =
                    prices.deliveries.iter().map(|one| i128::from(one.price)).collect();
                let total = prices.deliveries.iter().map(|one| one.price);
                let total = total.fold(0, i64::saturating_add);
                let off = amount.map_or(total, |amount| amount.0).min(total).min(cap);
                let offs = split(off, &costs).unwrap_or_default().into_iter().enumerate();
                let deliveries = offs.filter(|(_, off)| *off > 0).collect();
                Effected { deliveries, times: 1, ..Effected::default() }
            }
            Effect::Gift { sku, quantity } => {
                let gift = Some((sku.clone(), *quantity));
                Effected { gift, times: 1, ..Effected::default() }
            }
        }
    }

    /// Brings the dearest pieces, at most so many, to a price.
    fn pieces(&self, prices: &Prices<'_>, count: i64, price: i64, cap: i64) -> Effected {
        let mut held = prices.every_piece(&self.lines);
        let (mut cuts, mut times, mut left) = (Vec::new(), 0_i64, cap);
        for one in take_dearest(&mut held, count) {
            let off = one.unit.saturating_sub(price).max(0).saturating_mul(one.pieces).min(left);
            if off > 0 {
                left = left.saturating_sub(off);
                times = times.saturating_add(one.pieces);
                let from = Some((one.pile, one.pieces));
                cuts.push(Cut { line: one.line, from, off, set: false });
            }
        }
        Effected { cuts: sorted(cuts), times: times.max(1), ..Effected::default() }
    }
}

impl Effected {
    /// What it takes off, lines and deliveries together.
    pub(super) fn amount(&self) -> i64 {
        let cuts = self.cuts.iter().map(|cut| cut.off);
        let deliveries = self.deliveries.iter().map(|(_, off)| *off);
        cuts.chain(deliveries).fold(0, i64::saturating_add)
    }

    pub(super) fn carry_out(&self, prices: &mut Prices<'_>) {
        prices.apply(&self.cuts);
        prices.apply_deliveries(&self.deliveries);
    }
}
