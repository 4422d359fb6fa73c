//! Gifts that lead back to themselves: buy A, get B free; buy B, get A free.

use std::collections::{BTreeMap, BTreeSet};

use super::{Each, Outside, called};
use crate::coupons::terms::Effect;
use crate::program::problems::{Problems, Severity};
use crate::program::texts::LocalText;
use crate::promotions::benefits::Benefit;

/// What gives products for products.
struct Giver<'a> {
    /// Where to point: a promotion's place. A coupon has none in the document.
    pointer: Option<String>,
    name: LocalText,
    wants: Vec<&'a str>,
    gives: Vec<&'a str>,
}

/// Warns of promotions and coupons whose gifts bring one another about in a circle.
///
/// One that gives more of what it is for (buy two, get one) is no circle.
pub(super) fn check(known: &[Each<'_>], outside: Outside<'_>, problems: &mut Problems) {
    let givers = givers(known, outside);
    for circle in circles(&givers) {
        let of_circle = || circle.iter().filter_map(|place| givers.get(*place));
        let Some(pointer) = of_circle().find_map(|giver| giver.pointer.clone()) else { continue };
        let names = |name: fn(&LocalText) -> &str| {
            let names: Vec<&str> = of_circle().map(|giver| name(&giver.name)).collect();
            names.join(" → ")
        };
        let sentence = LocalText {
            zh: format!("赠品互相触发形成循环：{} → 起点", names(|name| &name.zh)),
            en: format!(
                "gifts bring one another about in a circle: {} and back",
                names(|name| &name.en)
            ),
        };
        problems.found(pointer, "promotion.loop", &sentence, Severity::Warning);
    }
}

fn givers<'a>(known: &'a [Each<'a>], outside: Outside<'a>) -> Vec<Giver<'a>> {
    let of_promotions = known.iter().filter_map(|one| {
        let gifts = one.section.benefits.iter().filter_map(|benefit| match benefit {
            Benefit::Gift(gift) => Some(gift.sku.as_str()),
            _ => None,
        });
        let gives: Vec<&str> = gifts.collect();
        let wants = one.section.scope.include.skus.iter().map(String::as_str).collect();
        (!gives.is_empty()).then(|| Giver {
            pointer: Some(one.pointer()),
            name: called(one.section),
            wants,
            gives,
        })
    });
    let of_coupons = outside.templates.iter().filter_map(|(id, template)| {
        let Effect::Gift { sku, .. } = &template.terms.effect else { return None };
        let or_id = |name: &str| if name.is_empty() { id.to_string() } else { name.to_owned() };
        Some(Giver {
            pointer: None,
            name: LocalText { zh: or_id(&template.name.zh), en: or_id(&template.name.en) },
            wants: template.terms.scope.include.skus.iter().map(String::as_str).collect(),
            gives: vec![sku.as_str()],
        })
    });
    of_promotions.chain(of_coupons).collect()
}

/// Circles of at least two givers, none of them in two.
fn circles(givers: &[Giver<'_>]) -> Vec<Vec<usize>> {
    let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, giver) in givers.iter().enumerate() {
        for sku in &giver.wants {
            wanted.entry(sku).or_default().push(place);
        }
    }
    let brings_about = |place: usize| {
        let gives = givers.get(place).map(|giver| giver.gives.as_slice()).unwrap_or_default();
        let next = gives.iter().filter_map(|sku| wanted.get(sku)).flatten().copied();
        next.filter(move |next| *next != place)
    };
    // What is left once everything is taken away that leads nowhere lies before a circle or in one.
    let mut left: BTreeSet<usize> = (0..givers.len()).collect();
    loop {
        let dead: Vec<usize> = left
            .iter()
            .copied()
            .filter(|place| !brings_about(*place).any(|next| left.contains(&next)))
            .collect();
        if dead.is_empty() {
            break;
        }
        left.retain(|place| dead.binary_search(place).is_err());
    }
    let mut found = Vec::new();
    while let Some(start) = left.first().copied() {
        let mut path = vec![start];
        let mut at = start;
        while let Some(next) = brings_about(at).find(|next| left.contains(next)) {
            if let Some(begin) = path.iter().position(|known| *known == next) {
                found.push(path.split_off(begin));
                break;
            }
            path.push(next);
            at = next;
        }
        for place in path.iter().chain(found.last().into_iter().flatten()) {
            left.remove(place);
        }
    }
    found
}
