//! The section `wallet`: what members may pay in, what comes on top, how it is spent.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::texts::LocalText;
use crate::amounts::{AMOUNT_MAX, Money};
use crate::wallet::spending::SpendOrder;

/// Stored value, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WalletSection {
    /// Which part a purchase takes first.
    pub spend_order: SpendOrder,
    /// How much of what was paid in one wallet may hold.
    pub limits: WalletLimits,
    /// For how many days a bonus lives, to the end of the last; left out, for ever.
    #[schemars(range(min = 1, max = 3_660))]
    pub bonus_days: Option<i64>,
    /// Days that bonus lives on which a refund gives back after its end.
    #[schemars(range(min = 0, max = 3_660))]
    pub restore_grace_days: i64,
    /// What members may buy.
    pub plans: Vec<TopUpPlan>,
}

/// How much of what was paid in one wallet may hold, as the rules for prepaid cards have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WalletLimits {
    /// Of a member who is known by phone, in fen.
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub named: Money,
    /// Of anybody else, in fen.
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub unnamed: Money,
}

impl Default for WalletLimits {
    fn default() -> Self {
        Self { named: Money(500_000), unnamed: Money(100_000) }
    }
}

/// A top-up that is on offer: 储200返20.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUpPlan {
    /// What the plan is called in requests.
    pub id: String,
    /// What it is called for people.
    #[serde(default)]
    pub name: LocalText,
    /// What the member pays, in fen.
    #[schemars(with = "i64", range(min = 1, max = 1_000_000_000_000_i64))]
    pub principal: Money,
    /// What comes on top, in fen.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 0, max = 1_000_000_000_000_i64))]
    pub bonus: Money,
    /// The coupon template of which one is given with it.
    #[serde(default)]
    pub coupon_template: Option<String>,
}

impl Default for WalletSection {
    fn default() -> Self {
        Self {
            spend_order: SpendOrder::ProRata,
            limits: WalletLimits::default(),
            bonus_days: None,
            restore_grace_days: 30,
            plans: Vec::new(),
        }
    }
}

impl WalletSection {
    pub(crate) fn check(&self, problems: &mut Problems) {
        problems.range("/wallet/limits/named".to_owned(), self.limits.named.0, 0..=AMOUNT_MAX);
        problems.range("/wallet/limits/unnamed".to_owned(), self.limits.unnamed.0, 0..=AMOUNT_MAX);
        if let Some(days) = self.bonus_days {
            problems.range("/wallet/bonus_days".to_owned(), days, 1..=3_660);
        }
        let grace = "/wallet/restore_grace_days".to_owned();
        problems.range(grace, self.restore_grace_days, 0..=3_660);
        for (place, plan) in self.plans.iter().enumerate() {
            let pointer = format!("/wallet/plans/{place}");
            problems.range(format!("{pointer}/principal"), plan.principal.0, 1..=AMOUNT_MAX);
            problems.range(format!("{pointer}/bonus"), plan.bonus.0, 0..=AMOUNT_MAX);
            if plan.id.is_empty() || plan.id.len() > 64 {
                let message = "an id has 1 to 64 bytes";
                problems.error(format!("{pointer}/id"), "program.wallet_plan", message);
            }
            if self.plans.iter().take(place).any(|earlier| earlier.id == plan.id) {
                let message = "another plan has this id";
                problems.error(format!("{pointer}/id"), "program.wallet_plan", message);
            }
            let template = plan.coupon_template.as_deref();
            if template.is_some_and(|id| id.parse::<crate::ids::TemplateId>().is_err()) {
                let message = "not the number of a coupon template";
                problems.error(
                    format!("{pointer}/coupon_template"),
                    "program.wallet_plan",
                    message,
                );
            }
        }
    }
}
