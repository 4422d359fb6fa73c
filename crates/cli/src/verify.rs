//! `hui verify`: proves the books over the whole database.
//!
//! Everything is read in one snapshot, so a server may go on working meanwhile
//! and every figure is of the same instant; memory stays that of a few pages.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use anyhow::ensure;
use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{LotId, MemberId, OrderId, ProgramId};
use hui_loyalty::ledger::auditing::{Discrepancy, check};
use hui_loyalty::ledger::{Account, Entry, HoldState};
use hui_loyalty::orders::Status;
use hui_store::ledger::{self, Lots};
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::orders::{OrderRow, Totals};
use hui_store::refunds::{self, RefundState};
use hui_store::{
    Store, Tx, audit, benefits, cards, checkouts, coupons, mall, orders, proofs, wallet,
};
use tokio::task::JoinSet;

/// Members or orders of one page.
const PAGE: i64 = 500;
/// Pages that are compared while the next is read.
const PAGES_IN_FLIGHT: usize = 2;
/// Discrepancies that are shown; the rest is counted.
const SHOWN_MAX: usize = 100;

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Members looked at.
    pub(crate) members: u64,
    /// Orders looked at.
    pub(crate) orders: u64,
    /// Entries looked at.
    pub(crate) entries: u64,
    /// Lots looked at.
    pub(crate) lots: u64,
    /// How many discrepancies there are.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) shown: Vec<String>,
}

impl Findings {
    fn add(&mut self, sentence: impl Into<String>) {
        self.count += 1;
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(sentence.into());
        }
    }

    fn expect<T: Copy + PartialEq + std::fmt::Display>(&mut self, what: &str, books: T, facts: T) {
        if books != facts {
            self.add(format!("{what}: the books say {books}, the facts {facts}"));
        }
    }

    fn take(&mut self, other: Self) {
        self.members += other.members;
        self.orders += other.orders;
        self.entries += other.entries;
        self.lots += other.lots;
        self.count += other.count;
        let room = SHOWN_MAX.saturating_sub(self.shown.len());
        self.shown.extend(other.shown.into_iter().take(room));
    }
}

/// Proves the books of one program, or of all, and prints what was found; true when all is right.
pub(crate) async fn verify(store: &Store, named: Option<&str>) -> anyhow::Result<bool> {
    ensure!(
        store.is_migrated().await.unwrap_or(false),
        "the database has not all tables of this program: `hui migrate` makes them"
    );
    let wanted = match named {
        Some(_) => Some(crate::opening::program(store, named).await?),
        None => None,
    };
    let mut tx = store.long_snapshot().await?;
    let mut programs = proofs::programs(&mut tx).await?;
    programs.retain(|(id, _)| wanted.is_none_or(|wanted| *id == wanted));
    let mut right = true;
    for (program, name) in programs {
        let began = Instant::now();
        let findings = prove(&mut tx, program).await?;
        println!(
            "{name} ({program}): {} members, {} orders, {} entries, {} lots in {:.1} s: {}",
            findings.members,
            findings.orders,
            findings.entries,
            findings.lots,
            began.elapsed().as_secs_f64(),
            if findings.count == 0 {
                "the books are right".to_owned()
            } else {
                format!("{} discrepancies", findings.count)
            }
        );
        for sentence in &findings.shown {
            println!("  {sentence}");
        }
        let hidden = findings.count - findings.shown.len() as u64;
        if hidden > 0 {
            println!("  and {hidden} more");
        }
        right &= findings.count == 0;
    }
    tx.rollback().await?;
    Ok(right)
}

/// Proves the books of one program as a snapshot shows them.
pub(crate) async fn prove(tx: &mut Tx, program: ProgramId) -> anyhow::Result<Findings> {
    let mut findings = whole(tx, program).await?;
    let mut comparing = JoinSet::new();
    let mut after = None;
    loop {
        let page = ledger::members_after(tx, program, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        let page = MembersPage::load(tx, program, page).await?;
        make_room(&mut comparing, &mut findings).await?;
        comparing.spawn_blocking(move || page.compare());
    }
    let mut after = None;
    loop {
        let page = proofs::orders_after(tx, program, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        let page = OrdersPage::load(tx, program, page).await?;
        make_room(&mut comparing, &mut findings).await?;
        comparing.spawn_blocking(move || page.compare());
    }
    while let Some(done) = comparing.join_next().await {
        findings.take(done?);
    }
    Ok(findings)
}

async fn make_room(
    comparing: &mut JoinSet<Findings>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    if comparing.len() >= PAGES_IN_FLIGHT
        && let Some(done) = comparing.join_next().await
    {
        findings.take(done?);
    }
    Ok(())
}

/// What holds over the whole program.
async fn whole(tx: &mut Tx, program: ProgramId) -> anyhow::Result<Findings> {
    let mut found = Findings::default();
    let sums = proofs::sums(tx, program).await?;
    // The counter-accounts: what was issued, spent, expired, clawed back, adjusted, moved in, is
    // what members have.
    let issued: i64 = sums.entries.iter().map(|(_, points)| points).sum();
    found.expect("the whole program", sums.remaining + sums.held - sums.debt, issued);
    found.expect("what lots have held", sums.held, sums.live_holds);
    found.expect("claimed order numbers", sums.order_keys, sums.orders);
    found.expect("identities nobody owns", sums.unowned_identities, 0);
    for (kind, points) in &sums.entries {
        if matches!(kind.as_str(), "mature" | "hold" | "release" | "repay") && *points != 0 {
            found.add(format!("entries of the kind {kind} add up to {points} instead of nothing"));
        }
        // A merge takes from one what it gives to another.
        if kind == "transfer" && *points != 0 {
            found.add(format!("transfers add up to {points} instead of nothing"));
        }
    }
    for member in ledger::orphans(tx, program).await? {
        found.add(format!("{member} is named by lots, entries or orders and does not exist"));
    }
    for (identity, owner) in proofs::stray_identities(tx, program).await? {
        let identity = hui_loyalty::ids::IdentityId(identity);
        found.add(format!("the live identity {identity} belongs to {owner}, which is not in use"));
    }
    for index in proofs::shared_identities(tx, program).await? {
        found.add(format!("the identity with the index {index} has several live owners"));
    }
    for sentence in coupons::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    for sentence in mall::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    for sentence in cards::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    for sentence in benefits::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    for sentence in wallet::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    for sentence in checkouts::discrepancies(tx, program).await? {
        found.add(sentence);
    }
    let chain = audit::verify(tx, program).await?;
    if let Some(line) = chain.broken_at {
        found.add(format!("the audit log's chain breaks at its line {line}"));
    }
    Ok(found)
}

/// What is known of a page of members.
struct MembersPage {
    page: Vec<MemberId>,
    rows: HashMap<MemberId, MemberRow>,
    accounts: HashMap<MemberId, Account>,
    entries: Vec<Entry>,
    totals: HashMap<MemberId, Totals>,
    owned: HashMap<MemberId, i64>,
    growth: HashMap<MemberId, Points>,
}

impl MembersPage {
    async fn load(tx: &mut Tx, program: ProgramId, page: Vec<MemberId>) -> anyhow::Result<Self> {
        let members = || page.iter().copied();
        let rows = members::load(tx, program, members()).await?;
        let accounts = ledger::load_accounts(tx, program, members(), Lots::All).await?;
        let entries = ledger::entries_of(tx, program, members(), None).await?;
        let totals = proofs::totals(tx, program, members()).await?;
        let owned = proofs::owned(tx, program, members()).await?;
        let growth = proofs::growth(tx, program, members()).await?;
        let entries = entries.into_iter().map(|row| row.entry).collect();
        Ok(Self { page, rows, accounts, entries, totals, owned, growth })
    }

    fn compare(self) -> Findings {
        let mut found = Findings {
            members: self.page.len() as u64,
            entries: self.entries.len() as u64,
            ..Findings::default()
        };
        let mut by_member: HashMap<MemberId, Vec<Entry>> = HashMap::new();
        for entry in self.entries {
            by_member.entry(entry.member).or_default().push(entry);
        }
        for member in self.page {
            let (Some(row), Some(account)) = (self.rows.get(&member), self.accounts.get(&member))
            else {
                found.add(format!("{member} cannot be read"));
                continue;
            };
            found.lots += account.lots.len() as u64;
            let entries = by_member.remove(&member).unwrap_or_default();
            for discrepancy in check(account, &entries) {
                found.add(format!("{member}: {} fails: {discrepancy}", equation(&discrepancy)));
            }
            holds(&mut found, account);
            found.expect(&format!("{member} debt"), row.debt, account.debt());
            let facts = self.growth.get(&member).copied().unwrap_or(Points::ZERO);
            if row.state == MemberState::Merged {
                let owned = self.owned.get(&member).copied().unwrap_or(0);
                empty(&mut found, row, account, owned);
            } else {
                found.expect(&format!("{member} growth"), row.growth_lifetime, facts);
                let facts = self.totals.get(&member).copied().unwrap_or_default();
                found.expect(&format!("{member} orders"), row.orders_count, facts.orders_count);
                found.expect(&format!("{member} spent"), row.spent, facts.spent);
            }
        }
        found
    }
}

/// What does not hold, in the words of the books.
const fn equation(discrepancy: &Discrepancy) -> &'static str {
    match discrepancy {
        Discrepancy::Total { .. } => "Σ entries = Σ remaining + Σ held − debt",
        Discrepancy::Debt { .. } => "Σ changes of the debt = debt",
        Discrepancy::Lot { .. } => "Σ changes of a lot = the lot",
        Discrepancy::Held { .. } => "Σ draws of live holds = held",
        Discrepancy::ImpossibleLot(_) => "0 ≤ parts of a lot ≤ its points",
        Discrepancy::UnevenEntry(_) => "an entry's points = its changes of lots − its debt",
    }
}

/// A hold holds what it drew.
fn holds(found: &mut Findings, account: &Account) {
    let member = account.member;
    for hold in account.holds.iter().filter(|hold| hold.state == HoldState::Live) {
        let drawn: Points = hold.draws.iter().map(|draw| draw.points).sum();
        found.expect(&format!("{member} hold {}", hold.id), hold.points, drawn);
    }
}

/// A member that was merged away keeps nothing.
fn empty(found: &mut Findings, row: &MemberRow, account: &Account, orders: i64) {
    let member = row.id;
    found.expect(&format!("{member} (merged) lots"), account.lots.len(), 0);
    found.expect(&format!("{member} (merged) live holds"), account.holds.len(), 0);
    found.expect(&format!("{member} (merged) orders"), orders, 0);
    if row.merged_into.is_none() {
        found.add(format!("{member} is merged into nobody"));
    }
}

type OrderLots = HashMap<LotId, (MemberId, Points, Option<OrderId>)>;

/// What is known of a page of orders.
struct OrdersPage {
    page: Vec<OrderId>,
    rows: HashMap<OrderId, OrderRow>,
    lots: OrderLots,
    back: Back,
}

impl OrdersPage {
    async fn load(tx: &mut Tx, program: ProgramId, page: Vec<OrderId>) -> anyhow::Result<Self> {
        let rows = orders::load(tx, program, page.iter().copied()).await?;
        let lots = ledger::load_lots(tx, program, rows.values().filter_map(|row| row.lot)).await?;
        let lots = lots
            .into_iter()
            .map(|(member, lot)| (lot.id, (member, lot.points, lot.source.order)))
            .collect();
        let back = refunded(tx, program, page.iter().copied()).await?;
        Ok(Self { page, rows, lots, back })
    }

    fn compare(self) -> Findings {
        let mut found = Findings { orders: self.page.len() as u64, ..Findings::default() };
        for id in &self.page {
            if let Some(row) = self.rows.get(id) {
                one_order(&mut found, row, &self.lots, &self.back);
            }
        }
        found
    }
}

/// What the refunds of orders gave back.
#[derive(Default)]
struct Back {
    lines: HashMap<(OrderId, String), (Money, i64)>,
    shipping: HashMap<OrderId, Money>,
}

/// What the refunds of orders gave back, by line and of the shipping.
async fn refunded(
    tx: &mut Tx,
    program: ProgramId,
    page: impl IntoIterator<Item = OrderId>,
) -> anyhow::Result<Back> {
    let mut back = Back::default();
    for refund in refunds::of_orders(tx, program, page).await? {
        let Some(order) = refund.order.filter(|_| refund.state == RefundState::Done) else {
            continue;
        };
        let shipping = back.shipping.entry(order).or_default();
        *shipping = shipping.plus(refund.shipping);
        for line in &refund.lines {
            let sum = back.lines.entry((order, line.line_no.clone())).or_default();
            *sum = (sum.0.plus(line.amount), sum.1 + line.quantity);
        }
    }
    Ok(back)
}

fn one_order(found: &mut Findings, row: &OrderRow, lots: &OrderLots, back: &Back) {
    let id = row.id;
    let goods: Money = row.lines.iter().map(|line| line.paid).sum();
    found.expect(&format!("{id} paid"), row.paid, goods.plus(row.shipping));
    let points: Points = row.lines.iter().map(|line| line.points).sum();
    found.expect(&format!("{id} points"), row.points, points);
    let growth: Points = row.lines.iter().map(|line| line.growth).sum();
    found.expect(&format!("{id} growth"), row.growth, growth);
    let refunded: Money = row.lines.iter().map(|line| line.refunded).sum();
    found.expect(&format!("{id} refunded"), row.refunded, refunded.plus(row.refunded_shipping));
    let shipping = back.shipping.get(&id).copied().unwrap_or_default();
    if row.refunded_shipping > row.shipping || shipping > row.refunded_shipping {
        found.add(format!("{id}: more of the shipping was given back than there was"));
    } else if row.status != Status::Closed {
        found.expect(&format!("{id} shipping refunded"), row.refunded_shipping, shipping);
    }
    let numbers: HashSet<&str> = row.lines.iter().map(|line| line.line_no.as_str()).collect();
    found.expect(&format!("{id} line numbers"), numbers.len(), row.lines.len());
    for line in &row.lines {
        let name = format!("{id} line {}", line.line_no);
        if line.refunded > line.paid || line.points_taken > line.points {
            found.add(format!("{name}: more was taken back than there was"));
        }
        let (amount, _) = back.lines.get(&(id, line.line_no.clone())).copied().unwrap_or_default();
        // Closing an order takes back what is left without a refund's row.
        if row.status != Status::Closed {
            found.expect(&format!("{name} refunded"), line.refunded, amount);
        } else if amount > line.refunded {
            found.add(format!("{name}: refunds exceed what the line says"));
        }
    }
    match row.lot.map(|lot| (lot, lots.get(&lot))) {
        None => {}
        Some((lot, None)) => found.add(format!("{id}: its lot {lot} does not exist")),
        Some((lot, Some((owner, points, source)))) => {
            found.expect(&format!("{id} lot {lot}"), row.points, *points);
            if *source != Some(id) {
                found.add(format!("{id}: its lot {lot} names another order"));
            }
            if row.member != Some(*owner) {
                found.add(format!("{id}: its lot {lot} belongs to {owner}"));
            }
        }
    }
}
