//! What must be bought for a promotion to apply.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::benefits::{Hand, MeasuredBy};
use super::ladder::{Missing, check_threshold, missing};
use crate::amounts::Money;
use crate::program::problems::Problems;
use crate::scopes::Scope;

/// What must be bought, in the promotion's scope if nothing else is said.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Needs {
    /// What the lines in scope must come to, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>", range(min = 1))]
    pub spend: Option<Money>,
    /// How many pieces must be in scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub pieces: Option<i64>,
    /// By which price it is measured.
    pub of: MeasuredBy,
    /// Whether the whole cart is measured, not only the lines in scope.
    pub whole_cart: bool,
    /// A product of this scope must be in the cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<Scope>,
    /// A delivery of one of these methods must be chosen.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<String>,
}

impl Needs {
    pub(crate) fn check(&self, pointer: &str, problems: &mut Problems) {
        check_threshold(pointer, self.spend, self.pieces, problems);
    }

    /// Whether it asks for an amount or a number of pieces.
    pub(crate) fn is_threshold(&self) -> bool {
        self.spend.is_some() || self.pieces.is_some()
    }

    /// The lines that are measured.
    pub(crate) fn measured<'a>(&self, hand: &Hand<'a>) -> &'a [usize] {
        if self.whole_cart { hand.all } else { hand.lines }
    }

    /// What is missing to the threshold.
    pub(crate) fn missing(&self, hand: &Hand<'_>) -> Option<Missing> {
        let lines = self.measured(hand);
        missing(self.spend, self.pieces, Hand { lines, ..*hand }.measure(self.of))
    }

    /// Whether the other products and deliveries asked for are there.
    pub(crate) fn is_accompanied(&self, hand: &Hand<'_>) -> bool {
        let holds = self.holding.as_ref().is_none_or(|scope| !hand.within(scope).is_empty());
        let chosen = |delivery: &super::prices::Delivery<'_>| {
            delivery.method.is_some_and(|method| self.methods.contains(method))
        };
        holds && (self.methods.is_empty() || hand.prices.deliveries.iter().any(chosen))
    }
}
