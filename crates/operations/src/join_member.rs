//! Joins members and changes who they are: profile, identities, phone.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{IdentityId, MemberId, NewIds, ReviewId};
use hui_loyalty::ledger::balances::Balance;
use hui_loyalty::members::masks::mask;
use hui_loyalty::members::resolving::Outcome;
use hui_loyalty::members::{Claim, Gender, IdentityKind, Profile};
use hui_loyalty::time::{CalendarDate, Timestamp};
use hui_store::answers::RequestKey;
use hui_store::identities::{self, IdentityRow};
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::{Engine, Error, Tx};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::merging::{Merging, merge_in};
use crate::persons::{Event, Indexed, Persons, Welcome, add_word, gender_name, indexed, join};
use crate::read_members::{MemberView, view};
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// A person who joins or is met.
#[derive(Debug, Clone, Default)]
pub struct JoinRequest {
    /// The identities given.
    pub claims: Vec<Claim>,
    /// What is known of the person; fills empty fields only.
    pub profile: Profile,
    /// The channel of the event.
    pub channel: Option<String>,
    /// The shop of the event.
    pub shop: Option<String>,
    /// The guide or cashier.
    pub staff: Option<String>,
    /// The code or place that invited.
    pub touchpoint: Option<String>,
    /// What the person agreed to: each text with its version.
    pub consents: Vec<(String, String)>,
}

/// The answer to a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinReceipt {
    /// The member.
    pub member_id: MemberId,
    /// Whether it is new.
    pub created: bool,
    /// Whether it has a phone.
    pub bound: bool,
    /// The tier's id.
    pub tier: String,
    /// The review the join raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_id: Option<ReviewId>,
    /// The member's figures right after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What a join told of the member beside its personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    balance: Balance,
    growth: Points,
    growth_lifetime: Points,
    tier: String,
    tier_since: Timestamp,
    tier_until: Option<Timestamp>,
    tags: Vec<String>,
    channels: Vec<String>,
}

impl Seen {
    fn of(view: MemberView) -> Self {
        let MemberView { row, balance, growth, .. } = view;
        Self {
            balance,
            growth,
            growth_lifetime: row.growth_lifetime,
            tier: row.tier,
            tier_since: row.tier_since,
            tier_until: row.tier_until,
            tags: row.tags,
            channels: row.channels,
        }
    }

    /// The member as the first answer told it; what personal data says is as of now.
    #[must_use]
    pub fn in_view(self, mut view: MemberView) -> MemberView {
        view.balance = self.balance;
        view.growth = self.growth;
        view.row.growth_lifetime = self.growth_lifetime;
        view.row.tier = self.tier;
        view.row.tier_since = self.tier_since;
        view.row.tier_until = self.tier_until;
        view.row.tags = self.tags;
        view.row.channels = self.channels;
        view
    }
}

/// Why a member could not be joined or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MemberError {
    /// No identity that could recognise anybody was given.
    #[error("no usable identity was given")]
    NoIdentity,
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// The member has no such live identity.
    #[error("the member has no identity {0}")]
    NoIdentityOf(IdentityId),
    /// The identity belongs to another member; a review was not filed, nothing changed.
    #[error("the identity belongs to another member")]
    IdentityTaken(MemberId),
    /// The member has another verified phone; changing it is an act of its own.
    #[error("the member has a verified phone; change it instead of adding a second one")]
    SecondPhone,
    /// The last way to recognise the member cannot be taken away.
    #[error("the member's last identity cannot be unbound")]
    LastIdentity,
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

/// Finds the member of these identities or makes one; links, binds and fills as an order would.
pub async fn join_member(
    operations: &Operations,
    actor: &Actor,
    request: &JoinRequest,
    key: Option<&RequestKey>,
) -> Result<Answer<JoinReceipt>, MemberError> {
    let now = operations.clock.now();
    check_born(request.profile.birthday, now)?;
    if let Some(channel) = &request.channel {
        let channels = operations.known_channels(actor.program).await.map_err(StoreFailed::from)?;
        if !channels.contains(channel) {
            return Err(MemberError::UnknownChannel(channel.clone()));
        }
    }
    let given = indexed(&operations.vault, actor.program, &request.claims);
    single(operations, actor.program, key, now, async |tx| {
        let event = Event {
            claims: &given,
            profile: &request.profile,
            at: now,
            channel: request.channel.as_deref(),
            current: None,
            order: None,
            welcome: Welcome::Award,
        };
        let Some((mut books, persons, met)) = meet_alone(operations, tx, actor, event, now).await?
        else {
            return Ok(Err(MemberError::NoIdentity));
        };
        let Some(member) = met.member else { return Ok(Err(MemberError::NoIdentity)) };
        complete_profile(&mut books, member, now)?;
        let Some(row) = books.members.get(&member).cloned() else {
            return Err(Error::unreadable("member", "met and absent"));
        };
        books.save(tx).await?;
        persons.save(tx).await?;
        let mut line = AuditLine::new(
            "member.join",
            member,
            serde_json::json!({
                "created": met.created,
                "channel": request.channel,
                "shop": request.shop,
                "staff": request.staff,
                "touchpoint": request.touchpoint,
                "identities": request.claims.iter().map(|claim| claim.kind.name()).collect::<Vec<_>>(),
                "consents": request.consents,
            }),
        );
        line.member = Some(member);
        audit::append(tx, actor, now, &[line]).await?;
        let (bound, tier) = (row.bound, row.tier.clone());
        let saved = members::load_survivor(tx, actor.program, member).await?;
        let seen = match saved {
            Some(row) => Some(view(operations, tx, actor, member, row, now).await?),
            None => None,
        };
        Ok(Ok(JoinReceipt {
            member_id: member,
            created: met.created,
            bound,
            tier,
            review_id: met.reviews.first().copied(),
            seen: seen.map(Seen::of),
        }))
    })
    .await
}

/// Nobody was born after today, wherever on earth.
fn check_born(birthday: Option<CalendarDate>, now: Timestamp) -> Result<(), MemberError> {
    let latest = now.plus_seconds(14 * 3600).to_string();
    let tomorrow = latest.split('T').next().unwrap_or_default();
    if birthday.is_some_and(|day| day.to_string().as_str() > tomorrow) {
        return Err(MemberError::Invalid { field: "birthday", problem: "lies in the future" });
    }
    Ok(())
}

/// Meets one person in a transaction of its own, merging members first where the identities say so.
async fn meet_alone(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    event: Event<'_>,
    now: Timestamp,
) -> Result<Option<(Books, Persons, crate::persons::Met)>, Error> {
    let program = actor.program;
    let mut ids = operations.ids.clone();
    let all: Vec<&Indexed> = event.claims.iter().collect();
    let mut persons = Persons::open(tx, program, &operations.vault, &mut ids, &all, now).await?;
    let mut rows = lock_owners(tx, actor, &mut persons).await?;
    let resolution = persons.resolution(&rows, event.claims, None);
    if let Outcome::Merge { into, absorbed } = resolution.outcome {
        for one in absorbed {
            let merging = Merging {
                into,
                absorbed: one,
                by: "automatic".to_owned(),
                reason: "join".to_owned(),
            };
            merge_in(operations, tx, program, merging, now).await?;
        }
        rows = lock_owners(tx, actor, &mut persons).await?;
    }
    let member = persons.resolution(&rows, event.claims, None).member();
    let home = persons.home(&rows, event.claims, None);
    persons.load_keys(tx, [member, home].into_iter().flatten()).await?;
    let rules = operations.rules.load(tx, program).await?;
    let none = HashSet::new();
    let need = Need::Earning { whole: &none, named: &none };
    let mut books = Books::open(tx, program, rules, ids, rows, need, now).await?;
    let Ok(met) = persons.meet(&mut books, event)? else {
        return Err(Error::unreadable("member", "still to be merged after merging"));
    };
    Ok(met.member.is_some().then_some((books, persons, met)))
}

/// Locks the members the identities belong to, and reads the identities once more.
pub(crate) async fn lock_owners(
    tx: &mut Tx,
    actor: &Actor,
    persons: &mut Persons,
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let rows = members::lock_with_survivors(tx, actor.program, persons.owners()).await?;
    if tx.engine() == Engine::Postgres || rows.values().any(|row| row.merged_into.is_some()) {
        let indexes = persons.indexes();
        persons.refresh(tx, &indexes.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    Ok(rows)
}

/// The award for a profile with name, gender and birthday, once.
fn complete_profile(books: &mut Books, member: MemberId, now: Timestamp) -> Result<(), Error> {
    let points = books.current()?.awards.profile_complete;
    let Some(row) = books.members.get_mut(&member) else { return Ok(()) };
    let complete = row.name_cipher.is_some() && row.gender.is_some() && row.birthday.is_some();
    if row.profile_awarded || !row.bound || !complete {
        return Ok(());
    }
    row.profile_awarded = true;
    books.award(member, member, "profile_complete", points, now, None)?;
    Ok(())
}

/// What to change of a profile: `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<Option<String>>,
    /// The gender.
    pub gender: Option<Option<Gender>>,
    /// The date of birth.
    pub birthday: Option<Option<CalendarDate>>,
    /// All tags.
    pub tags: Option<Vec<String>>,
}

/// Locks a member (following merges) and opens its books.
pub(crate) async fn open_member(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<(Books, MemberId)>, Error> {
    let rows = members::lock_with_survivors(tx, actor.program, [member]).await?;
    let Some(survivor) = members::survivor(&rows, member) else { return Ok(None) };
    if rows.get(&survivor).is_none_or(|row| row.state != MemberState::Active) {
        return Ok(None);
    }
    let rules = operations.rules.load(tx, actor.program).await?;
    let books =
        Books::open(tx, actor.program, rules, operations.ids.clone(), rows, Need::Everything, now)
            .await?;
    Ok(Some((books, survivor)))
}

/// Changes a member's profile.
pub async fn change_profile(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    change: &ProfileChange,
) -> Result<MemberId, MemberError> {
    let now = operations.clock.now();
    if let Some(tags) = &change.tags
        && (tags.len() > 200 || tags.iter().any(|tag| tag.is_empty() || tag.len() > 64))
    {
        return Err(MemberError::Invalid {
            field: "tags",
            problem: "must be at most 200 of 1 to 64 bytes",
        });
    }
    if let Some(Some(name)) = &change.name
        && (name.trim().is_empty() || name.len() > 200)
    {
        return Err(MemberError::Invalid { field: "name", problem: "must have 1 to 200 bytes" });
    }
    check_born(change.birthday.flatten(), now)?;
    let answer = single(operations, actor.program, None, now, async |tx| {
        let Some((mut books, member)) = open_member(operations, tx, actor, member, now).await?
        else {
            return Ok(Err(MemberError::NoMember(member)));
        };
        let name = match &change.name {
            Some(Some(name)) => encrypt(operations, tx, actor, member, "name", name).await?,
            Some(None) | None => None,
        };
        let mut changed: Vec<&str> = Vec::new();
        if let Some(row) = books.members.get_mut(&member) {
            if change.name.is_some() {
                row.name_cipher = name;
                changed.push("name");
            }
            if let Some(gender) = change.gender {
                row.gender = gender.map(|gender| gender_name(gender).to_owned());
                changed.push("gender");
            }
            if let Some(birthday) = change.birthday {
                row.birthday = birthday.map(|date| date.to_string());
                changed.push("birthday");
            }
            if let Some(tags) = &change.tags {
                row.tags = Vec::new();
                for tag in tags {
                    add_word(&mut row.tags, tag);
                }
                changed.push("tags");
            }
        }
        complete_profile(&mut books, member, now)?;
        books.save(tx).await?;
        let line =
            AuditLine::new("member.change", member, serde_json::json!({ "fields": changed }));
        audit::append(tx, actor, now, &[line.about(member)]).await?;
        Ok(Ok(member))
    })
    .await?;
    Ok(answer.receipt)
}

async fn encrypt(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    field: &str,
    value: &str,
) -> Result<Option<String>, Error> {
    let keys = members::load_keys(tx, actor.program, [member]).await?;
    let Some(wrapped) = keys.get(&member) else { return Ok(None) };
    let key = operations.vault.open_member_key(actor.program, member, wrapped)?;
    operations.vault.encrypt(&key, field, value).map(Some)
}

/// A member and the identity that was linked to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundReceipt {
    /// The member.
    pub member_id: MemberId,
    /// The identity.
    pub identity_id: IdentityId,
}

/// Links an identity to a member by request; one that is already its own answers the same.
pub async fn bind_identity(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    claim: &Claim,
    channel: Option<&str>,
    key: Option<&RequestKey>,
) -> Result<Answer<BoundReceipt>, MemberError> {
    let now = operations.clock.now();
    if claim.kind == IdentityKind::PhoneMasked {
        return Err(MemberError::NoIdentity);
    }
    single(operations, actor.program, key, now, async |tx| {
        link(operations, tx, actor, member, claim, channel, now, Phone::Second).await
    })
    .await
}

/// What happens to the verified phone a member has when another is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phone {
    /// A second one is refused.
    Second,
    /// It is replaced; the number may come from another member who lost it (二次放号).
    Replaced,
}

#[expect(clippy::too_many_arguments, reason = "one private act with its whole context")]
async fn link(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    claim: &Claim,
    channel: Option<&str>,
    now: Timestamp,
    phone: Phone,
) -> Result<Result<BoundReceipt, MemberError>, Error> {
    let program = actor.program;
    let index =
        operations.vault.blind_index(program, claim.kind.name(), &claim.scope, &claim.value);
    let mut ids = operations.ids.clone();
    // Claimed before members are locked, as every event does: the order of locks is the same everywhere.
    let mut fresh = [IdentityRow {
        id: IdentityId(ids.next_id()),
        kind: claim.kind,
        scope: claim.scope.clone(),
        index: index.clone(),
        value_cipher: None,
        member: None,
        home: None,
        verified: false,
        channel: channel.map(str::to_owned),
        valid_from: now,
        valid_until: None,
    }];
    identities::claim(tx, program, &mut fresh).await?;
    let found = identities::find(tx, program, &[&index]).await?;
    let Some(mut row) = found.into_iter().next() else {
        return Err(Error::unreadable("identity", "claimed and absent"));
    };
    let concerned = [Some(member), row.member].into_iter().flatten();
    let rows = members::lock_with_survivors(tx, program, concerned).await?;
    let Some(member) = members::survivor(&rows, member)
        .filter(|id| rows.get(id).is_some_and(|row| row.state == MemberState::Active))
    else {
        return Ok(Err(MemberError::NoMember(member)));
    };
    let owner = row.member.and_then(|owner| members::survivor(&rows, owner));
    let cipher = encrypt(operations, tx, actor, member, claim.kind.name(), &claim.value).await?;
    let phone_cipher = encrypt(operations, tx, actor, member, "phone", &claim.value).await?;
    let rules = operations.rules.load(tx, program).await?;
    let mut books =
        Books::open(tx, program, rules, ids.clone(), rows, Need::Everything, now).await?;
    let is_verified_phone = claim.kind == IdentityKind::Phone && claim.verified;
    let held = books.members.get(&member).and_then(|row| row.verified_phone.clone());
    if is_verified_phone && phone == Phone::Second && held.is_some_and(|held| held != index) {
        return Ok(Err(MemberError::SecondPhone));
    }
    let mut closed: Vec<IdentityRow> = Vec::new();
    match owner {
        Some(owner) if owner == member => {}
        Some(owner) if phone == Phone::Second => return Ok(Err(MemberError::IdentityTaken(owner))),
        Some(owner) => {
            // The number was given to another person: its past stays with the former owner.
            closed.push(IdentityRow { valid_until: Some(now), ..row.clone() });
            if let Some(former) = books.members.get_mut(&owner)
                && former.verified_phone.as_ref() == Some(&index)
            {
                former.verified_phone = None;
                former.phone_cipher = None;
            }
            row = IdentityRow { id: IdentityId(ids.next_id()), valid_from: now, ..row };
        }
        None => {}
    }
    if phone == Phone::Replaced {
        for old in identities::of_members(tx, program, [member]).await? {
            let live = old.valid_until.is_none() && old.index != index;
            if live && old.kind == IdentityKind::Phone && old.verified {
                closed.push(IdentityRow { valid_until: Some(now), ..old });
            }
        }
    }
    row.member = Some(member);
    row.home = row.home.filter(|_| owner == Some(member)).or(Some(member));
    row.value_cipher = if owner == Some(member) { row.value_cipher } else { cipher };
    row.verified |= claim.verified;
    if claim.kind == IdentityKind::Phone {
        if let Some(member_row) = books.members.get_mut(&member) {
            if claim.verified {
                member_row.verified_phone = Some(index.clone());
            }
            if claim.verified || member_row.phone_cipher.is_none() {
                member_row.phone_cipher = phone_cipher;
            }
        }
        join(&mut books, member, member, now, channel)?;
    }
    if let Some(channel) = channel {
        books.meet(member, channel, now);
    }
    identities::update(tx, program, &closed).await?;
    if owner.is_some_and(|owner| owner != member) {
        identities::insert(tx, program, [&row]).await?;
    } else {
        identities::update(tx, program, [&row]).await?;
    }
    let receipt = BoundReceipt { member_id: member, identity_id: row.id };
    books.save(tx).await?;
    let action = if phone == Phone::Replaced { "member.phone" } else { "member.bind" };
    let line = AuditLine::new(
        action,
        row.id,
        serde_json::json!({
            "kind": claim.kind.name(),
            "value": mask(claim.kind, &claim.value),
            "from": owner.filter(|owner| *owner != member),
        }),
    );
    audit::append(tx, actor, now, &[line.about(member)]).await?;
    Ok(Ok(receipt))
}

/// Changes a member's verified phone; a number that another member has moves over (二次放号).
pub async fn change_phone(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    claim: &Claim,
    key: Option<&RequestKey>,
) -> Result<Answer<BoundReceipt>, MemberError> {
    let now = operations.clock.now();
    if claim.kind != IdentityKind::Phone {
        return Err(MemberError::NoIdentity);
    }
    let verified = Claim { verified: true, ..claim.clone() };
    single(operations, actor.program, key, now, async |tx| {
        replace_phone(operations, tx, actor, member, &verified, now).await
    })
    .await
}

/// Gives a member a verified phone in place of the one it has, within a transaction.
pub(crate) async fn replace_phone(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    member: MemberId,
    phone: &Claim,
    now: Timestamp,
) -> Result<Result<BoundReceipt, MemberError>, Error> {
    link(operations, tx, actor, member, phone, None, now, Phone::Replaced).await
}

/// Takes an identity from a member; who had it when stays known.
pub async fn unbind_identity(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    identity: IdentityId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<BoundReceipt>, MemberError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some((mut books, member)) = open_member(operations, tx, actor, member, now).await?
        else {
            return Ok(Err(MemberError::NoMember(member)));
        };
        let rows = identities::of_members(tx, actor.program, [member]).await?;
        let live: Vec<&IdentityRow> = rows.iter().filter(|row| row.valid_until.is_none()).collect();
        let Some(row) = live.iter().find(|row| row.id == identity) else {
            return Ok(Err(MemberError::NoIdentityOf(identity)));
        };
        if live.len() == 1 {
            return Ok(Err(MemberError::LastIdentity));
        }
        let closed = IdentityRow { valid_until: Some(now), ..(*row).clone() };
        identities::update(tx, actor.program, [&closed]).await?;
        if let Some(member_row) = books.members.get_mut(&member)
            && row.kind == IdentityKind::Phone
        {
            if member_row.verified_phone.as_ref() == Some(&row.index) {
                member_row.verified_phone = None;
            }
            member_row.phone_cipher = None;
        }
        books.save(tx).await?;
        let line = AuditLine::new(
            "member.unbind",
            identity,
            serde_json::json!({ "kind": row.kind.name(), "reason": reason }),
        );
        audit::append(tx, actor, now, &[line.about(member)]).await?;
        Ok(Ok(BoundReceipt { member_id: member, identity_id: identity }))
    })
    .await
}
