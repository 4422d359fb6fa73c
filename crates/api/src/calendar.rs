//! The calendar: what is in force when.

use std::collections::BTreeSet;

use axum::Json;
use hui_loyalty::calendar::{Kind, Overlap, Planned};
use hui_loyalty::publishing::Conflict;
use hui_loyalty::scopes::{Area, Scope};
use hui_loyalty::time::{CalendarDate, Span, Timestamp};
use hui_operations::calendar::{Calendar, CalendarRequest, read_calendar};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Allowed, needs};
use crate::codes;
use crate::coupons::templates::NameBody;
use crate::paging::asked;
use crate::params::Asked;
use crate::problem::Problem;

/// Which days, and what of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    /// The first day in the program's time zone, `YYYY-MM-DD`; today where left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<CalendarDate>,
    /// The last day, included; 30 days after `from` where left out. 100 days at most.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<CalendarDate>,
    /// `draft`: as if the draft were published now, in place of all that decides from now on.
    #[param(inline)]
    version: Option<WhichVersion>,
    /// Only what may count on this channel.
    channel: Option<String>,
    /// Only what may count in this shop of any channel.
    shop: Option<String>,
    /// Only what may count for this product: its SKU. Give its `category` too where you know it.
    product: Option<String>,
    /// Only what may count for products of this category path.
    category: Option<String>,
    /// How many lines at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 500)]
    limit: Option<String>,
}

/// Whose rules the calendar is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhichVersion {
    /// The versions that were published, each while it decides.
    #[default]
    Published,
    /// The draft from now on.
    Draft,
}

/// What a line of the calendar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CalendarKind {
    /// A promotion of the rules, member days among them.
    Promotion,
    /// A multiplier of points.
    Multiplier,
    /// A top-up plan of the rules.
    TopUpPlan,
    /// When coupons of a template can be used.
    Coupon,
    /// When members can claim coupons of a template.
    CouponClaim,
    /// Something the mall offers.
    MallGood,
}

impl From<Kind> for CalendarKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Promotion => Self::Promotion,
            Kind::Multiplier => Self::Multiplier,
            Kind::TopUpPlan => Self::TopUpPlan,
            Kind::Coupon => Self::Coupon,
            Kind::CouponClaim => Self::CouponClaim,
            Kind::MallGood => Self::MallGood,
        }
    }
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct SpanBody {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// It is over at this instant.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl From<Span> for SpanBody {
    fn from(span: Span) -> Self {
        Self { from: span.from, until: span.until }
    }
}

/// Rules and when they decide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidingBody {
    /// The version's number; null is the draft.
    #[schema(required)]
    version: Option<i64>,
    #[serde(flatten)]
    span: SpanBody,
}

/// Places and products; what is empty does not restrict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarArea {
    channels: BTreeSet<String>,
    shops: BTreeSet<String>,
    /// Offline stores: shops of the channel `pos`.
    stores: BTreeSet<String>,
    /// Category paths, each with all below it.
    categories: BTreeSet<String>,
    /// Products.
    skus: BTreeSet<String>,
}

impl From<Area> for CalendarArea {
    fn from(area: Area) -> Self {
        let Area { channels, shops, stores, categories, skus } = area;
        Self { channels, shops, stores, categories, skus }
    }
}

/// Where something counts and for which products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarScope {
    /// Only here.
    include: CalendarArea,
    /// Never here; stronger than `include`.
    exclude: CalendarArea,
}

impl From<Scope> for CalendarScope {
    fn from(scope: Scope) -> Self {
        Self { include: scope.include.into(), exclude: scope.exclude.into() }
    }
}

/// Why only one of two promotions applies to a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OverlapWhy {
    /// They are of one stacking group.
    Group,
    /// One of them stands alone.
    Exclusive,
}

/// A promotion that a line stands against at some time within the days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverlapBody {
    /// The other promotion's id.
    promotion: String,
    why: OverlapWhy,
    /// Whether the other comes first.
    yields: bool,
}

impl From<Overlap> for OverlapBody {
    fn from(overlap: Overlap) -> Self {
        let why = match overlap.why {
            Conflict::Group => OverlapWhy::Group,
            Conflict::Exclusive => OverlapWhy::Exclusive,
        };
        Self { promotion: overlap.promotion, why, yields: overlap.yields }
    }
}

/// One line of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarLine {
    kind: CalendarKind,
    /// Its id in the rules, or its number.
    id: String,
    name: NameBody,
    /// Its own first instant, whatever days are asked for; null where it has none.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Its own end; null where it has none.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Whether it recurs: on weekdays, days of the month or at hours.
    recurs: bool,
    /// When it counts within the days, one after another; at most 400.
    occurrences: Vec<SpanBody>,
    scope: CalendarScope,
    /// The stacking group of a promotion or coupon.
    #[schema(required)]
    group: Option<String>,
    /// Of a promotion: the higher applies first within its lane.
    #[schema(required)]
    priority: Option<i64>,
    /// Whether nothing else may count beside it.
    exclusive: bool,
    /// The versions of the rules that contain it, the draft apart; empty for what is in none.
    versions: Vec<i64>,
    /// The promotions it stands against at some time within the days; at most 20 of each side.
    overlaps: Vec<OverlapBody>,
}

impl From<Planned> for CalendarLine {
    fn from(line: Planned) -> Self {
        Self {
            kind: line.kind.into(),
            id: line.id,
            name: line.name.into(),
            from: line.from,
            until: line.until,
            recurs: line.recurs,
            occurrences: line.occurrences.into_iter().map(SpanBody::from).collect(),
            scope: line.scope.into(),
            group: line.group,
            priority: line.priority,
            exclusive: line.exclusive,
            versions: line.versions.into_iter().filter(|version| *version > 0).collect(),
            overlaps: line.overlaps.into_iter().map(OverlapBody::from).collect(),
        }
    }
}

/// What is in force within some days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarBody {
    /// The first instant of the first day.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The last day is over at this instant.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// The rules that decide within the days, one after another.
    versions: Vec<DecidingBody>,
    /// By their first occurrence.
    items: Vec<CalendarLine>,
    /// Whether there are more lines than `limit`: ask for fewer days, one shop or one product.
    truncated: bool,
}

impl From<Calendar> for CalendarBody {
    fn from(calendar: Calendar) -> Self {
        let versions = calendar.versions.into_iter();
        Self {
            from: calendar.span.from,
            until: calendar.span.until,
            versions: versions
                .map(|(version, span)| DecidingBody { version, span: span.into() })
                .collect(),
            items: calendar.lines.into_iter().map(CalendarLine::from).collect(),
            truncated: calendar.is_cut,
        }
    }
}

/// What is in force when: promotions, multipliers, top-up plans, coupons, goods of the mall
#[utoipa::path(
    get,
    path = "/api/v1/program/calendar",
    tag = "program",
    params(CalendarQuery),
    responses((status = OK, body = CalendarBody)),
    extensions(("x-problem-codes" = json!([
        codes::PROGRAM_DRAFT_UNKNOWN.name, codes::PROGRAM_REFUSED.name
    ])))
)]
pub(crate) async fn show(
    allowed: Allowed<needs::ProgramRead>,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Json<CalendarBody>, Problem> {
    let limit = query.limit.as_deref().unwrap_or("500");
    let (limit, _) = asked::<1>(Some(limit), None)?;
    let request = CalendarRequest {
        from: query.from.map(CalendarDate::day),
        to: query.to.map(CalendarDate::day),
        with_draft: query.version == Some(WhichVersion::Draft),
        channel: query.channel,
        shop: query.shop,
        sku: query.product,
        category: query.category,
        limit: usize::try_from(limit).unwrap_or(0),
    };
    let calendar =
        allowed.run(async move |hui, actor| read_calendar(hui, actor, &request).await).await?;
    Ok(Json(calendar.into()))
}
