//! Where a member stands on the ladder.

use axum::Json;
use hui_loyalty::amounts::Points;
use hui_loyalty::ids::MemberId;
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{TierView, read_tier};
use hui_store::growth::TierChangeRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::params::At;
use crate::problem::Problem;
use crate::problems::no_member;

/// A member's standing, what is missing to the next tier and to keep this one, and the history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierBody {
    /// The tier held now.
    tier: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The instant its period is over; null for the lowest tier and for one granted without an end.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Whether staff gave it, rather than growth.
    granted: bool,
    /// Growth in the window that counts for tiers, now.
    #[schema(value_type = i64)]
    growth: Points,
    /// Growth ever.
    #[schema(value_type = i64)]
    growth_lifetime: Points,
    /// The next higher tier; null on the highest.
    #[schema(required)]
    next: Option<String>,
    /// The growth it begins at.
    #[schema(required, value_type = Option<i64>)]
    next_from: Option<Points>,
    /// The growth that is missing to it; 0 where it is reached already.
    #[schema(required, value_type = Option<i64>)]
    next_missing: Option<Points>,
    /// The growth that keeps the tier at the review; null where there is none.
    #[schema(required, value_type = Option<i64>)]
    keep_target: Option<Points>,
    /// What of it is missing now.
    #[schema(value_type = i64)]
    keep_missing: Points,
    /// Changes, latest first; at most 500.
    history: Vec<TierChangeBody>,
}

/// A change of tier, or a review that kept it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierChangeBody {
    /// The effective time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The tier before.
    from: String,
    /// The tier after; the same where a review kept it.
    to: String,
    /// `upgrade`, `keep`, `downgrade`, `merge`, `unmerge` or `granted`.
    reason: String,
    /// The end of the new period.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

impl From<TierChangeRow> for TierChangeBody {
    fn from(row: TierChangeRow) -> Self {
        Self {
            at: row.at,
            from: row.from,
            to: row.to,
            reason: row.reason,
            until: row.until,
            recorded_at: row.recorded_at,
        }
    }
}

impl From<TierView> for TierBody {
    fn from(view: TierView) -> Self {
        let (standing, progress) = (view.standing, view.progress);
        let (next_from, next_missing) =
            progress.next.as_ref().map(|next| (next.from, next.missing)).unzip();
        Self {
            tier: standing.tier,
            since: standing.since,
            until: standing.until,
            granted: standing.granted,
            growth: progress.growth,
            growth_lifetime: view.growth_lifetime,
            next: progress.next.map(|next| next.tier),
            next_from,
            next_missing,
            keep_target: progress.keep,
            keep_missing: progress.keep_missing,
            history: view.history.into_iter().map(TierChangeBody::from).collect(),
        }
    }
}

/// A member's tier, what is missing, and the history
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/tier",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = TierBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<TierBody>, Problem> {
    let view = allowed.run(async move |hui, actor| read_tier(hui, actor, id).await).await?;
    view.map(|view| Json(view.into())).ok_or_else(|| no_member(id))
}
