//! Members: joining, looking up, profiles, changes.

use std::collections::BTreeMap;

use hui_loyalty::members::Gender;
use hui_loyalty::time::CalendarDate;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

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
#[expect(clippy::option_option, reason = "null empties a field, one left out stays")]
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
#[expect(clippy::option_option, reason = "null empties a field, one left out stays")]
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
