//! Who an event is about: identities looked up, claimed, linked; members created, bound, filled.

use std::collections::{HashMap, HashSet};

use hui_loyalty::ids::{EntryId, IdentityId, MemberId, NewIds, OrderId, ProgramId, ReviewId};
use hui_loyalty::members::claims::identifies;
use hui_loyalty::members::masks::mask;
use hui_loyalty::members::resolving::{
    Candidate, Known, Outcome, Owner, Resolution, Review, resolve,
};
use hui_loyalty::members::{Claim, Gender, IdentityKind, Profile};
use hui_loyalty::time::Timestamp;
use hui_store::identities::{self, IdentityRow};
use hui_store::members::{self, MemberRow};
use hui_store::reviews::ReviewRow;
use hui_store::vault::{MemberKey, Vault};
use hui_store::{Error, Tx};

use crate::books::{Books, blank_member};
use crate::ids::Ids;

/// An identity as given, with its blind index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) claim: Claim,
    pub(crate) index: String,
}

pub(crate) fn indexed(vault: &Vault, program: ProgramId, claims: &[Claim]) -> Vec<Indexed> {
    claims
        .iter()
        .map(|claim| Indexed {
            index: vault.blind_index(program, claim.kind.name(), &claim.scope, &claim.value),
            claim: claim.clone(),
        })
        .collect()
}

/// What an event says about a person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) claims: &'a [Indexed],
    pub(crate) profile: &'a Profile,
    /// The effective time.
    pub(crate) at: Timestamp,
    pub(crate) channel: Option<&'a str>,
    /// The member the event already belongs to (a recorded order's), and its home.
    pub(crate) current: Option<(MemberId, MemberId)>,
    pub(crate) order: Option<OrderId>,
    pub(crate) welcome: Welcome,
}

/// Whether the event of a member's joining gives the award for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Welcome {
    /// It does.
    Award,
    /// The member joined in another system and had its awards there.
    HadBefore,
}

/// Who it turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Met {
    pub(crate) member: Option<MemberId>,
    /// The side of a past merge that brought the event.
    pub(crate) home: Option<MemberId>,
    pub(crate) identity: Option<IdentityId>,
    pub(crate) created: bool,
    pub(crate) reviews: Vec<ReviewId>,
    /// The entry of the join award, where the event gave it.
    pub(crate) awarded: Option<EntryId>,
    pub(crate) linked: Vec<IdentityId>,
}

/// The event needs two members merged that this slice has already changed: it comes again in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deferred;

/// The identities and personal keys of a slice.
pub(crate) struct Persons {
    program: ProgramId,
    vault: Vault,
    live: HashMap<String, IdentityRow>,
    claimed: HashSet<IdentityId>,
    changed: HashSet<String>,
    /// Phones that moved to who verified them: the former owners' rows, which end.
    ended: Vec<IdentityRow>,
    /// The indexes of those phones, whose rows are new.
    moved: HashSet<String>,
    keys: HashMap<MemberId, MemberKey>,
    new_keys: Vec<(MemberId, String)>,
    reviews: Vec<ReviewRow>,
}

impl Persons {
    /// Looks identities up and claims those nobody has; afterwards no other transaction can.
    pub(crate) async fn open(
        tx: &mut Tx,
        program: ProgramId,
        vault: &Vault,
        ids: &mut Ids,
        all: &[&Indexed],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut persons = Self {
            program,
            vault: vault.clone(),
            live: HashMap::new(),
            claimed: HashSet::new(),
            changed: HashSet::new(),
            ended: Vec::new(),
            moved: HashSet::new(),
            keys: HashMap::new(),
            new_keys: Vec::new(),
            reviews: Vec::new(),
        };
        let mut wanted: HashMap<&str, &Indexed> = HashMap::new();
        for one in all.iter().filter(|one| identifies(one.claim.kind)) {
            wanted.entry(one.index.as_str()).or_insert(one);
        }
        persons.refresh(tx, &wanted.keys().copied().collect::<Vec<_>>()).await?;
        let mut fresh: Vec<IdentityRow> = wanted
            .values()
            .filter(|one| !persons.live.contains_key(&one.index))
            .map(|one| IdentityRow {
                id: IdentityId(ids.next_id()),
                kind: one.claim.kind,
                scope: one.claim.scope.clone(),
                index: one.index.clone(),
                value_cipher: None,
                member: None,
                home: None,
                verified: false,
                channel: None,
                valid_from: now,
                valid_until: None,
            })
            .collect();
        let claimed: HashSet<String> =
            identities::claim(tx, program, &mut fresh).await?.into_iter().collect();
        let mut lost = Vec::new();
        for row in fresh {
            if claimed.contains(&row.index) {
                persons.claimed.insert(row.id);
                persons.live.insert(row.index.clone(), row);
            } else {
                lost.push(row.index);
            }
        }
        persons.refresh(tx, &lost.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        Ok(persons)
    }

    /// Reads identities again, for instance after the members they name were locked.
    pub(crate) async fn refresh(&mut self, tx: &mut Tx, indexes: &[&str]) -> Result<(), Error> {
        for row in identities::find(tx, self.program, indexes).await? {
            self.live.insert(row.index.clone(), row);
        }
        Ok(())
    }

    /// Every index met, to be read again.
    pub(crate) fn indexes(&self) -> Vec<String> {
        self.live.keys().cloned().collect()
    }

    /// The members the identities belong to.
    pub(crate) fn owners(&self) -> HashSet<MemberId> {
        self.live.values().filter_map(|row| row.member).collect()
    }

    /// Opens the keys of members who will get new identities or fields.
    pub(crate) async fn load_keys(
        &mut self,
        tx: &mut Tx,
        members: impl IntoIterator<Item = MemberId>,
    ) -> Result<(), Error> {
        for (member, wrapped) in members::load_keys(tx, self.program, members).await? {
            let key = self.vault.open_member_key(self.program, member, &wrapped)?;
            self.keys.insert(member, key);
        }
        Ok(())
    }

    /// Whether an event may bring its member a new identity, so that the member's key is needed:
    /// one nobody has, or a verified phone that somebody has only unverified.
    pub(crate) fn brings_new(&self, claims: &[Indexed]) -> bool {
        claims.iter().any(|one| {
            let is_verified_phone = one.claim.kind == IdentityKind::Phone && one.claim.verified;
            self.live
                .get(&one.index)
                .is_some_and(|row| row.member.is_none() || (is_verified_phone && !row.verified))
        })
    }

    /// What the identities of an event lead to, among members as they stand.
    pub(crate) fn resolution(
        &self,
        rows: &HashMap<MemberId, MemberRow>,
        claims: &[Indexed],
        current: Option<MemberId>,
    ) -> Resolution {
        let owner_of = |index: &str| {
            let row = self.live.get(index)?;
            let member = members::survivor(rows, row.member?)?;
            Some((candidate(rows.get(&member)?), row.verified))
        };
        let mut found: Vec<Option<(Candidate, bool)>> =
            claims.iter().map(|one| owner_of(&one.index)).collect();
        // A recorded order counts for its member like a platform's own id.
        let current = current
            .and_then(|member| members::survivor(rows, member))
            .and_then(|member| rows.get(&member))
            .map(candidate);
        found.push(current.map(|candidate| (candidate, true)));
        let mut known: Vec<Known<'_>> = claims
            .iter()
            .zip(&found)
            .map(|(one, owner)| Known::new(&one.claim, &one.index, owner.as_ref().map(as_owner)))
            .collect();
        if let Some(owner) = found.last().and_then(Option::as_ref) {
            known.push(Known {
                kind: IdentityKind::BuyerId,
                verified: true,
                index: "",
                owner: Some(as_owner(owner)),
            });
        }
        resolve(&known)
    }

    /// The side of a past merge that an event's identities belong to.
    pub(crate) fn home(
        &self,
        rows: &HashMap<MemberId, MemberRow>,
        claims: &[Indexed],
        current: Option<MemberId>,
    ) -> Option<MemberId> {
        let place = self.resolution(rows, claims, current).by?;
        self.live.get(&claims.get(place)?.index)?.home
    }

    /// Finds or creates the member of an event, links what is new, fills what is empty, gives the join award.
    pub(crate) fn meet(
        &mut self,
        books: &mut Books,
        event: Event<'_>,
    ) -> Result<Result<Met, Deferred>, Error> {
        let current = event.current.map(|(member, _)| member);
        let resolution = self.resolution(&books.members, event.claims, current);
        let (member, created) = match resolution.outcome {
            Outcome::Nobody => return Ok(Ok(Met::default())),
            Outcome::Merge { .. } => return Ok(Err(Deferred)),
            Outcome::Member(member) => (member, false),
            Outcome::Create => (self.create(books, event.at)?, true),
        };
        let recorded = current.and_then(|member| members::survivor(&books.members, member));
        if recorded.is_some_and(|recorded| recorded != member) {
            // Stronger identities point elsewhere, but an order stays with its member until a person decides.
            let mut met = Met {
                member: recorded,
                home: event.current.map(|(_, home)| home),
                ..Met::default()
            };
            let reviews = [Review::DifferentPhones { other: member }];
            self.file(books, &mut met, &reviews, event);
            return Ok(Ok(met));
        }
        let mut met = Met { member: Some(member), created, ..Met::default() };
        let home = self.home_of(&resolution, event).unwrap_or(member);
        met.home = Some(home);
        self.link(books, &mut met, &resolution, event, home)?;
        met.identity = resolution
            .by
            .and_then(|place| event.claims.get(place))
            .and_then(|one| self.live.get(&one.index))
            .map(|row| row.id);
        self.fill(books, member, &resolution, event)?;
        bind(books, &mut met, &resolution, event)?;
        self.file(books, &mut met, &resolution.reviews, event);
        Ok(Ok(met))
    }

    fn home_of(&self, resolution: &Resolution, event: Event<'_>) -> Option<MemberId> {
        match event.claims.get(resolution.by?) {
            Some(one) => self.live.get(&one.index)?.home,
            None => event.current.map(|(_, home)| home),
        }
    }

    fn create(&mut self, books: &mut Books, at: Timestamp) -> Result<MemberId, Error> {
        let member = MemberId(books.ids.next_id());
        let (wrapped, key) = self.vault.new_member_key(self.program, member)?;
        self.keys.insert(member, key);
        self.new_keys.push((member, wrapped));
        let row = blank_member(member, at, books.current()?.as_ref());
        books.add_member(row);
        Ok(member)
    }

    fn link(
        &mut self,
        books: &mut Books,
        met: &mut Met,
        resolution: &Resolution,
        event: Event<'_>,
        home: MemberId,
    ) -> Result<(), Error> {
        let Some(member) = met.member else { return Ok(()) };
        for place in &resolution.link {
            let Some(one) = event.claims.get(*place) else { continue };
            // Under the key of its home, so that an un-merge can give it back.
            let cipher = self.encrypt(home, one.claim.kind.name(), &one.claim.value)?;
            let Some(row) = self.live.get_mut(&one.index) else { continue };
            let has_moved = row.member.is_some();
            if has_moved {
                // What it brought so far stays with its former owner, and so does its past.
                self.ended.push(IdentityRow { valid_until: Some(books.now), ..row.clone() });
                self.moved.insert(one.index.clone());
                row.id = IdentityId(books.ids.next_id());
            }
            row.member = Some(member);
            row.home = Some(home);
            row.value_cipher = cipher;
            row.verified = one.claim.verified;
            row.channel = event.channel.map(str::to_owned);
            row.valid_from = if has_moved { books.now } else { event.at.min(books.now) };
            self.changed.insert(one.index.clone());
            self.claimed.remove(&row.id);
            met.linked.push(row.id);
        }
        for place in &resolution.promote {
            let Some(one) = event.claims.get(*place) else { continue };
            if let Some(row) = self.live.get_mut(&one.index) {
                row.verified = true;
                self.changed.insert(one.index.clone());
            }
        }
        Ok(())
    }

    fn encrypt(&self, member: MemberId, field: &str, value: &str) -> Result<Option<String>, Error> {
        self.keys.get(&member).map(|key| self.vault.encrypt(key, field, value)).transpose()
    }

    fn fill(
        &mut self,
        books: &mut Books,
        member: MemberId,
        resolution: &Resolution,
        event: Event<'_>,
    ) -> Result<(), Error> {
        let linked_phone = resolution
            .link
            .iter()
            .chain(&resolution.promote)
            .filter_map(|place| event.claims.get(*place))
            .find(|one| one.claim.kind == IdentityKind::Phone);
        let name = match &event.profile.name {
            Some(name) => self.encrypt(member, "name", name)?,
            None => None,
        };
        let phone = match linked_phone {
            Some(one) => self.encrypt(member, "phone", &one.claim.value)?,
            None => None,
        };
        let Some(row) = books.members.get_mut(&member) else { return Ok(()) };
        if row.verified_phone != resolution.verified_phone && resolution.verified_phone.is_some() {
            row.verified_phone.clone_from(&resolution.verified_phone);
            if phone.is_some() {
                row.phone_cipher.clone_from(&phone);
            }
        }
        if row.phone_cipher.is_none() {
            row.phone_cipher = phone;
        }
        if row.name_cipher.is_none() {
            row.name_cipher = name;
        }
        if row.gender.is_none() {
            row.gender = event.profile.gender.map(|gender| gender_name(gender).to_owned());
        }
        if row.birthday.is_none() {
            row.birthday = event.profile.birthday.map(|date| date.to_string());
        }
        if let Some(channel) = event.channel {
            books.meet(member, channel, event.at);
        }
        Ok(())
    }

    fn file(&mut self, books: &mut Books, met: &mut Met, reviews: &[Review], event: Event<'_>) {
        for review in reviews {
            let claim = match review {
                Review::SecondPhone { claim } => event.claims.get(*claim),
                Review::DifferentPhones { .. } | Review::BirthdaysDiffer { .. } => None,
            };
            let given: Vec<serde_json::Value> = event
                .claims
                .iter()
                .map(|one| {
                    serde_json::json!({
                        "kind": one.claim.kind.name(),
                        "scope": one.claim.scope,
                        "value": mask(one.claim.kind, &one.claim.value),
                        "verified": one.claim.verified,
                    })
                })
                .collect();
            let sealed = claim.and_then(|one| {
                self.vault.seal("review", &one.claim.value).ok().map(|sealed| (one, sealed))
            });
            let evidence = serde_json::json!({
                "identities": given,
                "channel": event.channel,
                "at": event.at,
                "phone": claim.map(|one| mask(one.claim.kind, &one.claim.value)),
                "sealed": sealed.map(|(_, sealed)| sealed),
            });
            let id = ReviewId(books.ids.next_id());
            self.reviews.push(ReviewRow {
                id,
                kind: review.kind().to_owned(),
                is_open: true,
                opened_at: books.now,
                member: met.member,
                other: review.other(),
                order: event.order,
                identity: None,
                evidence: evidence.to_string(),
                decision: None,
                decided_at: None,
                decided_by: None,
                reason: None,
            });
            met.reviews.push(id);
        }
    }

    /// Writes what changed: keys, links, reviews; gives up the claims that came to nothing.
    pub(crate) async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        members::insert_keys(tx, self.program, &self.new_keys).await?;
        let rows = self.changed.iter().filter_map(|index| self.live.get(index));
        let (mut moved, mut changed): (Vec<&IdentityRow>, Vec<&IdentityRow>) =
            rows.partition(|row| self.moved.contains(&row.index));
        moved.sort_by_key(|row| row.id);
        changed.sort_by_key(|row| row.id);
        identities::update(tx, self.program, &self.ended).await?;
        identities::insert(tx, self.program, moved).await?;
        identities::update(tx, self.program, changed).await?;
        identities::give_up(tx, self.program, self.claimed.iter().copied()).await?;
        hui_store::reviews::insert(tx, self.program, &self.reviews).await
    }
}

/// A member with a phone joins once; the awards are given then.
fn bind(
    books: &mut Books,
    met: &mut Met,
    resolution: &Resolution,
    event: Event<'_>,
) -> Result<(), Error> {
    let (Some(member), Some(home)) = (met.member, met.home) else { return Ok(()) };
    if event.welcome == Welcome::HadBefore
        && let Some(row) = books.members.get_mut(&member)
    {
        row.join_awarded = true;
        row.profile_awarded = true;
    }
    if !resolution.bound {
        return Ok(());
    }
    met.awarded = join(books, member, home, event.at, event.channel)?;
    Ok(())
}

/// Makes a member bound and gives the award for joining, once.
pub(crate) fn join(
    books: &mut Books,
    member: MemberId,
    home: MemberId,
    at: Timestamp,
    channel: Option<&str>,
) -> Result<Option<EntryId>, Error> {
    let Some(row) = books.members.get_mut(&member) else { return Ok(None) };
    if !row.bound {
        row.bound = true;
        row.joined_at = row.joined_at.or(Some(at));
    }
    if row.join_awarded {
        return Ok(None);
    }
    row.join_awarded = true;
    let points = books.rules.at(at)?.1.awards.join;
    Ok(books.award(member, home, "join", points, at, channel)?.entry)
}

fn as_owner((candidate, verified): &(Candidate, bool)) -> Owner<'_> {
    Owner { candidate, verified: *verified }
}

pub(crate) fn candidate(row: &MemberRow) -> Candidate {
    Candidate {
        member: row.id,
        bound: row.bound,
        verified_phone: row.verified_phone.clone(),
        birthday: row.birthday.as_deref().and_then(|text| text.parse().ok()),
        created_at: row.created_at,
    }
}

/// The name a gender is stored under.
pub(crate) const fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Other => "other",
    }
}

/// The gender of a stored name.
pub(crate) fn gender_of(name: &str) -> Option<Gender> {
    match name {
        "female" => Some(Gender::Female),
        "male" => Some(Gender::Male),
        "other" => Some(Gender::Other),
        _ => None,
    }
}

pub(crate) fn add_word(words: &mut Vec<String>, word: &str) {
    if let Err(place) = words.binary_search_by(|known| known.as_str().cmp(word)) {
        words.insert(place, word.to_owned());
    }
}
