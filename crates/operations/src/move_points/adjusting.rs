//! Adjustments: done at once, filed where they are above the limit, decided, taken back.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::Points;
use hui_loyalty::ids::{AdjustmentId, EntryId, MemberId, NewIds as _, ProgramId};
use hui_loyalty::ledger::policies::expires_at;
use hui_loyalty::ledger::spending::{Adjustment, adjust};
use hui_loyalty::ledger::undoing::{Undo, undo};
use hui_loyalty::ledger::{Entry, EntryKind, Origin, Source, SourceKind};
use hui_loyalty::time::Timestamp;
use hui_store::adjustments::{self, AdjustmentRow, AdjustmentState, UndoneEntry};
use hui_store::{Error, Tx, ledger};
use serde_json::json;

use super::limits::{self, AdjustmentLimits};
use super::{MoveError, MoveRequest, Moved, Movement, Open, Verdict};
use crate::actor::Actor;
use crate::audit::AuditLine;
use crate::books::Books;

/// Points to grant or deduct.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) member: MemberId,
    pub(super) points: i64,
    pub(super) reason: &'a str,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) allow_debt: bool,
}

/// Requests and entries that a slice names, and what it will write of them.
#[derive(Debug, Default)]
pub(super) struct Desk {
    limits: AdjustmentLimits,
    requests: HashMap<AdjustmentId, AdjustmentRow>,
    entries: HashMap<EntryId, Entry>,
    /// By the adjustment: the entry that took it back.
    undone: HashMap<EntryId, EntryId>,
    /// Entries that took another back.
    undoing: HashSet<EntryId>,
    filed: Vec<AdjustmentRow>,
    decided: Vec<AdjustmentId>,
    newly_undone: Vec<UndoneEntry>,
}

impl Desk {
    /// What is needed to know whose rows to lock.
    pub(super) async fn load(
        tx: &mut Tx,
        actor: &Actor,
        taken: &[(usize, MoveRequest)],
    ) -> Result<Self, Error> {
        let program = actor.program;
        let mut desk = Self::default();
        let mut named: HashSet<EntryId> = HashSet::new();
        let mut asks = false;
        for (_, request) in taken {
            match request.movement {
                Movement::Adjust { .. } => asks = true,
                Movement::Undo { entry, .. } => {
                    asks = true;
                    named.insert(entry);
                }
                Movement::Decide { adjustment, .. } => {
                    if let Some(row) = adjustments::load(tx, program, adjustment).await? {
                        named.extend(row.undoes);
                        desk.requests.insert(adjustment, row);
                    }
                }
                Movement::Hold { .. } | Movement::Confirm(_) | Movement::Cancel(_) => {}
            }
        }
        if asks {
            desk.limits = limits::load(tx, program).await?;
        }
        for entry in named {
            if let Some(row) = ledger::load_entry(tx, program, entry).await? {
                desk.entries.insert(entry, row.entry);
            }
        }
        Ok(desk)
    }

    /// The members it is about.
    pub(super) fn members(&self) -> impl Iterator<Item = MemberId> {
        let of_requests = self.requests.values().map(|row| row.member);
        of_requests.chain(self.entries.values().map(|entry| entry.member))
    }

    /// The same once the members are locked: what was decided or taken back meanwhile is known.
    pub(super) async fn load_again(
        &mut self,
        tx: &mut Tx,
        program: ProgramId,
        books: &mut Books,
    ) -> Result<(), Error> {
        let mut asked: Vec<AdjustmentId> = self.requests.keys().copied().collect();
        asked.sort_unstable();
        for adjustment in asked {
            if let Some(row) = adjustments::lock(tx, program, adjustment).await? {
                self.requests.insert(adjustment, row);
            }
        }
        let named: Vec<EntryId> = self.entries.keys().copied().collect();
        for one in adjustments::undone(tx, program, named.iter().copied()).await? {
            self.undone.insert(one.entry, one.by);
            self.undoing.insert(one.by);
        }
        let mut lots = HashSet::new();
        for entry in named {
            if let Some(row) = ledger::load_entry(tx, program, entry).await? {
                lots.extend(row.entry.lot);
                lots.extend(row.entry.changes.iter().map(|change| change.lot));
                self.entries.insert(entry, row.entry);
            }
        }
        books.add_lots(ledger::load_lots(tx, program, lots).await?);
        Ok(())
    }

    pub(super) async fn save(&self, tx: &mut Tx, program: ProgramId) -> Result<(), Error> {
        adjustments::insert(tx, program, &self.filed).await?;
        for row in self.decided.iter().filter_map(|id| self.requests.get(id)) {
            adjustments::decide(tx, program, row).await?;
        }
        adjustments::insert_undone(tx, program, &self.newly_undone).await
    }

    fn is_above_limit(&self, actor: &Actor, points: i64) -> bool {
        self.limits.of(actor).is_some_and(|limit| points.saturating_abs() > limit)
    }
}

type Outcome = Result<Result<Moved, MoveError>, Error>;

impl Open {
    /// Adjusts, or files the request where it is above what the actor may do alone.
    pub(super) fn adjust_or_ask(&mut self, actor: &Actor, wanted: &Wanted<'_>) -> Outcome {
        if self.desk.is_above_limit(actor, wanted.points) {
            return Ok(self.ask(actor, wanted, None));
        }
        self.adjust(actor, wanted)
    }

    fn ask(
        &mut self,
        actor: &Actor,
        wanted: &Wanted<'_>,
        undoes: Option<EntryId>,
    ) -> Result<Moved, MoveError> {
        let member = self.owner(wanted.member)?;
        let id = AdjustmentId(self.books.ids.next_id());
        self.desk.filed.push(AdjustmentRow {
            id,
            member,
            points: wanted.points,
            reason: wanted.reason.to_owned(),
            expires_at: wanted.expires_at,
            allow_debt: wanted.allow_debt,
            undoes,
            state: AdjustmentState::Pending,
            asked_at: self.books.now,
            asked_by: actor.label(),
            asker: actor.identity(),
            decided_at: None,
            decided_by: None,
            decision_reason: None,
            entry: None,
        });
        let detail = json!({ "points": wanted.points, "reason": wanted.reason, "undoes": undoes });
        self.audit.push(AuditLine::new("points.adjust_ask", id, detail).about(member));
        Ok(Moved::Pending { adjustment_id: id, member_id: member, points: wanted.points })
    }

    fn adjust(&mut self, actor: &Actor, wanted: &Wanted<'_>) -> Outcome {
        let member = match self.owner(wanted.member) {
            Ok(member) => member,
            Err(error) => return Ok(Err(error)),
        };
        let (points, reason) = (wanted.points, wanted.reason);
        let rules = self.books.current()?;
        let now = self.books.now;
        let ends_at =
            wanted.expires_at.or_else(|| expires_at(rules.policy.expiry, now, &rules.zone));
        let adjustment = Adjustment {
            points: Points(points),
            expires_at: ends_at,
            allow_debt: wanted.allow_debt,
            source: Source {
                kind: SourceKind::Adjust,
                order: None,
                channel: None,
                shop: None,
                rule: Some(reason.to_owned()),
            },
            origin: Origin { home: member, cause: Self::cause(actor, Some(reason.to_owned())) },
        };
        let (mut ids, mut entries) =
            (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
        let account = self.books.account(member);
        let done = adjust(account, adjustment, rules.terms(), now, &mut ids, &mut entries);
        self.books.entries = entries;
        let adjusted = match done {
            Ok(adjusted) => adjusted,
            Err(insufficient) => return Ok(Err(insufficient.into())),
        };
        let Some(entry_id) = adjusted.entry else {
            return Err(Error::unreadable("adjustment", "without an entry"));
        };
        let detail = json!({ "points": points, "reason": reason });
        self.audit.push(AuditLine::new("points.adjust", entry_id, detail).about(member));
        Ok(Ok(Moved::Adjusted {
            member_id: member,
            entry_id,
            lot_id: adjusted.lot,
            points,
            debt_repaid: adjusted.debt_repaid,
            debt: adjusted.debt,
        }))
    }

    /// Takes an adjustment back, or files that where it is above what the actor may do alone.
    pub(super) fn undo_or_ask(
        &mut self,
        actor: &Actor,
        entry: EntryId,
        reason: &str,
        allow_debt: bool,
    ) -> Outcome {
        let undone = match self.undoable(entry) {
            Ok(undone) => undone,
            Err(error) => return Ok(Err(error)),
        };
        let points = undone.points.saturating_neg();
        if self.desk.is_above_limit(actor, points) {
            let wanted =
                Wanted { member: undone.member, points, reason, expires_at: None, allow_debt };
            return Ok(self.ask(actor, &wanted, Some(entry)));
        }
        self.undo(actor, &undone, reason, allow_debt)
    }

    fn undoable(&self, id: EntryId) -> Result<Entry, MoveError> {
        let entry = self.desk.entries.get(&id).ok_or(MoveError::NoEntry(id))?;
        if entry.kind != EntryKind::Adjust || self.desk.undoing.contains(&id) {
            return Err(MoveError::NotUndoable(id));
        }
        if self.desk.undone.contains_key(&id) {
            return Err(MoveError::AlreadyUndone(id));
        }
        Ok(entry.clone())
    }

    fn undo(&mut self, actor: &Actor, undone: &Entry, reason: &str, allow_debt: bool) -> Outcome {
        let member = match self.owner(undone.member) {
            Ok(member) => member,
            Err(error) => return Ok(Err(error)),
        };
        let rules = self.books.current()?;
        let now = self.books.now;
        let cause = Self::cause(actor, Some(reason.to_owned()));
        let asked = Undo { entry: undone, allow_debt, cause };
        let (mut ids, mut entries) =
            (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
        let account = self.books.account(member);
        let done = undo(account, asked, rules.terms(), now, &mut ids, &mut entries);
        self.books.entries = entries;
        let done = match done {
            Ok(done) => done,
            Err(insufficient) => return Ok(Err(insufficient.into())),
        };
        self.desk.undone.insert(undone.id, done.entry);
        self.desk.newly_undone.push(UndoneEntry { entry: undone.id, by: done.entry });
        let detail = json!({ "undoes": undone.id, "points": done.points, "reason": reason });
        self.audit.push(AuditLine::new("points.undo", done.entry, detail).about(member));
        Ok(Ok(Moved::Undone {
            member_id: member,
            entry_id: done.entry,
            undoes: undone.id,
            points: done.points,
            lot_id: done.lot,
            lapsed: done.lapsed,
            debt_repaid: done.debt_repaid,
            debt: done.debt,
        }))
    }

    /// Decides a request that waits; where the books refuse what it asks for, it goes on waiting.
    pub(super) fn decide(
        &mut self,
        actor: &Actor,
        id: AdjustmentId,
        verdict: Verdict,
        reason: &str,
    ) -> Outcome {
        let Some(row) = self.desk.requests.get(&id).cloned() else {
            return Ok(Err(MoveError::NoAdjustment(id)));
        };
        if row.state != AdjustmentState::Pending {
            return Ok(Err(MoveError::AlreadyDecided));
        }
        if row.asker == actor.identity() {
            return Ok(Err(MoveError::OwnAdjustment));
        }
        let done = match verdict {
            Verdict::Reject => None,
            Verdict::Approve => match self.carry_out(actor, &row)? {
                Ok(done) => Some(done),
                Err(error) => return Ok(Err(error)),
            },
        };
        let entry = match &done {
            Some(Moved::Adjusted { entry_id, .. } | Moved::Undone { entry_id, .. }) => {
                Some(*entry_id)
            }
            _ => None,
        };
        let (state, action) = match verdict {
            Verdict::Approve => (AdjustmentState::Approved, "points.adjust_approve"),
            Verdict::Reject => (AdjustmentState::Rejected, "points.adjust_reject"),
        };
        let detail = json!({
            "points": row.points, "reason": reason, "asked_by": row.asked_by, "entry": entry,
        });
        self.audit.push(AuditLine::new(action, id, detail).about(row.member));
        let decided = AdjustmentRow {
            state,
            decided_at: Some(self.books.now),
            decided_by: Some(actor.label()),
            decision_reason: Some(reason.to_owned()),
            entry,
            ..row
        };
        self.desk.requests.insert(id, decided);
        self.desk.decided.push(id);
        Ok(Ok(Moved::Decided { adjustment_id: id, verdict, done: done.map(Box::new) }))
    }

    fn carry_out(&mut self, actor: &Actor, row: &AdjustmentRow) -> Outcome {
        if let Some(entry) = row.undoes {
            return match self.undoable(entry) {
                Ok(undone) => self.undo(actor, &undone, &row.reason, row.allow_debt),
                Err(error) => Ok(Err(error)),
            };
        }
        if row.expires_at.is_some_and(|end| end <= self.books.now) {
            return Ok(Err(MoveError::EndPassed));
        }
        let wanted = Wanted {
            member: row.member,
            points: row.points,
            reason: &row.reason,
            expires_at: row.expires_at,
            allow_debt: row.allow_debt,
        };
        self.adjust(actor, &wanted)
    }
}
