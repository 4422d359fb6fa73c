//! What tiers and cards give a member, over the wire.

use axum::Json;
use hui_loyalty::ids::{CardId, CouponId, EntryId, MemberId};
use hui_loyalty::time::Timestamp;
use hui_operations::benefits::read_benefits;
use hui_store::benefits::BenefitRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;

/// Something a member was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenBody {
    /// `birthday`, `upgrade`, `monthly`, `card_sale` or `card_monthly`.
    benefit: &'static str,
    /// For which period, such as `2026` or `2026-11`; for each a member is given it once.
    period: String,
    /// The tier that gave it.
    tier: Option<String>,
    /// The card that gave it.
    #[schema(value_type = Option<String>)]
    card_id: Option<CardId>,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    given_at: Option<Timestamp>,
    points: i64,
    /// The entry that gave the points.
    #[schema(value_type = Option<String>)]
    entry_id: Option<EntryId>,
    /// The coupons it gave.
    coupons: Vec<String>,
    /// Why not all of it was given.
    problem: Option<String>,
}

impl From<(BenefitRow, Vec<CouponId>)> for GivenBody {
    fn from((row, coupons): (BenefitRow, Vec<CouponId>)) -> Self {
        Self {
            benefit: row.benefit.name(),
            period: row.period,
            tier: row.tier,
            card_id: row.card,
            due_at: row.due_at,
            given_at: row.given_at,
            points: row.points.0,
            entry_id: row.entry,
            coupons: coupons.iter().map(ToString::to_string).collect(),
            problem: row.problem,
        }
    }
}

/// Something that comes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComingBody {
    /// `birthday`, `upgrade`, `monthly` or `card_monthly`.
    benefit: &'static str,
    /// For which period.
    period: String,
    /// The tier that gives it.
    tier: Option<String>,
    /// The card that gives it.
    #[schema(value_type = Option<String>)]
    card_id: Option<CardId>,
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    points: i64,
    /// The templates of its coupons.
    coupon_templates: Vec<String>,
}

impl From<BenefitRow> for ComingBody {
    fn from(row: BenefitRow) -> Self {
        Self {
            benefit: row.benefit.name(),
            period: row.period,
            tier: row.tier,
            card_id: row.card,
            due_at: row.due_at,
            points: row.gift.points.0,
            coupon_templates: row.gift.coupons.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What a member was given, and what comes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberBenefitsBody {
    /// Whose; the survivor where the named member was merged away.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// What comes, earliest first, were the tier and the rules to stay; on the first page only.
    coming: Vec<ComingBody>,
    /// What was given, latest first.
    items: Vec<GivenBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// What tiers and cards gave a member, and what comes
#[utoipa::path(get, path = "/api/v1/members/{id}/benefits", tag = "cards",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = OK, body = MemberBenefitsBody)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name]))))]
pub(crate) async fn show(
    allowed: Allowed<needs::WalletRead>,
    At(id): At<MemberId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<MemberBenefitsBody>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| id);
    let view = allowed
        .run(async move |hui, actor| read_benefits(hui, actor, id, before, size + 1).await)
        .await?;
    let given: Page<GivenBody> = Page::of_one_more(view.given, size, |(row, _)| [row.id]);
    Ok(Json(MemberBenefitsBody {
        member_id: view.member,
        coming: view.coming.into_iter().map(ComingBody::from).collect(),
        items: given.items,
        next: given.next,
    }))
}
