//! Brings members from another system: who they are, their points, growth and tier.
//!
//! A slice of members of one program is one transaction. A member is known by
//! the number it had in the old system: the same number with the same content
//! again answers as the first time and changes nothing. Whoever the identities
//! belong to already is that member; what is brought adds up with what is there.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::{AMOUNT_MAX, Points};
use hui_loyalty::ids::{MemberId, ReviewId};
use hui_loyalty::ledger::earning::Earning;
use hui_loyalty::ledger::policies::expires_at;
use hui_loyalty::ledger::{Cause, EntryKind, Source, SourceKind};
use hui_loyalty::members::claims::identifies;
use hui_loyalty::members::resolving::Outcome;
use hui_loyalty::members::{Claim, Profile};
use hui_loyalty::orders::checks::{CLAIMS_MAX, LINES_MAX, clamp_future};
use hui_loyalty::tiers::{self, Brought};
use hui_loyalty::time::Timestamp;
use hui_store::members::{self, MemberRow};
use hui_store::migrated::{self, OldNumber};
use hui_store::vault::fingerprint;
use hui_store::{Error, Tx, shops};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Growth, Need, set_standing, standing};
use crate::context::Operations;
use crate::join_member::lock_owners;
use crate::merging::{Merging, merge_in};
use crate::persons::{Event, Indexed, Met, Persons, Welcome, indexed};
use crate::slices::{Answer, Answers, StoreFailed};

/// The most points lots of one member.
pub const LOTS_MAX: usize = LINES_MAX;
/// The most bytes of a number, a source's name, a member's name.
const TEXT_MAX: usize = 200;
/// What entries, growth and lots say they came from.
const REASON: &str = "migrate";

/// When brought points end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// As the program says, counted from the migration.
    ByProgram,
    /// Not at all.
    Never,
    /// The first instant at which they cannot be spent.
    At(Timestamp),
}

/// Points that were earned together in the old system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroughtLot {
    /// How many are left.
    pub points: Points,
    /// When they were earned; at the migration where it is not known.
    pub earned_at: Option<Timestamp>,
    /// From when they can be spent; at once where nothing is said.
    pub available_at: Option<Timestamp>,
    /// When they end.
    pub ends: Ends,
}

/// The tier a member held in the old system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtTier {
    /// The id of the tier in this program's ladder.
    pub tier: String,
    /// When its period began.
    pub since: Option<Timestamp>,
    /// When its period is over.
    pub until: Option<Timestamp>,
}

/// A member to be brought.
#[derive(Debug, Clone)]
pub struct MigrateRequest {
    /// The member's number in the old system.
    pub number: OldNumber,
    /// The identities known there.
    pub claims: Vec<Claim>,
    /// The profile; fills empty fields only.
    pub profile: Profile,
    /// The channel on which the member joined.
    pub channel: Option<String>,
    /// The shop in which the member joined.
    pub shop: Option<String>,
    /// When the member joined.
    pub joined_at: Option<Timestamp>,
    /// What the person agreed to: each text with its version.
    pub consents: Vec<(String, String)>,
    /// The points that are left.
    pub lots: Vec<BroughtLot>,
    /// The growth that counts.
    pub growth: Points,
    /// When it counts from; the migration where nothing is said.
    pub growth_at: Option<Timestamp>,
    /// The tier held; by growth where nothing is said.
    pub tier: Option<BroughtTier>,
}

/// The answer to a member that was brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrateReceipt {
    /// The member.
    pub member_id: MemberId,
    /// Whether it is new here.
    pub created: bool,
    /// The points that were brought.
    pub points: Points,
    /// The points that had ended already and were left behind.
    pub lapsed: Points,
    /// The tier after it.
    pub tier: String,
    /// The review it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_id: Option<ReviewId>,
}

/// Why a member could not be brought.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MigrateMemberError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An instant lies ahead.
    #[error("{0} is in the future")]
    Future(&'static str),
    /// No identity that could recognise anybody was given.
    #[error("no usable identity was given")]
    NoIdentity,
    /// The channel is neither built in nor registered.
    #[error("unknown channel {0}")]
    UnknownChannel(String),
    /// The ladder has no such tier.
    #[error("the program has no tier {0}")]
    UnknownTier(String),
    /// The number was brought with other content.
    #[error("{} {} was already brought with other content", .0.source, .0.number)]
    Changed(OldNumber),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl MigrateRequest {
    /// The first thing that is wrong with the request by itself.
    ///
    /// # Errors
    ///
    /// What it is.
    pub fn check(&self, now: Timestamp) -> Result<(), MigrateMemberError> {
        let invalid = |field, problem| Err(MigrateMemberError::Invalid { field, problem });
        let is_text = |text: &str| !text.trim().is_empty() && text.len() <= TEXT_MAX;
        let is_amount = |points: Points| (0..=AMOUNT_MAX).contains(&points.0);
        if !is_text(&self.number.number) {
            return invalid("number", "must have 1 to 200 bytes");
        }
        if !is_text(&self.number.source) {
            return invalid("source", "must have 1 to 200 bytes");
        }
        if self.profile.name.as_deref().is_some_and(|name| !is_text(name)) {
            return invalid("name", "must have 1 to 200 bytes");
        }
        if self.claims.len() > CLAIMS_MAX {
            return invalid("identities", "must be at most 20");
        }
        if self.lots.len() > LOTS_MAX {
            return invalid("points", "must be at most 500 lots");
        }
        if !self.lots.iter().all(|lot| is_amount(lot.points)) {
            return invalid("points", "must be from 0 to 1000000000000");
        }
        if !is_amount(self.growth) {
            return invalid("growth", "must be from 0 to 1000000000000");
        }
        let earned = self.lots.iter().filter_map(|lot| lot.earned_at);
        let times = [
            ("joined_at", self.joined_at),
            ("growth_at", self.growth_at),
            ("tier_since", self.tier.as_ref().and_then(|tier| tier.since)),
            ("earned_at", earned.max()),
        ];
        for (field, at) in times {
            if at.is_some_and(|at| clamp_future(at, now).is_err()) {
                return Err(MigrateMemberError::Future(field));
            }
        }
        if !self.claims.iter().any(|claim| identifies(claim.kind)) {
            return Err(MigrateMemberError::NoIdentity);
        }
        Ok(())
    }

    /// What makes two deliveries the same.
    fn content(&self) -> String {
        let claims: Vec<_> = self
            .claims
            .iter()
            .map(|claim| (claim.kind.name(), &claim.scope, &claim.value, claim.verified))
            .collect();
        let lots: Vec<_> = self
            .lots
            .iter()
            .map(|lot| {
                let ends = match lot.ends {
                    Ends::ByProgram => serde_json::json!("program"),
                    Ends::Never => serde_json::json!("never"),
                    Ends::At(at) => serde_json::json!(at.0),
                };
                let micros = |at: Option<Timestamp>| at.map(|at| at.0);
                (lot.points.0, micros(lot.earned_at), micros(lot.available_at), ends)
            })
            .collect();
        let tier = self.tier.as_ref().map(|tier| {
            (&tier.tier, tier.since.map(|since| since.0), tier.until.map(|until| until.0))
        });
        serde_json::json!({
            "claims": claims,
            "name": self.profile.name,
            "gender": self.profile.gender.map(crate::persons::gender_name),
            "birthday": self.profile.birthday.map(|day| day.to_string()),
            "channel": self.channel,
            "shop": self.shop,
            "joined_at": self.joined_at.map(|at| at.0),
            "consents": self.consents,
            "lots": lots,
            "growth": self.growth.0,
            "growth_at": self.growth_at.map(|at| at.0),
            "tier": tier,
        })
        .to_string()
    }
}

/// A valid request with what is needed to look it up.
#[derive(Clone)]
struct Checked {
    request: MigrateRequest,
    fingerprint: String,
    identities: Vec<Indexed>,
}

/// Brings members into one program; answers each, in order.
pub async fn migrate_members(
    operations: &Operations,
    actor: &Actor,
    requests: Vec<MigrateRequest>,
) -> Vec<Result<Answer<MigrateReceipt>, MigrateMemberError>> {
    let now = operations.clock.now();
    let channels = match operations.known_channels(actor.program).await {
        Ok(channels) => channels,
        Err(error) => {
            let failed = StoreFailed::from(error);
            return requests.iter().map(|_| Err(failed.clone().into())).collect();
        }
    };
    let mut answers = Answers::new(requests.len());
    let mut waiting: Vec<(usize, Checked)> = Vec::with_capacity(requests.len());
    for (place, request) in requests.into_iter().enumerate() {
        match check(operations, actor, &channels, request, now) {
            Ok(checked) => waiting.push((place, checked)),
            Err(error) => answers.set(place, Err(error)),
        }
    }
    crate::slices::run(operations, &mut answers, waiting, async |tx, waiting, answers| {
        slice(operations, actor, tx, waiting, answers, now).await
    })
    .await;
    answers.into_results()
}

fn check(
    operations: &Operations,
    actor: &Actor,
    channels: &HashSet<String>,
    request: MigrateRequest,
    now: Timestamp,
) -> Result<Checked, MigrateMemberError> {
    request.check(now)?;
    if let Some(channel) = request.channel.as_ref().filter(|channel| !channels.contains(*channel)) {
        return Err(MigrateMemberError::UnknownChannel(channel.clone()));
    }
    Ok(Checked {
        fingerprint: fingerprint(request.content().as_bytes()),
        identities: indexed(&operations.vault, actor.program, &request.claims),
        request,
    })
}

type Waiting = Vec<(usize, Checked)>;
type Results<'a> = &'a mut Answers<MigrateReceipt, MigrateMemberError>;

/// One round: answers what it can and gives back what waits for the next.
async fn slice(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    waiting: Waiting,
    answers: Results<'_>,
    now: Timestamp,
) -> Result<Waiting, Error> {
    let program = actor.program;
    let mut numbers: HashSet<OldNumber> = HashSet::new();
    let (mut taken, mut later): (Waiting, Waiting) = waiting
        .into_iter()
        .partition(|(_, checked)| numbers.insert(checked.request.number.clone()));
    let rules = operations.rules.load(tx, program).await?;
    let ladder = rules.at(now)?.1;
    taken.retain(|(place, checked)| {
        let unknown = checked.request.tier.as_ref().map(|tier| &tier.tier);
        let unknown = unknown.filter(|tier| ladder.ladder.place(tier).is_none());
        if let Some(tier) = unknown {
            answers.set(*place, Err(MigrateMemberError::UnknownTier(tier.clone())));
        }
        unknown.is_none()
    });
    claim_numbers(tx, actor, &mut taken, answers, now).await?;
    let (mut books, mut persons) = open(operations, tx, actor, &taken, now).await?;

    let (mut kept, mut lines, mut deferred) = (Vec::new(), Vec::new(), Vec::new());
    for (position, (place, checked)) in taken.iter().enumerate() {
        let request = &checked.request;
        let event = Event {
            claims: &checked.identities,
            profile: &request.profile,
            at: request.joined_at.unwrap_or(now).min(now),
            channel: request.channel.as_deref(),
            current: None,
            order: None,
            welcome: Welcome::HadBefore,
        };
        let Ok(met) = persons.meet(&mut books, event)? else {
            deferred.push(position);
            continue;
        };
        let Some(member) = met.member else {
            return Err(Error::unreadable("member", "checked identities name nobody"));
        };
        let receipt = bring(&mut books, member, &met, request)?;
        let body =
            serde_json::to_string(&receipt).map_err(|error| Error::unreadable("receipt", error))?;
        kept.push((&request.number, member, body));
        lines.push(line(member, request, &receipt));
        answers.set(*place, Ok(Answer::first(receipt)));
    }
    let given_up = deferred.iter().map(|position| &taken[*position].1.request.number);
    migrated::keep(tx, program, &kept).await?;
    migrated::give_up(tx, program, given_up).await?;
    books.save(tx).await?;
    persons.save(tx).await?;
    register_shops(operations, tx, actor, &taken, now).await?;
    audit::append(tx, actor, now, &lines).await?;
    for position in deferred.into_iter().rev() {
        later.push(taken.swap_remove(position));
    }
    later.sort_by_key(|(place, _)| *place);
    Ok(later)
}

/// Claims the numbers; what was brought before is answered and leaves the round.
async fn claim_numbers(
    tx: &mut Tx,
    actor: &Actor,
    taken: &mut Waiting,
    answers: Results<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let claims: Vec<(&OldNumber, &str)> = taken
        .iter()
        .map(|(_, checked)| (&checked.request.number, checked.fingerprint.as_str()))
        .collect();
    let fresh = migrated::claim(tx, actor.program, &claims, now).await?;
    let others = claims.iter().map(|(number, _)| *number).filter(|number| !fresh.contains(number));
    let known = migrated::load(tx, actor.program, others).await?;
    let mut failed = None;
    taken.retain(|(place, checked)| {
        let number = &checked.request.number;
        if fresh.contains(number) {
            return true;
        }
        match known.get(number) {
            Some(row) if row.fingerprint == checked.fingerprint => {
                match serde_json::from_str(&row.receipt) {
                    Ok(receipt) => answers.set(*place, Ok(Answer::again(receipt))),
                    Err(error) => failed = Some(Error::unreadable("receipt", error)),
                }
            }
            Some(_) => answers.set(*place, Err(MigrateMemberError::Changed(number.clone()))),
            None => failed = Some(Error::unreadable("migrated member", "claimed and absent")),
        }
        false
    });
    failed.map_or(Ok(()), Err)
}

/// Looks the persons up, merges members where the identities say so, opens the books.
async fn open(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    taken: &[(usize, Checked)],
    now: Timestamp,
) -> Result<(Books, Persons), Error> {
    let program = actor.program;
    let mut ids = operations.ids.clone();
    let all: Vec<&Indexed> = taken.iter().flat_map(|(_, checked)| &checked.identities).collect();
    let mut persons = Persons::open(tx, program, &operations.vault, &mut ids, &all, now).await?;
    let mut rows = lock_owners(tx, actor, &mut persons).await?;
    for (_, checked) in taken {
        let resolution = persons.resolution(&rows, &checked.identities, None);
        let Outcome::Merge { into, absorbed } = resolution.outcome else { continue };
        for one in absorbed {
            let OldNumber { source, number } = &checked.request.number;
            let merging = Merging {
                into,
                absorbed: one,
                by: "automatic".to_owned(),
                reason: format!("{REASON} {source}/{number}"),
            };
            merge_in(operations, tx, program, merging, now).await?;
        }
        // Later members of the slice must see the merge before they are resolved.
        rows = lock_owners(tx, actor, &mut persons).await?;
    }
    let keyed = owners(taken, &persons, &rows);
    persons.load_keys(tx, keyed).await?;
    let rules = operations.rules.load(tx, program).await?;
    let none = HashSet::new();
    let books = Books::open(
        tx,
        program,
        rules,
        ids,
        rows,
        Need::Earning { whole: &none, named: &none },
        now,
    )
    .await?;
    Ok((books, persons))
}

/// The members, and their homes, whose personal keys new fields and identities need.
fn owners(
    taken: &[(usize, Checked)],
    persons: &Persons,
    rows: &HashMap<MemberId, MemberRow>,
) -> HashSet<MemberId> {
    taken
        .iter()
        .filter_map(|(_, checked)| {
            let member = persons.resolution(rows, &checked.identities, None).member()?;
            let member = members::survivor(rows, member)?;
            let home = persons.home(rows, &checked.identities, None).unwrap_or(member);
            Some([member, home])
        })
        .flatten()
        .collect()
}

/// Gives a member its points, growth and tier.
fn bring(
    books: &mut Books,
    member: MemberId,
    met: &Met,
    request: &MigrateRequest,
) -> Result<MigrateReceipt, Error> {
    let now = books.now;
    let home = met.home.unwrap_or(member);
    let (mut points, mut lapsed) = (Points::ZERO, Points::ZERO);
    for lot in &request.lots {
        if matches!(lot.ends, Ends::At(end) if end <= now) {
            lapsed = lapsed.plus(lot.points);
        } else {
            bring_lot(books, member, home, request, lot)?;
            points = points.plus(lot.points);
        }
    }
    if request.growth.is_positive() {
        let line = Growth {
            member,
            home,
            at: request.growth_at.unwrap_or(now).min(now),
            points: request.growth,
            order: None,
            refund: None,
        };
        books.note_growth(line, Some(REASON))?;
    }
    match &request.tier {
        Some(tier) => bring_tier(books, member, tier)?,
        None if request.growth.is_positive() => {
            books.lift(member, request.growth_at.unwrap_or(now).min(now))?;
        }
        None => {}
    }
    let Some(row) = books.members.get_mut(&member) else {
        return Err(Error::unreadable("member", "met and absent"));
    };
    if let Some(joined_at) = request.joined_at {
        row.joined_at = Some(row.joined_at.map_or(joined_at, |known| known.min(joined_at)));
    }
    Ok(MigrateReceipt {
        member_id: member,
        created: met.created,
        points,
        lapsed,
        tier: row.tier.clone(),
        review_id: met.reviews.first().copied(),
    })
}

fn bring_lot(
    books: &mut Books,
    member: MemberId,
    home: MemberId,
    request: &MigrateRequest,
    lot: &BroughtLot,
) -> Result<(), Error> {
    let now = books.now;
    let (version, rules) = books.rules.at(now)?;
    let earning = Earning {
        kind: EntryKind::Migrate,
        points: lot.points,
        home,
        // The entry is dated at the migration: before it the points were in other books.
        at: now,
        available_at: Some(lot.available_at.unwrap_or(now)),
        expires_at: match lot.ends {
            Ends::ByProgram => expires_at(rules.policy.expiry, now, &rules.zone),
            Ends::Never => None,
            Ends::At(end) => Some(end),
        },
        source: Source {
            kind: SourceKind::Migrate,
            order: None,
            channel: request.channel.clone(),
            shop: request.shop.clone(),
            rule: Some(request.number.source.clone()),
        },
        cause: Cause {
            channel: request.channel.clone(),
            shop: request.shop.clone(),
            rule_version: Some(version),
            key: Some(format!("{REASON}:{}/{}", request.number.source, request.number.number)),
            ..Cause::default()
        },
    };
    let earned = books.earn(member, earning, &rules);
    let account = books.account(member);
    if let Some(earned_at) = lot.earned_at
        && let Some(lot) = account.lots.iter_mut().find(|known| Some(known.id) == earned.lot)
    {
        lot.earned_at = earned_at.min(now);
    }
    Ok(())
}

fn bring_tier(books: &mut Books, member: MemberId, tier: &BroughtTier) -> Result<(), Error> {
    let rules = books.current()?;
    let brought = Brought { tier: &tier.tier, since: tier.since, until: tier.until };
    let now = books.now;
    let Some(row) = books.members.get_mut(&member) else { return Ok(()) };
    let Some((after, change)) = tiers::bring(&rules, &standing(row), &brought, now) else {
        return Ok(());
    };
    set_standing(row, after);
    if let Some(change) = change {
        books.note_tier_change(member, &change);
    }
    Ok(())
}

fn line(member: MemberId, request: &MigrateRequest, receipt: &MigrateReceipt) -> AuditLine {
    let kinds: Vec<&str> = request.claims.iter().map(|claim| claim.kind.name()).collect();
    let detail = serde_json::json!({
        "source": request.number.source,
        "number": request.number.number,
        "created": receipt.created,
        "identities": kinds,
        "channel": request.channel,
        "shop": request.shop,
        "consents": request.consents,
        "points": receipt.points,
        "lapsed": receipt.lapsed,
        "growth": request.growth,
        "tier": request.tier.as_ref().map(|tier| &tier.tier),
    });
    AuditLine::new("member.migrate", member, detail).about(member)
}

/// A shop that nothing named before begins in its channel's default mode.
async fn register_shops(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    taken: &[(usize, Checked)],
    now: Timestamp,
) -> Result<(), Error> {
    let mut unknown: Vec<(&str, &str)> = taken
        .iter()
        .filter_map(|(_, checked)| {
            Some((checked.request.channel.as_deref()?, checked.request.shop.as_deref()?))
        })
        .filter(|(channel, shop)| !operations.places.knows_shop(actor.program, channel, shop))
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    shops::register_shops(tx, actor.program, &unknown, now).await?;
    for (channel, shop) in unknown {
        operations.places.note_shop(actor.program, channel, shop);
    }
    Ok(())
}
