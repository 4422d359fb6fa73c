//! Rules against abuse: how often something may happen, and what is done beyond that.
//!
//! Each rule counts one thing over a time. Those that are broken add up their
//! scores; the sum decides whether what happens is allowed, held for a person to
//! look at, or refused. An order is a fact and is never refused: its points are
//! held. Without rules nothing is counted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::program::problems::Problems;
use crate::time::{HOUR, Span, Timestamp, Zone};

/// The most rules of a program.
pub const RULES_MAX: usize = 50;
/// The longest time a rule counts over, in days.
pub const DAYS_MAX: i64 = 92;
/// The score that is enough to be refused whatever the rules say: somebody is blocked.
const BLOCKED: i64 = 1_000_000;

/// Rules against abuse, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AbuseSection {
    /// From this score on a person looks at it.
    #[schemars(range(min = 1, max = 1_000))]
    pub review_from: i64,
    /// From this score on a claim or a redemption is refused; an order is looked at.
    #[schemars(range(min = 1, max = 1_000))]
    pub refuse_from: i64,
    /// Whether members and devices that were blocked are stopped where there is no rule.
    pub blocks: bool,
    /// What is counted.
    pub rules: Vec<AbuseRule>,
}

impl Default for AbuseSection {
    fn default() -> Self {
        Self { review_from: 50, refuse_from: 100, blocks: false, rules: Vec::new() }
    }
}

/// How often something may happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbuseRule {
    /// Its name, unique among the rules; shown to whoever reviews.
    pub id: String,
    /// What is counted.
    pub counts: Counts,
    /// Of whom; orders and returns are always counted of a member.
    #[serde(default)]
    pub by: By,
    /// Over which time.
    pub within: Within,
    /// How often it may happen; once more breaks the rule.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub most: i64,
    /// What breaking it adds to the score.
    #[schemars(range(min = 1, max = 1_000))]
    pub score: i64,
}

/// What a rule counts.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Coupons that members claim.
    Claims,
    /// Coupons redeemed.
    Redemptions,
    /// Orders that earn a member points.
    Orders,
    /// Orders that earn a member points at one till: of one shop, served by one cashier.
    TillOrders,
    /// Orders of a member of which everything came back.
    Returns,
}

/// Of whom something is counted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Of one member.
    #[default]
    Member,
    /// Of one device, where the caller tells it.
    Device,
    /// Of one shop of one channel.
    Shop,
}

/// The time a rule counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// So many hours up to and with what happens; what was exactly so long ago counts no more.
    Hours(#[schemars(range(min = 1, max = 2_208))] i64),
    /// So many days of the program's zone, that of what happens included.
    Days(#[schemars(range(min = 1, max = 92))] i64),
}

impl Within {
    /// The time that is counted for something that happens at an instant.
    pub fn span(self, at: Timestamp, zone: &Zone) -> Span {
        let after = |at: Timestamp| Timestamp(at.0.saturating_add(1));
        match self {
            Self::Hours(hours) => {
                let back = Timestamp(at.0.saturating_sub(hours.saturating_mul(HOUR)));
                Span { from: after(back), until: after(at) }
            }
            Self::Days(days) => {
                let first = zone.plus_days(at, 1_i64.saturating_sub(days));
                Span { from: zone.start_of_day(first), until: zone.end_of_day(at) }
            }
        }
    }
}

/// What is done about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes on.
    Allow,
    /// It waits for a person.
    Review,
    /// It does not happen.
    Refuse,
}

/// A rule that is broken, with the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule; `blocked` where somebody is blocked.
    pub rule: String,
    /// What it counts; nothing where somebody is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Of whom.
    pub by: By,
    /// How often it has happened, this time included.
    pub count: i64,
    /// How often it may.
    pub most: i64,
    /// Since when it was counted.
    pub since: Timestamp,
    /// What it adds to the score.
    pub score: i64,
}

/// How suspicious something is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The sum of the scores.
    pub score: i64,
    /// What is done.
    pub verdict: Verdict,
    /// Each rule that is broken.
    pub reasons: Vec<Reason>,
}

impl AbuseSection {
    /// Whether anything is looked at.
    pub fn is_on(&self) -> bool {
        self.blocks || !self.rules.is_empty()
    }

    /// Whether orders are looked at: by rules of theirs, or for blocked members.
    pub fn watches_orders(&self) -> bool {
        let of_orders = |rule: &AbuseRule| {
            matches!(rule.counts, Counts::Orders | Counts::TillOrders | Counts::Returns)
        };
        self.blocks || self.rules.iter().any(of_orders)
    }

    /// The rules that count something.
    pub fn counting(&self, counts: &[Counts]) -> impl Iterator<Item = &AbuseRule> {
        self.rules.iter().filter(|rule| counts.contains(&rule.counts))
    }

    /// Judges something by how often each of its rules' things happened before, this time apart.
    pub fn judge<'r>(
        &self,
        counted: impl IntoIterator<Item = (&'r AbuseRule, Span, i64)>,
        blocked: Option<By>,
    ) -> Judgement {
        let block = blocked.map(|by| Reason {
            rule: "blocked".to_owned(),
            counts: None,
            by,
            count: 1,
            most: 0,
            since: Timestamp::default(),
            score: BLOCKED,
        });
        let broken = counted.into_iter().filter_map(|(rule, span, before)| {
            // An order is itself no return: the returns before it are what counts.
            let count =
                if rule.counts == Counts::Returns { before } else { before.saturating_add(1) };
            (count > rule.most).then(|| Reason {
                rule: rule.id.clone(),
                counts: Some(rule.counts),
                by: rule.by,
                count,
                most: rule.most,
                since: span.from,
                score: rule.score,
            })
        });
        let reasons: Vec<Reason> = block.into_iter().chain(broken).collect();
        let score = reasons.iter().map(|reason| reason.score).fold(0, i64::saturating_add);
        let verdict = if score >= self.refuse_from {
            Verdict::Refuse
        } else if score >= self.review_from {
            Verdict::Review
        } else {
            Verdict::Allow
        };
        Judgement { score, verdict, reasons }
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        problems.range("/abuse/review_from", self.review_from, 1..=1_000);
        problems.range("/abuse/refuse_from", self.refuse_from, 1..=1_000);
        if self.refuse_from < self.review_from {
            let message = "must not be less than `review_from`";
            problems.error("/abuse/refuse_from", "program.range", message);
        }
        let list = "/abuse/rules";
        if self.rules.len() > RULES_MAX {
            problems.error(list, "program.range", format!("at most {RULES_MAX} are allowed"));
        }
        problems.ids(list, self.rules.iter().map(|rule| rule.id.as_str()));
        for (place, rule) in self.rules.iter().enumerate() {
            rule.check(&format!("{list}/{place}"), problems);
        }
    }
}

impl AbuseRule {
    fn check(&self, pointer: &str, problems: &mut Problems) {
        match self.within {
            Within::Hours(hours) => {
                let most = DAYS_MAX.saturating_mul(24);
                problems.range(format!("{pointer}/within/hours"), hours, 1..=most);
            }
            Within::Days(days) => {
                problems.range(format!("{pointer}/within/days"), days, 1..=DAYS_MAX);
            }
        }
        problems.range(format!("{pointer}/most"), self.most, 0..=1_000_000);
        problems.range(format!("{pointer}/score"), self.score, 1..=1_000);
        let of_member = [Counts::Orders, Counts::TillOrders, Counts::Returns];
        if of_member.contains(&self.counts) && self.by != By::Member {
            let message = "orders and returns are counted of a member";
            problems.error(format!("{pointer}/by"), "program.abuse_by", message);
        }
    }
}

/// The things counted at orders.
pub const OF_ORDERS: [Counts; 3] = [Counts::Orders, Counts::TillOrders, Counts::Returns];

impl Judgement {
    /// Of whom the broken rules count.
    pub fn about(&self) -> BTreeSet<By> {
        self.reasons.iter().map(|reason| reason.by).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::reading::read;
    use crate::program::{Program, check};
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shanghai() -> Zone {
        Zone::named("Asia/Shanghai").unwrap()
    }

    fn rule(score: i64) -> Value {
        json!({"id": format!("r{score}"), "counts": "claims", "within": {"hours": 1}, "most": 3,
            "score": score})
    }

    fn checked(abuse: &Value) -> Result<Program, Vec<(String, String)>> {
        let document = read(json!({"abuse": abuse})).map_err(told)?;
        check(&document).map_err(told)
    }

    fn told(problems: Vec<crate::program::problems::Problem>) -> Vec<(String, String)> {
        problems.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
    }

    fn judged(counts: [i64; 2]) -> (i64, Verdict) {
        let abuse = checked(&json!({"rules": [rule(50), rule(60)]})).unwrap().abuse;
        let span = Within::Hours(1).span(at("2026-11-01T00:00:00Z"), &shanghai());
        let counted = abuse.rules.iter().zip(counts).map(|(rule, count)| (rule, span, count));
        let judgement = abuse.judge(counted, None);
        (judgement.score, judgement.verdict)
    }

    #[test]
    fn once_more_than_the_most_breaks_a_rule_and_scores_add_up() {
        assert_eq!(judged([2, 2]), (0, Verdict::Allow));
        assert_eq!(judged([3, 2]), (50, Verdict::Review));
        assert_eq!(judged([3, 3]), (110, Verdict::Refuse));
    }

    #[test]
    fn who_is_blocked_is_refused_without_any_rule() {
        let abuse = AbuseSection { blocks: true, ..AbuseSection::default() };

        let judgement = abuse.judge([], Some(By::Device));

        assert_eq!(judgement.verdict, Verdict::Refuse);
        assert_eq!(judgement.about(), [By::Device].into());
    }

    #[test]
    fn the_returns_before_an_order_count_and_not_the_order() {
        let returns = json!({"id": "r", "counts": "returns", "within": {"days": 30}, "most": 3,
            "score": 50});
        let abuse = checked(&json!({"rules": [returns]})).unwrap().abuse;
        let span = Span { from: Timestamp(0), until: Timestamp(1) };
        let verdict = |count| abuse.judge([(&abuse.rules[0], span, count)], None).verdict;

        assert_eq!(verdict(3), Verdict::Allow);
        assert_eq!(verdict(4), Verdict::Review);
    }

    #[test]
    fn hours_leave_out_what_is_exactly_so_long_ago() {
        let now = at("2026-11-01T12:00:00Z");

        let span = Within::Hours(2).span(now, &shanghai());

        assert!(!span.holds(at("2026-11-01T10:00:00Z")));
        assert!(span.holds(at("2026-11-01T10:00:00.000001Z")) && span.holds(now));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let span = Within::Days(2).span(at("2026-11-02T01:00:00+08:00"), &shanghai());

        assert_eq!(span.from, at("2026-11-01T00:00:00+08:00"));
        assert_eq!(span.until, at("2026-11-03T00:00:00+08:00"));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let wrong = |field: &str, value: Value| {
            let mut rule = rule(50);
            rule[field] = value;
            checked(&json!({"rules": [rule]})).unwrap_err()
        };
        let told = |place: &str, code: &str| vec![(format!("/abuse{place}"), code.to_owned())];

        assert_eq!(wrong("score", json!(0)), told("/rules/0/score", "program.range"));
        assert_eq!(
            wrong("within", json!({"days": 93})),
            told("/rules/0/within/days", "program.range")
        );
        let by_shop = json!({"rules": [{"id": "o", "counts": "orders", "by": "shop",
            "within": {"days": 1}, "most": 9, "score": 50}]});
        assert_eq!(checked(&by_shop).unwrap_err(), told("/rules/0/by", "program.abuse_by"));
        let order = json!({"review_from": 60, "refuse_from": 50});
        assert_eq!(checked(&order).unwrap_err(), told("/refuse_from", "program.range"));
    }

    #[test]
    fn nothing_is_on_by_itself() {
        assert!(!AbuseSection::default().is_on());
        assert!(!AbuseSection::default().watches_orders());
    }
}
