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

    /// The member whose unverified link gives way: the event verifies a phone that
    /// belongs unverified to a member who has verified another one.
    fn yielding(&self) -> Option<MemberId> {
        let owner = self.owner.filter(|owner| self.is_verified_phone() && !owner.verified)?;
        let own = owner.candidate.verified_phone.as_deref()?;
        (own != self.index).then_some(owner.candidate.member)
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
    /// Identities of nobody that are to be linked to the member, the strongest first;
    /// and a phone that another member has only unverified and is to lose.
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
/// Verified beats unverified: where a member who has verified another phone has the
/// event's verified phone only unverified (as the number of whoever receives the
/// goods, say), that link leads nowhere. The phone goes to the event's own member,
/// which is told in a review; only where it cannot be linked there it stays.
///
/// The event's own birthday plays no part: it fills an empty field of the result
/// ([`super::fill`]) and decides nothing between members.
pub fn resolve(claims: &[Known<'_>]) -> Resolution {
    let former: Vec<Option<MemberId>> = claims.iter().map(Known::yielding).collect();
    let given = claims.iter().zip(&former);
    let claims: Vec<Known<'_>> = given
        .map(|(claim, former)| match former {
            Some(_) => Known { owner: None, ..*claim },
            None => *claim,
        })
        .collect();
    let claims = strongest_first(&claims);
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
        let lost = former.get(*place).copied().flatten();
        if let Some(other) =
            lost.filter(|lost| !reviews.iter().any(|one| one.other() == Some(*lost)))
        {
            reviews.push(Review::DifferentPhones { other });
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(id: i64) -> Candidate {
        Candidate {
            member: MemberId(id),
            bound: false,
            verified_phone: None,
            birthday: None,
            created_at: Timestamp(id),
        }
    }

    fn with_phone(id: i64, phone: &str) -> Candidate {
        Candidate { bound: true, verified_phone: Some(phone.to_owned()), ..member(id) }
    }

    fn born(id: i64, birthday: &str) -> Candidate {
        Candidate { birthday: birthday.parse().ok(), ..member(id) }
    }

    fn new(kind: IdentityKind, index: &str) -> Known<'_> {
        Known { kind, verified: true, index, owner: None }
    }

    fn of<'a>(candidate: &'a Candidate, kind: IdentityKind, index: &'a str) -> Known<'a> {
        Known { owner: Some(Owner { candidate, verified: true }), ..new(kind, index) }
    }

    fn unverified(known: Known<'_>) -> Known<'_> {
        Known { verified: false, ..known }
    }

    fn merged(into: i64, absorbed: i64) -> Outcome {
        Outcome::Merge { into: MemberId(into), absorbed: vec![MemberId(absorbed)] }
    }

    #[test]
    fn without_identities_the_event_is_nobodys() {
        assert_eq!(resolve(&[]).outcome, Outcome::Nobody);
    }

    #[test]
    fn a_masked_phone_leads_to_nobody_and_is_never_linked() {
        let alone = resolve(&[new(IdentityKind::PhoneMasked, "m")]);
        let beside =
            resolve(&[new(IdentityKind::PhoneMasked, "m"), new(IdentityKind::Openid, "o")]);

        assert_eq!((alone.outcome, alone.link), (Outcome::Nobody, vec![]));
        assert_eq!((beside.outcome, beside.link), (Outcome::Create, vec![1]));
    }

    #[test]
    fn a_phone_creates_a_bound_member_and_a_buyer_id_an_unbound_profile() {
        let phone = resolve(&[new(IdentityKind::Phone, "p")]);
        let unverified = resolve(&[unverified(new(IdentityKind::Phone, "p"))]);
        let buyer = resolve(&[new(IdentityKind::BuyerId, "b")]);

        assert!(phone.bound && phone.outcome == Outcome::Create);
        assert_eq!(phone.verified_phone.as_deref(), Some("p"));
        assert!(unverified.bound && unverified.verified_phone.is_none());
        assert!(!buyer.bound && buyer.outcome == Outcome::Create);
    }

    #[test]
    fn new_identities_are_linked_to_the_member_of_the_known_one() {
        let known = member(1);

        let found = resolve(&[
            new(IdentityKind::Phone, "p"),
            of(&known, IdentityKind::Openid, "o"),
            new(IdentityKind::Card, "c"),
        ]);

        assert_eq!(found.outcome, Outcome::Member(MemberId(1)));
        assert_eq!(found.link, [0, 2]);
        assert_eq!(found.by, Some(1));
        assert!(found.bound);
        assert_eq!(found.verified_phone.as_deref(), Some("p"));
    }

    #[test]
    fn an_identity_given_twice_is_linked_once() {
        let once = [unverified(new(IdentityKind::Phone, "p")), new(IdentityKind::Phone, "p")];

        assert_eq!(resolve(&once).link, [1]);
    }

    #[test]
    fn an_unbound_profile_is_merged_into_the_member_with_the_phone() {
        let (profile, known) = (member(1), with_phone(2, "p"));

        let found = resolve(&[
            of(&profile, IdentityKind::BuyerId, "b"),
            of(&known, IdentityKind::Phone, "p"),
        ]);

        assert_eq!(found.outcome, merged(2, 1));
        assert_eq!(found.by, Some(1));
        assert!(found.reviews.is_empty());
    }

    #[test]
    fn without_phones_the_older_survives_and_at_the_same_instant_the_lower_number() {
        let (newer, older) = (Candidate { created_at: Timestamp(9), ..member(1) }, member(2));
        let twin = Candidate { created_at: Timestamp(2), ..member(3) };
        let outcome = |one, other| {
            resolve(&[of(one, IdentityKind::Unionid, "u"), of(other, IdentityKind::Card, "c")])
                .outcome
        };

        assert_eq!(outcome(&newer, &older), merged(2, 1));
        assert_eq!(outcome(&twin, &older), merged(2, 3));
    }

    #[test]
    fn two_verified_phones_stay_apart_and_a_person_decides() {
        let (one, other) = (with_phone(1, "p"), with_phone(2, "q"));

        let found = resolve(&[
            of(&one, IdentityKind::Openid, "o"),
            of(&other, IdentityKind::Phone, "q"),
            new(IdentityKind::Card, "c"),
        ]);

        assert_eq!(found.outcome, Outcome::Member(MemberId(2)));
        assert_eq!(found.reviews, [Review::DifferentPhones { other: MemberId(1) }]);
        assert_eq!(found.link, [2]);
    }

    #[test]
    fn a_phone_verified_by_the_event_stands_against_a_merge_too() {
        let (phoned, profile) = (with_phone(1, "p"), member(2));
        let linked = Owner { candidate: &profile, verified: false };

        let found = resolve(&[
            Known { owner: Some(linked), ..new(IdentityKind::Phone, "q") },
            of(&phoned, IdentityKind::Openid, "o"),
        ]);

        assert_eq!(found.outcome, Outcome::Member(MemberId(2)));
        assert_eq!(found.promote, [0]);
        assert_eq!(found.reviews, [Review::DifferentPhones { other: MemberId(1) }]);
    }

    #[test]
    fn different_birthdays_stay_apart_and_an_unknown_one_does_not() {
        let (one, other) = (born(1, "1990-02-28"), born(2, "1990-03-01"));
        let (same, unknown) = (born(3, "1990-02-28"), member(4));
        let with = |other| {
            resolve(&[of(&one, IdentityKind::Unionid, "u"), of(other, IdentityKind::Openid, "o")])
        };

        assert_eq!(with(&other).outcome, Outcome::Member(MemberId(1)));
        assert_eq!(with(&other).reviews, [Review::BirthdaysDiffer { other: MemberId(2) }]);
        assert_eq!(with(&same).outcome, merged(1, 3));
        assert_eq!(with(&unknown).outcome, merged(1, 4));
    }

    #[test]
    fn a_third_member_is_held_against_both_already_together() {
        let (first, second) = (member(1), born(2, "1990-02-28"));
        let third = born(3, "1991-01-01");

        let found = resolve(&[
            of(&third, IdentityKind::Email, "e"),
            of(&second, IdentityKind::Card, "c"),
            of(&first, IdentityKind::Unionid, "u"),
        ]);

        assert_eq!(found.outcome, merged(1, 2));
        assert_eq!(found.reviews, [Review::BirthdaysDiffer { other: MemberId(3) }]);
    }

    #[test]
    fn a_second_verified_phone_is_not_linked() {
        let known = with_phone(1, "p");

        let found = resolve(&[
            new(IdentityKind::Phone, "q"),
            of(&known, IdentityKind::Openid, "o"),
            unverified(new(IdentityKind::Phone, "r")),
        ]);

        assert_eq!(found.outcome, Outcome::Member(MemberId(1)));
        assert_eq!(found.reviews, [Review::SecondPhone { claim: 0 }]);
        assert_eq!(found.link, [2]);
        assert_eq!(found.verified_phone.as_deref(), Some("p"));
    }

    #[test]
    fn a_phone_that_is_verified_later_becomes_the_members_verified_phone() {
        let known = Candidate { bound: true, ..member(1) };
        let linked = Owner { candidate: &known, verified: false };
        let claim = Known { owner: Some(linked), ..new(IdentityKind::Phone, "p") };

        let found = resolve(&[claim]);
        let still = resolve(&[unverified(claim)]);

        assert_eq!((found.promote, found.verified_phone.as_deref()), (vec![0], Some("p")));
        assert_eq!((still.promote, still.verified_phone), (vec![], None));
    }

    #[test]
    fn a_verified_phone_is_not_held_by_a_strangers_unverified_link() {
        let stranger = with_phone(1, "q");
        let linked = Owner { candidate: &stranger, verified: false };
        let claim = Known { owner: Some(linked), ..new(IdentityKind::Phone, "p") };
        let profile = member(2);

        let alone = resolve(&[claim]);
        let known = resolve(&[claim, of(&profile, IdentityKind::Openid, "o")]);
        let unsure = resolve(&[unverified(claim)]);

        let review = [Review::DifferentPhones { other: MemberId(1) }];
        assert_eq!((alone.outcome, alone.link), (Outcome::Create, vec![0]));
        assert_eq!((alone.verified_phone.as_deref(), &alone.reviews[..]), (Some("p"), &review[..]));
        assert_eq!((known.outcome, known.link), (Outcome::Member(MemberId(2)), vec![0]));
        assert_eq!((known.verified_phone.as_deref(), &known.reviews[..]), (Some("p"), &review[..]));
        assert_eq!((unsure.outcome, unsure.link), (Outcome::Member(MemberId(1)), vec![]));
    }

    #[test]
    fn a_second_phone_stays_where_it_was_linked_unverified() {
        let known = with_phone(1, "q");
        let linked = Owner { candidate: &known, verified: false };
        let claim = Known { owner: Some(linked), ..new(IdentityKind::Phone, "p") };

        let found = resolve(&[claim, of(&known, IdentityKind::Openid, "o")]);

        assert_eq!(found.outcome, Outcome::Member(MemberId(1)));
        assert_eq!(found.reviews, [Review::SecondPhone { claim: 0 }]);
        assert!(found.link.is_empty() && found.promote.is_empty());
    }

    #[test]
    fn staff_need_right_and_reason_for_two_verified_phones() {
        let (one, other) = (with_phone(1, "p"), with_phone(2, "q"));
        let phoneless = born(3, "1990-02-28");

        let merge = |right, reason| merge_allowed_by_staff(&one, &other, right, reason);

        assert_eq!(merge(true, "married, seen both"), Ok(()));
        assert_eq!(merge(true, " "), Err(MergeRefusal::ReasonMissing));
        assert_eq!(merge(false, "because"), Err(MergeRefusal::RightMissing));
        assert_eq!(merge_allowed_by_staff(&one, &phoneless, false, ""), Ok(()));
        assert_eq!(
            merge_allowed_by_staff(&one, &one, true, "because"),
            Err(MergeRefusal::SameMember)
        );
    }

    /// Members and identities, each identity with one owner at most.
    #[derive(Debug, Clone)]
    struct World {
        members: Vec<Candidate>,
        /// Kind, owner, whether recorded as verified, whether the event vouches.
        identities: Vec<(IdentityKind, Option<usize>, bool, bool)>,
        names: Vec<String>,
    }

    impl World {
        fn claims(&self) -> Vec<Known<'_>> {
            let owner = |place: Option<usize>| place.and_then(|place| self.members.get(place));
            self.identities
                .iter()
                .zip(&self.names)
                .map(|((kind, carrier, recorded, verified), index)| Known {
                    kind: *kind,
                    verified: *verified,
                    index,
                    owner: owner(*carrier)
                        .map(|candidate| Owner { candidate, verified: *recorded }),
                })
                .collect()
        }
    }

    prop_compose! {
        fn worlds()(
            members in prop::collection::vec((any::<bool>(), 0_u8..4, 0_i64..4), 5),
            identities in prop::collection::vec(
                (prop::sample::select(&IdentityKind::ALL[..]), prop::option::of(0_usize..5), any::<[bool; 3]>()),
                0..9,
            ),
        ) -> World {
            let mut world = World { members: Vec::new(), identities: Vec::new(), names: Vec::new() };
            for (id, (bound, birthday, created)) in (1_i64..).zip(members) {
                let birthday = format!("199{birthday}-01-01").parse().ok().filter(|_| birthday > 1);
                let created_at = Timestamp(created);
                world.members.push(Candidate { bound, birthday, created_at, ..member(id) });
            }
            for (place, (kind, owner, [phone, mut recorded, verified])) in identities.into_iter().enumerate() {
                // Half of them phones: they decide.
                let kind = if phone { IdentityKind::Phone } else { kind };
                let name = format!("i{place}");
                let carrier = owner.and_then(|owner| world.members.get_mut(owner));
                if let (IdentityKind::Phone, true, Some(carrier)) = (kind, recorded, carrier) {
                    recorded = carrier.verified_phone.is_none();
                    carrier.verified_phone.get_or_insert(name.clone());
                }
                world.identities.push((kind, owner, recorded, verified));
                world.names.push(name);
            }
            world
        }
    }

    /// The resolution with the claims it names told by their index.
    fn told(claims: &[Known<'_>]) -> (Resolution, Vec<String>) {
        let mut found = resolve(claims);
        let second = found.reviews.iter().map(|review| match review {
            Review::SecondPhone { claim } => *claim,
            _ => usize::MAX,
        });
        let places: Vec<usize> = [found.link.as_slice(), &[usize::MAX], &found.promote]
            .concat()
            .into_iter()
            .chain(found.by)
            .chain(second)
            .collect();
        let name = |place: usize| claims.get(place).map_or("-", |claim| claim.index).to_owned();
        found.reviews.retain(|review| review.other().is_some());
        (
            Resolution { by: None, link: vec![], promote: vec![], ..found },
            places.into_iter().map(name).collect(),
        )
    }

    proptest! {
        #[test]
        fn the_order_of_the_claims_decides_nothing(
            (world, order) in worlds().prop_flat_map(|world| {
                let order: Vec<usize> = (0..world.identities.len()).collect();
                (Just(world), Just(order).prop_shuffle())
            }),
        ) {
            let claims = world.claims();
            let shuffled: Vec<Known<'_>> =
                order.iter().filter_map(|place| claims.get(*place).copied()).collect();

            prop_assert_eq!(told(&claims), told(&shuffled));
        }

        #[test]
        fn no_member_ever_gets_a_second_verified_phone_or_birthday(world in worlds()) {
            let claims = world.claims();
            let found = resolve(&claims);

            let (mut numbers, mut phones) = (Vec::from_iter(found.member()), Vec::new());
            if let Outcome::Merge { absorbed, .. } = &found.outcome {
                numbers.extend(absorbed);
            }
            let together = || world.members.iter().filter(|member| numbers.contains(&member.member));
            phones.extend(together().filter_map(|member| member.verified_phone.clone()));
            for claim in found.link.iter().chain(&found.promote).filter_map(|place| claims.get(*place)) {
                phones.extend(claim.is_verified_phone().then(|| claim.index.to_owned()));
            }
            phones.dedup();
            let mut birthdays: Vec<_> = together().filter_map(|member| member.birthday).collect();
            birthdays.dedup();

            prop_assert!(phones.len() <= 1);
            prop_assert_eq!(phones.first(), found.verified_phone.as_ref());
            prop_assert!(birthdays.len() <= 1);
        }

        #[test]
        fn every_member_named_is_taken_or_reviewed_and_keeps_its_own(world in worlds()) {
            let claims = world.claims();
            let found = resolve(&claims);

            let mut accounted: Vec<MemberId> =
                found.reviews.iter().filter_map(Review::other).chain(found.member()).collect();
            if let Outcome::Merge { absorbed, .. } = &found.outcome {
                accounted.extend(absorbed);
            }
            let usable = || claims.iter().filter(|claim| identifies(claim.kind));
            let linked = |claim: &Known<'_>| {
                found.link.iter().filter_map(|place| claims.get(*place)).any(|one| one == claim)
            };
            for claim in usable().filter(|claim| claim.yielding().is_none() || linked(claim)) {
                let owner = claim.owner.map(|owner| owner.candidate.member);
                prop_assert!(owner.is_none_or(|owner| accounted.contains(&owner)));
            }
            for place in &found.link {
                let claim = claims.get(*place);
                prop_assert!(claim.is_some_and(|one| one.owner.is_none() || one.yielding().is_some()));
            }
            prop_assert_eq!(found.outcome == Outcome::Nobody, usable().count() == 0);
            prop_assert_eq!(found.by.is_none(), found.outcome == Outcome::Nobody);
        }
    }
}
