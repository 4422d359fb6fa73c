//! What can never apply: by itself, or because another always comes first.

use super::{Audience, Each, called};
use crate::expr::Expr;
use crate::program::problems::{Problems, Severity};
use crate::program::texts::LocalText;
use crate::program::{Document, Program};
use crate::promotions::benefits::Benefit;
use crate::promotions::{Applies, Budget, Choose, PromotionSection, Quota};
use crate::scopes::{STORE_CHANNEL, Scope, category_paths};
use crate::time::{Span, Timestamp};

/// How far ahead a schedule is searched for a time at which it is open.
const DAYS_AHEAD: i64 = 1_500;

/// Warns of what can never apply; of each promotion whether it is such a one.
pub(super) fn check(
    document: &Document,
    program: &Program,
    known: &[Each<'_>],
    now: Timestamp,
    problems: &mut Problems,
) -> Vec<bool> {
    let mut is_dead = vec![false; known.len()];
    for (one, is_dead) in known.iter().zip(&mut is_dead) {
        for (place, code, sentence) in reasons(one, program, now) {
            let pointer = format!("{}{place}", one.pointer());
            problems.found(pointer, code, &sentence, Severity::Warning);
            *is_dead = true;
        }
    }
    shadows(program, known, &mut is_dead, problems);
    conditions(document, program, problems);
    is_dead
}

type Reason = (&'static str, &'static str, LocalText);

fn reasons(one: &Each<'_>, program: &Program, now: Timestamp) -> Vec<Reason> {
    let name = called(one.section);
    let mut reasons = Vec::new();
    let mut never = |place, code, zh: &str, en: &str| {
        let sentence = LocalText {
            zh: format!("「{}」永远不会生效：{zh}", name.zh),
            en: format!("{} can never apply: {en}", name.en),
        };
        reasons.push((place, code, sentence));
    };
    let span = one.span();
    if span.until <= now {
        never("/until", "promotion.over", "活动时间已过", "its time is over");
    } else if !is_ever_open(one.section, program, now) {
        never(
            "/schedule",
            "promotion.never_open",
            "活动期内没有符合时段的时刻",
            "its schedule is never open within its time",
        );
    }
    if !has_place(&one.section.scope) {
        never(
            "/scope",
            "promotion.no_place",
            "适用渠道或门店为空",
            "no channel, shop or store is left in its scope",
        );
    }
    if !has_product(&one.section.scope) {
        never("/scope", "promotion.no_product", "适用商品为空", "no product is left in its scope");
    }
    if one.audience == Audience::Nobody {
        never("/audience", "promotion.nobody", "人群条件恒为假", "its audience is nobody");
    }
    if let Some(place) = nothing_to_give(one.section.budget, one.section.quota) {
        never(place, "promotion.nothing_to_give", "预算或配额为 0", "its budget or quota is 0");
    }
    reasons
}

fn is_ever_open(section: &PromotionSection, program: &Program, now: Timestamp) -> bool {
    let span = Span::between(section.from, section.until);
    let from = span.from.max(now);
    let until = span.until.min(program.zone.plus_days(from, DAYS_AHEAD));
    !section.schedule.occurrences(&program.zone, Span { from, until }, 1).is_empty()
}

/// Whether a cart may be within, wherever it is.
fn has_place(scope: &Scope) -> bool {
    let (include, exclude) = (&scope.include, &scope.exclude);
    let is_left = |list: &std::collections::BTreeSet<String>,
                   out: &std::collections::BTreeSet<_>| {
        list.is_empty() || !list.is_subset(out)
    };
    let stores_fit = include.stores.is_empty()
        || ((include.channels.is_empty() || include.channels.contains(STORE_CHANNEL))
            && !exclude.channels.contains(STORE_CHANNEL)
            && (include.shops.is_empty() || !include.shops.is_disjoint(&include.stores)));
    is_left(&include.channels, &exclude.channels)
        && is_left(&include.shops, &exclude.shops)
        && is_left(&include.stores, &exclude.stores)
        && stores_fit
}

/// Whether some product may be within.
fn has_product(scope: &Scope) -> bool {
    let (include, exclude) = (&scope.include, &scope.exclude);
    let is_out = |path: &str| category_paths(path).any(|path| exclude.categories.contains(path));
    !include.names_products()
        || include.skus.iter().any(|sku| !exclude.skus.contains(sku))
        || include.categories.iter().any(|path| !is_out(path))
}

/// The place of a limit that leaves nothing.
fn nothing_to_give(budget: Budget, quota: Quota) -> Option<&'static str> {
    let limits = [
        ("/budget/money", budget.money.map(|money| money.0)),
        ("/budget/uses", budget.uses),
        ("/quota/pieces", quota.pieces),
        ("/quota/member_pieces", quota.member_pieces),
        ("/quota/member_uses", quota.member_uses),
    ];
    limits.into_iter().find(|(_, limit)| *limit == Some(0)).map(|(place, _)| place)
}

/// Warns of promotions before which another always applies that excludes them.
fn shadows(program: &Program, known: &[Each<'_>], is_dead: &mut [bool], problems: &mut Problems) {
    let mut by_turn: Vec<(usize, &Each<'_>)> =
        known.iter().enumerate().filter(|(place, _)| is_dead.get(*place) == Some(&false)).collect();
    by_turn.sort_by_key(|(_, one)| one.turn);
    let mut certain: Vec<&Each<'_>> = Vec::new();
    let mut shadowed = Vec::new();
    for (place, one) in by_turn {
        let shadow =
            certain.iter().find(|other| excludes(program, other, one) && covers(other, one));
        if let Some(shadow) = shadow {
            let (this, that) = (called(one.section), called(shadow.section));
            let sentence = LocalText {
                zh: format!(
                    "「{}」永远不会生效：只要它满足，「{}」已先生效并排除它",
                    this.zh, that.zh
                ),
                en: format!(
                    "{} can never apply: wherever it holds, {} applies first and excludes it",
                    this.en, that.en
                ),
            };
            problems.found(one.pointer(), "promotion.shadowed", &sentence, Severity::Warning);
            shadowed.push(place);
        } else if always_gives(one.section) {
            certain.push(one);
        }
    }
    for place in shadowed {
        if let Some(is_dead) = is_dead.get_mut(place) {
            *is_dead = true;
        }
    }
}

/// Whether an earlier one that applies keeps a later one from applying at all.
fn excludes(program: &Program, earlier: &Each<'_>, later: &Each<'_>) -> bool {
    let group = later.compiled.group.and_then(|group| program.promotions.groups.get(group));
    let same_group = earlier.compiled.group == later.compiled.group
        && group
            .is_some_and(|group| group.applies == Applies::One && group.choose == Choose::First);
    let alone = earlier.section.exclusive || later.section.exclusive;
    same_group || (alone && earlier.lane() == later.lane())
}

/// Whether the earlier holds wherever and whenever the later does.
fn covers(earlier: &Each<'_>, later: &Each<'_>) -> bool {
    let (wide, narrow) = (earlier.span(), later.span());
    let (a, b) = (&earlier.section.scope, &later.section.scope);
    let is_wider = |one: &std::collections::BTreeSet<String>,
                    other: &std::collections::BTreeSet<_>| {
        one.is_empty() || one == other
    };
    let scope_covers = a == b
        || (a.exclude.is_empty()
            && !a.include.names_products()
            && is_wider(&a.include.channels, &b.include.channels)
            && is_wider(&a.include.shops, &b.include.shops)
            && is_wider(&a.include.stores, &b.include.stores));
    wide.from <= narrow.from
        && narrow.until <= wide.until
        && (earlier.section.schedule.is_always()
            || earlier.section.schedule == later.section.schedule)
        && scope_covers
        && earlier.audience.covers(&later.audience)
}

/// Whether it takes something off every cart with a product in its scope that costs anything.
fn always_gives(section: &PromotionSection) -> bool {
    let needs = &section.needs;
    let gives = |benefit: &Benefit| matches!(benefit, Benefit::Percent(_) | Benefit::Amount(_));
    !needs.is_threshold()
        && needs.holding.is_none()
        && needs.methods.is_empty()
        && section.budget == Budget::default()
        && section.quota == Quota::default()
        && section.benefits.iter().any(gives)
}

/// The place, the name and the text of a condition.
type Condition<'a> = (usize, (&'a String, &'a Expr));

/// Warns of conditions of earning that never hold, whoever orders what.
fn conditions(document: &Document, program: &Program, problems: &mut Problems) {
    let earning = &program.earning;
    let rules = earning.rules.iter().map(|rule| (&rule.id, &rule.when)).enumerate();
    let multipliers = earning.multipliers.iter().map(|one| (&one.id, &one.when)).enumerate();
    let growth = program.growth.rules.iter().map(|rule| (&rule.id, &rule.when)).enumerate();
    let lists: [(&str, Vec<Condition<'_>>); 3] = [
        ("/points/earn/rules", rules.collect()),
        ("/points/earn/multipliers", multipliers.collect()),
        ("/growth/rules", growth.collect()),
    ];
    for (list, conditions) in lists {
        for (place, (id, when)) in conditions {
            if Audience::of(when, document) == Audience::Nobody {
                let sentence = LocalText {
                    zh: format!("「{id}」永远不会生效：条件恒为假"),
                    en: format!("{id} never counts: its condition holds for nobody"),
                };
                let pointer = format!("{list}/{place}/when");
                problems.found(pointer, "program.never", &sentence, Severity::Warning);
            }
        }
    }
}
