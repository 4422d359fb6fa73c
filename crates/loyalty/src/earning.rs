//! What an order earns: rates, multipliers, caps, budgets, and the split over its lines.
//!
//! The exact points of an order are Σ base × rate × factor over its lines,
//! rounded once. What caps and budgets leave of them is split over the lines by
//! their exact shares; refunds take back by that split (semantics, section 2).
//! Growth is earned in the same way, without multipliers, caps and budgets.
//!
//! **Budgets.** A budget is so many points that a multiplier may add over all
//! members. Every multiplier that holds is computed, whatever is left of its
//! budget. What each adds is told in the order of the document: with T(k) the
//! points of the order after caps when of the multipliers in force on each line
//! only the first k of the document are applied, the k-th adds T(k) − T(k−1), so
//! that all of them add exactly what is between the order without multipliers and
//! the order with all. Of that, what its budget does not cover is cut off. A
//! multiplier that takes from the order uses no budget (decision 0002).

use crate::amounts::Points;
use crate::expr::{Expr, Facts};
use crate::orders::Order;
use crate::program::Program;
use crate::program::points::{EarningRules, Multiplier};
use crate::program::rules::{Fraction, Rate, Rule};
use crate::time::Timestamp;

pub mod explaining;
pub mod facts;

mod exact;

use exact::{Exact, Group, Plan, Share};
use explaining::{
    BudgetExplained, CapExplained, CapName, Explanation, GrowthExplained, LineExplained,
    MultiplierExplained, RuleExplained,
};
use facts::{MemberFacts, OrderFacts};

/// All that decides what an order earns, besides the program.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The member as known when the order arrives, before it counts.
    pub member: &'a MemberFacts,
    /// The order.
    pub order: &'a Order,
    /// Its effective time: when it was paid.
    pub effective_at: Timestamp,
    /// Whether it is the member's first.
    pub first: bool,
    /// What other orders of the member, paid on the same day, have earned; without awards.
    pub earned_in_day: Points,
    /// What other orders of the member, paid in the same month, have earned; without awards.
    pub earned_in_month: Points,
    /// What each multiplier has added so far, in the order of the document;
    /// one that is missing has added nothing.
    pub budgets_used: &'a [Points],
}

/// What an order earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// The points of the order.
    pub points: Points,
    /// The part of each line; they add up to `points`.
    pub line_points: Vec<Points>,
    /// The growth of the order.
    pub growth: Points,
    /// The part of each line; they add up to `growth`.
    pub line_growth: Vec<Points>,
    /// What is used of the budgets: the multiplier's place in the document, and
    /// the points it added; only those above zero.
    pub budget_use: Vec<(usize, Points)>,
    /// Why.
    pub explanation: Explanation,
}

/// What `inputs.order` earns by the rules of `program`.
///
/// Never fails: an order no rule holds for, or with nothing paid, earns nothing.
/// A result beyond [`AMOUNT_MAX`](crate::amounts::AMOUNT_MAX) is held there.
pub fn earn(program: &Program, inputs: &Inputs<'_>) -> Earned {
    let facts = OrderFacts::new(program, inputs);
    let points = earn_points(&program.earning, inputs, &facts);
    let growth = earn_growth(program, inputs, &facts);
    let lines = inputs.order.lines.iter().enumerate();
    let explained = lines.map(|(place, line)| LineExplained {
        line_no: line.line_no.clone(),
        base: base(line.paid.0),
        rule: points.rule_of(place),
        multipliers: points.multipliers_of(place),
        share: points.exact.share_text(place),
        points: points.split.get(place).copied().unwrap_or_default(),
        growth_rule: growth.rule_of(place),
        growth: growth.split.get(place).copied().unwrap_or_default(),
    });
    let explanation = Explanation {
        lines: explained.collect(),
        rules: points.rules,
        multipliers: points.multipliers,
        stacking: program.earning.stacking,
        exact: points.exact.total_text(),
        rounding: program.earning.rounding,
        rounded: points.rounded,
        caps: points.caps,
        budgets: points.budgets,
        points: points.total,
        growth: GrowthExplained {
            rules: growth.rules,
            exact: growth.exact.total_text(),
            rounding: program.growth.rounding,
            points: growth.total,
        },
    };
    Earned {
        points: points.total,
        line_points: points.split,
        growth: growth.total,
        line_growth: growth.split,
        budget_use: points.budget_use,
        explanation,
    }
}

/// What a line earns by: a refund or a mistake below zero earns nothing.
fn base(paid: i64) -> i64 {
    paid.max(0)
}

/// One measure of an order, decided.
struct Decided {
    plan: Plan,
    exact: Exact,
    rounded: Points,
    total: Points,
    split: Vec<Points>,
    /// The rules in use; what the groups of the plan call a rule is a place in it.
    rules: Vec<RuleExplained>,
    /// The multipliers in force on some line, in the order of the document.
    multipliers: Vec<MultiplierExplained>,
    caps: Vec<CapExplained>,
    budgets: Vec<BudgetExplained>,
    budget_use: Vec<(usize, Points)>,
}

impl Decided {
    fn rule_of(&self, line: usize) -> Option<usize> {
        let rule = self.plan.group_of(line)?.rule;
        self.rules.iter().position(|used| used.place == rule)
    }

    fn multipliers_of(&self, line: usize) -> Vec<usize> {
        let Some(group) = self.plan.group_of(line) else { return Vec::new() };
        let in_force = group.multipliers.iter();
        in_force
            .filter_map(|place| self.multipliers.iter().position(|used| used.place == *place))
            .collect()
    }
}

fn earn_points(rules: &EarningRules, inputs: &Inputs<'_>, facts: &OrderFacts<'_>) -> Decided {
    let left = budgets_left(&rules.multipliers, inputs.budgets_used);
    let plan = plan(&rules.rules, &rules.multipliers, inputs, facts);
    let factors: Vec<Fraction> = rules.multipliers.iter().map(|one| one.factor).collect();

    let exact = Exact::of(&plan, &factors, rules.stacking, usize::MAX);
    let rounded = exact.rounded(rules.rounding);
    let (capped, caps) = cap(rules, inputs, rounded);
    let mut decided = Decided {
        rules: rules_used(&plan, &rules.rules),
        multipliers: multipliers_used(&plan, &rules.multipliers),
        rounded,
        caps,
        budgets: Vec::new(),
        budget_use: Vec::new(),
        total: capped,
        split: Vec::new(),
        plan,
        exact,
    };
    let with_first = |count: usize| {
        let exact = Exact::of(&decided.plan, &factors, rules.stacking, count);
        cap(rules, inputs, exact.rounded(rules.rounding)).0
    };
    for used in &decided.multipliers {
        let Some(Some(left)) = left.get(used.place).copied() else { continue };
        let added = with_first(used.place.saturating_add(1)).minus_to_zero(with_first(used.place));
        let given = added.min(left);
        let cut = added.minus_to_zero(given);
        decided.total = decided.total.minus_to_zero(cut);
        if given.is_positive() {
            decided.budget_use.push((used.place, given));
        }
        decided.budgets.push(BudgetExplained { multiplier: used.id.clone(), left, added, cut });
    }
    decided.split = decided.exact.split(decided.total);
    decided
}

fn earn_growth(program: &Program, inputs: &Inputs<'_>, facts: &OrderFacts<'_>) -> Decided {
    let rules = &program.growth;
    let plan = plan(&rules.rules, &[], inputs, facts);
    let exact = Exact::of(&plan, &[], program.earning.stacking, 0);
    let total = exact.rounded(rules.rounding);
    Decided {
        rules: rules_used(&plan, &rules.rules),
        multipliers: Vec::new(),
        rounded: total,
        caps: Vec::new(),
        budgets: Vec::new(),
        budget_use: Vec::new(),
        total,
        split: exact.split(total),
        plan,
        exact,
    }
}

/// Whether a condition holds: for the order as a whole, or to be asked of each line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    Fails,
    ByLine,
}

impl Verdict {
    fn of(condition: &Expr, order: &OrderFacts<'_>) -> Self {
        if condition.uses_line() {
            Self::ByLine
        } else if condition.holds(order) {
            Self::Holds
        } else {
            Self::Fails
        }
    }

    fn holds(self, condition: &Expr, line: &impl Facts) -> bool {
        match self {
            Self::Holds => true,
            Self::Fails => false,
            Self::ByLine => condition.holds(line),
        }
    }
}

/// Finds rule and multipliers of each line; lines with the same form a group.
fn plan(
    rules: &[Rule],
    multipliers: &[Multiplier],
    inputs: &Inputs<'_>,
    facts: &OrderFacts<'_>,
) -> Plan {
    let rule_verdicts: Vec<_> = rules.iter().map(|rule| Verdict::of(&rule.when, facts)).collect();
    let verdict_of = |multiplier: &Multiplier| {
        if multiplier.is_open(inputs.effective_at) {
            Verdict::of(&multiplier.when, facts)
        } else {
            Verdict::Fails
        }
    };
    let verdicts: Vec<_> = multipliers.iter().map(verdict_of).collect();

    let mut plan = Plan::default();
    let mut in_force = Vec::new();
    for line in &inputs.order.lines {
        let base = base(line.paid.0);
        let facts = facts.of_line(line);
        let mut asked = rules.iter().zip(&rule_verdicts).enumerate();
        let first = asked.find(|(_, (rule, verdict))| verdict.holds(&rule.when, &facts));
        let Some((rule, rate)) = first.map(|(place, (rule, _))| (place, rule.rate)) else {
            plan.lines.push(Share { base, group: None });
            continue;
        };
        in_force.clear();
        for (place, (one, verdict)) in multipliers.iter().zip(&verdicts).enumerate() {
            if verdict.holds(&one.when, &facts) {
                if one.exclusive {
                    in_force.clear();
                    in_force.push(place);
                    break;
                }
                in_force.push(place);
            }
        }
        let group = plan.group(rule, rate, &in_force);
        plan.lines.push(Share { base, group: Some(group) });
    }
    plan
}

impl Plan {
    /// The place of the group of that rule and those multipliers, a new one where there is none.
    fn group(&mut self, rule: usize, rate: Rate, multipliers: &[usize]) -> usize {
        let same = |group: &Group| group.rule == rule && group.multipliers == multipliers;
        self.groups.iter().position(same).unwrap_or_else(|| {
            self.groups.push(Group { rule, rate, multipliers: multipliers.to_vec() });
            self.groups.len().saturating_sub(1)
        })
    }
}

fn rules_used(plan: &Plan, rules: &[Rule]) -> Vec<RuleExplained> {
    let is_used = |place: usize| plan.groups.iter().any(|group| group.rule == place);
    let used = rules.iter().enumerate().filter(|(place, _)| is_used(*place));
    used.map(|(place, rule)| RuleExplained { place, id: rule.id.clone(), rate: rule.rate })
        .collect()
}

fn multipliers_used(plan: &Plan, multipliers: &[Multiplier]) -> Vec<MultiplierExplained> {
    let is_used = |place: usize| plan.groups.iter().any(|group| group.multipliers.contains(&place));
    let used = multipliers.iter().enumerate().filter(|(place, _)| is_used(*place));
    used.map(|(place, one)| MultiplierExplained { place, id: one.id.clone(), factor: one.factor })
        .collect()
}

/// What is left of each budget; `None` where there is no limit.
fn budgets_left(multipliers: &[Multiplier], used: &[Points]) -> Vec<Option<Points>> {
    let used = used.iter().copied().chain(std::iter::repeat(Points::ZERO));
    let left = |budget: Option<Points>, used| budget.map(|budget| budget.minus_to_zero(used));
    multipliers.iter().zip(used).map(|(one, used)| left(one.budget, used)).collect()
}

/// What the caps leave, and those that cut something off, in their order.
fn cap(rules: &EarningRules, inputs: &Inputs<'_>, rounded: Points) -> (Points, Vec<CapExplained>) {
    let caps = [
        (CapName::Order, rules.caps.order, Points::ZERO),
        (CapName::MemberDay, rules.caps.member_day, inputs.earned_in_day),
        (CapName::MemberMonth, rules.caps.member_month, inputs.earned_in_month),
    ];
    let mut points = rounded;
    let mut cut = Vec::new();
    for (cap, limit, earned) in caps {
        let Some(limit) = limit else { continue };
        let after = points.min(limit.minus_to_zero(earned));
        if after < points {
            cut.push(CapExplained { cap, limit, earned, before: points, after });
        }
        points = after;
    }
    (points, cut)
}

#[cfg(test)]
mod tests;
