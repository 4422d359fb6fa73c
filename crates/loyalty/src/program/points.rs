//! The section `points`: how they are earned, mature, expire and are spent.

use serde::{Deserialize, Serialize};

use super::lifetimes::{
    AtSection, ClawBackSection, DAYS_MAX, ExpirySection, MaturitySection, ShortfallSection,
};
use super::problems::Problems;
use super::rules::{Fraction, Rate, Rule, RuleSection, check_count, compile_rules, condition};
use crate::amounts::{AMOUNT_MAX, Money, Points, Rounding};
use crate::expr::Expr;
use crate::ledger::policies::{self, Policy};
use crate::time::Timestamp;

/// How points are earned, mature, expire and are spent, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PointsSection {
    /// What an order earns.
    pub earn: EarnSection,
    /// When points can first be spent.
    pub maturity: MaturitySection,
    /// When points end.
    pub expiry: ExpirySection,
    /// What points buy at a checkout.
    pub spend: SpendTerms,
    /// What becomes of a claw-back.
    pub claw_back: ClawBackSection,
    /// How many days points live that a refund returns after their lot has expired.
    #[schemars(range(min = 0, max = 36_600))]
    pub restore_grace_days: i64,
    /// Points given for what is not an order.
    pub awards: AwardsSection,
}

impl Default for PointsSection {
    fn default() -> Self {
        Self {
            earn: EarnSection::default(),
            maturity: MaturitySection::Immediate {},
            expiry: ExpirySection::Months { months: 12, at: AtSection::EndOfDay },
            spend: SpendTerms::default(),
            claw_back: ClawBackSection { shortfall: ShortfallSection::Debt },
            restore_grace_days: 30,
            awards: AwardsSection::default(),
        }
    }
}

/// What an order earns, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EarnSection {
    /// The first rule whose `when` holds gives the rate of a line.
    pub rules: Vec<RuleSection>,
    /// Every one that holds multiplies, combined by `stacking`.
    pub multipliers: Vec<MultiplierSection>,
    /// How multipliers combine.
    pub stacking: Stacking,
    /// How an order's exact points become a whole number.
    pub rounding: Rounding,
    /// The most that orders earn.
    pub caps: Caps,
}

impl Default for EarnSection {
    fn default() -> Self {
        let rate = Rate { points: 10, per: 10_000 };
        let base = RuleSection { id: "base".to_owned(), when: "true".to_owned(), rate };
        Self {
            rules: vec![base],
            multipliers: Vec::new(),
            stacking: Stacking::Multiply,
            rounding: Rounding::Floor,
            caps: Caps::default(),
        }
    }
}

/// How the multipliers that hold combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// Their product.
    Multiply,
    /// One plus what each is more than one, at least zero.
    Add,
    /// The largest alone.
    Highest,
}

/// The most that orders earn; `null` is no limit. Awards do not count.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// One order.
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub order: Option<Points>,
    /// All orders of a member paid on one day.
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub member_day: Option<Points>,
    /// All orders of a member paid in one month.
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub member_month: Option<Points>,
}

/// A multiplier, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultiplierSection {
    /// Its name, unique among the multipliers; shown in explanations.
    pub id: String,
    /// When it counts: an expression over member, order and line.
    pub when: String,
    /// By how much.
    pub factor: Fraction,
    /// The first payment time it counts for.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub from: Option<Timestamp>,
    /// The payment time from which on it counts no more.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// Whether it stands alone: the first such that holds displaces all others.
    #[serde(default)]
    pub exclusive: bool,
    /// The most points it adds over all members; `null` is no limit.
    #[serde(default)]
    #[schemars(with = "Option<i64>", range(min = 0))]
    pub budget: Option<Points>,
}

/// What points buy at a checkout: `amount` of money for `points`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpendTerms {
    /// So many points …
    #[schemars(with = "i64", range(min = 1))]
    pub points: Points,
    /// … are worth so much, in minor units.
    #[schemars(with = "i64", range(min = 0))]
    pub amount: Money,
    /// Points are spent in multiples of this.
    #[schemars(with = "i64", range(min = 1))]
    pub step: Points,
    /// The fewest points spent at once.
    #[schemars(with = "i64", range(min = 0))]
    pub min: Points,
    /// The largest share of what is to be paid; at most 1.
    pub max_share: Fraction,
}

impl Default for SpendTerms {
    fn default() -> Self {
        Self {
            points: Points(100),
            amount: Money(100),
            step: Points(100),
            min: Points(100),
            max_share: Fraction { num: 1, den: 2 },
        }
    }
}

/// Points given for what is not an order; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwardsSection {
    /// For joining with a phone, once.
    #[schemars(with = "i64", range(min = 0))]
    pub join: Points,
    /// For a profile that is complete, once.
    #[schemars(with = "i64", range(min = 0))]
    pub profile_complete: Points,
}

impl Default for AwardsSection {
    fn default() -> Self {
        Self { join: Points(100), profile_complete: Points::ZERO }
    }
}

/// How orders earn points.
#[derive(Debug, Clone, PartialEq)]
pub struct EarningRules {
    /// The first that holds gives the rate of a line.
    pub rules: Vec<Rule>,
    /// In the order of the document.
    pub multipliers: Vec<Multiplier>,
    /// How multipliers combine.
    pub stacking: Stacking,
    /// How an order's exact points become a whole number.
    pub rounding: Rounding,
    /// The most that orders earn.
    pub caps: Caps,
}

/// A multiplier.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiplier {
    /// Its name; what it has added is counted under it.
    pub id: String,
    /// When it counts.
    pub when: Expr,
    /// By how much; the denominator is positive.
    pub factor: Fraction,
    /// The first payment time it counts for.
    pub from: Option<Timestamp>,
    /// The payment time from which on it counts no more.
    pub until: Option<Timestamp>,
    /// Whether it stands alone.
    pub exclusive: bool,
    /// The most points it adds over all members.
    pub budget: Option<Points>,
}

impl Multiplier {
    /// Whether an order paid at `at` is within its time: `from` is, `until` is not.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// The section compiled.
pub(crate) struct PointsRules {
    pub(crate) earning: EarningRules,
    pub(crate) policy: Policy,
    pub(crate) spend: SpendTerms,
    pub(crate) awards: AwardsSection,
}

impl PointsSection {
    pub(crate) fn compile(&self, problems: &mut Problems) -> Option<PointsRules> {
        let earning = self.earn.compile(problems);
        self.maturity.check(problems);
        self.expiry.check(problems);
        self.spend.check(problems);
        problems.range("/points/restore_grace_days", self.restore_grace_days, 0..=DAYS_MAX);
        problems.range("/points/awards/join", self.awards.join.0, 0..=AMOUNT_MAX);
        let complete = self.awards.profile_complete.0;
        problems.range("/points/awards/profile_complete", complete, 0..=AMOUNT_MAX);
        let value = policies::Value { money: self.spend.amount, points: self.spend.points };
        Some(PointsRules {
            earning: earning?,
            policy: Policy {
                expiry: self.expiry.into(),
                maturity: self.maturity.into(),
                shortfall: self.claw_back.shortfall.into(),
                restore_grace_days: self.restore_grace_days,
                value,
            },
            spend: self.spend,
            awards: self.awards,
        })
    }
}

impl EarnSection {
    fn compile(&self, problems: &mut Problems) -> Option<EarningRules> {
        let rules = compile_rules("/points/earn/rules", &self.rules, problems);
        let multipliers = compile_multipliers(&self.multipliers, problems);
        let caps = self.caps;
        let named = [
            ("order", caps.order),
            ("member_day", caps.member_day),
            ("member_month", caps.member_month),
        ];
        for (name, cap) in named {
            if let Some(cap) = cap {
                problems.range(format!("/points/earn/caps/{name}"), cap.0, 0..=AMOUNT_MAX);
            }
        }
        Some(EarningRules {
            rules: rules?,
            multipliers: multipliers?,
            stacking: self.stacking,
            rounding: self.rounding,
            caps,
        })
    }
}

fn compile_multipliers(
    sections: &[MultiplierSection],
    problems: &mut Problems,
) -> Option<Vec<Multiplier>> {
    let list = "/points/earn/multipliers";
    check_count(list, sections.len(), problems);
    problems.ids(list, sections.iter().map(|multiplier| multiplier.id.as_str()));
    let mut multipliers = Vec::with_capacity(sections.len());
    for (place, section) in sections.iter().enumerate() {
        let pointer = format!("{list}/{place}");
        section.check(&pointer, problems);
        let earlier = sections.iter().take(place).find(|earlier| earlier.may_displace(section));
        if let Some(earlier) = earlier {
            let message = format!(
                "{} is exclusive too at the same time and comes first: where both hold, \
                 only that one counts",
                earlier.id
            );
            problems.warning(pointer.clone(), "program.overlapping_exclusive", message);
        }
        let when = condition(&format!("{pointer}/when"), &section.when, problems);
        multipliers.extend(when.map(|when| section.compiled(when)));
    }
    (multipliers.len() == sections.len()).then_some(multipliers)
}

impl MultiplierSection {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        self.factor.check(&format!("{pointer}/factor"), problems);
        if let Some(budget) = self.budget {
            problems.range(format!("{pointer}/budget"), budget.0, 0..=AMOUNT_MAX);
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            let message = "must be later than `from`";
            problems.error(format!("{pointer}/until"), "program.time_range", message);
        }
    }

    /// Whether both are exclusive and some payment time is within both.
    fn may_displace(&self, later: &Self) -> bool {
        let ends_first = |until: Option<Timestamp>, from: Option<Timestamp>| {
            until.zip(from).is_some_and(|(until, from)| until <= from)
        };
        self.exclusive
            && later.exclusive
            && !ends_first(self.until, later.from)
            && !ends_first(later.until, self.from)
    }

    fn compiled(&self, when: Expr) -> Multiplier {
        Multiplier {
            id: self.id.clone(),
            when,
            factor: self.factor,
            from: self.from,
            until: self.until,
            exclusive: self.exclusive,
            budget: self.budget,
        }
    }
}

/// The place and text of each multiplier's condition.
pub(crate) fn conditions<'a>(
    pointer: &'a str,
    multipliers: &'a [MultiplierSection],
) -> impl Iterator<Item = (String, &'a str)> {
    let places = multipliers.iter().enumerate();
    places.map(move |(place, section)| (format!("{pointer}/{place}/when"), section.when.as_str()))
}

impl SpendTerms {
    fn check(self, problems: &mut Problems) {
        problems.range("/points/spend/points", self.points.0, 1..=AMOUNT_MAX);
        problems.range("/points/spend/amount", self.amount.0, 0..=AMOUNT_MAX);
        problems.range("/points/spend/step", self.step.0, 1..=AMOUNT_MAX);
        problems.range("/points/spend/min", self.min.0, 0..=AMOUNT_MAX);
        self.max_share.check("/points/spend/max_share", problems);
        if self.max_share.num > self.max_share.den {
            let message = "points cannot pay more than the whole: at most 1";
            problems.error("/points/spend/max_share", "program.fraction", message);
        }
    }
}
