//! Puts a quote together: promotions, coupons, points, wallet, money, in this order.

use std::cell::RefCell;

use super::allocation::{Allocation, CouponPart, Row, Threshold, ThresholdLine};
use super::best::best;
use super::couponing::{Case, Effected, Ground};
use super::gifting::{Shelf, of_promotions};
use super::quote::{
    Applied, CouponUsed, Gift, Quote, QuotedLine, QuotedShipping, Tenders, WalletUsed,
};
use super::reasons::{Adjustment, Fix, Nearly, Offer, Unavailable, Why};
use super::{
    Asked, Assets, Benefits, Buyer, Cart, CouponsAsked, LINES_MAX, QUANTITY_MAX, QuoteError,
    UsableCoupon, tendering,
};
use crate::amounts::{AMOUNT_MAX, Money, split};
use crate::earning::Inputs;
use crate::earning::facts::{MemberFacts, OrderFacts};
use crate::members::Profile;
use crate::orders::{Line, Order, OrderKey, Status};
use crate::program::Program;
use crate::program::texts::LocalText;
use crate::promotions::Promotion;
use crate::promotions::applying::{self, Occasion, Refusal, Use};
use crate::promotions::benefits::Next;
use crate::promotions::ladder::{Missing, Step};
use crate::promotions::off::Off;
use crate::promotions::prices::{Delivery, PricedLine, Prices};
use crate::scopes::Place;

/// The most offers that are told as nearly reached.
const NEARLY_MAX: usize = 5;

pub(super) fn quote(
    program: &Program,
    cart: &Cart,
    buyer: Buyer<'_>,
    assets: &Assets,
    asked: &Asked,
) -> Result<Quote, QuoteError> {
    check(cart)?;
    let mut prices = listed(cart);
    let promoted = promote(program, cart, buyer, assets, asked, &mut prices);
    let after_promotions: Vec<i64> = prices.lines.iter().map(|line| line.price).collect();
    let mut shelf = Shelf::of(&assets.gifts);
    let promised = promoted.uses.iter().flat_map(|used| {
        let offer = offer(program, used.promotion);
        let gifts = used.gifts.iter();
        gifts.filter_map(move |(sku, pieces)| Some((offer.clone()?, sku.as_str(), *pieces)))
    });
    let (mut gifts, short) = of_promotions(promised, &mut shelf);
    let coupons = use_coupons(program, cart, assets, asked, &promoted, &mut prices, &mut shelf);
    for used in &coupons.used {
        let gift = used.effect.gift.clone();
        gifts.extend(gift.map(|(sku, quantity)| Gift { offer: used.offer(), sku, quantity }));
    }
    let goods = prices.lines.iter().map(|line| line.price).fold(0, i64::saturating_add);
    let points = tendering::points(&program.spend, goods, assets.points, asked.points);
    let left = Money(prices.sum()).minus(points.used.money);
    let (wallet, wallet_max, wallet_refused) = tendering::wallet(assets.wallet, left, asked.wallet);

    let mut unavailable: Vec<Unavailable> = promoted
        .refused
        .iter()
        .filter_map(|(place, refused)| unavailable(program, *place, refused.why, refused.next))
        .collect();
    unavailable.extend(short.into_iter().map(|offer| Unavailable {
        offer,
        why: Why::PromotionGiftGone,
        fix: None,
    }));
    unavailable.extend(coupons.unavailable.iter().cloned());
    unavailable.extend(points.refused.iter().cloned());
    unavailable.extend(wallet_refused);
    let mut allocation = rows(cart, &prices, &promoted.uses, &coupons.used);
    pay(&mut allocation, points.used.money, wallet);
    allocation.points_spent = points.used.used;
    allocation.coupons = coupons.used.iter().map(|used| used.coupon.code.clone()).collect();
    allocation.lost_threshold = program.promotions.lost_threshold;
    allocation.returned_gifts = program.promotions.returned_gifts;
    allocation.thresholds = thresholds(program, &promoted.uses, &coupons.used, &after_promotions);
    // One whose gifts are all gone and that takes nothing off was not had.
    let applied = promoted.uses.iter().filter_map(|used| {
        let told = applied(program, used)?;
        let has_gift = || gifts.iter().any(|gift| gift.offer.is_promotion(&told.promotion));
        let is_had = used.gifts.is_empty() || told.amount.is_positive() || has_gift();
        is_had.then_some(told)
    });
    let applied = applied.collect();
    Ok(Quote {
        lines: quoted_lines(program, cart, &prices, &promoted.uses, &coupons.used),
        shipping: quoted_shipping(program, cart, &prices, &promoted.uses, &coupons.used),
        tenders: Tenders {
            points: points.used,
            coupons: coupons.used.iter().map(Used::told).collect(),
            wallet,
        },
        to_pay: left.minus(wallet.principal).minus(wallet.bonus),
        applied,
        unavailable,
        nearly: nearly(program, &prices, &promoted, &coupons),
        options: points.options(&program.spend, wallet_max),
        gifts,
        allocation,
        proven: coupons.proven,
    })
}

fn check(cart: &Cart) -> Result<(), QuoteError> {
    if cart.lines.len() > LINES_MAX || cart.shipping.len() > LINES_MAX {
        return Err(QuoteError::TooManyLines);
    }
    let mut total = 0_i64;
    for (place, line) in cart.lines.iter().enumerate() {
        if !(1..=QUANTITY_MAX).contains(&line.quantity) {
            return Err(QuoteError::Quantity { place });
        }
        if !(0..=AMOUNT_MAX).contains(&line.unit_price.0) {
            return Err(QuoteError::Price { place });
        }
        total = total.saturating_add(line.gross().0);
    }
    for (place, shipping) in cart.shipping.iter().enumerate() {
        if !(0..=AMOUNT_MAX).contains(&shipping.amount.0) {
            return Err(QuoteError::ShippingPrice { place });
        }
        total = total.saturating_add(shipping.amount.0);
    }
    let mut numbers: Vec<&str> = cart.lines.iter().map(|line| line.line_no.as_str()).collect();
    numbers.sort_unstable();
    if let Some([twice, _]) = numbers.array_windows().find(|[one, next]| one == next) {
        return Err(QuoteError::LineRepeated { line_no: (*twice).to_owned() });
    }
    if total > AMOUNT_MAX { Err(QuoteError::TooLarge) } else { Ok(()) }
}

fn listed(cart: &Cart) -> Prices<'_> {
    Prices {
        lines: cart
            .lines
            .iter()
            .map(|line| {
                let category = line.category.as_deref();
                let unit = line.unit_price.0;
                PricedLine::new(&line.sku, category, line.quantity, unit, line.discountable)
            })
            .collect(),
        deliveries: cart
            .shipping
            .iter()
            .map(|one| Delivery { method: one.method.as_deref(), price: one.amount.0 })
            .collect(),
    }
}

/// The cart as an order at list prices: what audiences are asked about.
fn as_order(cart: &Cart) -> Order {
    let lines = cart.lines.iter().map(|line| Line {
        line_no: String::new(),
        sku: String::new(),
        category: None,
        quantity: line.quantity,
        unit_price: line.unit_price,
        paid: line.gross(),
    });
    let shipping = cart.shipping.iter().map(|one| one.amount).sum();
    let lines: Vec<Line> = lines.collect();
    Order {
        key: OrderKey { channel: cart.channel.clone(), order_no: String::new() },
        shop: cart.shop.clone(),
        status: Status::Placed,
        placed_at: Some(cart.at),
        paid_at: Some(cart.at),
        completed_at: None,
        claims: Vec::new(),
        profile: Profile::default(),
        shipping,
        paid: lines.iter().map(|line| line.paid).sum::<Money>().plus(shipping),
        lines,
        staff: cart.staff.clone(),
        touchpoint: cart.touchpoint.clone(),
    }
}

fn place(cart: &Cart) -> Place<'_> {
    Place { channel: &cart.channel, shop: cart.shop.as_deref() }
}

fn promote(
    program: &Program,
    cart: &Cart,
    buyer: Buyer<'_>,
    assets: &Assets,
    asked: &Asked,
    prices: &mut Prices<'_>,
) -> applying::Applied {
    if asked.benefits == Benefits::None {
        return applying::Applied::default();
    }
    let order = as_order(cart);
    let passer_by = MemberFacts::default();
    let inputs = Inputs {
        member: buyer.member.unwrap_or(&passer_by),
        order: &order,
        effective_at: cart.at,
        first: buyer.first,
        earned_in_day: crate::amounts::Points::ZERO,
        earned_in_month: crate::amounts::Points::ZERO,
        budgets_used: &[],
    };
    let occasion = Occasion {
        place: place(cart),
        at: cart.at,
        moment: program.zone.moment(cart.at),
        tier: buyer.member.map(|member| member.tier.as_str()),
        facts: &OrderFacts::new(program, &inputs),
        budgets: assets.budgets.iter().map(|left| (left.promotion.as_str(), left)).collect(),
        asked: RefCell::default(),
    };
    applying::apply(&program.promotions, prices, &occasion)
}

fn promotion(program: &Program, place: usize) -> Option<&Promotion> {
    program.promotions.get(place)
}

fn offer(program: &Program, place: usize) -> Option<Offer> {
    promotion(program, place).map(|promotion| Offer::Promotion(promotion.id.clone()))
}

fn applied(program: &Program, used: &Use) -> Option<Applied> {
    let promotion = promotion(program, used.promotion)?;
    let offs = used.lines.iter().chain(&used.deliveries).map(|(_, off)| Money(*off));
    Some(Applied {
        promotion: promotion.id.to_string(),
        name: promotion.name.clone(),
        amount: offs.sum(),
        times: used.times,
        pieces: used.pieces,
    })
}

fn fix(missing: Missing) -> Fix {
    match missing {
        Missing::Spend(amount) => Fix::AddSpend { amount: Money(amount) },
        Missing::Pieces(pieces) => Fix::AddPieces { pieces },
    }
}

fn unavailable(
    program: &Program,
    place: usize,
    refusal: Refusal,
    next: Option<Next>,
) -> Option<Unavailable> {
    let without = |other: usize| offer(program, other).map(|offer| Fix::Without { offer });
    let (why, way) = match refusal {
        Refusal::NotNow => (Why::PromotionNotNow, None),
        Refusal::Audience => (Why::PromotionAudience, None),
        Refusal::Spend => (Why::PromotionSpend, None),
        Refusal::Pieces => (Why::PromotionPieces, None),
        Refusal::Companion => (Why::PromotionCompanion, None),
        Refusal::NothingLeft => (Why::PromotionNothingLeft, None),
        Refusal::Group(other) => (Why::PromotionGroup, without(other)),
        Refusal::Exclusive(other) => (Why::PromotionExclusive, without(other)),
        Refusal::Budget => (Why::PromotionBudget, None),
        Refusal::MemberQuota => (Why::PromotionMemberQuota, None),
    };
    let fix = next.map(|next| fix(next.missing)).or(way);
    Some(Unavailable { offer: offer(program, place)?, why, fix })
}

/// A coupon that is used.
struct Used<'a> {
    coupon: &'a UsableCoupon,
    /// The lines in its scope with their prices after promotions.
    scope: Vec<usize>,
    effect: Effected,
    lines: Vec<(usize, i64)>,
}

impl Used<'_> {
    fn told(&self) -> CouponUsed {
        CouponUsed {
            code: self.coupon.code.clone(),
            amount: Money(self.effect.amount()),
            times: self.effect.times,
        }
    }

    fn offer(&self) -> Offer {
        Offer::Coupon(self.coupon.code.clone())
    }
}

/// What became of coupons.
struct Couponed<'a> {
    used: Vec<Used<'a>>,
    unavailable: Vec<Unavailable>,
    /// Coupons whose threshold is not reached: what is missing, and what they would take off.
    missed: Vec<(&'a UsableCoupon, i64, i64)>,
    proven: bool,
}

fn use_coupons<'a>(
    program: &Program,
    cart: &Cart,
    assets: &'a Assets,
    asked: &Asked,
    promoted: &applying::Applied,
    prices: &mut Prices<'_>,
    shelf: &mut Shelf<'_>,
) -> Couponed<'a> {
    let mut found =
        Couponed { used: Vec::new(), unavailable: Vec::new(), missed: Vec::new(), proven: true };
    let wanted = wanted(assets, asked, &mut found.unavailable);
    let mut cases = Vec::with_capacity(wanted.len());
    let ground = Ground {
        prices,
        place: place(cart),
        moment: program.zone.moment(cart.at),
        closed: &promoted.closed,
    };
    for coupon in wanted {
        match ground.admit(coupon) {
            Ok(case) => cases.push(case),
            Err(refused) => {
                let missing = (refused.missing > 0).then_some(Missing::Spend(refused.missing));
                found.refuse(coupon, refused.why, missing.map(fix));
                if missing.is_some() {
                    let lines = ground.lines_for(coupon);
                    let off = Case { coupon, lines }.effect(prices).amount();
                    found.missed.push((coupon, refused.missing, off));
                }
            }
        }
    }
    let chosen = match &asked.coupons {
        CouponsAsked::Listed(_) => first_of_groups(&mut cases, &mut found),
        CouponsAsked::Best => {
            cases.sort_by(|one, other| one.turn().cmp(&other.turn()));
            let best = best(&cases, prices);
            found.proven = best.proven;
            best.chosen
        }
    };
    let groups: Vec<(&str, Offer)> = chosen
        .iter()
        .filter_map(|place| cases.get(*place))
        .map(|case| (case.group(), Offer::Coupon(case.coupon.code.clone())))
        .collect();
    for (place, case) in cases.iter().enumerate() {
        if !chosen.contains(&place) {
            let rival = groups.iter().find(|(group, _)| *group == case.group());
            let fix = rival.map(|(_, offer)| Fix::Without { offer: offer.clone() });
            let why = if fix.is_some() { Why::CouponGroup } else { Why::CouponNotBest };
            found.refuse(case.coupon, why, fix);
        }
    }
    for case in chosen.iter().filter_map(|place| cases.get(*place)) {
        let effect = case.effect(prices);
        if let Some((sku, pieces)) = &effect.gift {
            // A coupon is not used up for less than it promises.
            if !shelf.has(sku, *pieces) {
                found.refuse(case.coupon, Why::CouponGiftGone, None);
                continue;
            }
            shelf.take(sku, *pieces);
        }
        if effect.amount() == 0 && effect.gift.is_none() {
            found.refuse(case.coupon, Why::CouponNothingLeft, None);
            continue;
        }
        effect.carry_out(prices);
        let mut lines: Vec<(usize, i64)> = Vec::new();
        for cut in effect.cuts.iter().filter(|cut| cut.off > 0) {
            match lines.last_mut() {
                Some((line, off)) if *line == cut.line => *off = off.saturating_add(cut.off),
                _ => lines.push((cut.line, cut.off)),
            }
        }
        found.used.push(Used { coupon: case.coupon, scope: case.lines.clone(), effect, lines });
    }
    found
}

impl Couponed<'_> {
    fn refuse(&mut self, coupon: &UsableCoupon, why: Why, fix: Option<Fix>) {
        self.unavailable.push(Unavailable { offer: Offer::Coupon(coupon.code.clone()), why, fix });
    }
}

/// The coupons asked for, in the order in which they are named.
fn wanted<'a>(
    assets: &'a Assets,
    asked: &Asked,
    unavailable: &mut Vec<Unavailable>,
) -> Vec<&'a UsableCoupon> {
    let CouponsAsked::Listed(codes) = &asked.coupons else {
        return assets.coupons.iter().collect();
    };
    let mut wanted: Vec<&UsableCoupon> = Vec::new();
    for code in codes {
        let why = if wanted.iter().any(|coupon| coupon.code == *code) {
            Why::CouponRepeated
        } else if let Some(coupon) = assets.coupons.iter().find(|coupon| coupon.code == *code) {
            wanted.push(coupon);
            continue;
        } else {
            Why::CouponUnknown
        };
        unavailable.push(Unavailable { offer: Offer::Coupon(code.clone()), why, fix: None });
    }
    wanted
}

/// Of each stacking group the coupon named first, in their turn; sorts the cases.
fn first_of_groups(cases: &mut Vec<Case<'_>>, found: &mut Couponed<'_>) -> Vec<usize> {
    let mut first: Vec<Case<'_>> = Vec::with_capacity(cases.len());
    for case in cases.drain(..) {
        match first.iter().find(|other| other.group() == case.group()) {
            Some(other) => {
                let offer = Offer::Coupon(other.coupon.code.clone());
                found.refuse(case.coupon, Why::CouponGroup, Some(Fix::Without { offer }));
            }
            None => first.push(case),
        }
    }
    first.sort_by(|one, other| one.turn().cmp(&other.turn()));
    *cases = first;
    (0..cases.len()).collect()
}

fn off_of(list: &[(usize, i64)], place: usize) -> Money {
    let of_place = list.iter().filter(|(known, _)| *known == place);
    of_place.map(|(_, off)| Money(*off)).sum()
}

/// What was taken off one place; the list is by place.
fn off_at(list: &[(usize, i64)], place: usize) -> Money {
    let found = list.binary_search_by_key(&place, |(known, _)| *known).ok();
    found.and_then(|at| list.get(at)).map_or(Money::ZERO, |(_, off)| Money(*off))
}

/// The matrix up to coupons: what is left stands in the column of money.
fn rows(cart: &Cart, prices: &Prices<'_>, uses: &[Use], coupons: &[Used<'_>]) -> Allocation {
    let mut promoted = vec![Money::ZERO; cart.lines.len()];
    for (line, off) in uses.iter().flat_map(|used| &used.lines) {
        if let Some(sum) = promoted.get_mut(*line) {
            *sum = sum.plus(Money(*off));
        }
    }
    let part = |used: &Used<'_>, amount: Money| {
        let code = used.coupon.code.clone();
        amount.is_positive().then_some(CouponPart { code, amount })
    };
    let lines = cart.lines.iter().enumerate().map(|(place, line)| Row {
        line_no: line.line_no.clone(),
        quantity: line.quantity,
        gross: line.gross(),
        promotions: promoted.get(place).copied().unwrap_or_default(),
        coupons: coupons.iter().filter_map(|used| part(used, off_of(&used.lines, place))).collect(),
        money: Money(prices.price(place)),
        ..Row::default()
    });
    let all = |list: &[(usize, i64)]| list.iter().map(|(_, off)| Money(*off)).sum();
    let shipping = (!cart.shipping.is_empty()).then(|| Row {
        line_no: "shipping".to_owned(),
        quantity: 1,
        gross: cart.shipping.iter().map(|one| one.amount).sum(),
        promotions: uses.iter().map(|used| all(&used.deliveries)).sum(),
        coupons: coupons
            .iter()
            .filter_map(|used| part(used, all(&used.effect.deliveries)))
            .collect(),
        money: prices.deliveries.iter().map(|one| Money(one.price)).sum(),
        ..Row::default()
    });
    Allocation { lines: lines.collect(), shipping, ..Allocation::default() }
}

/// Lets points pay for lines, and the wallet for lines and shipping, out of the money.
fn pay(allocation: &mut Allocation, points: Money, wallet: WalletUsed) {
    let shares: Vec<i128> = allocation.lines.iter().map(|row| i128::from(row.money.0)).collect();
    let parts = split(points.0, &shares).unwrap_or_default();
    for (row, part) in allocation.lines.iter_mut().zip(parts) {
        row.points = Money(part);
        row.money = row.money.minus(row.points);
    }
    let amount = wallet.principal.plus(wallet.bonus);
    let shares: Vec<i128> = allocation.rows().map(|row| i128::from(row.money.0)).collect();
    let parts = split(amount.0, &shares).unwrap_or_default();
    let of_parts: Vec<i128> = parts.iter().map(|part| i128::from(*part)).collect();
    let bonuses = split(wallet.bonus.0, &of_parts).unwrap_or_default();
    let rows = allocation.lines.iter_mut().chain(&mut allocation.shipping);
    for (row, (part, bonus)) in rows.zip(parts.into_iter().zip(bonuses)) {
        row.bonus = Money(bonus);
        row.principal = Money(part).minus(row.bonus);
        row.money = row.money.minus(Money(part));
    }
}

fn thresholds(
    program: &Program,
    uses: &[Use],
    coupons: &[Used<'_>],
    after_promotions: &[i64],
) -> Vec<Threshold> {
    let of_promotions = uses.iter().filter_map(|used| {
        let threshold = used.threshold.as_ref()?;
        let lines = threshold.measured.iter().map(|(row, price)| ThresholdLine {
            row: *row,
            price: Money(*price),
            discount: off_at(&used.lines, *row),
        });
        Some(Threshold {
            offer: offer(program, used.promotion)?,
            steps: threshold.steps.steps.clone(),
            every: threshold.steps.every,
            times_max: threshold.steps.times_max,
            lines: lines.collect(),
        })
    });
    let of_coupons = coupons.iter().filter(|used| used.coupon.terms.min_spend.is_positive());
    let of_coupons = of_coupons.map(|used| {
        let spend = Some(used.coupon.terms.min_spend);
        let lines = used.scope.iter().map(|row| ThresholdLine {
            row: *row,
            price: Money(after_promotions.get(*row).copied().unwrap_or(0)),
            discount: off_of(&used.lines, *row),
        });
        Threshold {
            offer: used.offer(),
            steps: vec![Step { spend, pieces: None, off: Off::Percent(100) }],
            every: false,
            times_max: None,
            lines: lines.collect(),
        }
    });
    of_promotions.chain(of_coupons).collect()
}

/// What each of so many lines, or deliveries, was made cheaper by, in order.
fn adjustments<'c>(
    program: &Program,
    count: usize,
    uses: &[Use],
    coupons: &[Used<'c>],
    of_use: impl Fn(&Use) -> &[(usize, i64)],
    of_coupon: impl for<'u> Fn(&'u Used<'c>) -> &'u [(usize, i64)],
) -> Vec<Vec<Adjustment>> {
    let mut counts = vec![0_usize; count];
    let places = uses.iter().flat_map(&of_use).chain(coupons.iter().flat_map(&of_coupon));
    for (place, _) in places {
        if let Some(known) = counts.get_mut(*place) {
            *known = known.saturating_add(1);
        }
    }
    let mut all: Vec<Vec<Adjustment>> = counts.into_iter().map(Vec::with_capacity).collect();
    let mut note = |offs: &[(usize, i64)], offer: &Offer| {
        for (place, off) in offs {
            if let Some(adjustments) = all.get_mut(*place) {
                adjustments.push(Adjustment { offer: offer.clone(), amount: Money(*off) });
            }
        }
    };
    for used in uses {
        if let Some(offer) = offer(program, used.promotion) {
            note(of_use(used), &offer);
        }
    }
    for used in coupons {
        note(of_coupon(used), &used.offer());
    }
    all
}

fn quoted_lines(
    program: &Program,
    cart: &Cart,
    prices: &Prices<'_>,
    uses: &[Use],
    coupons: &[Used<'_>],
) -> Vec<QuotedLine> {
    let count = cart.lines.len();
    let adjustments =
        adjustments(program, count, uses, coupons, |used| &used.lines, |used| &used.lines);
    let lines = cart.lines.iter().zip(adjustments).enumerate();
    lines
        .map(|(place, (line, adjustments))| QuotedLine {
            line_no: line.line_no.clone(),
            gross: line.gross(),
            adjustments,
            net: Money(prices.price(place)),
        })
        .collect()
}

fn quoted_shipping(
    program: &Program,
    cart: &Cart,
    prices: &Prices<'_>,
    uses: &[Use],
    coupons: &[Used<'_>],
) -> Vec<QuotedShipping> {
    let adjustments = adjustments(
        program,
        cart.shipping.len(),
        uses,
        coupons,
        |used| &used.deliveries,
        |used| &used.effect.deliveries,
    );
    let deliveries = cart.shipping.iter().zip(&prices.deliveries).zip(adjustments);
    deliveries
        .map(|((delivery, priced), adjustments)| QuotedShipping {
            id: delivery.id.clone(),
            gross: delivery.amount,
            adjustments,
            net: Money(priced.price),
        })
        .collect()
}

/// Offers of which at least half of what they need is in the cart, the nearest first.
fn nearly(
    program: &Program,
    prices: &Prices<'_>,
    promoted: &applying::Applied,
    coupons: &Couponed<'_>,
) -> Vec<Nearly> {
    let goods = prices.lines.iter().map(|line| line.list).fold(0, i64::saturating_add);
    let pieces = prices.lines.iter().map(|line| line.quantity).fold(0, i64::saturating_add);
    let average = goods.checked_div_euclid(pieces).unwrap_or(0);
    let cost = |missing: Missing| match missing {
        Missing::Spend(amount) => amount,
        Missing::Pieces(pieces) => pieces.saturating_mul(average),
    };
    let refused = promoted.refused.iter();
    let refused = refused.filter_map(|(place, refused)| Some((*place, refused.next?)));
    let more = promoted.uses.iter().filter_map(|used| Some((used.promotion, used.next?)));
    let mut found: Vec<(i64, Missing, i64, Source<'_>)> = refused
        .chain(more)
        .map(|(place, next)| {
            (cost(next.missing), next.missing, next.saves, Source::Promotion(place))
        })
        .collect();
    found.extend(coupons.missed.iter().map(|(coupon, missing, off)| {
        (*missing, Missing::Spend(*missing), *off, Source::Coupon(coupon))
    }));
    found.retain(|(cost, ..)| *cost <= goods);
    found.sort_by_key(|(cost, _, saves, _)| (*cost, std::cmp::Reverse(*saves)));
    let nearest = found.into_iter().take(NEARLY_MAX);
    nearest
        .filter_map(|(_, missing, saves, source)| {
            let (offer, name) = match source {
                Source::Promotion(place) => {
                    (offer(program, place)?, promotion(program, place)?.name.clone())
                }
                Source::Coupon(coupon) => {
                    (Offer::Coupon(coupon.code.clone()), LocalText::default())
                }
            };
            Some(Nearly { offer, name, add: fix(missing), saves: Money(saves) })
        })
        .collect()
}

enum Source<'a> {
    Promotion(usize),
    Coupon(&'a UsableCoupon),
}
