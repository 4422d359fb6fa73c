//! Members and the ways to recognise them: identities, resolving, merging.
//!
//! An identity belongs to at most one member at a time. Values reach this
//! module already normalised and as blind indexes: no rule needs the phone
//! itself, only whether two phones are the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub mod claims;
pub mod codes;
pub mod habits;
pub mod masks;
pub mod resolving;

/// What kind of identity a value is, in the order the field names them.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A phone number, E.164; has no scope.
    Phone,
    /// The WeChat open platform's id of a person; scope = the open platform account.
    Unionid,
    /// A platform's buyer id (Tmall ouid, JD xid …); scope = platform or seller.
    BuyerId,
    /// An app's id of a person (WeChat, Douyin openid); scope = app.
    Openid,
    /// Alipay's user id.
    AlipayId,
    /// A membership card number; scope = the card's issuer.
    Card,
    /// An e-mail address, lower case; has no scope.
    Email,
    /// The id in the brand's own CRM; scope = the system.
    CrmId,
    /// A platform's digest or cipher of a phone; scope = the seller's key.
    PhoneToken,
    /// A masked phone such as `138****8000`; never identifies alone.
    PhoneMasked,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Phone,
        Self::Unionid,
        Self::BuyerId,
        Self::Openid,
        Self::AlipayId,
        Self::Card,
        Self::Email,
        Self::CrmId,
        Self::PhoneToken,
        Self::PhoneMasked,
    ];

    /// The name used in JSON, SQL and the console.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Unionid => "unionid",
            Self::BuyerId => "buyer_id",
            Self::Openid => "openid",
            Self::AlipayId => "alipay_id",
            Self::Card => "card",
            Self::Email => "email",
            Self::CrmId => "crm_id",
            Self::PhoneToken => "phone_token",
            Self::PhoneMasked => "phone_masked",
        }
    }

    /// Whether values of this kind are told apart by a scope as well.
    pub const fn has_scope(self) -> bool {
        !matches!(self, Self::Phone | Self::Email)
    }
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// There is no identity kind of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown identity kind {0}")]
pub struct UnknownIdentityKind(pub String);

impl FromStr for IdentityKind {
    type Err = UnknownIdentityKind;

    fn from_str(text: &str) -> Result<Self, UnknownIdentityKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownIdentityKind(text.to_owned()))
    }
}

/// An identity as a caller gives it: normalised, not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What kind of value it is.
    pub kind: IdentityKind,
    /// The app, platform, seller or issuer; empty for phone and e-mail.
    pub scope: String,
    /// The normalised value.
    pub value: String,
    /// Whether the caller vouches that the person controls it (an SMS code, a platform's own word).
    pub verified: bool,
}

/// What an event says about the person besides identities; fills empty fields only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The name as given.
    pub name: Option<String>,
    /// `male`, `female` or `other`.
    pub gender: Option<Gender>,
    /// The date of birth.
    pub birthday: Option<crate::time::CalendarDate>,
}

/// Gender as the channels report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// 女
    Female,
    /// 男
    Male,
    /// Neither of the two, or not told.
    Other,
}

/// Takes over what `given` knows and `profile` does not; a known field never changes.
pub fn fill(profile: &mut Profile, given: &Profile) {
    if profile.name.is_none() {
        profile.name.clone_from(&given.name);
    }
    profile.gender = profile.gender.or(given.gender);
    profile.birthday = profile.birthday.or(given.birthday);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_fields_are_filled() {
        let mut profile = Profile { name: Some("王小明".to_owned()), ..Profile::default() };
        let given = Profile {
            name: Some("小明".to_owned()),
            gender: Some(Gender::Male),
            birthday: "1990-02-28".parse().ok(),
        };

        fill(&mut profile, &given);

        assert_eq!(profile, Profile { name: Some("王小明".to_owned()), ..given });
    }
}
