//! What a transaction has loaded of members and will save: rows, accounts, growth, tiers.
//!
//! Members are locked, brought up to `now` (releases, expiries, maturities, tier
//! reviews) before anything else happens to them, and saved in bulk at the end.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::benefits::upgrade_due;
use hui_loyalty::ids::{GrowthId, MemberId, NewIds, OrderId, ProgramId, RefundId};
use hui_loyalty::ledger::policies::{Expiry, expires_at};
use hui_loyalty::ledger::settling::{next_due, settle_into};
use hui_loyalty::ledger::{
    Account, Cause, Entry, EntryKind, Hold, Lot, Source, SourceKind, earning,
};
use hui_loyalty::program::Program;
use hui_loyalty::tiers::{self, ChangeReason, Standing, TierChange};
use hui_loyalty::time::Timestamp;
use hui_store::benefits::{self, BenefitRow};
use hui_store::cards::{self, Holding};
use hui_store::growth::{self, GrowthRow, TierChangeRow};
use hui_store::ledger::{self, Lots};
use hui_store::members::{self, Link, MemberRow};
use hui_store::{Error, Tx};

use crate::checkout::parts::{Tenders, Wallets};
use crate::ids::Ids;
use crate::persons::add_word;
use crate::rules::Rules;

/// How much of the members' accounts an operation needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need<'a> {
    /// To add a lot, or to move one that [`Books::add_lots`] brings.
    Earning {
        /// Members whose accounts are needed in full: every open lot, hold and debt.
        whole: &'a HashSet<MemberId>,
        /// Members whose named lots move.
        named: &'a HashSet<MemberId>,
    },
    /// Every open lot, hold and debt.
    Everything,
}

/// The open books of some members.
pub(crate) struct Books {
    pub(crate) program: ProgramId,
    pub(crate) now: Timestamp,
    pub(crate) rules: Rules,
    pub(crate) ids: Ids,
    pub(crate) members: HashMap<MemberId, MemberRow>,
    pub(crate) accounts: HashMap<MemberId, Account>,
    pub(crate) entries: Vec<Entry>,
    originals: HashMap<MemberId, MemberRow>,
    accounts_before: HashMap<MemberId, Account>,
    /// Of accounts that hold only what is due or named: when the first of the other lots will be due.
    rest_due: HashMap<MemberId, Option<Timestamp>>,
    /// Growth in the window of `now`.
    windows: HashMap<MemberId, Points>,
    growth: Vec<GrowthRow>,
    tier_changes: Vec<TierChangeRow>,
    /// Gifts for the upgrades among them; a job gives them.
    planned: Vec<BenefitRow>,
    /// Which cards the members have or had, where conditions ask.
    holdings: HashMap<MemberId, Vec<Holding>>,
    /// Who paid which part of orders that came by a checkout lock.
    pub(crate) tenders: Tenders,
    /// Wallets that checkouts and their refunds move.
    pub(crate) wallets: Wallets,
    /// When members were met on channels, by the events of this transaction.
    met: HashMap<(MemberId, String), Timestamp>,
}

/// The standing a member's row tells.
pub(crate) fn standing(row: &MemberRow) -> Standing {
    Standing {
        tier: row.tier.clone(),
        since: row.tier_since,
        until: row.tier_until,
        granted: row.tier_granted,
    }
}

pub(crate) fn set_standing(row: &mut MemberRow, standing: Standing) {
    row.tier = standing.tier;
    row.tier_since = standing.since;
    row.tier_until = standing.until;
    row.tier_granted = standing.granted;
}

/// What a new member's row says before anything is known of it.
pub(crate) fn blank_member(id: MemberId, created_at: Timestamp, rules: &Program) -> MemberRow {
    let base = Standing::base(&rules.ladder, created_at);
    MemberRow {
        id,
        state: members::MemberState::Active,
        merged_into: None,
        bound: false,
        created_at,
        joined_at: None,
        join_awarded: false,
        profile_awarded: false,
        name_cipher: None,
        gender: None,
        birthday: None,
        phone_cipher: None,
        verified_phone: None,
        tier: base.tier,
        tier_since: base.since,
        tier_until: None,
        tier_granted: false,
        growth_lifetime: Points::ZERO,
        debt: Points::ZERO,
        orders_count: 0,
        spent: Money::ZERO,
        first_order_at: None,
        last_order_at: None,
        tags: Vec::new(),
        channels: Vec::new(),
        due_at: None,
        revision: 0,
    }
}

impl Books {
    /// Opens the books of members whose rows are locked.
    pub(crate) async fn open(
        tx: &mut Tx,
        program: ProgramId,
        rules: Rules,
        ids: Ids,
        rows: HashMap<MemberId, MemberRow>,
        need: Need<'_>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut books = Self {
            program,
            now,
            rules,
            ids,
            originals: rows.clone(),
            members: rows,
            accounts: HashMap::new(),
            accounts_before: HashMap::new(),
            rest_due: HashMap::new(),
            entries: Vec::new(),
            windows: HashMap::new(),
            growth: Vec::new(),
            tier_changes: Vec::new(),
            planned: Vec::new(),
            holdings: HashMap::new(),
            tenders: Tenders::default(),
            wallets: Wallets::default(),
            met: HashMap::new(),
        };
        books.load_points(tx, need).await?;
        books.load_growth(tx).await?;
        books.settle_all(tx).await?;
        Ok(books)
    }

    /// The rules in force now.
    pub(crate) fn current(&self) -> Result<Arc<Program>, Error> {
        self.rules.at(self.now).map(|(_, program)| program)
    }

    /// Loads the members' cards, if any version of the rules asks for them.
    pub(crate) async fn load_cards(&mut self, tx: &mut Tx) -> Result<(), Error> {
        if self.rules.all().any(|(_, _, rules)| rules.asks_for_cards) {
            let members: Vec<MemberId> = self.members.keys().copied().collect();
            self.holdings = cards::holdings(tx, self.program, members).await?;
        }
        Ok(())
    }

    /// The names of a member's cards in force at an instant, as far as conditions ask.
    pub(crate) fn cards_at(&self, member: MemberId, at: Timestamp) -> Vec<String> {
        let mut names: Vec<String> = self
            .holdings
            .get(&member)
            .into_iter()
            .flatten()
            .filter(|holding| holding.from <= at && at < holding.until)
            .map(|holding| holding.name.clone())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    async fn load_points(&mut self, tx: &mut Tx, need: Need<'_>) -> Result<(), Error> {
        let slides = matches!(self.current()?.policy.expiry, Expiry::Activity { .. });
        let (mut whole, mut partly) = (Vec::new(), Vec::new());
        for row in self.members.values() {
            match need {
                Need::Everything => whole.push(row.id),
                Need::Earning { .. } if row.state != members::MemberState::Active => {}
                Need::Earning { whole: asked, .. }
                    if slides || row.debt.is_positive() || asked.contains(&row.id) =>
                {
                    whole.push(row.id);
                }
                Need::Earning { named, .. } => {
                    let due = row.due_at.is_some_and(|due| due <= self.now);
                    if due || named.contains(&row.id) {
                        partly.push(row.id);
                    }
                }
            }
        }
        whole.extend(self.load_due(tx, partly).await?);
        let accounts = ledger::load_accounts(tx, self.program, whole, Lots::Open).await?;
        self.accounts_before.extend(accounts);
        self.accounts.clone_from(&self.accounts_before);
        Ok(())
    }

    /// Loads of members only the lots that are due: somebody who buys every week has dozens of
    /// others. Answers those of whom this is not enough, because a hold of theirs has run out.
    async fn load_due(
        &mut self,
        tx: &mut Tx,
        members: Vec<MemberId>,
    ) -> Result<Vec<MemberId>, Error> {
        if members.is_empty() {
            return Ok(members);
        }
        let due = Lots::Due(self.now);
        let accounts = ledger::load_accounts(tx, self.program, members, due).await?;
        let ends = |account: &Account| account.holds.iter().any(|hold| hold.until <= self.now);
        let (releasing, enough): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|(_, account)| ends(account));
        let ids = enough.iter().map(|(member, _)| *member);
        let next = ledger::next_due(tx, self.program, ids, self.now).await?;
        for (member, account) in enough {
            self.rest_due.insert(member, next.get(&member).copied());
            self.accounts_before.insert(member, account);
        }
        Ok(releasing.into_iter().map(|(member, _)| member).collect())
    }

    async fn load_growth(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let rules = self.current()?;
        let start = tiers::window_start(rules.ladder.window, self.now, &rules.zone);
        let before_start = Timestamp(start.0.saturating_sub(1));
        let ids: Vec<MemberId> = self.members.keys().copied().collect();
        self.windows = growth::sums(tx, self.program, ids, before_start, self.now).await?;
        Ok(())
    }

    /// Brings every member up to now: points first, then tiers.
    async fn settle_all(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let mut order: Vec<MemberId> = self.accounts.keys().copied().collect();
        order.sort_unstable();
        for member in order {
            if let Some(account) = self.accounts.get_mut(&member) {
                settle_into(account, self.now, &mut self.ids, &mut self.entries);
            }
        }
        let rules = self.current()?;
        let due = |row: &&MemberRow| {
            let unknown_tier = rules.ladder.place(&row.tier).is_none();
            let review = tiers::review_due(&rules, &standing(row));
            let is_active = row.state == members::MemberState::Active;
            is_active && (unknown_tier || review.is_some_and(|at| at <= self.now))
        };
        let reviewed: Vec<MemberId> = self.members.values().filter(due).map(|row| row.id).collect();
        self.reassess(tx, &reviewed, |rules, standing, growth, now| {
            tiers::settle(rules, standing, growth, now)
        })
        .await
    }

    /// Decides the tiers of members anew from their whole growth.
    pub(crate) async fn reassess(
        &mut self,
        tx: &mut Tx,
        members: &[MemberId],
        decide: impl Fn(
            &Program,
            Standing,
            &[(Timestamp, Points)],
            Timestamp,
        ) -> (Standing, Vec<TierChange>),
    ) -> Result<(), Error> {
        if members.is_empty() {
            return Ok(());
        }
        let rules = self.current()?;
        let mut histories = growth::histories(tx, self.program, members.iter().copied()).await?;
        for row in &self.growth {
            histories.entry(row.member).or_default().push((row.at, row.points));
        }
        for member in members {
            let history = histories.remove(member).unwrap_or_default();
            let window = tiers::measure(&history, rules.ladder.window, self.now, &rules.zone);
            self.windows.insert(*member, window);
            let Some(row) = self.members.get_mut(member) else { continue };
            let (after, changes) = decide(&rules, standing(row), &history, self.now);
            set_standing(row, after);
            for change in changes {
                self.note_tier_change(*member, &change);
            }
        }
        Ok(())
    }

    pub(crate) fn note_tier_change(&mut self, member: MemberId, change: &TierChange) {
        self.tier_changes.push(TierChangeRow {
            id: self.ids.next_id(),
            member,
            at: change.at,
            from: change.from.clone(),
            to: change.to.clone(),
            reason: change.reason.name().to_owned(),
            until: change.until,
            recorded_at: self.now,
        });
        if change.reason == ChangeReason::Upgrade
            && let Ok(rules) = self.current()
            && let Some(due) = upgrade_due(&rules.ladder, &change.to, change.since, self.now)
        {
            self.planned.push(crate::benefits::planned(self.ids.next_id(), member, due));
        }
    }

    /// Adds a member that did not exist before.
    pub(crate) fn add_member(&mut self, row: MemberRow) {
        self.members.insert(row.id, row);
    }

    /// Notes that an event at `at` met a member on a channel.
    pub(crate) fn meet(&mut self, member: MemberId, channel: &str, at: Timestamp) {
        let Some(row) = self.members.get_mut(&member) else { return };
        if !row.channels.iter().any(|known| known == channel) {
            add_word(&mut row.channels, channel);
            self.met.insert((member, channel.to_owned()), at.min(self.now));
        }
    }

    /// Writes since when members are known on which channels; new members brought theirs along.
    ///
    /// A channel that a merge brings to the survivor, or an un-merge back, keeps its instant.
    async fn save_links(&self, tx: &mut Tx) -> Result<(), Error> {
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        for (id, row) in &self.members {
            let Some(original) = self.originals.get(id) else { continue };
            if original.channels == row.channels && original.state == row.state {
                continue;
            }
            let (before, after) = (linked(original), linked(row));
            let new = after.iter().filter(|channel| !before.contains(channel));
            gained.extend(new.map(|channel| (row, channel.clone())));
            let gone = before.iter().filter(|channel| !after.contains(channel));
            lost.extend(gone.map(|channel| (*id, channel.clone())));
        }
        let given_up = members::unlink(tx, self.program, &lost).await?;
        let since = |row: &MemberRow, channel: &String| {
            let moved = given_up.iter().find(|link| link.channel == *channel);
            let is_back = self.originals.get(&row.id).is_some_and(|old| old.state != row.state);
            moved
                .map(|link| link.since)
                .or_else(|| self.met.get(&(row.id, channel.clone())).copied())
                .unwrap_or(if is_back { row.created_at } else { self.now })
        };
        let links: Vec<Link> = gained
            .into_iter()
            .map(|(row, channel)| {
                let since = since(row, &channel);
                Link { member: row.id, channel, since, is_first: since <= row.created_at }
            })
            .collect();
        members::link(tx, self.program, &links).await
    }

    /// The account of a member; of one that needed no loading an empty one to add to.
    pub(crate) fn account(&mut self, member: MemberId) -> &mut Account {
        self.accounts.entry(member).or_insert_with(|| Account::new(member))
    }

    /// Adds lots that the account left out because nothing remains of them.
    pub(crate) fn add_lots(&mut self, lots: Vec<(MemberId, Lot)>) {
        for (member, lot) in lots {
            let Some(before) = self.accounts_before.get_mut(&member) else { continue };
            let Some(account) = self.accounts.get_mut(&member) else { continue };
            if account.lots.iter().all(|known| known.id != lot.id) {
                before.lots.push(lot.clone());
                account.lots.push(lot);
            }
        }
    }

    /// Adds a hold that the account left out because it has ended.
    pub(crate) fn add_hold(&mut self, member: MemberId, hold: Hold) {
        let Some(before) = self.accounts_before.get_mut(&member) else { return };
        let Some(account) = self.accounts.get_mut(&member) else { return };
        if account.holds.iter().all(|known| known.id != hold.id) {
            before.holds.push(hold.clone());
            account.holds.push(hold);
        }
    }

    /// Whether the member's account was loaded, be it in part, or the member is new.
    fn is_loaded(&self, member: MemberId) -> bool {
        self.accounts_before.contains_key(&member) || !self.originals.contains_key(&member)
    }

    /// The growth of the window at now, what this transaction added included.
    pub(crate) fn window(&self, member: MemberId) -> Points {
        self.windows.get(&member).copied().unwrap_or_default().max(Points::ZERO)
    }

    /// Gives points as a lot of their own.
    pub(crate) fn earn(
        &mut self,
        member: MemberId,
        earning: earning::Earning,
        rules: &Program,
    ) -> earning::Earned {
        let (now, mut ids) = (self.now, self.ids.clone());
        let mut entries = std::mem::take(&mut self.entries);
        let account = self.account(member);
        let earned = earning::earn(account, earning, rules.terms(), now, &mut ids, &mut entries);
        self.entries = entries;
        earned
    }

    /// Gives an award of the program: available at once, dated at `at`.
    pub(crate) fn award(
        &mut self,
        member: MemberId,
        home: MemberId,
        name: &str,
        points: Points,
        at: Timestamp,
        channel: Option<&str>,
    ) -> Result<earning::Earned, Error> {
        if !points.is_positive() {
            return Ok(earning::Earned::default());
        }
        let (version, rules) = self.rules.at(at)?;
        let earning = earning::Earning {
            kind: EntryKind::Earn,
            points,
            home,
            at,
            available_at: Some(at),
            expires_at: expires_at(rules.policy.expiry, at, &rules.zone),
            source: Source {
                kind: SourceKind::Award,
                order: None,
                channel: channel.map(str::to_owned),
                shop: None,
                rule: Some(name.to_owned()),
            },
            cause: Cause {
                channel: channel.map(str::to_owned),
                rule_version: Some(version),
                key: Some(format!("award:{name}")),
                ..Cause::default()
            },
        };
        Ok(self.earn(member, earning, &rules))
    }

    /// Adds growth dated at `at` and lifts the tier where it is reached.
    pub(crate) fn grow(&mut self, line: Growth) -> Result<(), Error> {
        if line.points.is_zero() {
            return Ok(());
        }
        self.note_growth(line, None)?;
        if line.points.is_positive() { self.lift(line.member, line.at) } else { Ok(()) }
    }

    /// Adds growth dated at `at` and leaves the tier.
    pub(crate) fn note_growth(&mut self, line: Growth, reason: Option<&str>) -> Result<(), Error> {
        let rules = self.current()?;
        let start = tiers::window_start(rules.ladder.window, self.now, &rules.zone);
        if (start..=self.now).contains(&line.at) {
            let window = self.windows.entry(line.member).or_default();
            *window = window.plus(line.points);
        }
        self.growth.push(GrowthRow {
            id: GrowthId(self.ids.next_id()),
            member: line.member,
            home: line.home,
            at: line.at,
            points: line.points,
            order: line.order,
            refund: line.refund,
            reason: reason.map(str::to_owned),
        });
        if let Some(row) = self.members.get_mut(&line.member) {
            row.growth_lifetime = row.growth_lifetime.plus(line.points);
        }
        Ok(())
    }

    /// Lifts the tier where the growth of the window reaches a higher one.
    pub(crate) fn lift(&mut self, member: MemberId, effective_at: Timestamp) -> Result<(), Error> {
        let rules = self.current()?;
        let measured = self.window(member);
        let Some(row) = self.members.get_mut(&member) else { return Ok(()) };
        let lifted = tiers::upgrade(&rules, &standing(row), measured, effective_at, self.now);
        if let Some((after, change)) = lifted {
            set_standing(row, after);
            self.note_tier_change(member, &change);
        }
        Ok(())
    }

    /// Members whose tier's period is over already because a late event began it.
    pub(crate) async fn review_again(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let rules = self.current()?;
        let due = |row: &&MemberRow| {
            row.state == members::MemberState::Active
                && tiers::review_due(&rules, &standing(row)).is_some_and(|at| at <= self.now)
        };
        let reviewed: Vec<MemberId> = self.members.values().filter(due).map(|row| row.id).collect();
        self.reassess(tx, &reviewed, |rules, standing, growth, now| {
            tiers::settle(rules, standing, growth, now)
        })
        .await
    }

    /// Writes everything that changed: members, lots, holds, debts, entries, growth, tiers.
    pub(crate) async fn save(mut self, tx: &mut Tx) -> Result<(), Error> {
        self.review_again(tx).await?;
        let rules = self.current()?;
        let ids: Vec<MemberId> = self.members.keys().copied().collect();
        for member in ids {
            let loaded = self.is_loaded(member);
            let account = self.accounts.get(&member);
            let points_due = account.and_then(next_due);
            let debt = account.map(Account::debt);
            let Some(row) = self.members.get_mut(&member) else { continue };
            let review = tiers::review_due(&rules, &standing(row));
            let kept = match self.rest_due.get(&member) {
                Some(rest) => *rest,
                None if loaded => None,
                None => row.due_at,
            };
            row.due_at = [points_due, review, kept].into_iter().flatten().min();
            if loaded {
                row.debt = debt.unwrap_or_default();
            }
            if row.state != members::MemberState::Active {
                row.due_at = None;
            }
        }
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (id, row) in &self.members {
            match self.originals.get(id) {
                None => new.push(row),
                Some(original) if original != row => changed.push(row),
                Some(_) => {}
            }
        }
        new.sort_by_key(|row| row.id);
        changed.sort_by_key(|row| row.id);
        members::insert(tx, self.program, new).await?;
        members::update(tx, self.program, changed).await?;
        self.save_links(tx).await?;
        ledger::save_accounts(tx, self.program, &self.accounts_before, &self.accounts).await?;
        ledger::insert_entries(tx, self.program, &self.entries, self.now).await?;
        growth::insert(tx, self.program, &self.growth, self.now).await?;
        growth::insert_tier_changes(tx, self.program, &self.tier_changes).await?;
        benefits::plan(tx, self.program, &self.planned).await?;
        self.tenders.save(tx, self.program).await?;
        self.wallets.save(tx, self.program, self.now).await
    }
}

/// The channels a member counts on: none once it was merged away or erased.
fn linked(row: &MemberRow) -> &[String] {
    if row.state == members::MemberState::Active { &row.channels } else { &[] }
}

/// Growth to be added, or reversed where negative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    pub(crate) member: MemberId,
    pub(crate) home: MemberId,
    pub(crate) at: Timestamp,
    pub(crate) points: Points,
    pub(crate) order: Option<OrderId>,
    pub(crate) refund: Option<RefundId>,
}
