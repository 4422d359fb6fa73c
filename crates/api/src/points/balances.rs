//! What a member has, owes and will lose, at an instant.

use axum::Json;
use hui_loyalty::amounts::Points;
use hui_loyalty::ids::MemberId;
use hui_loyalty::ledger::balances::Balance;
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::read_balance;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::problems::no_member;

/// Points at one instant, whether or not a job has written down what was due by then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-05-01T02:01:00Z", "available": 298, "pending": 0, "held": 0, "debt": 0,
    "expiring": [{"on": "2027-04-30T16:00:00Z", "points": 298}]
}))]
pub(crate) struct BalanceBody {
    /// The instant it is told for.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What can be spent; never negative.
    #[schema(value_type = i64, minimum = 0)]
    pub(crate) available: Points,
    /// What is earned and not yet available.
    #[schema(value_type = i64, minimum = 0)]
    pending: Points,
    /// What live holds set aside; not part of `available`.
    #[schema(value_type = i64, minimum = 0)]
    held: Points,
    /// What is owed after claw-backs; later points repay it first.
    #[schema(value_type = i64, minimum = 0)]
    debt: Points,
    /// What ends when, of the open and the pending lots, soonest first, one line an instant.
    expiring: Vec<ExpiringBody>,
}

/// Points that end at one instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpiringBody {
    /// The first instant at which they cannot be spent any more.
    #[schema(value_type = String, format = DateTime)]
    on: Timestamp,
    /// How many.
    #[schema(value_type = i64, minimum = 1)]
    points: Points,
}

impl From<Balance> for BalanceBody {
    fn from(balance: Balance) -> Self {
        let expiring = balance.expiring.into_iter();
        Self {
            at: balance.at,
            available: balance.available,
            pending: balance.pending,
            held: balance.held,
            debt: balance.debt,
            expiring: expiring.map(|(on, points)| ExpiringBody { on, points }).collect(),
        }
    }
}

/// An instant to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtQuery {
    /// The instant, past or to come; now where left out.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// A member's balance now or at an instant
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/points",
    tag = "points",
    params(("id" = String, Path, description = "The member"), AtQuery),
    responses((status = OK, body = BalanceBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::PointsRead>,
    At(id): At<MemberId>,
    Asked(AtQuery { at }): Asked<AtQuery>,
) -> Result<Json<BalanceBody>, Problem> {
    let found = allowed.run(async move |hui, actor| read_balance(hui, actor, id, at).await).await?;
    found.map(|balance| Json(balance.into())).ok_or_else(|| no_member(id))
}
