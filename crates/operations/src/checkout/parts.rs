//! What checkouts draw on besides points: coupons, templates' budgets, promotions' quotas, gifts.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::Money;
use hui_loyalty::checkout::quote::Quote;
use hui_loyalty::checkout::{CouponsAsked, GiftLeft, UsableCoupon};
use hui_loyalty::coupons::templates::Template;
use hui_loyalty::coupons::terms::Effect;
use hui_loyalty::coupons::{Coupon, State};
use hui_loyalty::ids::{CouponId, HoldId, LockId, MemberId, OrderId, ProgramId, TemplateId};
use hui_loyalty::program::Program;
use hui_loyalty::promotions::{BudgetLeft, Promotion};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{Balance, balance};
use hui_store::coupons::templates;
use hui_store::offers::{self, Amounts};
use hui_store::tenders::OrderTenders;
use hui_store::{Error, Tx, coupons, gifts, tenders, wallet};

use super::CheckoutRequest;
use crate::coupons::books::CouponBooks;
use crate::coupons::issuing::is_handed_out;
use crate::coupons::stored_code;
use crate::ids::Ids;
use crate::wallet::WalletBooks;

/// Coupons and quotas as a transaction knows them, what it set aside itself included.
pub(crate) struct Parts {
    pub(crate) coupons: CouponBooks,
    templates: HashMap<(TemplateId, i64), Template>,
    budgets: HashMap<TemplateId, Option<Money>>,
    pub(crate) offers: HashMap<String, Amounts>,
    by_member: HashMap<(MemberId, String), Amounts>,
    /// What is left of products that are given, where they are counted.
    gifts: HashMap<String, i64>,
}

/// What a transaction concerns besides members: what is locked after them, in this order.
#[derive(Debug, Default)]
pub(crate) struct Concerned {
    /// Coupons by number.
    pub(crate) coupons: HashSet<CouponId>,
    /// Promotions that are counted.
    pub(crate) promotions: HashSet<String>,
    /// Products that promotions or locks give; those of the coupons come to them.
    pub(crate) gifts: HashSet<String>,
}

/// Whether what is read may be changed: then it is locked, in the order all operations keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Lock,
}

impl Parts {
    /// Reads coupons by number, what their templates may take off, and the promotions' use.
    pub(crate) async fn load(
        tx: &mut Tx,
        program: ProgramId,
        concerned: Concerned,
        members: &[MemberId],
        access: Access,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let Concerned { coupons: wanted, promotions, gifts: mut given } = concerned;
        let found = match access {
            Access::Lock => coupons::lock(tx, program, wanted).await?,
            Access::Read => coupons::load_all(tx, program, wanted).await?,
        };
        let made_of = found.iter().map(|coupon| (coupon.template, coupon.version));
        let versions = templates::versions(tx, program, made_of).await?;
        let all: HashSet<TemplateId> = found.iter().map(|coupon| coupon.template).collect();
        let mut budgets = templates::budgets(tx, program, all, now).await?;
        budgets.retain(|_, left| left.is_some());
        if access == Access::Lock {
            // Only templates that may run out are locked: others would wait for nothing.
            let limited: Vec<TemplateId> = budgets.keys().copied().collect();
            budgets = templates::lock_budgets(tx, program, limited, now).await?;
        }
        let names = || promotions.iter().map(String::as_str);
        if access == Access::Lock {
            offers::lock(tx, program, names()).await?;
        }
        let offers = offers::used(tx, program, names(), now).await?;
        let by_member = if promotions.is_empty() {
            HashMap::new()
        } else {
            offers::used_by_members(tx, program, members.iter().copied(), now).await?
        };
        given.extend(versions.values().filter_map(|template| match &template.terms.effect {
            Effect::Gift { sku, .. } => Some(sku.clone()),
            _ => None,
        }));
        let gifts = if given.is_empty() {
            HashMap::new()
        } else {
            let skus = || given.iter().map(String::as_str);
            if access == Access::Lock {
                gifts::lock(tx, program, skus()).await?;
            }
            gifts::left(tx, program, skus(), now).await?
        };
        Ok(Self {
            coupons: CouponBooks::open(found),
            templates: versions,
            budgets,
            offers,
            by_member,
            gifts,
        })
    }

    /// What is left of products that are given.
    pub(crate) fn gifts_left(&self) -> Vec<GiftLeft> {
        let left = self.gifts.iter();
        left.map(|(sku, pieces)| GiftLeft { sku: sku.clone(), pieces: *pieces }).collect()
    }

    /// How many pieces of a product are left; `None` where it is not counted.
    pub(crate) fn gift_left(&self, sku: &str) -> Option<i64> {
        self.gifts.get(sku).copied()
    }

    /// Notes what a lock takes of a product, negative where it gives it back.
    pub(crate) fn take_gift(&mut self, sku: &str, pieces: i64) {
        if let Some(left) = self.gifts.get_mut(sku) {
            *left = left.saturating_sub(pieces);
        }
    }

    /// The coupon of a code as it is stored.
    pub(crate) fn coupon(&self, code: &str) -> Option<&Coupon> {
        self.coupons.coupons.values().find(|coupon| coupon.code == code)
    }

    /// What a template may still take off; `None` is without an end.
    pub(crate) fn budget(&self, template: TemplateId) -> Option<Money> {
        self.budgets.get(&template).copied().flatten()
    }

    /// Notes what a lock takes of a template's budget, negative where it gives it back.
    pub(crate) fn take_budget(&mut self, template: TemplateId, amount: Money) {
        if let Some(Some(left)) = self.budgets.get_mut(&template) {
            *left = left.minus(amount);
        }
    }

    /// The coupons a request may use at an instant.
    pub(crate) fn usable(
        &self,
        request: &CheckoutRequest,
        member: Option<MemberId>,
        at: Timestamp,
    ) -> Vec<UsableCoupon> {
        let listed: HashSet<&str> = match &request.asked.coupons {
            CouponsAsked::Best => HashSet::new(),
            CouponsAsked::Listed(codes) => codes.iter().map(String::as_str).collect(),
        };
        let mut usable: Vec<&Coupon> = self
            .coupons
            .coupons
            .values()
            .filter(|coupon| is_free(coupon, at))
            .filter(|coupon| match coupon.member {
                Some(owner) => Some(owner) == member,
                None => is_handed_out(coupon) && listed.contains(coupon.code.as_str()),
            })
            .collect();
        usable.sort_by_key(|coupon| (coupon.valid_until, coupon.id));
        usable
            .into_iter()
            .filter_map(|coupon| {
                let template = self.templates.get(&(coupon.template, coupon.version))?;
                let is_card = matches!(template.terms.effect, Effect::Times { .. });
                Some(UsableCoupon {
                    code: coupon.code.clone(),
                    terms: template.terms.clone(),
                    expires_at: Some(coupon.valid_until),
                    times_left: is_card.then_some(coupon.uses_left),
                })
            })
            .collect()
    }

    /// The first coupon of a quote whose template cannot take so much off any more.
    pub(crate) fn over_budget(&self, quote: &Quote) -> Option<String> {
        let mut sums: HashMap<TemplateId, Money> = HashMap::new();
        quote.tenders.coupons.iter().find_map(|used| {
            let template = self.coupon(&used.code)?.template;
            let left = self.budget(template)?;
            let sum = sums.entry(template).or_default();
            *sum = sum.plus(used.amount);
            (*sum > left).then(|| used.code.clone())
        })
    }

    /// What is left of each promotion with a budget or quota.
    pub(crate) fn left(&self, rules: &Program, member: Option<MemberId>) -> Vec<BudgetLeft> {
        rules
            .promotions
            .iter()
            .filter(|promotion| promotion.is_counted())
            .map(|promotion| {
                let used = self.offers.get(&*promotion.id).copied().unwrap_or_default();
                let own = member
                    .and_then(|member| self.by_member.get(&(member, promotion.id.to_string())))
                    .copied()
                    .unwrap_or_default();
                let (budget, quota) = (promotion.budget, promotion.quota);
                let rest = |limit: Option<i64>, used: i64| {
                    limit.map(|limit| limit.saturating_sub(used).max(0))
                };
                BudgetLeft {
                    promotion: promotion.id.to_string(),
                    money: budget.money.map(|money| money.minus_to_zero(used.money)),
                    uses: rest(budget.uses, used.uses),
                    pieces: rest(quota.pieces, used.pieces),
                    member_uses: rest(quota.member_uses, own.uses),
                    member_pieces: rest(quota.member_pieces, own.pieces),
                }
            })
            .collect()
    }

    /// Notes what a lock takes of a promotion.
    pub(crate) fn take_offer(
        &mut self,
        member: Option<MemberId>,
        promotion: &str,
        amounts: Amounts,
    ) {
        let sum = self.offers.entry(promotion.to_owned()).or_default();
        *sum = sum.plus(amounts);
        if let Some(member) = member {
            let sum = self.by_member.entry((member, promotion.to_owned())).or_default();
            *sum = sum.plus(amounts);
        }
    }
}

/// Who paid which part of orders that came by a lock, as far as a transaction knows them.
#[derive(Debug, Default)]
pub(crate) struct Tenders {
    known: HashMap<OrderId, OrderTenders>,
    changed: HashSet<OrderId>,
    restocked: Vec<LockId>,
}

impl Tenders {
    /// Reads those of orders, which are locked.
    pub(crate) async fn load(
        &mut self,
        tx: &mut Tx,
        program: ProgramId,
        orders: Vec<OrderId>,
    ) -> Result<(), Error> {
        self.known.extend(tenders::load(tx, program, orders).await?);
        Ok(())
    }

    /// The wallet holds behind them.
    pub(crate) fn wallets(&self) -> Vec<HoldId> {
        self.known.values().filter_map(|one| one.wallet).collect()
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&OrderTenders> {
        self.known.get(&order)
    }

    pub(crate) fn set(&mut self, tenders: OrderTenders) {
        self.changed.insert(tenders.order);
        self.known.insert(tenders.order, tenders);
    }

    /// Everything of a lock's order came back: its gifts go back on the shelf.
    pub(crate) fn restock(&mut self, lock: LockId) {
        self.restocked.push(lock);
    }

    /// As if the order had none: it was refused.
    pub(crate) fn forget(&mut self, order: OrderId) {
        self.changed.remove(&order);
        self.known.remove(&order);
    }

    pub(crate) async fn save(
        &self,
        tx: &mut Tx,
        program: ProgramId,
        now: Timestamp,
    ) -> Result<(), Error> {
        gifts::restock(tx, program, self.restocked.iter().copied(), now).await?;
        let mut changed: Vec<&OrderTenders> =
            self.changed.iter().filter_map(|order| self.known.get(order)).collect();
        changed.sort_by_key(|one| one.order);
        tenders::save(tx, program, changed).await
    }
}

/// Wallets that a transaction has open, by their owners.
#[derive(Default)]
pub(crate) struct Wallets(HashMap<MemberId, WalletBooks>);

impl Wallets {
    /// Opens wallets of members and those that holds draw on; their owners are locked, or nothing
    /// is written.
    pub(crate) async fn load(
        &mut self,
        tx: &mut Tx,
        program: ProgramId,
        members: impl IntoIterator<Item = MemberId>,
        holds: impl IntoIterator<Item = HoldId>,
        ids: &Ids,
    ) -> Result<(), Error> {
        let found = wallet::load_holds(tx, program, holds).await?;
        let owners = found.iter().map(|hold| hold.member);
        let missing: HashSet<MemberId> =
            members.into_iter().chain(owners).filter(|id| !self.0.contains_key(id)).collect();
        if !missing.is_empty() {
            let loaded = wallet::load(tx, program, missing).await?;
            let opened = loaded.into_iter();
            self.0.extend(opened.map(|(id, wallet)| (id, WalletBooks::of(wallet, ids))));
        }
        let drawn = found.iter().flat_map(|hold| hold.draws.iter().map(|draw| draw.lot));
        let lots = wallet::load_lots(tx, program, drawn.collect::<Vec<_>>()).await?;
        for hold in found {
            if let Some(books) = self.0.get_mut(&hold.member) {
                books.add(hold, &lots);
            }
        }
        Ok(())
    }

    pub(crate) fn of(&mut self, member: MemberId) -> Option<&mut WalletBooks> {
        self.0.get_mut(&member)
    }

    /// The wallet a hold draws on.
    pub(crate) fn with_hold(&mut self, hold: HoldId) -> Option<&mut WalletBooks> {
        let has = |books: &&mut WalletBooks| books.wallet.holds.iter().any(|one| one.id == hold);
        self.0.values_mut().find(has)
    }

    /// What a member can spend; nothing of a wallet that is not open.
    pub(crate) fn balance(&self, member: MemberId, now: Timestamp) -> Balance {
        self.0.get(&member).map(|books| balance(&books.wallet, now)).unwrap_or_default()
    }

    pub(crate) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut opened: Vec<(MemberId, WalletBooks)> = self.0.into_iter().collect();
        opened.sort_by_key(|(member, _)| *member);
        for (_, books) in opened {
            books.save(tx, program, now).await?;
        }
        Ok(())
    }
}

/// Whether a coupon can be used at an instant: neither taken by a checkout nor over.
fn is_free(coupon: &Coupon, at: Timestamp) -> bool {
    let is_in_time = coupon.valid_from <= at && at < coupon.valid_until;
    let is_unlocked = match coupon.state {
        State::Issued => true,
        State::Locked => coupon.lock.as_ref().is_none_or(|lock| lock.until <= at),
        _ => false,
    };
    is_in_time && is_unlocked
}

/// The promotions whose use is counted.
pub(crate) fn counted(rules: &Program) -> HashSet<String> {
    let counted = rules.promotions.iter().filter(|promotion| promotion.is_counted());
    counted.map(|promotion| promotion.id.to_string()).collect()
}

/// The products that promotions give.
pub(crate) fn given(rules: &Program) -> HashSet<String> {
    rules.promotions.iter().flat_map(Promotion::gifts).map(str::to_owned).collect()
}

/// The numbers of the coupons a request may use: the member's, and those it names.
pub(crate) async fn wanted(
    tx: &mut Tx,
    program: ProgramId,
    request: &CheckoutRequest,
    member: Option<MemberId>,
    at: Timestamp,
) -> Result<HashSet<CouponId>, Error> {
    match (&request.asked.coupons, member) {
        (CouponsAsked::Best, Some(member)) => {
            let usable = coupons::usable(tx, program, member, at).await?;
            Ok(usable.iter().map(|coupon| coupon.id).collect())
        }
        (CouponsAsked::Best, None) => Ok(HashSet::new()),
        (CouponsAsked::Listed(codes), _) => {
            let found = coupons::numbers(tx, program, codes.iter().map(String::as_str)).await?;
            Ok(found.into_iter().collect())
        }
    }
}

/// A request whose coupons are named by their codes as they are stored.
pub(crate) fn with_stored_codes(mut request: CheckoutRequest) -> CheckoutRequest {
    if let CouponsAsked::Listed(codes) = &mut request.asked.coupons {
        for code in codes {
            *code = stored_code(code);
        }
    }
    request
}
