//! Two members made one, and made two again: the parts both automatic merges and staff's use.

use std::collections::{HashMap, HashSet};

use hui_loyalty::ids::{MemberId, MergeId, NewIds, ProgramId, StoredLotId};
use hui_loyalty::ledger::merging::{LiveHoldOnBothSides, merge, unmerge};
use hui_loyalty::ledger::{Account, Cause, Entry};
use hui_loyalty::members::IdentityKind;
use hui_loyalty::tiers::{self, ChangeReason, Standing, TierChange};
use hui_loyalty::time::Timestamp;
use hui_loyalty::wallet::{Draw, HoldState, settling};
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::merges::{self, MergeRow};
use hui_store::{Error, Tx, growth, identities, ledger, orders, wallet};
use serde::{Deserialize, Serialize};

use crate::books::{Books, Need, standing};
use crate::context::Operations;
use crate::persons::add_word;
use crate::wallet::WalletBooks;

/// Which two members become one, by whom and why.
#[derive(Debug, Clone)]
pub(crate) struct Merging {
    pub(crate) into: MemberId,
    pub(crate) absorbed: MemberId,
    pub(crate) by: String,
    pub(crate) reason: String,
}

/// Both sides before a merge: what an un-merge gives back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Before {
    survivor: Side,
    absorbed: Side,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Side {
    standing: Standing,
    /// Bound without a phone of its own: where it has one, that tells, wherever it goes.
    bound: bool,
    joined_at: Option<Timestamp>,
    /// Awarded without a lot of its own: where there is one, that tells, wherever it goes.
    join_awarded: bool,
    profile_awarded: bool,
    has_name: bool,
    has_phone: bool,
    gender: Option<String>,
    birthday: Option<String>,
    verified_phone: Option<String>,
    tags: Vec<String>,
    channels: Vec<String>,
}

impl Side {
    async fn of(tx: &mut Tx, program: ProgramId, row: &MemberRow) -> Result<Self, Error> {
        let has_award =
            async |tx: &mut Tx, award| ledger::has_award(tx, program, row.id, award).await;
        let phone = identities::of_members(tx, program, [row.id])
            .await?
            .into_iter()
            .any(|one| one.kind == IdentityKind::Phone && one.valid_until.is_none());
        Ok(Self {
            standing: standing(row),
            bound: row.bound && !phone,
            joined_at: row.joined_at,
            join_awarded: row.join_awarded && !has_award(tx, "join").await?,
            profile_awarded: row.profile_awarded && !has_award(tx, "profile_complete").await?,
            has_name: row.name_cipher.is_some(),
            has_phone: row.phone_cipher.is_some(),
            gender: row.gender.clone(),
            birthday: row.birthday.clone(),
            verified_phone: row.verified_phone.clone(),
            tags: row.tags.clone(),
            channels: row.channels.clone(),
        })
    }
}

/// Makes `absorbed` part of `into`; both are active, different, and locked by the caller or here.
pub(crate) async fn merge_in(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    merging: Merging,
    now: Timestamp,
) -> Result<MergeId, Error> {
    let Merging { into, absorbed, by, reason } = merging;
    let rules = operations.rules.load(tx, program).await?;
    let rows = members::lock(tx, program, [into, absorbed]).await?;
    let mut ids = operations.ids.clone();
    let id = MergeId(ids.next_id());
    let mut books =
        Books::open(tx, program, rules, ids.clone(), rows, Need::Everything, now).await?;
    let (Some(survivor_row), Some(absorbed_row)) =
        (books.members.get(&into).cloned(), books.members.get(&absorbed).cloned())
    else {
        return Err(Error::unreadable("member", "to be merged and absent"));
    };
    let before = Before {
        survivor: Side::of(tx, program, &survivor_row).await?,
        absorbed: Side::of(tx, program, &absorbed_row).await?,
    };

    let mut from = take(&mut books, absorbed);
    let mut to = take(&mut books, into);
    let cause = Cause { key: Some(format!("merge:{id}")), ..Cause::default() };
    let entries = merge(&mut from, &mut to, &cause, now, &mut ids);
    books.entries.extend(entries);
    books.accounts.insert(absorbed, from);
    books.accounts.insert(into, to);

    merges::move_all(tx, program, absorbed, into).await?;
    let joined = join_rows(operations, tx, program, survivor_row, absorbed_row.clone()).await?;
    let gone = MemberRow {
        state: MemberState::Merged,
        merged_into: Some(into),
        verified_phone: None,
        debt: hui_loyalty::amounts::Points::ZERO,
        ..absorbed_row
    };
    let other = before.absorbed.standing.clone();
    books.members.insert(absorbed, gone);
    books.members.insert(into, joined);
    books
        .reassess(tx, &[into], move |rules, own, growth, now| {
            let kept = tiers::higher(&rules.ladder, &own, &other).clone();
            let mut changes: Vec<TierChange> = Vec::new();
            if kept != own {
                changes.push(change(&own, &kept, ChangeReason::Merge, now));
            }
            let (after, more) = tiers::reassess(rules, kept, growth, now);
            changes.extend(more);
            (after, changes)
        })
        .await?;
    let text = serde_json::to_string(&before).map_err(|error| Error::unreadable("merge", error))?;
    let row = MergeRow {
        id,
        survivor: into,
        absorbed,
        at: now,
        by,
        reason,
        before: text,
        undone_at: None,
        undone_by: None,
    };
    merges::insert(tx, program, &row).await?;
    books.save(tx).await?;
    Ok(id)
}

fn take(books: &mut Books, member: MemberId) -> Account {
    books.accounts.remove(&member).unwrap_or_else(|| Account::new(member))
}

fn change(from: &Standing, to: &Standing, reason: ChangeReason, at: Timestamp) -> TierChange {
    TierChange {
        at,
        from: from.tier.clone(),
        to: to.tier.clone(),
        reason,
        since: to.since,
        until: to.until,
    }
}

/// The survivor's row with what the absorbed one adds; empty personal fields are filled.
async fn join_rows(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    mut survivor: MemberRow,
    absorbed: MemberRow,
) -> Result<MemberRow, Error> {
    let needs_name = survivor.name_cipher.is_none() && absorbed.name_cipher.is_some();
    let needs_phone = survivor.phone_cipher.is_none() && absorbed.phone_cipher.is_some();
    if needs_name || needs_phone {
        let vault = &operations.vault;
        let keys = members::load_keys(tx, program, [survivor.id, absorbed.id]).await?;
        if let (Some(mine), Some(other)) = (keys.get(&survivor.id), keys.get(&absorbed.id)) {
            let mine = vault.open_member_key(program, survivor.id, mine)?;
            let other = vault.open_member_key(program, absorbed.id, other)?;
            let carry = |field: &str, cipher: Option<&String>| -> Result<Option<String>, Error> {
                let Some(cipher) = cipher else { return Ok(None) };
                let value = vault.decrypt(&other, field, cipher)?;
                vault.encrypt(&mine, field, &value).map(Some)
            };
            if needs_name {
                survivor.name_cipher = carry("name", absorbed.name_cipher.as_ref())?;
            }
            if needs_phone {
                survivor.phone_cipher = carry("phone", absorbed.phone_cipher.as_ref())?;
            }
        }
    }
    survivor.gender = survivor.gender.or(absorbed.gender);
    survivor.birthday = survivor.birthday.or(absorbed.birthday);
    survivor.verified_phone = survivor.verified_phone.or(absorbed.verified_phone);
    survivor.bound |= absorbed.bound;
    survivor.joined_at = [survivor.joined_at, absorbed.joined_at].into_iter().flatten().min();
    survivor.join_awarded |= absorbed.join_awarded;
    survivor.profile_awarded |= absorbed.profile_awarded;
    survivor.growth_lifetime = survivor.growth_lifetime.plus(absorbed.growth_lifetime);
    survivor.orders_count += absorbed.orders_count;
    survivor.spent = survivor.spent.plus(absorbed.spent);
    survivor.first_order_at =
        [survivor.first_order_at, absorbed.first_order_at].into_iter().flatten().min();
    survivor.last_order_at = survivor.last_order_at.max(absorbed.last_order_at);
    for tag in &absorbed.tags {
        add_word(&mut survivor.tags, tag);
    }
    for channel in &absorbed.channels {
        add_word(&mut survivor.channels, channel);
    }
    Ok(survivor)
}

/// Why a merge could not be taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnmergeProblem {
    #[error(transparent)]
    LiveHold(#[from] LiveHoldOnBothSides),
    #[error("the survivor was itself merged since")]
    SurvivorMerged,
    #[error(transparent)]
    Store(#[from] Error),
}

/// Takes a standing merge back: each side gets its own.
pub(crate) async fn unmerge_in(
    operations: &Operations,
    tx: &mut Tx,
    program: ProgramId,
    row: &MergeRow,
    by: &str,
    now: Timestamp,
) -> Result<(), UnmergeProblem> {
    let before: Before =
        serde_json::from_str(&row.before).map_err(|error| Error::unreadable("merge", error))?;
    let rules = operations.rules.load(tx, program).await?;
    let rows = members::lock(tx, program, [row.survivor, row.absorbed]).await?;
    if rows.get(&row.survivor).is_none_or(|survivor| survivor.state != MemberState::Active) {
        return Err(UnmergeProblem::SurvivorMerged);
    }
    let homes = homes_of(tx, program, row.absorbed).await?;
    let mut ids = operations.ids.clone();
    let mut books =
        Books::open(tx, program, rules, ids.clone(), rows, Need::Everything, now).await?;
    let mut written: Vec<Entry> = ledger::entries_of(tx, program, [row.survivor], None)
        .await?
        .into_iter()
        .map(|entry| entry.entry)
        .filter(|entry| homes.contains(&entry.home))
        .collect();
    // What settling has just written is as much a part of the books as what is stored.
    let mut fresh = std::mem::take(&mut books.entries);
    let stored = written.len();
    written.append(&mut fresh);

    let mut survivor = take(&mut books, row.survivor);
    let mut absorbed = take(&mut books, row.absorbed);
    let cause = Cause { key: Some(format!("unmerge:{}", row.id)), ..Cause::default() };
    let goes_back = |home: MemberId| homes.contains(&home);
    let transfers =
        unmerge(&mut survivor, &mut absorbed, &goes_back, &mut written, &cause, now, &mut ids)?;
    books.accounts.insert(row.survivor, survivor);
    books.accounts.insert(row.absorbed, absorbed);
    let fresh = written.split_off(stored);
    let attributed: Vec<_> = written.iter().map(|entry| (entry.id, entry.member)).collect();
    ledger::attribute_entries(tx, program, &attributed).await?;
    books.entries.extend(fresh);
    books.entries.extend(transfers);

    part_wallet_holds(tx, &books, row, &homes).await?;
    let homes: Vec<MemberId> = homes.into_iter().collect();
    merges::move_homes(tx, program, row.survivor, row.absorbed, &homes).await?;
    part_rows(tx, &mut books, row, &before).await?;
    for (member, side) in [(row.survivor, &before.survivor), (row.absorbed, &before.absorbed)] {
        let at_merge = side.standing.clone();
        books
            .reassess(tx, &[member], move |rules, own, growth, now| {
                let mut changes = Vec::new();
                if own != at_merge {
                    changes.push(change(&own, &at_merge, ChangeReason::Unmerge, now));
                }
                let (after, more) = tiers::reassess(rules, at_merge.clone(), growth, now);
                changes.extend(more);
                (after, changes)
            })
            .await?;
    }
    books.save(tx).await?;
    merges::mark_undone(tx, program, row.id, now, by).await?;
    Ok(())
}

/// Sends the wallet holds home whose lots all go: live ones, and spends that a refund may give back.
async fn part_wallet_holds(
    tx: &mut Tx,
    books: &Books,
    merge: &MergeRow,
    homes: &HashSet<MemberId>,
) -> Result<(), UnmergeProblem> {
    let (program, now) = (books.program, books.now);
    let mut open = WalletBooks::open(tx, program, merge.survivor, &books.ids).await?;
    settling::settle(&mut open.wallet, now, &mut open.ids, &mut open.entries);
    open.save(tx, program, now).await?;
    let holds = wallet::holds_of(tx, program, merge.survivor).await?;
    let drawn = holds.iter().flat_map(|hold| hold.draws.iter().map(|draw| draw.lot));
    let lots = wallet::load_lots(tx, program, drawn).await?;
    let homes_of: HashMap<StoredLotId, MemberId> =
        lots.into_iter().map(|lot| (lot.id, lot.home)).collect();
    let mut going = Vec::new();
    for hold in holds {
        let goes = |draw: &Draw| homes_of.get(&draw.lot).is_some_and(|home| homes.contains(home));
        let count = hold.draws.iter().filter(|draw| goes(draw)).count();
        if count == hold.draws.len() {
            going.push(hold.id);
        } else if count > 0 && hold.state == HoldState::Live {
            return Err(LiveHoldOnBothSides { hold: hold.id }.into());
        }
    }
    wallet::move_holds(tx, program, &going, merge.absorbed).await?;
    Ok(())
}

/// A member and everybody merged into it, at any depth: the homes that are its own.
async fn homes_of(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<HashSet<MemberId>, Error> {
    let mut homes = HashSet::from([member]);
    let mut open = vec![member];
    while let Some(next) = open.pop() {
        for merge in merges::standing_into(tx, program, next).await? {
            if homes.insert(merge.absorbed) {
                open.push(merge.absorbed);
            }
        }
    }
    Ok(homes)
}

/// The rows of both sides after their orders, growth and identities went home.
async fn part_rows(
    tx: &mut Tx,
    books: &mut Books,
    merge: &MergeRow,
    before: &Before,
) -> Result<(), Error> {
    let program = books.program;
    let both = [merge.survivor, merge.absorbed];
    let identities = identities::of_members(tx, program, both).await?;
    let growth: HashMap<MemberId, _> =
        growth::sums(tx, program, both, Timestamp(i64::MIN), Timestamp(i64::MAX)).await?;
    for member in both {
        let totals = orders::totals(tx, program, member).await?;
        let has_joined = ledger::has_award(tx, program, member, "join").await?;
        let has_completed = ledger::has_award(tx, program, member, "profile_complete").await?;
        let Some(row) = books.members.get_mut(&member) else { continue };
        row.orders_count = totals.orders_count;
        row.spent = totals.spent;
        row.first_order_at = totals.first_order_at;
        row.last_order_at = totals.last_order_at;
        row.growth_lifetime = growth.get(&member).copied().unwrap_or_default();
        let live: Vec<_> = identities
            .iter()
            .filter(|identity| identity.member == Some(member) && identity.valid_until.is_none())
            .collect();
        let phones = || live.iter().filter(|identity| identity.kind == IdentityKind::Phone);
        let is_survivor = member == merge.survivor;
        let side = if is_survivor { &before.survivor } else { &before.absorbed };
        let kept = phones().find(|phone| Some(&phone.index) == side.verified_phone.as_ref());
        let verified = kept.or_else(|| phones().find(|phone| phone.verified));
        row.verified_phone = verified.map(|phone| phone.index.clone());
        row.bound = side.bound || phones().next().is_some();
        row.joined_at = side.joined_at.or(row.joined_at).filter(|_| row.bound);
        // An award that came while the two were one stays with the side whose lot it is.
        row.join_awarded = side.join_awarded || has_joined;
        row.profile_awarded = side.profile_awarded || has_completed;
        if is_survivor {
            give_back(row, &before.survivor, &before.absorbed);
        } else {
            row.state = MemberState::Active;
            row.merged_into = None;
        }
    }
    Ok(())
}

/// Takes out of the survivor's profile what only the merge had put there.
fn give_back(row: &mut MemberRow, own: &Side, other: &Side) {
    if !own.has_name && other.has_name {
        row.name_cipher = None;
    }
    if !own.has_phone && other.has_phone {
        row.phone_cipher = None;
    }
    if own.gender.is_none() && row.gender == other.gender {
        row.gender = None;
    }
    if own.birthday.is_none() && row.birthday == other.birthday {
        row.birthday = None;
    }
    row.tags.retain(|tag| own.tags.contains(tag) || !other.tags.contains(tag));
    row.channels
        .retain(|channel| own.channels.contains(channel) || !other.channels.contains(channel));
}
