//! Two promotions that stand in each other's way.

use std::collections::{BTreeMap, BTreeSet};

use super::{Conflict, Each, Meeting, called, conflict};
use crate::program::problems::{Problems, Severity};
use crate::program::texts::LocalText;
use crate::promotions::{Applies, Choose, Lane, Promotions};

/// More rivals than this are not looked for: the first is named, and "at least".
const RIVALS_MAX: usize = 20;

/// Warns of every promotion that may meet one of its group, or an exclusive one, that
/// comes before it.
pub(super) fn check(
    promotions: &Promotions,
    known: &[Each<'_>],
    meetings: &[Meeting<'_>],
    is_dead: &[bool],
    problems: &mut Problems,
) {
    let found = rivals(known, meetings, is_dead);
    for (one, rivals) in found {
        let (Some(one), Some(rival)) = (known.get(one), rivals.first()) else { continue };
        let Some(first) = known.get(rival.0) else { continue };
        let sentence = sentence(promotions, one, first, rival.1, rivals.len());
        problems.found(one.pointer(), "promotion.overlap", &sentence, Severity::Warning);
    }
}

type Rivals = BTreeMap<usize, Vec<(usize, Conflict)>>;

/// Of each promotion those before it that it may meet and that exclude it, in their turn.
///
/// A sweep over the times at which they begin: one is compared only with those that are
/// not over by then, and that it may stand against at all.
pub(crate) fn rivals(known: &[Each<'_>], meetings: &[Meeting<'_>], is_dead: &[bool]) -> Rivals {
    let alone: BTreeSet<Lane> =
        known.iter().filter(|one| one.compiled.exclusive).map(Each::lane).collect();
    let is_compared = |place: &usize| {
        let one = known.get(*place).filter(|_| is_dead.get(*place) == Some(&false));
        one.is_some_and(|one| one.compiled.group.is_some() || alone.contains(&one.lane()))
    };
    let mut by_start: Vec<usize> = (0..known.len()).filter(is_compared).collect();
    by_start.sort_by_key(|place| meetings.get(*place).map(|meeting| meeting.span.from));
    let mut open: Vec<usize> = Vec::new();
    let mut found = Rivals::new();
    for place in by_start {
        let (Some(one), Some(meeting)) = (known.get(place), meetings.get(place)) else { continue };
        open.retain(|other| {
            meetings.get(*other).is_some_and(|other| other.span.until > meeting.span.from)
        });
        let mut hits = 0;
        for other in &open {
            let (Some(two), Some(theirs)) = (known.get(*other), meetings.get(*other)) else {
                continue;
            };
            let Some(conflict) = conflict(one.compiled, two.compiled) else { continue };
            if !meeting.may_meet(theirs) {
                continue;
            }
            let (loser, winner) =
                if one.turn < two.turn { (*other, place) } else { (place, *other) };
            let rivals = found.entry(loser).or_default();
            if rivals.len() < RIVALS_MAX {
                rivals.push((winner, conflict));
            }
            hits = usize::saturating_add(hits, 1);
            if hits >= RIVALS_MAX {
                break;
            }
        }
        open.push(place);
    }
    for rivals in found.values_mut() {
        rivals.sort_by_key(|(winner, _)| known.get(*winner).map(|one| one.turn));
    }
    found
}

fn sentence(
    promotions: &Promotions,
    one: &Each<'_>,
    first: &Each<'_>,
    conflict: Conflict,
    count: usize,
) -> LocalText {
    let (this, that) = (called(one.section), called(first.section));
    let group = one.compiled.group.and_then(|group| promotions.groups.get(group));
    let (zh, en) = match (conflict, group) {
        (Conflict::Group, Some(group)) => {
            let (zh_each, en_each) = match group.applies {
                Applies::One => ("只生效一个", "one applies to an order"),
                Applies::OnePerLine => ("每行只生效一个", "one applies to a line"),
            };
            let (zh_which, en_which) = match group.choose {
                Choose::First => (format!("以「{}」为先", that.zh), format!("{} first", that.en)),
                Choose::Best => ("取优惠最大者".to_owned(), "the better one".to_owned()),
            };
            (
                format!("同属互斥组 {}：{zh_each}，{zh_which}", group.id),
                format!("of group {} {en_each}: {en_which}", group.id),
            )
        }
        _ => (
            format!("其中有独占活动：「{}」先生效，另一个不再生效", that.zh),
            format!("one of them stands alone: where {} applies, this one does not", that.en),
        ),
    };
    let more = count.saturating_sub(1);
    let (zh_more, en_more) = match more {
        0 => (String::new(), String::new()),
        _ if count >= RIVALS_MAX => {
            (format!("；另有至少 {more} 个"), format!("; so do at least {more} others"))
        }
        _ => (format!("；另有 {more} 个"), format!("; so do {more} others")),
    };
    LocalText {
        zh: format!("「{}」与「{}」可能同时满足，{zh}{zh_more}", this.zh, that.zh),
        en: format!("{} and {} may both hold; {en}{en_more}", this.en, that.en),
    }
}
