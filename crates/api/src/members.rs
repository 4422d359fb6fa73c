//! Members: joining, looking up, profiles, changes.

use std::collections::BTreeMap;

use hui_loyalty::ids::MemberId;
use hui_loyalty::members::Gender;
use hui_loyalty::time::{CalendarDate, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::points::BalanceBody;
use crate::wire::ClaimBody;

/// A person who joins.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "identities": [{"kind": "phone", "value": "13800138000", "verified": true}],
    "profile": {"name": "王小明", "birthday": "1990-02-28"},
    "channel": "mini_program", "touchpoint": "after-payment"
}))]
pub(crate) struct JoinBody {
    /// The ways to recognise the person; at least one.
    pub(crate) identities: Vec<ClaimBody>,
    /// What is known of the person; fills empty fields only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<crate::wire::ProfileBody>,
    /// The channel of the join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<String>,
    /// The shop of the join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shop: Option<String>,
    /// The guide or cashier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) staff: Option<String>,
    /// The code or place that invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) touchpoint: Option<String>,
    /// What the person agreed to: the text's name and its version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) consents: BTreeMap<String, String>,
}

/// Whom to look up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"identities": [{"kind": "phone", "value": "13800138000"}]}))]
pub(crate) struct LookupBody {
    /// Ways to recognise the member; the strongest that is known wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) identities: Vec<ClaimBody>,
    /// A scanned member code, instead of identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// What to search for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "13800138000", "limit": 20}))]
pub(crate) struct MemberSearchBody {
    /// A whole phone, member number, card or e-mail address, or an order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Only members of this tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tier: Option<String>,
    /// 1 to 500; 50 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<i64>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// What to change of a profile; what is left out stays, null empties.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "王小明", "birthday": null}))]
pub(crate) struct MemberPatch {
    /// The name.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Option<String>>,
    /// `female`, `male` or `other`.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) gender: Option<Option<Gender>>,
    /// The date of birth.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) birthday: Option<Option<CalendarDate>>,
    /// The tags, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
}

/// Tells a field that is null from one that is left out.
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A member in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberSummaryBody {
    #[schema(value_type = String)]
    pub(crate) member_id: MemberId,
    /// The name, masked.
    pub(crate) name: Option<String>,
    /// The phone, masked.
    pub(crate) phone: Option<String>,
    pub(crate) tier: String,
    /// Growth in the window that counts for the tier.
    pub(crate) growth: i64,
    pub(crate) points: BalanceBody,
    pub(crate) wallet: WalletBody,
    pub(crate) coupons: CouponCountBody,
    pub(crate) tags: Vec<String>,
    /// The number that was asked for, where that member was merged into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) redirected_from: Option<MemberId>,
}

/// Stored value.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct WalletBody {
    /// What was paid in, in fen.
    pub(crate) principal: i64,
    /// What was given on top, in fen.
    pub(crate) bonus: i64,
}

/// Coupons.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct CouponCountBody {
    /// How many can be used now.
    pub(crate) usable: i64,
}

/// A line of a list of members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberRowBody {
    #[schema(value_type = String)]
    pub(crate) member_id: MemberId,
    /// The name, masked.
    pub(crate) name: Option<String>,
    /// The phone, masked.
    pub(crate) phone: Option<String>,
    pub(crate) tier: String,
    /// `active`, `merged` or `erased`.
    pub(crate) status: &'static str,
    pub(crate) growth: i64,
    pub(crate) points_available: i64,
    pub(crate) channels: Vec<String>,
    pub(crate) orders: i64,
    /// Money paid, refunds taken off, in fen.
    pub(crate) spent: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) joined_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_order_at: Option<Timestamp>,
}
