//! One brand's scheme: the document it is written in, and what it compiles to.
//!
//! A [`Document`] is what people write, as JSON or YAML. [`check`] turns it into
//! a [`Program`] or says, with the place of each, what is wrong with it. Past
//! that point nothing is a text any more: conditions are compiled, fractions
//! have positive denominators, the ladder ascends, the time zone exists. Each
//! section of the document is a module below with both its written and its
//! compiled form.

use serde::{Deserialize, Serialize};

use crate::abuse::AbuseSection;
use crate::expr::Expr;
use crate::expr::facts::MEMBER_CARDS;
use crate::ledger::policies::{Policy, Terms};
use crate::promotions::{self, Promotions, PromotionsSection};
use crate::time::Zone;

pub mod benefits;
pub mod cards;
pub mod growth;
pub mod ladder;
pub mod lifetimes;
pub mod points;
pub mod problems;
pub mod reading;
pub mod rules;
pub mod texts;
pub mod versions;
pub mod wallet;

use cards::CardSection;
use growth::{GrowthRules, GrowthSection};
use ladder::{Ladder, TiersSection};
use points::{AwardsSection, EarningRules, PointsSection, SpendTerms};
use problems::{Problem, Problems};
use wallet::WalletSection;

/// A program's rules as they are written.
///
/// A field that is left out has the value of the default program; a field that
/// is not known is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// The currency of all amounts: three capital letters of ISO 4217.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    pub currency: String,
    /// The IANA time zone that days, months and years belong to.
    pub time_zone: String,
    /// How points are earned, mature, expire and are spent.
    pub points: PointsSection,
    /// How growth, the measure of tiers, is earned.
    pub growth: GrowthSection,
    /// The ladder of tiers and how long a tier is held.
    pub tiers: TiersSection,
    /// Stored value: limits, plans, spend order.
    pub wallet: WalletSection,
    /// What makes carts cheaper.
    pub promotions: PromotionsSection,
    /// What is counted against abuse.
    pub abuse: AbuseSection,
    /// Benefit cards and service cards on sale.
    pub cards: Vec<CardSection>,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            currency: "CNY".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            points: PointsSection::default(),
            growth: GrowthSection::default(),
            tiers: TiersSection::default(),
            wallet: WalletSection::default(),
            promotions: PromotionsSection::default(),
            abuse: AbuseSection::default(),
            cards: Vec::new(),
        }
    }
}

/// The rules a new server starts with.
///
/// Ten points and a hundred growth per ¥100.00, a hundred points worth ¥1.00,
/// points that end a year later, and the tiers basic, silver and gold.
pub fn default_document() -> Document {
    Document::default()
}

/// The JSON Schema of [`Document`].
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

/// A checked program: what every order, refund and review is decided by.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Three capital letters.
    pub currency: String,
    /// Where its days, months and years are.
    pub zone: Zone,
    /// How orders earn points.
    pub earning: EarningRules,
    /// How long points live, and what becomes of a claw-back.
    pub policy: Policy,
    /// What points buy at a checkout.
    pub spend: SpendTerms,
    /// Points given for what is not an order.
    pub awards: AwardsSection,
    /// How orders earn growth.
    pub growth: GrowthRules,
    /// The tiers.
    pub ladder: Ladder,
    /// Stored value.
    pub wallet: WalletSection,
    /// What makes carts cheaper.
    pub promotions: Promotions,
    /// What is counted against abuse.
    pub abuse: AbuseSection,
    /// Benefit cards and service cards on sale.
    pub cards: Vec<CardSection>,
    /// Whether a condition asks which cards a member has: only then need they be loaded.
    pub asks_for_cards: bool,
    /// What is allowed, but is likely not meant.
    pub warnings: Vec<Problem>,
}

impl Program {
    /// The life of points with the calendar it belongs to, as the ledger wants it.
    pub fn terms(&self) -> Terms<'_> {
        Terms { policy: &self.policy, zone: &self.zone }
    }

    /// The card of that id.
    pub fn card(&self, id: &str) -> Option<&CardSection> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// Every condition of earning: of rules, of multipliers, of growth rules.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let earning = self.earning.rules.iter().map(|rule| &rule.when);
        let multipliers = self.earning.multipliers.iter().map(|multiplier| &multiplier.when);
        earning.chain(multipliers).chain(self.growth.rules.iter().map(|rule| &rule.when))
    }
}

/// Checks a document and compiles it.
///
/// # Errors
///
/// Every problem found, warnings among them, when at least one is an error.
pub fn check(document: &Document) -> Result<Program, Vec<Problem>> {
    let mut problems = Problems::default();
    check_currency(&document.currency, &mut problems);
    let zone = check_zone(&document.time_zone, &mut problems);
    let points = document.points.compile(&mut problems);
    let growth = document.growth.compile(&mut problems);
    let ladder = document.tiers.compile(&mut problems);
    let promotions = document.promotions.compile(&mut problems);
    document.wallet.check(&mut problems);
    document.abuse.check(&mut problems);
    cards::check(&document.cards, &mut problems);
    warn_of_unknown_names(document, &mut problems);

    match (zone, points, growth, promotions) {
        (Some(zone), Some(points), Some(growth), Some(promotions)) if !problems.has_errors() => {
            let mut program = Program {
                currency: document.currency.clone(),
                zone,
                earning: points.earning,
                policy: points.policy,
                spend: points.spend,
                awards: points.awards,
                growth,
                ladder,
                promotions,
                wallet: document.wallet.clone(),
                abuse: document.abuse.clone(),
                cards: document.cards.clone(),
                asks_for_cards: false,
                warnings: problems.into_all(),
            };
            program.asks_for_cards = asks_for_cards(&program);
            Ok(program)
        }
        _ => Err(problems.into_all()),
    }
}

fn check_currency(currency: &str, problems: &mut Problems) {
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        problems.error("/currency", "program.currency", "a currency is three capital letters");
    }
}

fn check_zone(name: &str, problems: &mut Problems) -> Option<Zone> {
    let zone = Zone::named(name);
    zone.map_err(|error| problems.error("/time_zone", "program.time_zone", error.to_string())).ok()
}

fn asks_for_cards(program: &Program) -> bool {
    let audiences = program.promotions.audience_conditions();
    let mut conditions = program.conditions().chain(audiences);
    conditions.any(|when| when.slots_used().contains(&MEMBER_CARDS))
}

fn warn_of_unknown_names(document: &Document, problems: &mut Problems) {
    let known = |id: &str| document.tiers.ladder.iter().any(|tier| tier.id == id);
    let earn = &document.points.earn;
    let texts = rules::conditions("/points/earn/rules", &earn.rules)
        .chain(points::conditions("/points/earn/multipliers", &earn.multipliers))
        .chain(rules::conditions("/growth/rules", &document.growth.rules))
        .chain(promotions::audiences(&document.promotions));
    for (pointer, text) in texts {
        for tier in texts::compared_with(text, "member.tier") {
            if !known(tier) {
                let message = format!("there is no tier {tier} in the ladder");
                problems.warning(pointer.clone(), "program.unknown_tier", message);
            }
        }
        for card in texts::looked_for_in(text, "member.cards") {
            if !document.cards.iter().any(|known| known.id == card) {
                let message = format!("there is no card {card} among those of the program");
                problems.warning(pointer.clone(), "program.unknown_card", message);
            }
        }
    }
}

#[cfg(test)]
mod tests;
