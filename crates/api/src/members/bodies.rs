//! Members as they are shown: masked, as of now.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{MemberId, ReviewId};
use hui_loyalty::time::Timestamp;
use hui_operations::read_members::{MemberView, average_order};
use hui_store::members::MemberRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::points::balances::BalanceBody;
use crate::wire::schemas::GenderSchema;

/// What can be done with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberStatus {
    /// It has a phone: it earns and spends.
    Active,
    /// It is known on a channel only, by something other than a phone.
    Unbound,
}

impl MemberStatus {
    const fn of(row: &MemberRow) -> Self {
        if row.bound { Self::Active } else { Self::Unbound }
    }
}

/// A member: profile and summary.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberBody {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// Masked; null where it is not known.
    #[schema(required, example = "王**")]
    name: Option<String>,
    /// Masked; null where it is not known.
    #[schema(required, example = "138****8000")]
    phone: Option<String>,
    status: MemberStatus,
    /// Whether it has a phone; until then it is known on a channel only.
    bound: bool,
    /// The id of the tier held now.
    tier: String,
    #[schema(value_type = String, format = DateTime)]
    tier_since: Timestamp,
    /// The instant the tier's period is over; null where it has none.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    tier_until: Option<Timestamp>,
    /// Growth in the window that counts for tiers, now.
    #[schema(value_type = i64)]
    growth: Points,
    /// Growth ever.
    #[schema(value_type = i64)]
    growth_lifetime: Points,
    /// The balance now.
    points: BalanceBody,
    wallet: WalletBody,
    coupons: CouponCountBody,
    /// Sorted.
    tags: Vec<String>,
    /// The channels the member is known on, sorted.
    channels: Vec<String>,
    #[schema(required, value_type = Option<GenderSchema>)]
    gender: Option<String>,
    /// The date of birth.
    #[schema(required, format = Date)]
    birthday: Option<String>,
    /// When it got a phone; null before.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    joined_at: Option<Timestamp>,
    /// When it first appeared.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The effective time of the latest order.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_order_at: Option<Timestamp>,
    figures: FiguresBody,
    /// The number that was asked for, where that member was merged into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    redirected_from: Option<MemberId>,
}

/// Stored value, in fen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletBody {
    /// What was paid in.
    #[schema(value_type = i64)]
    principal: Money,
    /// What was added as a gift.
    #[schema(value_type = i64)]
    bonus: Money,
}

/// How many coupons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CouponCountBody {
    /// Those that can be used now.
    #[schema(minimum = 0)]
    usable: i64,
}

/// What a member bought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiguresBody {
    /// Orders paid.
    #[schema(minimum = 0)]
    orders: i64,
    /// Money paid, refunds taken off, in fen.
    #[schema(value_type = i64)]
    spent: Money,
    /// `spent` by `orders`, in fen, rounded down; 0 without orders.
    #[schema(value_type = i64)]
    average_order: Money,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    first_order_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_order_at: Option<Timestamp>,
}

impl From<MemberView> for MemberBody {
    fn from(view: MemberView) -> Self {
        let row = view.row;
        let status = MemberStatus::of(&row);
        Self {
            figures: FiguresBody {
                orders: row.orders_count,
                spent: row.spent,
                average_order: average_order(&row),
                first_order_at: row.first_order_at,
                last_order_at: row.last_order_at,
            },
            member_id: row.id,
            name: view.name,
            phone: view.phone,
            status,
            bound: row.bound,
            tier: row.tier,
            tier_since: row.tier_since,
            tier_until: row.tier_until,
            growth: view.growth,
            growth_lifetime: row.growth_lifetime,
            points: view.balance.into(),
            wallet: WalletBody { principal: view.wallet.principal, bonus: view.wallet.bonus },
            coupons: CouponCountBody { usable: view.coupons_usable },
            tags: row.tags,
            channels: row.channels,
            gender: row.gender,
            birthday: row.birthday,
            joined_at: row.joined_at,
            created_at: row.created_at,
            last_order_at: row.last_order_at,
            redirected_from: view.redirected_from,
        }
    }
}

/// A member that joined, or was met again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinedBody {
    #[serde(flatten)]
    pub(crate) member: MemberBody,
    /// Whether the join made it.
    pub(crate) created: bool,
    /// The review the join raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) review_id: Option<ReviewId>,
}

/// A member as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberLineBody {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// Masked.
    #[schema(required)]
    name: Option<String>,
    /// Masked.
    #[schema(required)]
    phone: Option<String>,
    tier: String,
    status: MemberStatus,
    /// Growth in the window that counts for tiers, now.
    #[schema(value_type = i64)]
    growth: Points,
    /// Points that can be spent now.
    #[schema(value_type = i64, minimum = 0)]
    points_available: Points,
    /// The channels the member is known on, sorted.
    channels: Vec<String>,
    /// Orders paid.
    #[schema(minimum = 0)]
    orders: i64,
    /// Money paid, refunds taken off, in fen.
    #[schema(value_type = i64)]
    spent: Money,
    /// When it got a phone; null before.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    joined_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_order_at: Option<Timestamp>,
}

impl From<MemberView> for MemberLineBody {
    fn from(view: MemberView) -> Self {
        let row = view.row;
        let status = MemberStatus::of(&row);
        Self {
            member_id: row.id,
            name: view.name,
            phone: view.phone,
            tier: row.tier,
            status,
            growth: view.growth,
            points_available: view.balance.available,
            channels: row.channels,
            orders: row.orders_count,
            spent: row.spent,
            joined_at: row.joined_at,
            last_order_at: row.last_order_at,
        }
    }
}

/// The rotating code a member shows at the till.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberCodeBody {
    /// What the till scans.
    pub(crate) code: String,
    /// After so many seconds another one is shown.
    #[schema(example = 60)]
    pub(crate) rotates_every_s: u32,
}
