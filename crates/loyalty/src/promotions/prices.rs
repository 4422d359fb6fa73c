//! The prices of a cart while promotions and coupons work on them.
//!
//! The pieces of a line lie in piles of pieces that cost exactly the same, so a
//! benefit may make two of five pieces cheaper and the next one still sees what
//! each piece costs. A price never drops below zero; the piles of a line always
//! add up to its price.

use crate::amounts::{Rounding, scale, split};

/// The working prices of a cart.
#[derive(Debug, Clone)]
pub(crate) struct Prices<'a> {
    pub(crate) lines: Vec<PricedLine<'a>>,
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct PricedLine<'a> {
    pub(crate) sku: &'a str,
    pub(crate) category: Option<&'a str>,
    pub(crate) quantity: i64,
    /// The list price of all pieces.
    pub(crate) list: i64,
    /// What all pieces cost now.
    pub(crate) price: i64,
    /// Whether anything may make it cheaper.
    pub(crate) discountable: bool,
    pub(crate) piles: Vec<Pile>,
}

/// Pieces of a line that cost the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pile {
    pub(crate) unit: i64,
    pub(crate) pieces: i64,
    /// Whether they are part of a set already: a piece counts for one set only.
    pub(crate) taken: bool,
}

/// One delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) method: Option<&'a str>,
    pub(crate) price: i64,
}

/// What a benefit takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) line: usize,
    /// From which pile and how many pieces; `None` is from the line as a whole.
    pub(crate) from: Option<(usize, i64)>,
    /// How much, all pieces together.
    pub(crate) off: i64,
    /// Whether the pieces are part of a set from now on.
    pub(crate) set: bool,
}

/// Pieces at hand for sets: of one pile of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) line: usize,
    pub(crate) pile: usize,
    pub(crate) unit: i64,
    pub(crate) pieces: i64,
}

impl<'a> PricedLine<'a> {
    pub(crate) fn new(
        sku: &'a str,
        category: Option<&'a str>,
        quantity: i64,
        unit: i64,
        discountable: bool,
    ) -> Self {
        let price = unit.saturating_mul(quantity);
        let piles = vec![Pile { unit, pieces: quantity, taken: false }];
        Self { sku, category, quantity, list: price, price, discountable, piles }
    }

    /// Takes `off` from the line, every piece in proportion to what it costs.
    fn reduce(&mut self, off: i64) {
        let off = off.clamp(0, self.price);
        let (was, now) = (self.price, self.price.saturating_sub(off));
        if was == now {
            return;
        }
        self.price = now;
        // Pieces that cost the same up to a unit stay so: nearly every line.
        if let (Some(dearest), Some(cheapest)) = (self.piles.first(), self.piles.last())
            && dearest.unit.saturating_sub(cheapest.unit) <= 1
            && self.piles.iter().all(|pile| pile.taken == dearest.taken)
        {
            let levelled = level(now, self.quantity, dearest.taken);
            self.piles.clear();
            self.piles.extend(levelled.into_iter().filter(|pile| pile.pieces > 0));
            return;
        }
        let mut left = now;
        let mut parts: Vec<(i64, Pile)> = Vec::with_capacity(self.piles.len());
        for pile in &self.piles {
            let unit = scale(pile.unit, now, was, Rounding::Floor).unwrap_or(0);
            let rest = i128::from(pile.unit)
                .checked_mul(i128::from(now))
                .and_then(|product| product.checked_rem_euclid(i128::from(was)))
                .and_then(|rest| i64::try_from(rest).ok())
                .unwrap_or(0);
            left = left.saturating_sub(unit.saturating_mul(pile.pieces));
            parts.push((rest, Pile { unit, ..*pile }));
        }
        // What flooring left over goes to the pieces with the largest remainders.
        parts.sort_by_key(|(rest, _)| std::cmp::Reverse(*rest));
        self.piles.clear();
        for (_, pile) in parts {
            let raised = pile.pieces.min(left.max(0));
            left = left.saturating_sub(raised);
            self.piles.push(Pile { unit: pile.unit.saturating_add(1), pieces: raised, ..pile });
            self.piles.push(Pile { pieces: pile.pieces.saturating_sub(raised), ..pile });
        }
        self.tidy();
    }

    /// Takes pieces out of their piles at lower prices.
    fn take(&mut self, cuts: &[Cut]) {
        let piles = std::mem::take(&mut self.piles);
        for (place, pile) in piles.into_iter().enumerate() {
            let mut rest = pile.pieces;
            for cut in cuts {
                let Some((_, pieces)) = cut.from.filter(|(from, _)| *from == place) else {
                    continue;
                };
                let pieces = pieces.clamp(0, rest);
                rest = rest.saturating_sub(pieces);
                let was = pile.unit.saturating_mul(pieces);
                let off = cut.off.clamp(0, was);
                self.price = self.price.saturating_sub(off);
                self.piles.extend(level(was.saturating_sub(off), pieces, pile.taken || cut.set));
            }
            self.piles.push(Pile { pieces: rest, ..pile });
        }
        self.tidy();
    }

    /// Joins piles that cost the same and drops empty ones; the dearest first.
    fn tidy(&mut self) {
        self.piles.retain(|pile| pile.pieces > 0);
        self.piles.sort_by_key(|pile| (pile.taken, std::cmp::Reverse(pile.unit)));
        self.piles.dedup_by(|next, pile| {
            let same = next.unit == pile.unit && next.taken == pile.taken;
            if same {
                pile.pieces = pile.pieces.saturating_add(next.pieces);
            }
            same
        });
    }
}

/// `total` over `pieces` as evenly as whole units allow: a dearer and a cheaper pile.
fn level(total: i64, pieces: i64, taken: bool) -> [Pile; 2] {
    let unit = total.checked_div_euclid(pieces).unwrap_or(0);
    let dearer = total.saturating_sub(unit.saturating_mul(pieces));
    [
        Pile { unit: unit.saturating_add(1), pieces: dearer, taken },
        Pile { unit, pieces: pieces.saturating_sub(dearer), taken },
    ]
}

impl Prices<'_> {
    pub(crate) fn price(&self, line: usize) -> i64 {
        self.lines.get(line).map_or(0, |line| line.price)
    }

    /// What lines cost together now.
    pub(crate) fn total(&self, lines: &[usize]) -> i64 {
        let prices = lines.iter().map(|line| self.price(*line));
        prices.fold(0, i64::saturating_add)
    }

    /// What lines cost together by their list prices.
    pub(crate) fn list_total(&self, lines: &[usize]) -> i64 {
        let lines = lines.iter().filter_map(|line| self.lines.get(*line));
        lines.map(|line| line.list).fold(0, i64::saturating_add)
    }

    /// How many pieces lines have together.
    pub(crate) fn pieces(&self, lines: &[usize]) -> i64 {
        let lines = lines.iter().filter_map(|line| self.lines.get(*line));
        lines.map(|line| line.quantity).fold(0, i64::saturating_add)
    }

    /// Splits `off` over lines by what they cost now; no line gets more than that.
    pub(crate) fn spread(&self, lines: &[usize], off: i64) -> Vec<Cut> {
        let shares: Vec<i128> = lines.iter().map(|line| i128::from(self.price(*line))).collect();
        let off = off.min(self.total(lines));
        if off <= 0 {
            return Vec::new();
        }
        let parts = split(off, &shares).unwrap_or_default();
        let cuts = lines.iter().zip(parts).filter(|(_, off)| *off > 0);
        cuts.map(|(line, off)| Cut { line: *line, from: None, off, set: false }).collect()
    }

    /// The pieces of lines that are in no set yet, the dearest first, ties by the cart's order.
    pub(crate) fn free(&self, lines: &[usize]) -> Vec<Held> {
        let mut held = Vec::new();
        for &line in lines {
            let piles = self.lines.get(line).map(|line| line.piles.as_slice()).unwrap_or_default();
            for (pile, at) in piles.iter().enumerate().filter(|(_, pile)| !pile.taken) {
                held.push(Held { line, pile, unit: at.unit, pieces: at.pieces });
            }
        }
        held.sort_by_key(|held| (std::cmp::Reverse(held.unit), held.line, held.pile));
        held
    }

    /// All pieces of lines, in a set or not, the dearest first, ties by the cart's order.
    pub(crate) fn every_piece(&self, lines: &[usize]) -> Vec<Held> {
        let mut held = Vec::new();
        for &line in lines {
            let piles = self.lines.get(line).map(|line| line.piles.as_slice()).unwrap_or_default();
            for (pile, at) in piles.iter().enumerate() {
                held.push(Held { line, pile, unit: at.unit, pieces: at.pieces });
            }
        }
        held.sort_by_key(|held| (std::cmp::Reverse(held.unit), held.line, held.pile));
        held
    }

    /// What lines and deliveries cost together now.
    pub(crate) fn sum(&self) -> i64 {
        let lines = self.lines.iter().map(|line| line.price);
        let deliveries = self.deliveries.iter().map(|delivery| delivery.price);
        lines.chain(deliveries).fold(0, i64::saturating_add)
    }

    /// Carries cuts out. Those of one line are either from piles or from the whole.
    pub(crate) fn apply(&mut self, cuts: &[Cut]) {
        let mut rest = cuts;
        while let Some((first, _)) = rest.split_first() {
            let same = rest.iter().take_while(|cut| cut.line == first.line).count();
            let (of_line, after) = rest.split_at(same);
            rest = after;
            let Some(line) = self.lines.get_mut(first.line) else { continue };
            if first.from.is_some() {
                line.take(of_line);
            } else {
                for cut in of_line {
                    line.reduce(cut.off);
                }
            }
        }
    }

    /// Takes so much off deliveries.
    pub(crate) fn apply_deliveries(&mut self, offs: &[(usize, i64)]) {
        for (place, off) in offs {
            if let Some(delivery) = self.deliveries.get_mut(*place) {
                delivery.price = delivery.price.saturating_sub(*off).max(0);
            }
        }
    }
}

/// Takes `count` pieces from the dear end of what is held.
pub(crate) fn take_dearest(held: &mut Vec<Held>, count: i64) -> Vec<Held> {
    let mut taken = Vec::new();
    let mut missing = count;
    for one in held.iter_mut() {
        let pieces = one.pieces.min(missing);
        if pieces > 0 {
            one.pieces = one.pieces.saturating_sub(pieces);
            missing = missing.saturating_sub(pieces);
            taken.push(Held { pieces, ..*one });
        }
    }
    held.retain(|one| one.pieces > 0);
    taken
}

/// Takes `count` pieces from the cheap end of what is held.
pub(crate) fn take_cheapest(held: &mut Vec<Held>, count: i64) -> Vec<Held> {
    held.reverse();
    let taken = take_dearest(held, count);
    held.reverse();
    taken
}

/// How many pieces are held.
pub(crate) fn count(held: &[Held]) -> i64 {
    held.iter().map(|held| held.pieces).fold(0, i64::saturating_add)
}

/// What the pieces held cost.
pub(crate) fn worth(held: &[Held]) -> i64 {
    held.iter().map(|held| held.unit.saturating_mul(held.pieces)).fold(0, i64::saturating_add)
}

/// The cuts of pieces that are taken, line by line, as [`Prices::apply`] wants them.
pub(crate) fn sorted(mut cuts: Vec<Cut>) -> Vec<Cut> {
    cuts.sort_by_key(|cut| (cut.line, cut.from));
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(quantity: i64, unit: i64) -> Prices<'static> {
        Prices {
            lines: vec![PricedLine::new("A", None, quantity, unit, true)],
            deliveries: Vec::new(),
        }
    }

    #[test]
    fn a_reduced_line_keeps_its_pieces_level() {
        let mut prices = line(3, 1_000);

        prices.apply(&[Cut { line: 0, from: None, off: 100, set: false }]);

        let pile = |unit, pieces| Pile { unit, pieces, taken: false };
        assert_eq!(prices.lines[0].piles, [pile(967, 2), pile(966, 1)]);
    }

    #[test]
    fn a_piece_of_a_set_is_not_free_again() {
        let mut prices = line(3, 1_000);

        prices.apply(&[Cut { line: 0, from: Some((0, 2)), off: 500, set: true }]);

        assert_eq!(prices.price(0), 2_500);
        assert_eq!(prices.free(&[0]), [Held { line: 0, pile: 0, unit: 1_000, pieces: 1 }]);
    }

    proptest! {
        #[test]
        fn piles_add_up_to_the_price(
            quantity in 1_i64..50,
            unit in 0_i64..10_000,
            cuts in prop::collection::vec((0_i64..30_000, prop::option::of(0_i64..20)), 0..8),
        ) {
            let mut prices = line(quantity, unit);
            for (off, pieces) in cuts {
                let from = pieces.map(|pieces| (0, pieces));
                prices.apply(&[Cut { line: 0, from, off, set: off % 2 == 0 }]);
                let line = &prices.lines[0];
                let total: i64 = line.piles.iter().map(|pile| pile.unit * pile.pieces).sum();
                let pieces: i64 = line.piles.iter().map(|pile| pile.pieces).sum();

                prop_assert_eq!(total, line.price);
                prop_assert_eq!(pieces, quantity);
                prop_assert!(line.piles.iter().all(|pile| pile.unit >= 0));
            }
        }
    }
}
