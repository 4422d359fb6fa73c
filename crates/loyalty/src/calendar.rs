//! What is in force when: the calendar of a brand's marketing.
//!
//! Out of the versions of the rules, each for the time it decides, and out of
//! coupon templates and goods, which have no versions of their own here. What
//! recurs is expanded to its occurrences in the program's zone. Something that
//! several versions contain is one line with the times of all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::coupons::templates::{Template, Validity};
use crate::ids::{GoodId, TemplateId};
use crate::mall::Good;
use crate::program::texts::LocalText;
use crate::program::{Document, Program};
use crate::publishing::{Conflict, Meeting, each, overlaps};
use crate::schedules::Schedule;
use crate::scopes::{Scope, category_paths};
use crate::time::{Span, Timestamp, Zone};

/// The most occurrences of one line.
pub const OCCURRENCES_MAX: usize = 400;

/// What stands in a calendar.
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
pub enum Kind {
    /// A promotion of the rules.
    Promotion,
    /// A multiplier of points.
    Multiplier,
    /// A top-up plan of the rules.
    TopUpPlan,
    /// When coupons of a template can be used.
    Coupon,
    /// When members can claim coupons of a template.
    CouponClaim,
    /// Something the mall offers.
    MallGood,
}

/// One line of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What it is.
    pub kind: Kind,
    /// Its id in the rules, or its number.
    pub id: String,
    /// What people call it; may be empty.
    pub name: LocalText,
    /// Its own first instant, whatever is looked at.
    pub from: Option<Timestamp>,
    /// Its own end.
    pub until: Option<Timestamp>,
    /// Whether it recurs: on weekdays, days of the month or at hours.
    pub recurs: bool,
    /// When it counts within the time looked at, one after another.
    pub occurrences: Vec<Span>,
    /// Where it counts and for which products.
    pub scope: Scope,
    /// Of a promotion: its stacking group.
    pub group: Option<String>,
    /// Of a promotion: the higher applies first.
    pub priority: Option<i64>,
    /// Whether nothing else may count beside it.
    pub exclusive: bool,
    /// The versions of the rules that contain it, the oldest first.
    pub versions: Vec<i64>,
    /// What it stands against at some time within the time looked at.
    pub overlaps: Vec<Overlap>,
}

/// Another promotion of which only this or that one applies to a cart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// The other one.
    pub promotion: String,
    /// Why only one of them applies.
    pub why: Conflict,
    /// Whether the other applies first.
    pub yields: bool,
}

/// A version of the rules and the time it decides within the time looked at.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    /// Its number; the draft's is that of the next version.
    pub version: i64,
    /// As written.
    pub document: &'a Document,
    /// As compiled.
    pub program: &'a Program,
    /// When it decides.
    pub span: Span,
}

/// Which lines are wanted. What is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of this channel.
    pub channel: Option<&'a str>,
    /// Of this shop, whichever channel it is of, offline stores among them.
    pub shop: Option<&'a str>,
    /// For this product; by category where that is told, else wherever it may lie.
    pub sku: Option<&'a str>,
    /// For products of this category path.
    pub category: Option<&'a str>,
}

impl Wanted<'_> {
    /// Whether a scope may hold what is wanted.
    pub fn may_hold(&self, scope: &Scope) -> bool {
        let (include, exclude) = (&scope.include, &scope.exclude);
        let admits = |only: &std::collections::BTreeSet<String>, name: &str| {
            only.is_empty() || only.contains(name)
        };
        let in_channel = self.channel.is_none_or(|channel| {
            admits(&include.channels, channel)
                && !exclude.channels.contains(channel)
                && (include.stores.is_empty() || channel == crate::scopes::STORE_CHANNEL)
        });
        let in_shop = self.shop.is_none_or(|shop| {
            admits(&include.shops, shop)
                && admits(&include.stores, shop)
                && !exclude.shops.contains(shop)
                && !exclude.stores.contains(shop)
        });
        in_channel && in_shop && self.may_hold_product(scope)
    }

    fn may_hold_product(&self, scope: &Scope) -> bool {
        let (include, exclude) = (&scope.include, &scope.exclude);
        let lies_in = |list: &std::collections::BTreeSet<String>, path: &str| {
            category_paths(path).any(|path| list.contains(path))
        };
        match (self.sku, self.category) {
            (None, None) => true,
            (Some(sku), Some(_)) => scope.holds_product(sku, self.category),
            (Some(sku), None) => {
                let may_be = !include.names_products()
                    || include.skus.contains(sku)
                    || !include.categories.is_empty();
                may_be && !exclude.skus.contains(sku)
            }
            (None, Some(path)) => {
                let is_named = !include.names_products()
                    || lies_in(&include.categories, path)
                    || include
                        .categories
                        .iter()
                        .any(|deep| category_paths(deep).any(|above| above == path));
                is_named && !lies_in(&exclude.categories, path)
            }
        }
    }
}

/// The lines of the versions that decide within a time, by their first occurrence.
///
/// `versions` follow one another. Lines that count at no instant of the time are left out.
pub fn of_rules(versions: &[InForce<'_>], wanted: Wanted<'_>) -> Vec<Planned> {
    let mut lines: BTreeMap<(Kind, String), Planned> = BTreeMap::new();
    for version in versions {
        for line in of_version(version, wanted) {
            match lines.get_mut(&(line.kind, line.id.clone())) {
                Some(known) => follow(known, line),
                None => {
                    lines.insert((line.kind, line.id.clone()), line);
                }
            }
        }
    }
    lines.into_values().collect()
}

/// What a later version says of the same line.
fn follow(known: &mut Planned, mut line: Planned) {
    let mut occurrences = std::mem::take(&mut known.occurrences);
    for span in line.occurrences {
        match occurrences.last_mut() {
            Some(last) if last.until >= span.from => last.until = last.until.max(span.until),
            _ => occurrences.push(span),
        }
    }
    line.occurrences = occurrences;
    line.versions.splice(0..0, known.versions.iter().copied());
    line.overlaps.append(&mut known.overlaps);
    line.overlaps.sort();
    line.overlaps.dedup();
    *known = line;
}

fn of_version(version: &InForce<'_>, wanted: Wanted<'_>) -> Vec<Planned> {
    let InForce { document, span, version: number, .. } = *version;
    let mut lines = promotions(version, wanted);
    for multiplier in &document.points.earn.multipliers {
        let own = Span::between(multiplier.from, multiplier.until);
        lines.extend(own.common(span).map(|common| Planned {
            from: multiplier.from,
            until: multiplier.until,
            exclusive: multiplier.exclusive,
            occurrences: vec![common],
            versions: vec![number],
            ..Planned::blank(Kind::Multiplier, multiplier.id.clone(), LocalText::default())
        }));
    }
    for plan in &document.wallet.plans {
        lines.push(Planned {
            occurrences: vec![span],
            versions: vec![number],
            ..Planned::blank(Kind::TopUpPlan, plan.id.clone(), plan.name.clone())
        });
    }
    lines
}

fn promotions(version: &InForce<'_>, wanted: Wanted<'_>) -> Vec<Planned> {
    let InForce { document, program, span, version: number } = *version;
    let mut known = each(document, program);
    known.retain(|one| {
        let own = Span::between(one.section.from, one.section.until);
        own.common(span).is_some() && wanted.may_hold(&one.section.scope)
    });
    let mut lines: Vec<Planned> = known
        .iter()
        .map(|one| {
            let section = one.section;
            let own = Span::between(section.from, section.until);
            let occurrences = own
                .common(span)
                .map(|common| section.schedule.occurrences(&program.zone, common, OCCURRENCES_MAX));
            Planned {
                from: section.from,
                until: section.until,
                recurs: !section.schedule.is_always(),
                occurrences: occurrences.unwrap_or_default(),
                scope: section.scope.clone(),
                group: section.group.clone(),
                priority: Some(section.priority),
                exclusive: section.exclusive,
                versions: vec![number],
                ..Planned::blank(Kind::Promotion, section.id.clone(), section.name.clone())
            }
        })
        .collect();
    let categories = crate::publishing::floors::categories(&document.promotions.floor);
    let meetings: Vec<Meeting<'_>> =
        known.iter().map(|one| Meeting::of(one.section, &one.audience, &categories)).collect();
    let is_idle: Vec<bool> = lines.iter().map(|line| line.occurrences.is_empty()).collect();
    for (loser, rivals) in overlaps::rivals(&known, &meetings, &is_idle) {
        for (winner, why) in rivals {
            let (Some(one), Some(other)) = (lines.get(loser), lines.get(winner)) else { continue };
            if !meet(&one.occurrences, &other.occurrences) {
                continue;
            }
            let (id, other_id) = (one.id.clone(), other.id.clone());
            if let Some(one) = lines.get_mut(loser) {
                one.overlaps.push(Overlap { promotion: other_id, why, yields: true });
            }
            if let Some(other) = lines.get_mut(winner) {
                other.overlaps.push(Overlap { promotion: id, why, yields: false });
            }
        }
    }
    lines.retain(|line| !line.occurrences.is_empty());
    lines
}

/// Whether two rows of spans, each one after another, have an instant in common.
fn meet(one: &[Span], other: &[Span]) -> bool {
    let (mut a, mut b) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        if left.common(**right).is_some() {
            return true;
        }
        if left.until <= right.from {
            a.next()
        } else {
            b.next()
        };
    }
    false
}

/// The lines of a coupon template: when its coupons can be used, when they can be claimed.
pub fn of_template(
    id: TemplateId,
    template: &Template,
    zone: &Zone,
    span: Span,
    wanted: Wanted<'_>,
) -> Vec<Planned> {
    if !wanted.may_hold(&template.terms.scope) {
        return Vec::new();
    }
    let (from, until) = match template.validity {
        Validity::Window { from, until } => (Some(from), Some(until)),
        Validity::Days { .. } => (None, None),
    };
    let line = |kind, from: Option<Timestamp>, until: Option<Timestamp>, schedule: &Schedule| {
        let common = Span::between(from, until).common(span)?;
        let occurrences = schedule.occurrences(zone, common, OCCURRENCES_MAX);
        (!occurrences.is_empty()).then(|| Planned {
            from,
            until,
            recurs: !schedule.is_always(),
            occurrences,
            scope: template.terms.scope.clone(),
            group: template.terms.stacking_group.clone(),
            ..Planned::blank(kind, id.to_string(), template.name.clone())
        })
    };
    let used = line(Kind::Coupon, from, until, &template.terms.usable);
    let claimed = template.claim.and_then(|window| {
        line(Kind::CouponClaim, window.from, window.until, &Schedule::default())
    });
    used.into_iter().chain(claimed).collect()
}

/// The line of something the mall offers.
pub fn of_good(id: GoodId, good: &Good, span: Span, wanted: Wanted<'_>) -> Option<Planned> {
    // A good is no product of a shop: with a product asked for only coupons and promotions count.
    let is_asked = wanted.sku.is_none() && wanted.category.is_none();
    let common = Span::between(good.from, good.until).common(span).filter(|_| is_asked)?;
    Some(Planned {
        from: good.from,
        until: good.until,
        occurrences: vec![common],
        ..Planned::blank(Kind::MallGood, id.to_string(), good.name.clone())
    })
}

impl Planned {
    fn blank(kind: Kind, id: String, name: LocalText) -> Self {
        Self {
            kind,
            id,
            name,
            from: None,
            until: None,
            recurs: false,
            occurrences: Vec::new(),
            scope: Scope::default(),
            group: None,
            priority: None,
            exclusive: false,
            versions: Vec::new(),
            overlaps: Vec::new(),
        }
    }
}

/// In the order of a calendar: by the first occurrence, then by kind and id.
pub fn sort(lines: &mut [Planned]) {
    lines.sort_by(|one, other| {
        let key = |line: &Planned| (line.occurrences.first().copied(), line.kind);
        key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
    });
}

#[cfg(test)]
mod tests;
