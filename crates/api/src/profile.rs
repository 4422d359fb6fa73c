//! What is known of one member's purchases.

use axum::Json;
use hui_loyalty::ids::MemberId;
use hui_loyalty::time::Timestamp;
use hui_operations::read_profile::{ChannelView, ProfileView, read_profile};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::params::At;
use crate::problem::Problem;
use crate::problems::no_member;

/// How much of a member's purchases is of one category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryBody {
    /// The category; null for lines without one.
    #[schema(required)]
    category: Option<String>,
    /// What was paid for its lines in minor units, refunds taken off.
    paid: i64,
    /// Its share of all lines in hundredths of a per cent; all shares add up to 10000.
    share_bp: i64,
}

/// A member on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberChannelBody {
    channel: String,
    /// Since when the member is known there.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Paid orders that count.
    orders: i64,
    /// What was paid for them in minor units, shipping included, refunds taken off.
    spent: i64,
    /// When the latest was paid.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_order_at: Option<Timestamp>,
}

/// What is known of one member's purchases. Money is in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profile360Body {
    /// Of a member that was merged away the survivor.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// The instant of all of it.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// Paid orders that count, refunded ones included; 2000 at most, see `is_cut_off`.
    orders: i64,
    /// What was paid for them, shipping included, refunds taken off.
    spent: i64,
    /// 笔单价, the 客单价 of tills: `spent` by `orders`, half up; null without orders.
    #[schema(required)]
    average_order: Option<i64>,
    /// 客单价 of marketplaces for one buyer: what was paid by `orders`, refunds not taken off, half
    /// up; null without orders.
    #[schema(required)]
    average_payment: Option<i64>,
    /// 人均消费 of this one member: what was paid less refunds for orders of the last 12 months.
    spent_year: i64,
    /// The median of the days from one day with a purchase to the next; null with fewer than two
    /// such days.
    #[schema(required)]
    purchase_cycle_days: Option<i64>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    first_order_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_order_at: Option<Timestamp>,
    /// Whether there are more than 2000 orders; then it is the latest that are told of.
    is_cut_off: bool,
    /// Categories by what was paid for them, most first; those refunded whole are left out.
    categories: Vec<CategoryBody>,
    /// Where the member is known, since earliest first.
    channels: Vec<MemberChannelBody>,
    /// The channel the member was first met on.
    #[schema(required)]
    join_channel: Option<String>,
    /// The shop of the order the member was first met by; null where it was no order, or without shop.
    #[schema(required)]
    join_shop: Option<String>,
}

impl From<ChannelView> for MemberChannelBody {
    fn from(view: ChannelView) -> Self {
        Self {
            channel: view.channel,
            since: view.since,
            orders: view.orders,
            spent: view.spent.0,
            last_order_at: view.last_order_at,
        }
    }
}

impl From<ProfileView> for Profile360Body {
    fn from(view: ProfileView) -> Self {
        let habits = view.habits;
        let categories = habits.categories.into_iter().map(|share| CategoryBody {
            category: share.category,
            paid: share.paid.0,
            share_bp: share.share_bp,
        });
        Self {
            member_id: view.member,
            as_of: view.as_of,
            orders: habits.orders,
            spent: habits.spent.0,
            average_order: habits.average_order.map(|money| money.0),
            average_payment: habits.average_payment.map(|money| money.0),
            spent_year: habits.spent_year.0,
            purchase_cycle_days: habits.purchase_cycle_days,
            first_order_at: habits.first_order_at,
            last_order_at: habits.last_order_at,
            is_cut_off: view.is_cut_off,
            categories: categories.collect(),
            channels: view.channels.into_iter().map(MemberChannelBody::from).collect(),
            join_channel: view.join_channel,
            join_shop: view.join_shop,
        }
    }
}

/// What a member buys: how much, how often, of what, where
#[utoipa::path(
    get,
    path = "/api/v1/members/{id}/profile360",
    tag = "members",
    params(("id" = String, Path, description = "The member")),
    responses((status = OK, body = Profile360Body)),
    extensions(("x-problem-codes" = json!([codes::MEMBER_UNKNOWN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::MembersRead>,
    At(id): At<MemberId>,
) -> Result<Json<Profile360Body>, Problem> {
    let view = allowed.run(async move |hui, actor| read_profile(hui, actor, id).await).await?;
    view.map(|view| Json(view.into())).ok_or_else(|| no_member(id))
}
