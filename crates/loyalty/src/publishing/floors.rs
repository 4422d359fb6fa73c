//! What promotions and coupons together leave of a price, at worst.
//!
//! Carts of one product are priced by the rules themselves, with everybody meant
//! by every audience that is not about tiers, at the times at which something
//! begins, in the places that are named, once with one piece and once with as
//! many as the largest threshold asks for. Points and wallets pay; they take
//! nothing off.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audience, Each, Outside};
use crate::amounts::Money;
use crate::checkout::reasons::Offer;
use crate::checkout::{
    Asked, Assets, Buyer, Cart, CartLine, CouponsAsked, QUANTITY_MAX, UsableCoupon, quote,
};
use crate::coupons::templates::{Template, Validity};
use crate::earning::facts::MemberFacts;
use crate::ids::TemplateId;
use crate::program::problems::{Problems, Severity};
use crate::program::texts::LocalText;
use crate::program::{Document, Program};
use crate::promotions::benefits::Benefit;
use crate::promotions::floor::{Below, FloorProduct, FloorSection, PRODUCTS_MAX};
use crate::scopes::{Place, STORE_CHANNEL};
use crate::time::{Span, Timestamp};

/// More carts than this are not priced; the check then says that it is not complete.
const QUOTES_MAX: usize = 6_000;
/// Times, places and coupons looked at for one product.
const TIMES_MAX: usize = 24;
const PLACES_MAX: usize = 8;
const COUPONS_MAX: usize = 24;
/// What a product costs that is made up to see shares of a price only: amounts off vanish in it.
const MADE_UP_PRICE: Money = Money(100_000_000);

/// The categories of products, as far as the document tells them.
pub(crate) fn categories(floor: &FloorSection) -> BTreeMap<&str, &str> {
    let products = floor.products.iter();
    products.filter_map(|one| Some((one.sku.as_str(), one.category.as_deref()?))).collect()
}

/// The worst price found of a product.
struct Worst {
    gross: i64,
    net: i64,
    pieces: i64,
    offers: Vec<Offer>,
}

/// Warns of products that can be had below the floor, or refuses them, as the document says.
pub(super) fn check(
    document: &Document,
    program: &Program,
    known: &[Each<'_>],
    outside: Outside<'_>,
    now: Timestamp,
    problems: &mut Problems,
) {
    let floor = &document.promotions.floor;
    if floor.percent.is_none() && floor.products.iter().all(|product| product.cost.is_none()) {
        return;
    }
    let made_up;
    let products = if floor.products.is_empty() {
        made_up = made_up_products(known);
        &made_up
    } else {
        &floor.products
    };
    let open = open_to_all(program, known);
    let starts = known.iter().map(|one| starts(one, program, now)).collect();
    let ground = Ground { document, program: &open, known, starts, outside, now };
    let severity = match floor.below {
        Below::Warn => Severity::Warning,
        Below::Refuse => Severity::Error,
    };
    let mut quotes_left = QUOTES_MAX;
    let mut told: BTreeSet<Vec<Offer>> = BTreeSet::new();
    for product in products {
        let Some(worst) = ground.worst(product, floor.percent, &mut quotes_left) else { continue };
        if !told.insert(worst.offers.clone()) {
            continue;
        }
        let (code, sentence) = sentence(product, floor.percent, &worst);
        problems.found(ground.pointer(&worst), code, &sentence, severity);
    }
    if quotes_left == 0 {
        let sentence = LocalText {
            zh: "组合太多，底价检查没有算完".to_owned(),
            en: "there are too many combinations: the check of floors is not complete".to_owned(),
        };
        let pointer = "/promotions/floor";
        problems.found(pointer, "promotion.floor_unproven", &sentence, Severity::Warning);
    }
}

/// One product of each name and category that promotions name, and one that none does.
fn made_up_products(known: &[Each<'_>]) -> Vec<FloorProduct> {
    let skus = known.iter().flat_map(|one| &one.section.scope.include.skus);
    let names: BTreeSet<(&str, Option<&str>)> = skus.map(|sku| (sku.as_str(), None)).collect();
    let paths = known.iter().flat_map(|one| &one.section.scope.include.categories);
    let paths: BTreeSet<(&str, Option<&str>)> =
        paths.map(|path| (path.as_str(), Some(path.as_str()))).collect();
    let all = std::iter::once(("*", None)).chain(paths).chain(names);
    let made = all.map(|(sku, category)| FloorProduct {
        sku: sku.to_owned(),
        category: category.map(str::to_owned),
        price: MADE_UP_PRICE,
        cost: None,
    });
    made.take(PRODUCTS_MAX).collect()
}

/// The program with every audience meant that is not about tiers alone.
fn open_to_all(program: &Program, known: &[Each<'_>]) -> Program {
    let mut open = program.clone();
    for one in known {
        if one.audience == Audience::Some
            && let Some(promotion) = open.promotions.list.get_mut(one.turn)
        {
            promotion.audience = None;
        }
    }
    open
}

fn sentence(
    product: &FloorProduct,
    percent: Option<i64>,
    worst: &Worst,
) -> (&'static str, LocalText) {
    let offers: Vec<String> = worst.offers.iter().map(Offer::to_string).collect();
    let offers = offers.join(" + ");
    let Worst { gross, net, pieces, .. } = *worst;
    let share = net.saturating_mul(100).checked_div(gross).unwrap_or(0);
    let sku = &product.sku;
    let cost = product.cost.filter(|cost| net < cost.0.saturating_mul(pieces));
    if let Some(cost) = cost {
        let cost = cost.0.saturating_mul(pieces);
        let sentence = LocalText {
            zh: format!("{offers} 叠加后，{pieces} 件 {sku} 只卖 {net} 分，低于成本 {cost} 分"),
            en: format!(
                "{offers} together sell {pieces} of {sku} for {net}, below the cost of {cost}"
            ),
        };
        return ("promotion.below_cost", sentence);
    }
    let floor = percent.unwrap_or(0);
    let sentence = LocalText {
        zh: format!("{offers} 叠加后，{sku} 只剩原价的 {share}%，低于底线 {floor}%"),
        en: format!(
            "{offers} together leave {share} % of the price of {sku}, below the floor of {floor} %"
        ),
    };
    ("promotion.below_floor", sentence)
}

struct Ground<'a> {
    document: &'a Document,
    program: &'a Program,
    known: &'a [Each<'a>],
    /// When each promotion begins to count, its first times.
    starts: Vec<Vec<Timestamp>>,
    outside: Outside<'a>,
    now: Timestamp,
}

/// When a promotion begins to count from `now` on: its first times within ten weeks.
fn starts(one: &Each<'_>, program: &Program, now: Timestamp) -> Vec<Timestamp> {
    let span = one.span();
    let from = span.from.max(now);
    let until = span.until.min(program.zone.plus_days(from, 70));
    let open = one.section.schedule.occurrences(&program.zone, Span { from, until }, 8);
    open.into_iter().map(|span| span.from).collect()
}

impl Ground<'_> {
    /// The promotion that applied last, or the section of floors for coupons alone.
    fn pointer(&self, worst: &Worst) -> String {
        let last = worst.offers.iter().rev().find_map(|offer| match offer {
            Offer::Promotion(id) => self.known.iter().find(|one| *one.section.id == **id),
            _ => None,
        });
        last.map_or_else(|| "/promotions/floor".to_owned(), Each::pointer)
    }

    /// The lowest price at which a product can be had, if that is too low.
    fn worst(
        &self,
        product: &FloorProduct,
        percent: Option<i64>,
        quotes_left: &mut usize,
    ) -> Option<Worst> {
        let holds = |scope: &crate::scopes::Scope| {
            scope.holds_product(&product.sku, product.category.as_deref())
        };
        let concerned: Vec<(&Each<'_>, &[Timestamp])> = self
            .known
            .iter()
            .zip(self.starts.iter().map(Vec::as_slice))
            .filter(|(one, _)| holds(&one.section.scope))
            .collect();
        let coupons: Vec<(UsableCoupon, Span)> = self
            .outside
            .templates
            .iter()
            .filter(|(_, template)| holds(&template.terms.scope))
            .take(COUPONS_MAX)
            .map(|(id, template)| (usable(*id, template), self.valid(template)))
            .collect();
        let mut worst: Option<Worst> = None;
        for (at, place, tier, pieces) in self.occasions(product, &concerned) {
            if *quotes_left == 0 {
                break;
            }
            *quotes_left = quotes_left.saturating_sub(1);
            let valid = coupons.iter().filter(|(_, span)| span.holds(at));
            let assets = Assets {
                coupons: valid.map(|(coupon, _)| coupon.clone()).collect(),
                ..Assets::default()
            };
            let Some(found) = self.price(product, (at, place, tier, pieces), &assets) else {
                continue;
            };
            let cost = product.cost.map_or(0, |cost| cost.0.saturating_mul(pieces));
            let least = found.gross.saturating_mul(percent.unwrap_or(0));
            let is_low = found.net < cost || found.net.saturating_mul(100) < least;
            let is_worse = worst.as_ref().is_none_or(|worst| {
                found.net.saturating_mul(worst.gross) < worst.net.saturating_mul(found.gross)
            });
            if is_low && is_worse {
                worst = Some(found);
            }
        }
        worst
    }

    /// When coupons of a template can be used.
    fn valid(&self, template: &Template) -> Span {
        match template.validity {
            Validity::Window { from, until } => Span { from, until },
            Validity::Days { .. } => Span { from: self.now, until: Timestamp::MAX },
        }
    }

    fn price(
        &self,
        product: &FloorProduct,
        (at, place, tier, pieces): (Timestamp, Place<'_>, &str, i64),
        assets: &Assets,
    ) -> Option<Worst> {
        let cart = Cart {
            at,
            channel: place.channel.to_owned(),
            shop: place.shop.map(str::to_owned),
            staff: None,
            touchpoint: None,
            lines: vec![CartLine {
                line_no: "1".to_owned(),
                sku: product.sku.clone(),
                category: product.category.clone(),
                quantity: pieces,
                unit_price: product.price,
                discountable: true,
            }],
            shipping: Vec::new(),
        };
        let member = MemberFacts { tier: tier.to_owned(), bound: true, ..MemberFacts::default() };
        let asked = Asked { coupons: CouponsAsked::Best, ..Asked::default() };
        let buyer = Buyer { member: Some(&member), first: true };
        let quote = quote(self.program, &cart, buyer, assets, &asked).ok()?;
        let line = quote.lines.into_iter().next()?;
        let offers = line.adjustments.into_iter().map(|adjustment| adjustment.offer);
        Some(Worst { gross: line.gross.0, net: line.net.0, pieces, offers: offers.collect() })
    }

    /// When, where, by whom and how many are bought in the carts that are tried.
    fn occasions<'s>(
        &'s self,
        product: &FloorProduct,
        concerned: &[(&'s Each<'s>, &[Timestamp])],
    ) -> Vec<(Timestamp, Place<'s>, &'s str, i64)> {
        let times = self.times(concerned.iter().flat_map(|(_, starts)| *starts));
        let concerned: Vec<&Each<'_>> = concerned.iter().map(|(one, _)| *one).collect();
        let places = places(&concerned);
        let tiers = self.tiers(&concerned);
        let most = pieces(product, &concerned);
        let counts: BTreeSet<i64> = [1, most].into();
        let mut occasions = Vec::new();
        for at in times {
            for place in &places {
                for tier in &tiers {
                    occasions.extend(counts.iter().map(|count| (at, *place, *tier, *count)));
                }
            }
        }
        occasions
    }

    /// Now, and when something begins: between two of these nothing new comes on top.
    fn times<'t>(&self, starts: impl Iterator<Item = &'t Timestamp>) -> Vec<Timestamp> {
        let mut times: BTreeSet<Timestamp> = [self.now].into();
        times.extend(starts);
        let windows =
            self.outside.templates.iter().filter_map(|(_, template)| match template.validity {
                Validity::Window { from, .. } => Some(from),
                Validity::Days { .. } => None,
            });
        times.extend(windows.filter(|from| *from > self.now));
        times.into_iter().take(TIMES_MAX).collect()
    }

    /// Every tier where tiers tell promotions apart, else the highest.
    fn tiers(&self, concerned: &[&Each<'_>]) -> Vec<&str> {
        let tells = |one: &&Each<'_>| {
            let by_price = |benefit: &Benefit| matches!(benefit, Benefit::MemberPrice(_));
            matches!(one.audience, Audience::Tiers(_)) || one.section.benefits.iter().any(by_price)
        };
        let ladder = self.document.tiers.ladder.iter().rev().map(|tier| tier.id.as_str());
        let count = if concerned.iter().any(tells) { usize::MAX } else { 1 };
        ladder.take(count).collect()
    }
}

fn usable(id: TemplateId, template: &Template) -> UsableCoupon {
    UsableCoupon {
        code: id.to_string(),
        terms: template.terms.clone(),
        expires_at: None,
        times_left: (template.uses() > 1).then_some(template.uses()),
    }
}

/// The places that promotions name; a store of no name where they name none.
fn places<'a>(concerned: &[&'a Each<'a>]) -> Vec<Place<'a>> {
    let mut places: BTreeSet<(&str, Option<&str>)> = [(STORE_CHANNEL, None)].into();
    for one in concerned {
        let include = &one.section.scope.include;
        let stores = include.stores.iter().map(|store| (STORE_CHANNEL, Some(store.as_str())));
        places.extend(stores);
        let channels = || {
            let named = include.channels.iter().map(String::as_str);
            let none = include.channels.is_empty().then_some(STORE_CHANNEL);
            named.chain(none)
        };
        for channel in channels() {
            places.insert((channel, None));
            places.extend(include.shops.iter().map(|shop| (channel, Some(shop.as_str()))));
        }
    }
    let places = places.into_iter().take(PLACES_MAX);
    places.map(|(channel, shop)| Place { channel, shop }).collect()
}

/// As many pieces as reach every threshold.
fn pieces(product: &FloorProduct, concerned: &[&Each<'_>]) -> i64 {
    let for_spend = |spend: Option<Money>| {
        let price = product.price.0.max(1);
        let spend = spend.map_or(0, |spend| spend.0);
        spend.saturating_add(price).saturating_sub(1).checked_div(price).unwrap_or(0)
    };
    let of_benefit = |benefit: &Benefit| match benefit {
        Benefit::SpendSave(kind) => {
            let steps = kind.steps.iter();
            steps.map(|step| for_spend(step.spend).max(step.pieces.unwrap_or(0))).max().unwrap_or(0)
        }
        Benefit::NthPiece(kind) => kind.n,
        Benefit::BuyGet(kind) => kind.buy.saturating_add(kind.get),
        Benefit::Bundle(kind) => {
            kind.parts.iter().map(|part| part.pieces).fold(0, i64::saturating_add)
        }
        _ => 1,
    };
    let most = concerned.iter().flat_map(|one| {
        let needs = &one.section.needs;
        let benefits = one.section.benefits.iter().map(of_benefit);
        benefits.chain([for_spend(needs.spend), needs.pieces.unwrap_or(0)])
    });
    most.max().unwrap_or(1).clamp(1, QUANTITY_MAX.min(1_000))
}
