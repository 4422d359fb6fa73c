//! The first page's figures: members, sales and points over some days.

use axum::Json;
use hui_loyalty::time::{CalendarDate, Timestamp};
use hui_operations::overview::{
    ChannelFlow, DayFlow, Flow, Overview, OverviewRequest, Period, Standing, TierCount,
    read_overview,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::params::Asked;
use crate::problem::Problem;

/// Which days, and which shops.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OverviewQuery {
    /// The first day in the program's time zone, `YYYY-MM-DD`; 29 days before `to` where left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<CalendarDate>,
    /// The last day, included; today where left out. 366 days at most.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<CalendarDate>,
    /// `previous`: as many days before `from` are told as well.
    #[param(inline)]
    compare: Option<Compare>,
    /// Only this shop, as `channel/shop` or `shop`.
    shop: Option<String>,
}

/// What the days are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Compare {
    /// As many days, ending the day before.
    Previous,
}

/// Figures of the days as a whole. Money is in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewTotals {
    /// Members in use that were first recorded by the end of the days: merged ones once, those
    /// without a phone included. Of some shops only: those who bought there within the days.
    members: i64,
    /// Of these, those first recorded within the days.
    members_new: i64,
    /// Pairs of a member and a channel it was known on by the end of the days; null where only some
    /// shops are asked for.
    #[schema(required)]
    links: Option<i64>,
    /// Different members with an order paid within the days.
    buyers: i64,
    /// Orders paid within the days that belong to a member; a refunded one still counts.
    orders: i64,
    /// What was paid for those orders in money and wallet principal, without shipping; refunds are
    /// taken off the day of the payment, whenever they came.
    sales: i64,
    /// 笔单价: `sales` by `orders`, rounded down; 0 without orders.
    average_order: i64,
    /// 人均客单价: `sales` by `buyers`, rounded down; 0 without buyers.
    average_buyer: i64,
    /// Points earned by orders and awards dated within the days, pending ones included; later
    /// claw-backs are not taken off.
    points_issued: i64,
    /// Points used within the days; held ones do not count, restored ones are not taken off.
    points_spent: i64,
    /// Points that refunds gave back within the days.
    points_restored: i64,
    /// Points that ended unused within the days, as far as it is written down.
    points_expired: i64,
    /// Points that refunds took back within the days, what became debt included.
    points_clawed_back: i64,
    /// Points granted less points deducted by staff, and those brought from another system.
    points_adjusted: i64,
    /// What all members can spend at `as_of`; null where only some shops are asked for.
    #[schema(required)]
    points_available: Option<i64>,
    /// Points issued and not yet available at `as_of`.
    #[schema(required)]
    points_pending: Option<i64>,
    /// Points set aside by holds that live at `as_of`.
    #[schema(required)]
    points_held: Option<i64>,
    /// Points owed at `as_of` after claw-backs that found too little.
    #[schema(required)]
    points_debt: Option<i64>,
    /// What remains at `as_of` of points that end within three months from then.
    #[schema(required)]
    points_expiring: Option<i64>,
}

/// A channel's figures of the days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelFigures {
    channel: String,
    /// Members known on the channel by the end of the days: by an identity or an order that came
    /// from it. A member may be known on several. Null where only some shops are asked for.
    #[schema(required)]
    linked: Option<i64>,
    /// Of these, members first met at all on this channel, within the days.
    #[schema(required)]
    linked_new: Option<i64>,
    /// Of these, members known before from elsewhere, first met on this channel within the days.
    #[schema(required)]
    linked_existing: Option<i64>,
    /// Different members with an order on the channel paid within the days.
    buyers: i64,
    /// Of these, members whose very first order that was.
    buyers_new: i64,
    /// Orders as in the totals.
    orders: i64,
    /// Sales as in the totals.
    sales: i64,
}

/// A day's figures, defined as in the totals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayFigures {
    #[schema(value_type = String, format = Date)]
    date: CalendarDate,
    members_new: i64,
    orders: i64,
    sales: i64,
    points_issued: i64,
    points_spent: i64,
    points_restored: i64,
    points_expired: i64,
    points_clawed_back: i64,
    points_adjusted: i64,
}

/// Points that end in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthPoints {
    /// The month in the program's time zone, `YYYY-MM`.
    month: String,
    /// What remains of them.
    points: i64,
}

/// A name in two languages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Words {
    zh: String,
    en: String,
}

/// How many members hold a tier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierMembers {
    tier: String,
    name: Words,
    /// Members in use that hold it at `as_of`.
    members: i64,
}

/// The days compared with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewPrevious {
    #[schema(value_type = String, format = Date)]
    from: CalendarDate,
    #[schema(value_type = String, format = Date)]
    to: CalendarDate,
    totals: OverviewTotals,
    channels: Vec<ChannelFigures>,
    daily: Vec<DayFigures>,
}

/// The figures of some days, and of points and tiers at this instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewBody {
    #[schema(value_type = String, format = Date)]
    from: CalendarDate,
    #[schema(value_type = String, format = Date)]
    to: CalendarDate,
    /// The instant of all figures.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    totals: OverviewTotals,
    /// Null unless asked for.
    #[schema(required)]
    previous: Option<OverviewPrevious>,
    /// Every channel with anything to tell, by name.
    channels: Vec<ChannelFigures>,
    /// Every day.
    daily: Vec<DayFigures>,
    /// What remains of points that end in this month (from `as_of`) and in each of the eleven after
    /// it; empty where only some shops are asked for.
    expiring: Vec<MonthPoints>,
    /// From the lowest tier; empty where only some shops are asked for.
    tiers: Vec<TierMembers>,
}

impl OverviewTotals {
    fn of(flow: &Flow, standing: Option<&Standing>) -> Self {
        let stock = standing.map(|standing| standing.stock);
        Self {
            members: flow.members,
            members_new: flow.members_new,
            links: flow.links,
            buyers: flow.buyers,
            orders: flow.orders,
            sales: flow.sales.0,
            average_order: flow.average_order.0,
            average_buyer: flow.average_buyer.0,
            points_issued: flow.points.issued.0,
            points_spent: flow.points.spent.0,
            points_restored: flow.points.restored.0,
            points_expired: flow.points.expired.0,
            points_clawed_back: flow.points.clawed_back.0,
            points_adjusted: flow.points.adjusted,
            points_available: stock.map(|stock| stock.available.0),
            points_pending: stock.map(|stock| stock.pending.0),
            points_held: stock.map(|stock| stock.held.0),
            points_debt: stock.map(|stock| stock.debt.0),
            points_expiring: standing.map(|standing| standing.ending_soon.0),
        }
    }
}

impl From<ChannelFlow> for ChannelFigures {
    fn from(flow: ChannelFlow) -> Self {
        Self {
            channel: flow.channel,
            linked: flow.linked,
            linked_new: flow.linked_new,
            linked_existing: flow.linked_existing,
            buyers: flow.buyers,
            buyers_new: flow.buyers_new,
            orders: flow.orders,
            sales: flow.sales.0,
        }
    }
}

impl From<DayFlow> for DayFigures {
    fn from(flow: DayFlow) -> Self {
        Self {
            date: flow.day.date(),
            members_new: flow.members_new,
            orders: flow.orders,
            sales: flow.sales.0,
            points_issued: flow.points.issued.0,
            points_spent: flow.points.spent.0,
            points_restored: flow.points.restored.0,
            points_expired: flow.points.expired.0,
            points_clawed_back: flow.points.clawed_back.0,
            points_adjusted: flow.points.adjusted,
        }
    }
}

impl From<Period> for OverviewPrevious {
    fn from(period: Period) -> Self {
        Self {
            from: period.from.date(),
            to: period.to.date(),
            totals: OverviewTotals::of(&period.total, None),
            channels: period.channels.into_iter().map(ChannelFigures::from).collect(),
            daily: period.daily.into_iter().map(DayFigures::from).collect(),
        }
    }
}

impl From<TierCount> for TierMembers {
    fn from(count: TierCount) -> Self {
        let name = Words { zh: count.name.zh, en: count.name.en };
        Self { tier: count.tier, name, members: count.members }
    }
}

impl From<Overview> for OverviewBody {
    fn from(overview: Overview) -> Self {
        let Overview { as_of, period, previous, standing, tiers } = overview;
        let month = |((year, month), points): &((i16, i8), hui_loyalty::amounts::Points)| {
            MonthPoints { month: format!("{year:04}-{month:02}"), points: points.0 }
        };
        let ending = standing.as_ref().map(|standing| standing.ending.as_slice());
        Self {
            from: period.from.date(),
            to: period.to.date(),
            as_of,
            totals: OverviewTotals::of(&period.total, standing.as_ref()),
            previous: previous.map(OverviewPrevious::from),
            channels: period.channels.into_iter().map(ChannelFigures::from).collect(),
            daily: period.daily.into_iter().map(DayFigures::from).collect(),
            expiring: ending.unwrap_or_default().iter().map(month).collect(),
            tiers: tiers.into_iter().map(TierMembers::from).collect(),
        }
    }
}

/// Figures of members, sales and points over some days
///
/// Somebody tied to shops is told of those shops alone.
#[utoipa::path(
    get,
    path = "/api/v1/overview",
    tag = "insight",
    params(OverviewQuery),
    responses((status = OK, body = OverviewBody)),
    extensions(("x-problem-codes" = json!([codes::SHOP_HIDDEN.name])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::InsightRead>,
    Asked(query): Asked<OverviewQuery>,
) -> Result<Json<OverviewBody>, Problem> {
    let request = OverviewRequest {
        from: query.from.map(CalendarDate::day),
        to: query.to.map(CalendarDate::day),
        compares: query.compare == Some(Compare::Previous),
        shop: query.shop,
    };
    let overview =
        allowed.run(async move |hui, actor| read_overview(hui, actor, &request).await).await?;
    Ok(Json(overview.into()))
}
