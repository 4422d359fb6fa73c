//! Orders that are looked at before their points count: by rules against abuse, and of
//! members that are blocked. Without such rules nothing is asked and nothing is written.

use std::collections::{HashMap, HashSet};

use hui_loyalty::abuse::{AbuseRule, By, Counts, Judgement, OF_ORDERS, Verdict};
use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{MemberId, NewIds as _, OrderId, ProgramId, ReviewId};
use hui_loyalty::program::Program;
use hui_loyalty::time::{Span, Timestamp};
use hui_store::abuse::{self, OrdersAsked};
use hui_store::orders::OrderRow;
use hui_store::{Error, Tx, reviews};

use super::{Checked, RulesAt};
use crate::abuse::{Evidence, Suspected, review};
use crate::ids::Ids;

/// What is known of members whose orders are looked at, and what this slice adds.
#[derive(Default)]
pub(super) struct Watch {
    orders: HashMap<OrdersAsked, i64>,
    returns: HashMap<(MemberId, Span), i64>,
    blocked: HashSet<MemberId>,
    held: HashSet<OrderId>,
    /// Orders of this slice that earned: whose, when, at which till.
    earned: Vec<(MemberId, Timestamp, Till)>,
    filed: Vec<Filed>,
}

type Till = (String, String, String);

struct Filed {
    review: ReviewId,
    member: MemberId,
    order: OrderId,
    channel: String,
    at: Timestamp,
    judgement: Judgement,
    points: Points,
}

/// What a rule counts for one order.
enum Asked {
    Orders(OrdersAsked),
    Returns(MemberId, Span),
}

fn asked(rule: &AbuseRule, member: MemberId, at: Timestamp, till: &Till, rules: &Program) -> Asked {
    let span = rule.within.span(at, &rules.zone);
    match rule.counts {
        Counts::Returns => Asked::Returns(member, span),
        Counts::TillOrders => Asked::Orders(OrdersAsked { member, span, till: Some(till.clone()) }),
        _ => Asked::Orders(OrdersAsked { member, span, till: None }),
    }
}

fn till_of(channel: &str, shop: Option<&str>, staff: Option<&str>) -> Till {
    let or_none = |name: Option<&str>| name.unwrap_or_default().to_owned();
    (channel.to_owned(), or_none(shop), or_none(staff))
}

impl Watch {
    /// Counts what the rules of each order ask of its member, with a few statements.
    pub(super) async fn load(
        tx: &mut Tx,
        program: ProgramId,
        taken: &[(usize, Checked)],
        rules: &[Option<RulesAt>],
        member_of: impl Fn(&Checked) -> Option<MemberId>,
        known: impl Iterator<Item = OrderId>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut watch = Self::default();
        let watches = |rules: &Option<RulesAt>| {
            rules.as_ref().is_some_and(|(_, rules)| rules.abuse.watches_orders())
        };
        if !rules.iter().any(watches) {
            return Ok(watch);
        }
        let (mut orders, mut returns, mut blocks) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for ((_, checked), rules) in taken.iter().zip(rules) {
            let (Some((_, rules)), Some(at)) = (rules, checked.order.paid_at) else { continue };
            let Some(member) = member_of(checked).filter(|_| rules.abuse.watches_orders()) else {
                continue;
            };
            blocks.insert(member);
            let order = &checked.order;
            let till = till_of(&order.key.channel, order.shop.as_deref(), order.staff.as_deref());
            for rule in rules.abuse.counting(&OF_ORDERS) {
                match asked(rule, member, at, &till, rules) {
                    Asked::Orders(asked) => {
                        orders.insert(asked);
                    }
                    Asked::Returns(member, span) => {
                        returns.insert((member, span));
                    }
                }
            }
        }
        let orders: Vec<OrdersAsked> = orders.into_iter().collect();
        let counted = abuse::count_orders(tx, program, &orders).await?;
        watch.orders = orders.into_iter().zip(counted).collect();
        let returns: Vec<(MemberId, Span)> = returns.into_iter().collect();
        let counted = abuse::count_returns(tx, program, &returns).await?;
        watch.returns = returns.into_iter().zip(counted).collect();
        watch.blocked = abuse::blocked_members(tx, program, blocks, now).await?;
        watch.held = abuse::held_orders(tx, program, known).await?;
        Ok(watch)
    }

    /// Whether the points of an order that was recorded before wait for a review.
    pub(super) fn is_held(&self, order: OrderId) -> bool {
        self.held.contains(&order)
    }

    /// Judges an order that earns points, and files it where they are to wait.
    pub(super) fn judge(
        &mut self,
        rules: &Program,
        row: &OrderRow,
        member: MemberId,
        at: Timestamp,
        points: Points,
        ids: &mut Ids,
    ) -> Option<ReviewId> {
        if !rules.abuse.watches_orders() || !points.is_positive() {
            return None;
        }
        let till = till_of(&row.key.channel, row.shop.as_deref(), row.staff.as_deref());
        let counted = rules.abuse.counting(&OF_ORDERS).map(|rule| {
            let (span, count) = match asked(rule, member, at, &till, rules) {
                Asked::Orders(asked) => {
                    let stored = self.orders.get(&asked).copied().unwrap_or(0);
                    (asked.span, stored + self.earned_here(&asked))
                }
                Asked::Returns(member, span) => {
                    (span, self.returns.get(&(member, span)).copied().unwrap_or(0))
                }
            };
            (rule, span, count)
        });
        let blocked = self.blocked.contains(&member).then_some(By::Member);
        let judgement = rules.abuse.judge(counted, blocked);
        self.earned.push((member, at, till));
        if judgement.verdict == Verdict::Allow {
            return None;
        }
        let review = ReviewId(ids.next_id());
        self.held.insert(row.id);
        self.filed.push(Filed {
            review,
            member,
            order: row.id,
            channel: row.key.channel.clone(),
            at,
            judgement,
            points,
        });
        Some(review)
    }

    fn earned_here(&self, asked: &OrdersAsked) -> i64 {
        let here = self.earned.iter().filter(|(member, at, till)| {
            *member == asked.member
                && asked.span.holds(*at)
                && asked.till.as_ref().is_none_or(|wanted| wanted == till)
        });
        i64::try_from(here.count()).unwrap_or(i64::MAX)
    }

    /// Writes the reviews; the orders of the slice are written already.
    pub(super) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(self.filed.len());
        for filed in self.filed {
            let key = format!("order|{}", filed.order);
            if !abuse::open_case(tx, program, filed.review, &key, Some(filed.order)).await? {
                continue;
            }
            let Filed { member, at, points, .. } = filed;
            let suspected = Suspected::of(tx, program, filed.judgement, Some(member), at).await?;
            let evidence = Evidence {
                channel: Some(filed.channel),
                at,
                abuse: Suspected { points, ..suspected },
            };
            rows.push(review(filed.review, Some(member), Some(filed.order), &evidence, now)?);
        }
        reviews::insert(tx, program, &rows).await
    }
}
