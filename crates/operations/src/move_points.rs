//! Points moved on request: adjustments, holds, their confirmation and cancelling.

use std::collections::{HashMap, HashSet};

use hui_loyalty::amounts::{AMOUNT_MAX, Points};
use hui_loyalty::ids::{AdjustmentId, EntryId, HoldId, LotId, MemberId};
use hui_loyalty::ledger::spending::{
    CancelError, Cancelled, ConfirmError, Confirmed, HoldRequest, Insufficient, cancel, confirm,
    hold,
};
use hui_loyalty::ledger::{Cause, Hold, HoldState, Origin};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::{Error, Tx, ledger, members};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::books::{Books, Need};
use crate::context::Operations;
use crate::slices::{
    Answer, Answers, KeyReused, Keys, StoreFailed, claim_answers, is_first_key, kept_key, run,
};
use adjusting::Desk;

mod adjusting;
pub mod limits;

/// The longest a hold may live, in seconds: a week.
pub const HOLD_SECONDS_MAX: i64 = 604_800;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// Grant or deduct points.
    Adjust {
        /// Whose.
        member: MemberId,
        /// How many; negative deducts.
        points: i64,
        /// Why, in words.
        reason: String,
        /// The end of granted points; by the program's policy where absent.
        expires_at: Option<Timestamp>,
        /// Whether what a deduction does not find becomes debt.
        allow_debt: bool,
    },
    /// Set points aside.
    Hold {
        /// Whose.
        member: MemberId,
        /// How many.
        points: i64,
        /// What for.
        purpose: String,
        /// For how many seconds.
        ttl_s: i64,
    },
    /// Spend what was set aside.
    Confirm(HoldId),
    /// Give back what was set aside.
    Cancel(HoldId),
    /// Take an adjustment back.
    Undo {
        /// Its entry.
        entry: EntryId,
        /// Why, in words.
        reason: String,
        /// Whether what is no longer there becomes debt.
        allow_debt: bool,
    },
    /// Decide an adjustment that waits.
    Decide {
        /// The request.
        adjustment: AdjustmentId,
        /// What is decided.
        verdict: Verdict,
        /// Why, in words.
        reason: String,
    },
}

/// What becomes of an adjustment that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is done now.
    Approve,
    /// It is not done.
    Reject,
}

/// A movement with the key of its request.
#[derive(Debug, Clone)]
pub struct MoveRequest {
    /// What is to be done.
    pub movement: Movement,
    /// The caller's key for this request, if it has one.
    pub key: Option<RequestKey>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Moved {
    /// Points were granted or deducted.
    Adjusted {
        /// Whose; the survivor where the named one was merged away.
        member_id: MemberId,
        /// The entry.
        entry_id: EntryId,
        /// The lot of granted points.
        lot_id: Option<LotId>,
        /// How many.
        points: i64,
        /// What of granted points paid debt.
        debt_repaid: Points,
        /// What of a deduction became debt.
        debt: Points,
    },
    /// The adjustment is above the limit of who asked: it waits for somebody else's word.
    Pending {
        /// The request.
        adjustment_id: AdjustmentId,
        /// Whose.
        member_id: MemberId,
        /// How many.
        points: i64,
    },
    /// An adjustment was taken back.
    Undone {
        /// Whose; the survivor where the named one was merged away.
        member_id: MemberId,
        /// The opposite entry.
        entry_id: EntryId,
        /// The adjustment's entry.
        undoes: EntryId,
        /// The effect of the opposite entry.
        points: i64,
        /// The lot of points that could not go back where they came from.
        lot_id: Option<LotId>,
        /// What of a grant had expired unused.
        lapsed: Points,
        /// What of returned points paid debt.
        debt_repaid: Points,
        /// What of a grant is owed now.
        debt: Points,
    },
    /// An adjustment that waited was decided.
    Decided {
        /// The request.
        adjustment_id: AdjustmentId,
        /// What was decided.
        verdict: Verdict,
        /// What it did, where it was done.
        done: Option<Box<Moved>>,
    },
    /// Points were set aside.
    Held {
        /// The hold.
        hold_id: HoldId,
        /// Whose.
        member_id: MemberId,
        /// How many.
        points: Points,
        /// Until when.
        until: Timestamp,
    },
    /// They were spent.
    Confirmed {
        /// The hold.
        hold_id: HoldId,
        /// Whose.
        member_id: MemberId,
        /// How many.
        points: Points,
        /// The entry.
        entry_id: EntryId,
    },
    /// They came back.
    Cancelled {
        /// The hold.
        hold_id: HoldId,
        /// Whose.
        member_id: MemberId,
        /// How many.
        points: Points,
    },
}

/// Why points could not be moved.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MoveError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// There is no such hold.
    #[error("there is no hold {0}")]
    NoHold(HoldId),
    /// The points available do not suffice.
    #[error(transparent)]
    Insufficient(#[from] Insufficient),
    /// The hold timed out and its points are gone.
    #[error("the hold timed out and its points are no longer there")]
    HoldLost,
    /// The hold was confirmed already.
    #[error("the hold was confirmed already")]
    HoldConfirmed,
    /// The hold was cancelled already.
    #[error("the hold was cancelled already")]
    HoldCancelled,
    /// There is no such entry.
    #[error("there is no entry {0}")]
    NoEntry(EntryId),
    /// Only adjustments can be taken back, and what takes one back cannot.
    #[error("the entry {0} is no adjustment that can be taken back")]
    NotUndoable(EntryId),
    /// The adjustment was taken back already.
    #[error("the adjustment {0} was taken back already")]
    AlreadyUndone(EntryId),
    /// There is no such request.
    #[error("there is no adjustment {0} that waits or waited")]
    NoAdjustment(AdjustmentId),
    /// The request was decided already.
    #[error("the adjustment was decided already")]
    AlreadyDecided,
    /// Who asked must not decide.
    #[error("somebody else than who asked must decide the adjustment")]
    OwnAdjustment,
    /// The end the points were to have has passed meanwhile.
    #[error("the end of the points has passed meanwhile: reject it and ask anew")]
    EndPassed,
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

type Waiting = Vec<(usize, MoveRequest)>;

/// Moves points of one program's members; answers each request, in order.
pub async fn move_points(
    operations: &Operations,
    actor: &Actor,
    requests: Vec<MoveRequest>,
) -> Vec<Result<Answer<Moved>, MoveError>> {
    let now = operations.clock.now();
    let mut answers = Answers::new(requests.len());
    let mut waiting = Vec::with_capacity(requests.len());
    for (place, mut request) in requests.into_iter().enumerate() {
        request.key = request.key.map(|key| kept_key(operations, actor.program, key));
        match check(&request.movement, now) {
            Ok(()) => waiting.push((place, request)),
            Err(error) => answers.set(place, Err(error)),
        }
    }
    run(operations, &mut answers, waiting, async |tx, requests, answers| {
        slice(operations, actor, tx, requests, answers, now).await
    })
    .await;
    answers.into_results()
}

fn check(movement: &Movement, now: Timestamp) -> Result<(), MoveError> {
    let invalid = |field, problem| Err(MoveError::Invalid { field, problem });
    match movement {
        Movement::Adjust { points, reason, expires_at, .. } => {
            if *points == 0 || points.saturating_abs() > AMOUNT_MAX {
                return invalid("points", "must not be zero and at most 10^12");
            }
            if !audit::is_reason(reason) {
                return invalid("reason", audit::REASON);
            }
            if expires_at.is_some_and(|end| end <= now) {
                return invalid("expires_at", "must be later than now");
            }
        }
        Movement::Hold { points, purpose, ttl_s, .. } => {
            if *points <= 0 || *points > AMOUNT_MAX {
                return invalid("points", "must be positive and at most 10^12");
            }
            if purpose.len() > 200 {
                return invalid("purpose", "must have at most 200 bytes");
            }
            if *ttl_s <= 0 || *ttl_s > HOLD_SECONDS_MAX {
                return invalid("ttl_s", "must be 1 to 604800");
            }
        }
        Movement::Undo { reason, .. } | Movement::Decide { reason, .. } => {
            if !audit::is_reason(reason) {
                return invalid("reason", audit::REASON);
            }
        }
        Movement::Confirm(_) | Movement::Cancel(_) => {}
    }
    Ok(())
}

async fn slice(
    operations: &Operations,
    actor: &Actor,
    tx: &mut Tx,
    waiting: Waiting,
    answers: &mut Answers<Moved, MoveError>,
    now: Timestamp,
) -> Result<Waiting, Error> {
    let program = actor.program;
    let mut keys = HashSet::new();
    let (mut taken, later): (Waiting, Waiting) =
        waiting.into_iter().partition(|(_, one)| is_first_key(&mut keys, one.key.as_ref()));
    claim_answers(tx, program, &mut taken, |request| request.key.as_ref(), answers, now).await?;
    let mut open = Open::load(operations, tx, actor, &taken, now).await?;
    let mut keys = Keys::default();
    for (place, request) in &taken {
        match open.apply(actor, &request.movement)? {
            Ok(moved) => {
                keys.keep(request.key.as_ref(), &moved)?;
                answers.set(*place, Ok(Answer::first(moved)));
            }
            Err(error) => {
                answers.set(*place, Err(error));
                keys.give_up(request.key.as_ref());
            }
        }
    }
    keys.save(tx, program, now).await?;
    open.save(tx, actor).await?;
    Ok(later)
}

/// The books of the members a slice is about, and the holds it names.
struct Open {
    books: Books,
    holds: HashMap<HoldId, MemberId>,
    receipts: HashMap<HoldId, String>,
    ended: Vec<(HoldId, String)>,
    desk: Desk,
    audit: Vec<AuditLine>,
}

impl Open {
    async fn load(
        operations: &Operations,
        tx: &mut Tx,
        actor: &Actor,
        taken: &[(usize, MoveRequest)],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let program = actor.program;
        let named: Vec<HoldId> = taken
            .iter()
            .filter_map(|(_, request)| match request.movement {
                Movement::Confirm(hold) | Movement::Cancel(hold) => Some(hold),
                _ => None,
            })
            .collect();
        let mut desk = Desk::load(tx, actor, taken).await?;
        let found = ledger::load_holds(tx, program, named.iter().copied()).await?;
        let mut concerned: HashSet<MemberId> = found.values().map(|(member, _)| *member).collect();
        concerned.extend(taken.iter().filter_map(|(_, request)| match request.movement {
            Movement::Adjust { member, .. } | Movement::Hold { member, .. } => Some(member),
            _ => None,
        }));
        concerned.extend(desk.members());
        let rows = members::lock_with_survivors(tx, program, concerned).await?;
        let rules = operations.rules.load(tx, program).await?;
        let mut books =
            Books::open(tx, program, rules, operations.ids.clone(), rows, Need::Everything, now)
                .await?;
        // A hold may have ended, or moved with a merge, before its member was locked.
        let found = ledger::load_holds(tx, program, named.iter().copied()).await?;
        let receipts = ledger::load_hold_receipts(tx, program, named.iter().copied()).await?;
        let lots = found.values().flat_map(|(_, hold)| hold.draws.iter().map(|draw| draw.lot));
        let lots = ledger::load_lots(tx, program, lots).await?;
        books.add_lots(lots);
        desk.load_again(tx, program, &mut books).await?;
        let mut holds = HashMap::new();
        for (id, (member, hold)) in found {
            let Some(owner) = members::survivor(&books.members, member) else { continue };
            holds.insert(id, owner);
            if hold.state != HoldState::Live {
                books.add_hold(owner, hold);
            }
        }
        Ok(Self { books, holds, receipts, ended: Vec::new(), desk, audit: Vec::new() })
    }

    fn apply(
        &mut self,
        actor: &Actor,
        movement: &Movement,
    ) -> Result<Result<Moved, MoveError>, Error> {
        match movement {
            Movement::Adjust { member, points, reason, expires_at, allow_debt } => {
                let wanted = adjusting::Wanted {
                    member: *member,
                    points: *points,
                    reason,
                    expires_at: *expires_at,
                    allow_debt: *allow_debt,
                };
                self.adjust_or_ask(actor, &wanted)
            }
            Movement::Undo { entry, reason, allow_debt } => {
                self.undo_or_ask(actor, *entry, reason, *allow_debt)
            }
            Movement::Decide { adjustment, verdict, reason } => {
                self.decide(actor, *adjustment, *verdict, reason)
            }
            Movement::Hold { member, points, purpose, ttl_s } => {
                Ok(self.hold(actor, *member, *points, purpose, *ttl_s))
            }
            Movement::Confirm(hold) => self.confirm(actor, *hold),
            Movement::Cancel(hold) => self.cancel(actor, *hold),
        }
    }

    fn owner(&self, member: MemberId) -> Result<MemberId, MoveError> {
        members::survivor(&self.books.members, member).ok_or(MoveError::NoMember(member))
    }

    fn cause(actor: &Actor, key: Option<String>) -> Cause {
        let shop = actor.shops.only().cloned();
        Cause { staff: Some(actor.name.clone()), shop, key, ..Cause::default() }
    }

    fn hold(
        &mut self,
        actor: &Actor,
        member: MemberId,
        points: i64,
        purpose: &str,
        ttl_s: i64,
    ) -> Result<Moved, MoveError> {
        let member = self.owner(member)?;
        let now = self.books.now;
        let until = now.plus_seconds(ttl_s);
        let request = HoldRequest { points: Points(points), purpose: purpose.to_owned(), until };
        let origin = Origin { home: member, cause: Self::cause(actor, None) };
        let (mut ids, mut entries) =
            (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
        let made = hold(self.books.account(member), request, origin, now, &mut ids, &mut entries);
        self.books.entries = entries;
        let hold_id = made?;
        self.holds.insert(hold_id, member);
        Ok(Moved::Held { hold_id, member_id: member, points: Points(points), until })
    }

    fn find(&mut self, id: HoldId) -> Option<(MemberId, Hold)> {
        let member = *self.holds.get(&id)?;
        let hold = self.books.account(member).holds.iter().find(|hold| hold.id == id)?;
        Some((member, hold.clone()))
    }

    /// The answer an ended hold got the first time.
    fn first_answer(&self, id: HoldId) -> Result<Moved, Error> {
        let kept = self.ended.iter().find(|(hold, _)| *hold == id).map(|(_, text)| text);
        let text = kept.or_else(|| self.receipts.get(&id));
        let text = text.ok_or_else(|| Error::unreadable("hold", "ended without an answer"))?;
        serde_json::from_str(text).map_err(|error| Error::unreadable("hold receipt", error))
    }

    fn end(&mut self, id: HoldId, moved: Moved) -> Result<Moved, Error> {
        let text = serde_json::to_string(&moved)
            .map_err(|error| Error::unreadable("hold receipt", error))?;
        self.ended.push((id, text));
        Ok(moved)
    }

    fn confirm(&mut self, actor: &Actor, id: HoldId) -> Result<Result<Moved, MoveError>, Error> {
        let Some((member, known)) = self.find(id) else { return Ok(Err(MoveError::NoHold(id))) };
        let rules = self.books.current()?;
        let now = self.books.now;
        let origin = Origin { home: member, cause: Self::cause(actor, None) };
        let (mut ids, mut entries) =
            (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
        let account = self.books.account(member);
        let done = confirm(account, id, origin, rules.terms(), now, &mut ids, &mut entries);
        self.books.entries = entries;
        match done {
            Ok(Confirmed::Spent(entry_id)) => {
                let points = known.points;
                self.end(id, Moved::Confirmed { hold_id: id, member_id: member, points, entry_id })
                    .map(Ok)
            }
            Ok(Confirmed::AlreadyConfirmed) => self.first_answer(id).map(Ok),
            Err(ConfirmError::NoHold(id)) => Ok(Err(MoveError::NoHold(id))),
            Err(ConfirmError::HoldLost(_)) => Ok(Err(MoveError::HoldLost)),
            Err(ConfirmError::HoldCancelled(_)) => Ok(Err(MoveError::HoldCancelled)),
        }
    }

    fn cancel(&mut self, actor: &Actor, id: HoldId) -> Result<Result<Moved, MoveError>, Error> {
        let Some((member, known)) = self.find(id) else { return Ok(Err(MoveError::NoHold(id))) };
        let now = self.books.now;
        let origin = Origin { home: member, cause: Self::cause(actor, None) };
        let (mut ids, mut entries) =
            (self.books.ids.clone(), std::mem::take(&mut self.books.entries));
        let account = self.books.account(member);
        let done = cancel(account, id, origin, now, &mut ids, &mut entries);
        self.books.entries = entries;
        match done {
            Ok(Cancelled::Released(_) | Cancelled::TimedOut) => {
                let points = known.points;
                self.end(id, Moved::Cancelled { hold_id: id, member_id: member, points }).map(Ok)
            }
            Ok(Cancelled::AlreadyCancelled) => self.first_answer(id).map(Ok),
            Err(CancelError::NoHold(id)) => Ok(Err(MoveError::NoHold(id))),
            Err(CancelError::HoldConfirmed(_)) => Ok(Err(MoveError::HoldConfirmed)),
        }
    }

    async fn save(self, tx: &mut Tx, actor: &Actor) -> Result<(), Error> {
        let (program, now) = (self.books.program, self.books.now);
        self.books.save(tx).await?;
        ledger::save_hold_receipts(tx, program, &self.ended, now).await?;
        self.desk.save(tx, program).await?;
        audit::append(tx, actor, now, &self.audit).await
    }
}
