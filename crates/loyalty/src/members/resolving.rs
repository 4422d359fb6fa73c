//! Which member an event is about: semantics, section 9.
//!
//! The answer depends on what is known, never on the order in which the
//! identities are written. Two members who carry different verified phones, or
//! different birthdays, are never made one here; a person decides that.

use super::claims::{identifies, strength};
use super::{Claim, IdentityKind};
use crate::ids::MemberId;
use crate::time::{CalendarDate, Timestamp};

/// A member that one of the given identities leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The member, never one that was merged away.
    pub member: MemberId,
    /// Whether it is a member, rather than a profile that only collects orders.
    pub bound: bool,
    /// The blind index of its verified phone.
    pub verified_phone: Option<String>,
    /// Its date of birth.
    pub birthday: Option<CalendarDate>,
    /// When it came to be: of two without a verified phone the older survives.
    pub created_at: Timestamp,
}

/// Whom an identity belongs to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The member.
    pub candidate: &'a Candidate,
    /// Whether the identity is recorded as verified.
    pub verified: bool,
}

/// An identity as given by the event, looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its kind.
    pub kind: IdentityKind,
    /// Whether the event vouches for it.
    pub verified: bool,
    /// Its blind index: equal for equal values of one kind and scope, else different.
    pub index: &'a str,
    /// The member it belongs to; `None` for one never seen or belonging to nobody.
    pub owner: Option<Owner<'a>>,
}

impl<'a> Known<'a> {
    /// A claim with its blind index and what the store knows of it.
    pub const fn new(claim: &Claim, index: &'a str, owner: Option<Owner<'a>>) -> Self {
        Self { kind: claim.kind, verified: claim.verified, index, owner }
    }

    const fn strength(&self) -> u8 {
        strength(self.kind, self.verified)
    }

    const fn is_verified_phone(&self) -> bool {
        matches!(self.kind, IdentityKind::Phone) && self.verified
    }
}

/// Whose event it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No usable identity: the event is stored without a member.
    Nobody,
    /// Nobody has any of the identities: a member is created.
    Create,
    /// One member has them.
    Member(MemberId),
    /// Several have them and become one.
    Merge {
        /// The survivor.
        into: MemberId,
        /// Those that become part of it, from the strongest identity down.
        absorbed: Vec<MemberId>,
    },
}

/// What a person must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// A verified phone was given for a member that has another one; it was not linked.
    SecondPhone {
        /// Which of the given identities.
        claim: usize,
    },
    /// The event points at another member too, who carries another verified phone.
    DifferentPhones {
        /// The other member.
        other: MemberId,
    },
    /// The event points at another member too, who has another birthday.
    BirthdaysDiffer {
        /// The other member.
        other: MemberId,
    },
}

impl Review {
    /// The name used in JSON, SQL and the console.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SecondPhone { .. } => "second_phone",
            Self::DifferentPhones { .. } => "different_phones",
            Self::BirthdaysDiffer { .. } => "birthdays_differ",
        }
    }

    /// The member kept apart, where the review is about two.
    pub const fn other(&self) -> Option<MemberId> {
        match self {
            Self::SecondPhone { .. } => None,
            Self::DifferentPhones { other } | Self::BirthdaysDiffer { other } => Some(*other),
        }
    }
}

/// What an event's identities lead to. Numbers are places in the given claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Whose event it is. Reviews that name another member tell of a conflict.
    pub outcome: Outcome,
    /// Whether the resulting member is bound once the links are made.
    pub bound: bool,
    /// The blind index of the resulting member's verified phone.
    pub verified_phone: Option<String>,
    /// The identity that brings the event: the strongest that already belonged to
    /// the member or one it absorbs, else the strongest to be linked. An un-merge
    /// sends the event to that identity's side.
    pub by: Option<usize>,
    /// Identities of nobody that are to be linked to the member, the strongest first.
    pub link: Vec<usize>,
    /// Identities that belong to it unverified and become verified, the strongest first.
    pub promote: Vec<usize>,
    /// What a person must look at.
    pub reviews: Vec<Review>,
}

impl Resolution {
    /// The member that already exists and keeps its number.
    pub const fn member(&self) -> Option<MemberId> {
        match self.outcome {
            Outcome::Nobody | Outcome::Create => None,
            Outcome::Member(member) | Outcome::Merge { into: member, .. } => Some(member),
        }
    }
}

/// Finds the member of an event by its identities.
///
/// Members the identities lead to are taken from the strongest identity down.
/// The first is kept; each next is merged with those so far unless verified
/// phones or birthdays stand against it, in which case it stays as it is and a
/// review is filed. Identities that belong to nobody are linked to the result,
/// except a second verified phone. A masked phone is never linked: it belongs to
/// thousands.
///
/// A phone that the event verifies counts as its owner's verified phone, if that
/// member has none yet. A phone of either kind makes the member bound: the join
/// award is due "when a member with a phone first exists", and an order brings
/// unverified phones mostly.
///
/// The event's own birthday plays no part: it fills an empty field of the result
/// ([`super::fill`]) and decides nothing between members.
pub fn resolve(claims: &[Known<'_>]) -> Resolution {
    let claims = strongest_first(claims);
    let (members, mut reviews) = members_together(&claims);
    let mut verified_phone = members.iter().find_map(|member| phone_of(member, &claims));
    let belongs =
        |owner: Owner<'_>| members.iter().any(|kept| kept.member == owner.candidate.member);

    let mut link = Vec::new();
    let mut promote = Vec::new();
    let mut brought = None;
    for (place, claim) in &claims {
        let ours = claim.owner.is_some_and(belongs);
        if ours && brought.is_none() {
            brought = Some(*place);
        }
        let change = match claim.owner {
            None => &mut link,
            Some(owner) if ours && claim.verified && !owner.verified => &mut promote,
            Some(_) => continue,
        };
        if claim.is_verified_phone() {
            let first = verified_phone.get_or_insert_with(|| claim.index.to_owned());
            if first != claim.index {
                reviews.push(Review::SecondPhone { claim: *place });
                continue;
            }
        }
        change.push(*place);
    }

    let has_phone = claims.iter().any(|(place, claim)| {
        let linked = link.contains(place) || claim.owner.is_some_and(belongs);
        claim.kind == IdentityKind::Phone && linked
    });
    Resolution {
        outcome: outcome(&members, &claims),
        bound: has_phone || verified_phone.is_some() || members.iter().any(|member| member.bound),
        by: brought.or(link.first().copied()),
        verified_phone,
        link,
        promote,
        reviews,
    }
}

type Placed<'a> = (usize, Known<'a>);

/// The identities that lead to a person, each once, the strongest first.
///
/// Between equals an owner who would survive the other comes first, then the
/// smaller index: anything but the order in which they were written.
fn strongest_first<'a>(claims: &[Known<'a>]) -> Vec<Placed<'a>> {
    let mut placed: Vec<Placed<'a>> =
        claims.iter().copied().enumerate().filter(|(_, claim)| identifies(claim.kind)).collect();
    placed.sort_by(|(_, one), (_, other)| {
        let seniority = |claim: &Known<'_>| {
            claim.owner.map_or((true, true, Timestamp::MAX, i64::MAX), |owner| {
                let Candidate { verified_phone, created_at, member, .. } = owner.candidate;
                (false, verified_phone.is_none(), *created_at, member.0)
            })
        };
        other
            .strength()
            .cmp(&one.strength())
            .then_with(|| seniority(one).cmp(&seniority(other)))
            .then_with(|| one.index.cmp(other.index))
    });
    let mut seen: Vec<&str> = Vec::with_capacity(placed.len());
    placed.retain(|(_, claim)| {
        let fresh = !seen.contains(&claim.index);
        seen.push(claim.index);
        fresh
    });
    placed
}

/// The members that are or become one, the strongest identity's first, and a
/// review for each other member the identities lead to.
fn members_together<'a>(claims: &[Placed<'a>]) -> (Vec<&'a Candidate>, Vec<Review>) {
    let mut together: Vec<&Candidate> = Vec::new();
    let mut reviews: Vec<Review> = Vec::new();
    for (_, claim) in claims {
        let Some(Owner { candidate, .. }) = claim.owner else { continue };
        let met = together.iter().any(|kept| kept.member == candidate.member)
            || reviews.iter().any(|review| review.other() == Some(candidate.member));
        if met {
            continue;
        }
        match against(&together, candidate, claims) {
            Some(review) => reviews.push(review),
            None => together.push(candidate),
        }
    }
    (together, reviews)
}

/// What stands against making `candidate` one with those `together`.
fn against(
    together: &[&Candidate],
    candidate: &Candidate,
    claims: &[Placed<'_>],
) -> Option<Review> {
    let phone = together.iter().find_map(|kept| phone_of(kept, claims));
    let other = candidate.member;
    if differ(phone, phone_of(candidate, claims)) {
        return Some(Review::DifferentPhones { other });
    }
    let birthday = together.iter().find_map(|kept| kept.birthday);
    differ(birthday, candidate.birthday).then_some(Review::BirthdaysDiffer { other })
}

/// Whether both are known and not the same.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// The member's verified phone, or the one of its phones that the event verifies.
fn phone_of(member: &Candidate, claims: &[Placed<'_>]) -> Option<String> {
    let verified_now = || {
        claims.iter().find(|(_, claim)| {
            let owner = claim.owner.map(|owner| owner.candidate.member);
            claim.is_verified_phone() && owner == Some(member.member)
        })
    };
    member
        .verified_phone
        .clone()
        .or_else(|| verified_now().map(|(_, claim)| claim.index.to_owned()))
}

fn outcome(members: &[&Candidate], claims: &[Placed<'_>]) -> Outcome {
    let survivor = members.iter().min_by_key(|member| {
        (phone_of(member, claims).is_none(), member.created_at, member.member)
    });
    match survivor {
        None if claims.is_empty() => Outcome::Nobody,
        None => Outcome::Create,
        Some(survivor) if members.len() == 1 => Outcome::Member(survivor.member),
        Some(survivor) => Outcome::Merge {
            into: survivor.member,
            absorbed: members
                .iter()
                .map(|member| member.member)
                .filter(|member| *member != survivor.member)
                .collect(),
        },
    }
}

/// Why staff may not make two members one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    /// Both are the same.
    #[error("a member cannot be merged with itself")]
    SameMember,
    /// They carry different verified phones and the actor may not overrule that.
    #[error(
        "the members have different verified phones: merging them needs the right members.merge_verified"
    )]
    RightMissing,
    /// They carry different verified phones and no reason was given.
    #[error("the members have different verified phones: merging them needs a reason")]
    ReasonMissing,
}

impl MergeRefusal {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SameMember => "merge.same_member",
            Self::RightMissing => "merge.right_missing",
            Self::ReasonMissing => "merge.reason_missing",
        }
    }
}

/// Whether staff may make two members one.
///
/// Birthdays do not stand against it: a person has looked. Different verified
/// phones need a reason and the right `members.merge_verified`.
///
/// # Errors
///
/// [`MergeRefusal`] when something is missing for it.
pub fn merge_allowed_by_staff(
    into: &Candidate,
    absorbed: &Candidate,
    may_merge_verified: bool,
    reason: &str,
) -> Result<(), MergeRefusal> {
    if into.member == absorbed.member {
        return Err(MergeRefusal::SameMember);
    }
    if !differ(into.verified_phone.as_ref(), absorbed.verified_phone.as_ref()) {
        return Ok(());
    }
    if !may_merge_verified {
        return Err(MergeRefusal::RightMissing);
    }
    if reason.trim().is_empty() { Err(MergeRefusal::ReasonMissing) } else { Ok(()) }
}
