//! What a slice of orders needs: identities, members, orders known before, sums under caps, budgets.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{MemberId, OrderId};
use hui_loyalty::members::resolving::Outcome;
use hui_loyalty::orders::{OrderKey, Status};
use hui_loyalty::program::Program;
use hui_loyalty::time::Timestamp;
use hui_store::members::{self, MemberRow};
use hui_store::orders::OrderRow;
use hui_store::refunds::{self, RefundRow};
use hui_store::{Engine, Error, Tx, orders, versions};

use hui_loyalty::orders::advancing::advance;

use super::deciding::recorded_state;
use super::watching::Watch;
use super::{Checked, OrderBook, RulesAt};
use crate::actor::Actor;
use crate::books::{Books, Need};
use crate::checkout::confirming::SpentPoints;
use crate::context::Operations;
use crate::merging::{Merging, merge_in};
use crate::persons::{Indexed, Persons};
use crate::refunding::load_lots_of;

/// Everything a slice of orders stands on, and what it changes.
pub(super) struct Loaded {
    pub(super) books: Books,
    pub(super) persons: Persons,
    pub(super) orders: OrderBook,
    /// Refunds that came before their order.
    pub(super) waiting: HashMap<OrderKey, Vec<RefundRow>>,
    pub(super) refunds_done: Vec<RefundRow>,
    /// Coupons that come back with orders of this slice that came by a lock.
    pub(super) coupons_back: Vec<(OrderKey, Vec<String>)>,
    caps: HashMap<(MemberId, Timestamp, Timestamp), Points>,
    earned_here: Vec<(MemberId, Timestamp, Points)>,
    budgets: HashMap<String, i64>,
    budgets_before: HashMap<String, i64>,
    /// What looks suspicious.
    pub(super) watch: Watch,
    /// What is spent on the order that is decided now, by its checkout lock.
    pub(super) spent: Option<SpentPoints>,
}

impl Loaded {
    pub(super) async fn load(
        operations: &Operations,
        tx: &mut Tx,
        actor: &Actor,
        taken: &[(usize, Checked)],
        fresh: &HashSet<OrderId>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let program = actor.program;
        let rules = operations.rules.load(tx, program).await?;
        let mut ids = operations.ids.clone();
        let known = load_known(tx, actor, taken, fresh).await?;
        let all: Vec<&Indexed> =
            taken.iter().flat_map(|(_, checked)| &checked.identities).collect();
        let mut persons =
            Persons::open(tx, program, &operations.vault, &mut ids, &all, now).await?;
        let buyers: Vec<MemberId> = taken.iter().filter_map(|(_, one)| one.buyer).collect();
        let mut rows = lock_concerned(tx, actor, &mut persons, &known, &buyers).await?;

        let mut merged = false;
        for (_, checked) in taken {
            let order = known.get(&checked.order.key);
            if order.is_some_and(|order| is_refused(order, checked)) {
                continue;
            }
            let current = order.and_then(|order| order.member).or(checked.buyer);
            let resolution = persons.resolution(&rows, &checked.identities, current);
            let Outcome::Merge { into, absorbed } = resolution.outcome else { continue };
            for one in absorbed {
                let merging = Merging {
                    into,
                    absorbed: one,
                    by: "automatic".to_owned(),
                    reason: format!(
                        "order {}/{}",
                        checked.order.key.channel, checked.order.key.order_no
                    ),
                };
                merge_in(operations, tx, actor.program, merging, now).await?;
                merged = true;
            }
            // Later orders of the slice must see the merge before they are resolved.
            if merged {
                rows = lock_concerned(tx, actor, &mut persons, &known, &buyers).await?;
            }
        }
        let known = if merged { load_known(tx, actor, taken, fresh).await? } else { known };
        let keys: Vec<&OrderKey> = taken.iter().map(|(_, checked)| &checked.order.key).collect();
        let mut waiting: HashMap<OrderKey, Vec<RefundRow>> = HashMap::new();
        for refund in refunds::waiting_for(tx, program, keys).await? {
            waiting.entry(refund.order_key.clone()).or_default().push(refund);
        }

        let whole = members_of(taken, &known, &persons, &rows, |checked| {
            needs_whole(checked, &known, &waiting)
        });
        // The lots of orders that are known already are loaded by number.
        let named = members_of(taken, &known, &persons, &rows, |checked| {
            known.contains_key(&checked.order.key)
        });
        let counting = rules_of(&rules, taken);
        let caps = load_caps(tx, actor, &counting, taken, &persons, &rows).await?;
        let watch = Watch::load(
            tx,
            program,
            taken,
            &counting,
            |checked| member_of(checked, &known, &persons, &rows),
            known.values().map(|order| order.id),
            now,
        )
        .await?;
        let keyed = members_needing_keys(taken, &known, &persons, &rows);
        persons.load_keys(tx, keyed).await?;
        let need = Need::Earning { whole: &whole, named: &named };
        let mut books = Books::open(tx, program, rules, ids, rows, need, now).await?;
        books.load_cards(tx).await?;
        load_lots_of(tx, &mut books, known.values()).await?;
        let budgets = load_budgets(tx, actor, &books, taken).await?;
        Ok(Self {
            books,
            persons,
            orders: OrderBook { known, ..OrderBook::default() },
            waiting,
            refunds_done: Vec::new(),
            coupons_back: Vec::new(),
            caps,
            earned_here: Vec::new(),
            budgets_before: budgets.clone(),
            watch,
            spent: None,
            budgets,
        })
    }

    /// What orders of a span of time have earned a member, this slice included.
    pub(super) fn earned_in(
        &self,
        member: MemberId,
        since: Timestamp,
        before: Timestamp,
    ) -> Points {
        let stored = self.caps.get(&(member, since, before)).copied().unwrap_or_default();
        let here: Points = self
            .earned_here
            .iter()
            .filter(|(who, at, _)| *who == member && since <= *at && *at < before)
            .map(|(_, _, points)| *points)
            .sum();
        stored.plus(here)
    }

    pub(super) fn note_earned(&mut self, member: MemberId, at: Timestamp, points: Points) {
        self.earned_here.push((member, at, points));
    }

    /// How much of each multiplier's budget is used, in the order of the document.
    pub(super) fn budgets_used(&self, rules: &Program) -> Vec<Points> {
        let used = |id: &String| Points(self.budgets.get(id).copied().unwrap_or(0));
        rules.earning.multipliers.iter().map(|multiplier| used(&multiplier.id)).collect()
    }

    pub(super) fn use_budgets(&mut self, rules: &Program, uses: &[(usize, Points)]) {
        for (place, points) in uses {
            if let Some(multiplier) = rules.earning.multipliers.get(*place) {
                *self.budgets.entry(multiplier.id.clone()).or_insert(0) += points.0;
            }
        }
    }

    /// Writes everything.
    pub(super) async fn save(self, tx: &mut Tx) -> Result<(), Error> {
        let (program, now) = (self.books.program, self.books.now);
        orders::insert(tx, program, &self.orders.new).await?;
        let mut changed: Vec<&OrderRow> =
            self.orders.changed.iter().filter_map(|key| self.orders.known.get(key)).collect();
        changed.sort_by_key(|order| order.id);
        orders::update(tx, program, changed).await?;
        refunds::update(tx, program, &self.refunds_done).await?;
        self.books.save(tx).await?;
        self.persons.save(tx).await?;
        let used = self
            .budgets
            .iter()
            .filter(|(id, used)| self.budgets_before.get(*id) != Some(*used))
            .map(|(id, used)| (id.as_str(), *used));
        versions::save_budgets(tx, program, used).await?;
        self.watch.save(tx, program, now).await
    }
}

type Known = HashMap<OrderKey, OrderRow>;

/// Whether an event contradicts what is recorded; then it must change nothing at all.
fn is_refused(order: &OrderRow, checked: &Checked) -> bool {
    advance(&recorded_state(order), &checked.order, &checked.fingerprint).is_err()
}

async fn load_known(
    tx: &mut Tx,
    actor: &Actor,
    taken: &[(usize, Checked)],
    fresh: &HashSet<OrderId>,
) -> Result<Known, Error> {
    let known = taken.iter().filter(|(_, checked)| !fresh.contains(&checked.id));
    let keys = known.map(|(_, checked)| &checked.order.key);
    let numbers = orders::lock_keys(tx, actor.program, keys).await?;
    let rows = orders::load(tx, actor.program, numbers.values().copied()).await?;
    Ok(rows.into_values().map(|row| (row.key.clone(), row)).collect())
}

/// Locks every member the slice's identities or orders name, and reads the identities once more.
async fn lock_concerned(
    tx: &mut Tx,
    actor: &Actor,
    persons: &mut Persons,
    known: &Known,
    buyers: &[MemberId],
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let mut concerned: HashSet<MemberId> = persons.owners();
    concerned.extend(buyers);
    concerned.extend(known.values().filter_map(|order| order.member));
    let rows = members::lock_with_survivors(tx, actor.program, concerned).await?;
    // With one writer nothing can have moved between reading and locking; on a
    // server an identity may have: what it is now is only sure under the lock.
    let moved = rows.values().any(|row| row.merged_into.is_some());
    if moved || tx.engine() == Engine::Postgres {
        let indexes = persons.indexes();
        persons.refresh(tx, &indexes.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    Ok(rows)
}

/// The member an order will count for, as far as that is known before it is decided.
fn member_of(
    checked: &Checked,
    known: &Known,
    persons: &Persons,
    rows: &HashMap<MemberId, MemberRow>,
) -> Option<MemberId> {
    let current = known.get(&checked.order.key).and_then(|order| order.member).or(checked.buyer);
    current
        .and_then(|member| members::survivor(rows, member))
        .or_else(|| persons.resolution(rows, &checked.identities, current).member())
}

/// Members of orders of the slice that are as `concerned` says.
fn members_of(
    taken: &[(usize, Checked)],
    known: &Known,
    persons: &Persons,
    rows: &HashMap<MemberId, MemberRow>,
    concerned: impl Fn(&Checked) -> bool,
) -> HashSet<MemberId> {
    taken
        .iter()
        .filter(|(_, checked)| concerned(checked))
        .filter_map(|(_, checked)| member_of(checked, known, persons, rows))
        .collect()
}

/// Whether an order may take or give back points, not only add to them.
///
/// One that was owned already and only goes on needs no more than its own lot.
fn needs_whole(
    checked: &Checked,
    known: &Known,
    waiting: &HashMap<OrderKey, Vec<RefundRow>>,
) -> bool {
    let key = &checked.order.key;
    let is_claimed_or_closed = known
        .get(key)
        .is_some_and(|order| order.member.is_none() || checked.order.status == Status::Closed);
    is_claimed_or_closed || waiting.contains_key(key) || checked.buyer.is_some()
}

fn members_needing_keys(
    taken: &[(usize, Checked)],
    known: &Known,
    persons: &Persons,
    rows: &HashMap<MemberId, MemberRow>,
) -> HashSet<MemberId> {
    taken
        .iter()
        .filter(|(_, checked)| {
            checked.order.profile.name.is_some() || persons.brings_new(&checked.identities)
        })
        .filter_map(|(_, checked)| {
            let member = member_of(checked, known, persons, rows)?;
            let row = rows.get(&member)?;
            let new_name = checked.order.profile.name.is_some() && row.name_cipher.is_none();
            let current = known.get(&checked.order.key).and_then(|order| order.member);
            let home = persons.home(rows, &checked.identities, current).unwrap_or(member);
            (new_name || persons.brings_new(&checked.identities)).then_some([member, home])
        })
        .flatten()
        .collect()
}

/// The rules each order of the slice counts by, where it has a time.
fn rules_of(rules: &crate::rules::Rules, taken: &[(usize, Checked)]) -> Vec<Option<RulesAt>> {
    taken
        .iter()
        .map(|(_, checked)| {
            let at = checked.order.paid_at?;
            rules.at(at).ok()
        })
        .collect()
}

async fn load_caps(
    tx: &mut Tx,
    actor: &Actor,
    rules: &[Option<RulesAt>],
    taken: &[(usize, Checked)],
    persons: &Persons,
    rows: &HashMap<MemberId, MemberRow>,
) -> Result<HashMap<(MemberId, Timestamp, Timestamp), Points>, Error> {
    let mut spans = HashSet::new();
    for ((_, checked), rules) in taken.iter().zip(rules) {
        let (Some((_, rules)), Some(at)) = (rules, checked.order.paid_at) else { continue };
        let caps = &rules.earning.caps;
        if caps.member_day.is_none() && caps.member_month.is_none() {
            continue;
        }
        let resolution = persons.resolution(rows, &checked.identities, checked.buyer);
        let Some(member) = resolution.member() else {
            continue;
        };
        spans.insert((member, rules.zone.start_of_day(at), rules.zone.end_of_day(at)));
        spans.insert((member, rules.zone.start_of_month(at), rules.zone.end_of_month(at)));
    }
    let spans: Vec<_> = spans.into_iter().collect();
    let sums = orders::earned_in(tx, actor.program, &spans).await?;
    Ok(spans.into_iter().zip(sums).collect())
}

async fn load_budgets(
    tx: &mut Tx,
    actor: &Actor,
    books: &Books,
    taken: &[(usize, Checked)],
) -> Result<HashMap<String, i64>, Error> {
    let rules = rules_of(&books.rules, taken);
    let mut names: HashSet<&str> = HashSet::new();
    for (_, program) in rules.iter().flatten() {
        let budgeted = program.earning.multipliers.iter().filter(|one| one.budget.is_some());
        names.extend(budgeted.map(|one| one.id.as_str()));
    }
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let mut used = versions::lock_budgets(tx, actor.program).await?;
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| !used.contains_key(*name)).collect();
    if !missing.is_empty() {
        versions::ensure_budgets(tx, actor.program, &missing).await?;
        used = versions::lock_budgets(tx, actor.program).await?;
    }
    Ok(used)
}
