//! Goods given with a purchase, as far as there are any.

use std::collections::HashMap;

use super::GiftLeft;
use super::quote::Gift;
use super::reasons::Offer;

/// What is left of goods while a cart is priced.
pub(super) struct Shelf<'a>(HashMap<&'a str, i64>);

impl<'a> Shelf<'a> {
    pub(super) fn of(left: &'a [GiftLeft]) -> Self {
        Self(left.iter().map(|gift| (gift.sku.as_str(), gift.pieces.max(0))).collect())
    }

    /// Whether all of a gift is there.
    pub(super) fn has(&self, sku: &str, pieces: i64) -> bool {
        self.0.get(sku).is_none_or(|left| *left >= pieces)
    }

    /// Takes what there is of a gift, up to `pieces`.
    pub(super) fn take(&mut self, sku: &str, pieces: i64) -> i64 {
        let Some(left) = self.0.get_mut(sku) else { return pieces };
        let given = pieces.min(*left);
        *left = left.saturating_sub(given);
        given
    }
}

/// The gifts of promotions, in the order in which they apply, and the promotions that give
/// fewer than they say.
pub(super) fn of_promotions<'a>(
    promised: impl Iterator<Item = (Offer, &'a str, i64)>,
    shelf: &mut Shelf<'_>,
) -> (Vec<Gift>, Vec<Offer>) {
    let (mut gifts, mut short) = (Vec::new(), Vec::new());
    for (offer, sku, pieces) in promised {
        let quantity = shelf.take(sku, pieces);
        if quantity < pieces && !short.contains(&offer) {
            short.push(offer.clone());
        }
        if quantity > 0 {
            gifts.push(Gift { offer, sku: sku.to_owned(), quantity });
        }
    }
    (gifts, short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gifts_are_given_as_far_as_there_are_any() {
        let left = [GiftLeft { sku: "G".to_owned(), pieces: 3 }];
        let mut shelf = Shelf::of(&left);
        let one = || Offer::Promotion("one".into());
        let two = || Offer::Promotion("two".into());
        let promised = [(one(), "G", 2), (two(), "G", 2), (two(), "H", 9), (one(), "G", 1)];

        let (gifts, short) = of_promotions(promised.into_iter(), &mut shelf);

        let given: Vec<_> = gifts.iter().map(|gift| (gift.sku.as_str(), gift.quantity)).collect();
        assert_eq!(given, [("G", 2), ("G", 1), ("H", 9)]);
        assert_eq!(short, [two(), one()]);
        assert!(!shelf.has("G", 1) && shelf.has("H", 1_000));
    }
}
