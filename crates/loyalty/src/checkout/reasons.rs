//! What applied to a cart, what did not and why, and what would.

use serde::{Deserialize, Serialize};

use crate::amounts::{Money, Points};
use crate::program::texts::LocalText;
use crate::promotions::PromotionId;

/// Something that may make a cart cheaper or pay for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Offer {
    /// A promotion, by its id.
    Promotion(PromotionId),
    /// A coupon, by its code.
    Coupon(String),
    /// The member's points.
    Points,
    /// The member's stored value.
    Wallet,
}

impl std::fmt::Display for Offer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Promotion(id) => id.fmt(out),
            Self::Coupon(code) => write!(out, "coupon {code}"),
            Self::Points => out.write_str("points"),
            Self::Wallet => out.write_str("wallet"),
        }
    }
}

impl Offer {
    /// Whether it is the promotion with this id.
    pub fn is_promotion(&self, id: &str) -> bool {
        matches!(self, Self::Promotion(known) if **known == *id)
    }
}

/// What an offer took off a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The offer.
    pub offer: Offer,
    /// How much, positive.
    pub amount: Money,
}

/// An offer that was not used, or not as far as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The offer.
    pub offer: Offer,
    /// Why.
    pub why: Why,
    /// What would change it, where something would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// Why an offer does not apply. [`Why::code`] never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The promotion's time has not come or is over.
    PromotionNotNow,
    /// It is for other members.
    PromotionAudience,
    /// The lines in its scope come to too little.
    PromotionSpend,
    /// Too few pieces are in its scope.
    PromotionPieces,
    /// Another product or way of delivery that it asks for is not in the cart.
    PromotionCompanion,
    /// Nothing in the cart becomes cheaper by it.
    PromotionNothingLeft,
    /// Another promotion of its stacking group applies.
    PromotionGroup,
    /// An exclusive promotion applies, or it is exclusive itself and another applies.
    PromotionExclusive,
    /// Its budget or quota is used up, or does not cover this cart.
    PromotionBudget,
    /// The member has had as much of it as one member may.
    PromotionMemberQuota,
    /// Of what it gives free of charge there is not enough left.
    PromotionGiftGone,
    /// The member has no such coupon that can be used.
    CouponUnknown,
    /// The code was named twice.
    CouponRepeated,
    /// It is not for this channel, shop or store.
    CouponPlace,
    /// It may be used at other hours or on other days.
    CouponNotNow,
    /// Nothing in the cart is in its scope.
    CouponScope,
    /// The lines in its scope come to too little.
    CouponSpend,
    /// A promotion that applied is not combined with coupons, or it is for full prices only.
    CouponPromotion,
    /// Another coupon of its stacking group is used.
    CouponGroup,
    /// It would take nothing off.
    CouponNothingLeft,
    /// It is not part of the best combination.
    CouponNotBest,
    /// Of what it gives free of charge there is not enough left.
    CouponGiftGone,
    /// The member has fewer points.
    PointsBalance,
    /// Points may pay only a share of the order.
    PointsShare,
    /// Points are spent in steps.
    PointsStep,
    /// Fewer points than are spent at least.
    PointsMinimum,
    /// Points pay for nothing in this program or cart.
    PointsNoUse,
    /// The wallet holds less.
    WalletBalance,
    /// Less is left to pay.
    WalletNothingLeft,
}

/// Every reason with its code.
const CODES: [(Why, &str); 29] = [
    (Why::PromotionNotNow, "promotion.not_now"),
    (Why::PromotionAudience, "promotion.audience"),
    (Why::PromotionSpend, "promotion.spend"),
    (Why::PromotionPieces, "promotion.pieces"),
    (Why::PromotionCompanion, "promotion.companion"),
    (Why::PromotionNothingLeft, "promotion.nothing_left"),
    (Why::PromotionGroup, "promotion.group"),
    (Why::PromotionExclusive, "promotion.exclusive"),
    (Why::PromotionBudget, "promotion.budget"),
    (Why::PromotionMemberQuota, "promotion.member_quota"),
    (Why::PromotionGiftGone, "promotion.gift_gone"),
    (Why::CouponUnknown, "coupon.unknown"),
    (Why::CouponRepeated, "coupon.repeated"),
    (Why::CouponPlace, "coupon.place"),
    (Why::CouponNotNow, "coupon.not_now"),
    (Why::CouponScope, "coupon.scope"),
    (Why::CouponSpend, "coupon.spend"),
    (Why::CouponPromotion, "coupon.promotion"),
    (Why::CouponGroup, "coupon.group"),
    (Why::CouponNothingLeft, "coupon.nothing_left"),
    (Why::CouponNotBest, "coupon.not_best"),
    (Why::CouponGiftGone, "coupon.gift_gone"),
    (Why::PointsBalance, "points.balance"),
    (Why::PointsShare, "points.share"),
    (Why::PointsStep, "points.step"),
    (Why::PointsMinimum, "points.minimum"),
    (Why::PointsNoUse, "points.no_use"),
    (Why::WalletBalance, "wallet.balance"),
    (Why::WalletNothingLeft, "wallet.nothing_left"),
];

impl Why {
    /// The stable code, such as `coupon.spend`.
    pub fn code(self) -> &'static str {
        CODES.iter().find(|(why, _)| *why == self).map_or("", |(_, code)| code)
    }

    fn of_code(code: &str) -> Option<Self> {
        CODES.iter().find(|(_, known)| *known == code).map(|(why, _)| *why)
    }
}

impl Serialize for Why {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::of_code(&code).ok_or_else(|| serde::de::Error::custom("no such reason"))
    }
}

/// What a shopper or cashier can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Fix {
    /// Add products in scope for so much more.
    AddSpend {
        /// In minor units.
        amount: Money,
    },
    /// Add so many more pieces in scope.
    AddPieces {
        /// Pieces.
        pieces: i64,
    },
    /// Ask for so many points instead.
    UsePoints {
        /// Points.
        points: Points,
    },
    /// Ask for so much of the wallet instead.
    UseWallet {
        /// In minor units.
        amount: Money,
    },
    /// Leave this offer out.
    Without {
        /// The offer in the way.
        offer: Offer,
    },
}

/// An offer that is nearly reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearly {
    /// The promotion or coupon.
    pub offer: Offer,
    /// What it is called.
    pub name: LocalText,
    /// What is missing: spend or pieces.
    pub add: Fix,
    /// What it then takes off beyond what it takes off now; zero for gifts.
    pub saves: Money,
}
