//! Merges by staff, their undoing, and the decisions of the review queue.

use hui_loyalty::ids::{MemberId, MergeId, ReviewId};
use hui_loyalty::ledger::merging::LiveHoldOnBothSides;
use hui_loyalty::members::resolving::{MergeRefusal, merge_allowed_by_staff};
use hui_loyalty::members::{Claim, IdentityKind};
use hui_loyalty::time::Timestamp;
use hui_store::answers::RequestKey;
use hui_store::members::{self, MemberState};
use hui_store::reviews::ReviewRow;
use hui_store::{Error, Tx, merges, reviews};
use serde::{Deserialize, Serialize};

use crate::abuse::{self, Ruling};
use crate::actor::{Actor, Right};
use crate::audit::{self, AuditLine};
use crate::context::Operations;
use crate::join_member::{MemberError, replace_phone};
use crate::merging::{Merging, UnmergeProblem, merge_in, unmerge_in};
use crate::persons::candidate;
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// Why members could not be merged or parted, or a review not decided.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is no such member.
    #[error("there is no member {0}")]
    NoMember(MemberId),
    /// There is no such merge.
    #[error("there is no merge {0}")]
    NoMerge(MergeId),
    /// There is no such review.
    #[error("there is no review {0}")]
    NoReview(ReviewId),
    /// The merge was undone already.
    #[error("the merge was undone already")]
    AlreadyUndone,
    /// The survivor was merged itself since; that merge is to be undone first.
    #[error("the survivor was merged itself since: undo that merge first")]
    SurvivorMerged,
    /// The members may not be merged so.
    #[error(transparent)]
    Refused(#[from] MergeRefusal),
    /// A hold is live that draws on both sides.
    #[error(transparent)]
    LiveHold(#[from] LiveHoldOnBothSides),
    /// The review was decided already.
    #[error("the review was decided already")]
    AlreadyDecided,
    /// The review cannot be decided so.
    #[error("this review cannot be decided by {0}")]
    Undecidable(&'static str),
    /// The change the decision asks for was refused.
    #[error("the decision could not be carried out")]
    Change(#[from] MemberError),
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

/// The answer to a merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeReceipt {
    /// The merge.
    pub merge_id: MergeId,
    /// The member that stayed.
    pub survivor: MemberId,
    /// The member that went into it.
    pub absorbed: MemberId,
}

/// Makes a member part of another, as staff asked.
pub async fn merge_members(
    operations: &Operations,
    actor: &Actor,
    absorbed: MemberId,
    into: MemberId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<MergeReceipt>, MergeError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        merge_by_staff(operations, tx, actor, absorbed, into, reason, now).await
    })
    .await
}

async fn merge_by_staff(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    absorbed: MemberId,
    into: MemberId,
    reason: &str,
    now: Timestamp,
) -> Result<Result<MergeReceipt, MergeError>, Error> {
    let rows = members::lock_with_survivors(tx, actor.program, [absorbed, into]).await?;
    let active = |id: MemberId| {
        members::survivor(&rows, id)
            .and_then(|id| rows.get(&id))
            .filter(|row| row.state == MemberState::Active)
    };
    let Some(from) = active(absorbed) else { return Ok(Err(MergeError::NoMember(absorbed))) };
    let Some(to) = active(into) else { return Ok(Err(MergeError::NoMember(into))) };
    let may = actor.may(Right::MembersMergeVerified);
    if let Err(refusal) = merge_allowed_by_staff(&candidate(to), &candidate(from), may, reason) {
        return Ok(Err(refusal.into()));
    }
    let merging =
        Merging { into: to.id, absorbed: from.id, by: actor.label(), reason: reason.to_owned() };
    let receipt = MergeReceipt { merge_id: MergeId(0), survivor: to.id, absorbed: from.id };
    let merge_id = merge_in(operations, tx, actor.program, merging, now).await?;
    let line = AuditLine::new(
        "member.merge",
        merge_id,
        serde_json::json!({ "absorbed": receipt.absorbed, "into": receipt.survivor, "reason": reason }),
    );
    audit::append(tx, actor, now, &[line.about(receipt.survivor)]).await?;
    Ok(Ok(MergeReceipt { merge_id, ..receipt }))
}

/// Takes a merge back.
pub async fn undo_merge(
    operations: &Operations,
    actor: &Actor,
    merge: MergeId,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<MergeReceipt>, MergeError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some(row) = merges::load(tx, actor.program, merge).await? else {
            return Ok(Err(MergeError::NoMerge(merge)));
        };
        // Read again under the members' locks: two may undo at once.
        members::lock(tx, actor.program, [row.survivor, row.absorbed]).await?;
        let row = merges::load(tx, actor.program, merge).await?.unwrap_or(row);
        if row.undone_at.is_some() {
            return Ok(Err(MergeError::AlreadyUndone));
        }
        match unmerge_in(operations, tx, actor.program, &row, &actor.label(), now).await {
            Ok(()) => {}
            Err(UnmergeProblem::LiveHold(live)) => return Ok(Err(live.into())),
            Err(UnmergeProblem::SurvivorMerged) => return Ok(Err(MergeError::SurvivorMerged)),
            Err(UnmergeProblem::Store(error)) => return Err(error),
        }
        let detail = serde_json::json!({
            "absorbed": row.absorbed, "survivor": row.survivor, "reason": reason,
        });
        let line = AuditLine::new("member.unmerge", merge, detail);
        audit::append(tx, actor, now, &[line.about(row.survivor)]).await?;
        Ok(Ok(MergeReceipt { merge_id: merge, survivor: row.survivor, absorbed: row.absorbed }))
    })
    .await
}

/// What a person decides about a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Both members are one person.
    Merge,
    /// They are two; nothing changes.
    KeepApart,
    /// The phone of the event belongs to this member now (change of phone, reassigned number).
    MovePhone,
    /// It was no abuse: what waited is let go.
    Release,
    /// It was abuse: what waited is taken back.
    Void,
}

impl Decision {
    const fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::KeepApart => "keep_apart",
            Self::MovePhone => "move_phone",
            Self::Release => "release",
            Self::Void => "void",
        }
    }
}

/// The answer to a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionReceipt {
    /// The review.
    pub review_id: ReviewId,
    /// What was decided.
    pub decision: Decision,
    /// The merge it led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_id: Option<MergeId>,
}

/// Decides a review and carries the decision out.
pub async fn decide_review(
    operations: &Operations,
    actor: &Actor,
    review: ReviewId,
    decision: Decision,
    reason: &str,
    key: Option<&RequestKey>,
) -> Result<Answer<DecisionReceipt>, MergeError> {
    let now = operations.clock.now();
    single(operations, actor.program, key, now, async |tx| {
        let Some(mut row) = reviews::lock(tx, actor.program, review).await? else {
            return Ok(Err(MergeError::NoReview(review)));
        };
        if !row.is_open {
            return Ok(Err(MergeError::AlreadyDecided));
        }
        let ruling = match decision {
            Decision::Release => Some(Ruling::Release),
            Decision::Void => Some(Ruling::Void),
            _ => None,
        };
        if ruling.is_some() != (row.kind == abuse::KIND) {
            return Ok(Err(MergeError::Undecidable(decision.name())));
        }
        if let Some(ruling) = ruling {
            abuse::rule(operations, tx, actor, &row, ruling, now).await?;
        }
        let mut merge_id = None;
        if decision == Decision::MovePhone
            && let Err(error) = move_phone(operations, tx, actor, &row, now).await?
        {
            return Ok(Err(error));
        }
        if decision == Decision::Merge {
            let (Some(member), Some(other)) = (row.member, row.other) else {
                return Ok(Err(MergeError::Undecidable("merge")));
            };
            match merge_by_staff(operations, tx, actor, other, member, reason, now).await? {
                Ok(receipt) => merge_id = Some(receipt.merge_id),
                Err(error) => return Ok(Err(error)),
            }
        }
        row.decision = Some(decision.name().to_owned());
        row.decided_at = Some(now);
        row.decided_by = Some(actor.label());
        row.reason = Some(reason.to_owned());
        reviews::decide(tx, actor.program, &row).await?;
        let mut line = AuditLine::new(
            "review.decide",
            review,
            serde_json::json!({ "decision": decision.name(), "reason": reason }),
        );
        line.member = row.member;
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(DecisionReceipt { review_id: review, decision, merge_id }))
    })
    .await
}

/// Gives the phone a review is about to its member.
async fn move_phone(
    operations: &Operations,
    tx: &mut Tx,
    actor: &Actor,
    review: &ReviewRow,
    now: Timestamp,
) -> Result<Result<(), MergeError>, Error> {
    let evidence: serde_json::Value = serde_json::from_str(&review.evidence)
        .map_err(|error| Error::unreadable("review", error))?;
    let (Some(member), Some(sealed)) = (review.member, evidence["sealed"].as_str()) else {
        return Ok(Err(MergeError::Undecidable("move_phone")));
    };
    let phone = operations.vault.open_sealed("review", sealed)?;
    let claim =
        Claim { kind: IdentityKind::Phone, scope: String::new(), value: phone, verified: true };
    let moved = replace_phone(operations, tx, actor, member, &claim, now).await?;
    Ok(moved.map(|_| ()).map_err(MergeError::from))
}
