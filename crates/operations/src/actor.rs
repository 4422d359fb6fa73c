//! Who asks: an API key, somebody of the staff, or the program itself.

use hui_loyalty::ids::{KeyId, ProgramId, StaffId};
use serde::{Deserialize, Serialize};

/// Something an actor may be allowed to do; API keys call them scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Record orders and refunds.
    OrdersWrite,
    /// Read orders.
    OrdersRead,
    /// Join, change and bind members.
    MembersWrite,
    /// Look members up and read their profiles, masked.
    MembersRead,
    /// See a member's personal data in clear, with a reason, logged.
    MembersReveal,
    /// Merge and un-merge members.
    MembersMerge,
    /// Merge members with two different verified phones.
    MembersMergeVerified,
    /// Read balances, lots and entries.
    PointsRead,
    /// Hold, confirm and cancel points.
    PointsHold,
    /// Grant and deduct points.
    PointsAdjust,
    /// Decide adjustments above the limit, never one's own.
    PointsApprove,
    /// Price, lock and confirm checkouts.
    Checkout,
    /// Read the rules.
    ProgramRead,
    /// Draft and publish rules.
    ProgramWrite,
    /// Read the review queue.
    ReviewsRead,
    /// Decide reviews.
    ReviewsDecide,
    /// Read the boards.
    InsightRead,
    /// Export data.
    Export,
    /// Read the audit log.
    AuditRead,
    /// Make and revoke API keys.
    KeysWrite,
    /// Make, change and disable staff accounts.
    StaffWrite,
    /// Make programs.
    ProgramsCreate,
    /// See coupons and look codes up.
    CouponsRead,
    /// Give coupons to members, make and take back codes.
    CouponsIssue,
    /// Lock, redeem and release coupons.
    CouponsUse,
    /// See wallets, cards and exchanges.
    WalletRead,
    /// Sell and take back money in wallets, and cards.
    WalletSell,
    /// Spend from wallets and cards, and take exchanges.
    WalletSpend,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 28] = [
        Self::OrdersWrite,
        Self::OrdersRead,
        Self::MembersWrite,
        Self::MembersRead,
        Self::MembersReveal,
        Self::MembersMerge,
        Self::MembersMergeVerified,
        Self::PointsRead,
        Self::PointsHold,
        Self::PointsAdjust,
        Self::PointsApprove,
        Self::Checkout,
        Self::ProgramRead,
        Self::ProgramWrite,
        Self::ReviewsRead,
        Self::ReviewsDecide,
        Self::InsightRead,
        Self::Export,
        Self::AuditRead,
        Self::KeysWrite,
        Self::StaffWrite,
        Self::ProgramsCreate,
        Self::CouponsRead,
        Self::CouponsIssue,
        Self::CouponsUse,
        Self::WalletRead,
        Self::WalletSell,
        Self::WalletSpend,
    ];

    /// The scope's name in API keys and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrdersWrite => "orders:write",
            Self::OrdersRead => "orders:read",
            Self::MembersWrite => "members:write",
            Self::MembersRead => "members:read",
            Self::MembersReveal => "members:reveal",
            Self::MembersMerge => "members:merge",
            Self::MembersMergeVerified => "members.merge_verified",
            Self::PointsRead => "points:read",
            Self::PointsHold => "points:hold",
            Self::PointsAdjust => "points:adjust",
            Self::PointsApprove => "points:approve",
            Self::Checkout => "checkout",
            Self::ProgramRead => "program:read",
            Self::ProgramWrite => "program:write",
            Self::ReviewsRead => "reviews:read",
            Self::ReviewsDecide => "reviews:decide",
            Self::InsightRead => "insight:read",
            Self::Export => "export",
            Self::AuditRead => "audit:read",
            Self::KeysWrite => "keys:write",
            Self::StaffWrite => "staff:write",
            Self::ProgramsCreate => "programs:create",
            Self::CouponsRead => "coupons:read",
            Self::CouponsIssue => "coupons:issue",
            Self::CouponsUse => "coupons:use",
            Self::WalletRead => "wallet:read",
            Self::WalletSell => "wallet:sell",
            Self::WalletSpend => "wallet:spend",
        }
    }

    /// The right of a scope's name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// A set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u64);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);

    /// All of them.
    pub fn all() -> Self {
        Right::ALL.into_iter().collect()
    }

    /// Whether `right` is among them.
    pub const fn has(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Whether every one of them is among `others`.
    pub const fn are_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// The rights, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | right.bit()))
    }
}

/// What somebody of the staff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 总部管理员: everything.
    Admin,
    /// 运营: rules, members, campaigns.
    Operator,
    /// 分析: boards, no personal data.
    Analyst,
    /// 财务: points, liability, exports.
    Finance,
    /// 审计: reads everything, changes nothing.
    Auditor,
    /// 店长: the store's own members.
    StoreManager,
    /// 收银员: the till.
    Cashier,
    /// 导购: the till and own members.
    Guide,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Admin,
        Self::Operator,
        Self::Analyst,
        Self::Finance,
        Self::Auditor,
        Self::StoreManager,
        Self::Cashier,
        Self::Guide,
    ];

    /// The name used in JSON and SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
            Self::Finance => "finance",
            Self::Auditor => "auditor",
            Self::StoreManager => "store_manager",
            Self::Cashier => "cashier",
            Self::Guide => "guide",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether an account of this role must be tied to shops.
    pub const fn is_of_a_store(self) -> bool {
        matches!(self, Self::StoreManager | Self::Cashier | Self::Guide)
    }

    /// What the role may do.
    pub fn rights(self) -> Rights {
        use Right as R;
        let rights: &[R] = match self {
            Self::Admin => return Rights::all(),
            Self::Operator => &[
                R::OrdersRead,
                R::OrdersWrite,
                R::MembersRead,
                R::MembersWrite,
                R::MembersReveal,
                R::MembersMerge,
                R::PointsRead,
                R::PointsHold,
                R::PointsAdjust,
                R::Checkout,
                R::ProgramRead,
                R::ProgramWrite,
                R::ReviewsRead,
                R::ReviewsDecide,
                R::InsightRead,
                R::CouponsRead,
                R::CouponsIssue,
                R::CouponsUse,
                R::WalletRead,
                R::WalletSell,
                R::WalletSpend,
            ],
            Self::Analyst => &[
                R::MembersRead,
                R::PointsRead,
                R::OrdersRead,
                R::ProgramRead,
                R::InsightRead,
                R::CouponsRead,
                R::WalletRead,
            ],
            Self::Finance => &[
                R::MembersRead,
                R::PointsRead,
                R::OrdersRead,
                R::ProgramRead,
                R::InsightRead,
                R::PointsAdjust,
                R::PointsApprove,
                R::Export,
                R::CouponsRead,
                R::WalletRead,
                R::WalletSell,
            ],
            Self::Auditor => &[
                R::MembersRead,
                R::PointsRead,
                R::OrdersRead,
                R::ProgramRead,
                R::ReviewsRead,
                R::InsightRead,
                R::AuditRead,
                R::CouponsRead,
                R::WalletRead,
            ],
            Self::StoreManager => &[
                R::MembersRead,
                R::MembersWrite,
                R::PointsRead,
                R::PointsHold,
                R::OrdersRead,
                R::OrdersWrite,
                R::Checkout,
                R::ProgramRead,
                R::InsightRead,
                R::CouponsRead,
                R::CouponsIssue,
                R::CouponsUse,
                R::WalletRead,
                R::WalletSell,
                R::WalletSpend,
            ],
            Self::Cashier | Self::Guide => &[
                R::MembersRead,
                R::MembersWrite,
                R::PointsRead,
                R::PointsHold,
                R::OrdersWrite,
                R::OrdersRead,
                R::Checkout,
                R::CouponsRead,
                R::CouponsUse,
                R::WalletRead,
                R::WalletSell,
                R::WalletSpend,
            ],
        };
        rights.iter().copied().collect()
    }
}

/// Which shops an actor sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopScope {
    /// Every shop of the program.
    All,
    /// These only, as `channel/shop` or `shop`.
    Only(Vec<String>),
}

impl ShopScope {
    /// The scope of a list as it is stored; an empty one sees all.
    pub fn of_list(shops: Vec<String>) -> Self {
        if shops.is_empty() { Self::All } else { Self::Only(shops) }
    }

    /// The shop it sees, where it is only one: there, whoever acts is.
    pub fn only(&self) -> Option<&String> {
        match self {
            Self::Only(shops) => shops.first().filter(|_| shops.len() == 1),
            Self::All => None,
        }
    }

    /// Whether it sees no shop that `other` does not. A shop's bare name stands for that name on
    /// every channel, so it is not within a scope that names it on one channel only.
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Only(_)) => false,
            (Self::Only(mine), Self::Only(theirs)) => mine.iter().all(|shop| {
                let bare = shop.split_once('/').map(|(_, bare)| bare);
                theirs.iter().any(|known| known == shop || Some(known.as_str()) == bare)
            }),
        }
    }

    /// Whether a shop of a channel is seen.
    pub fn sees(&self, channel: &str, shop: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only(shops) => shop.is_some_and(|shop| {
                shops
                    .iter()
                    .any(|known| known == shop || known.split_once('/') == Some((channel, shop)))
            }),
        }
    }
}

/// What kind of actor it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A program of the brand or a partner.
    Key(KeyId),
    /// Somebody of the staff.
    Staff(StaffId, Role),
    /// Hui itself: jobs, imports, the command line.
    System,
}

/// Who asks, for which program, with which rights and shops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The program asked about.
    pub program: ProgramId,
    /// Who it is.
    pub kind: ActorKind,
    /// The name shown in the audit log.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// Which shops it sees.
    pub shops: ShopScope,
}

impl Actor {
    /// Hui itself acting for a program.
    pub fn system(program: ProgramId, name: &str) -> Self {
        Self {
            program,
            kind: ActorKind::System,
            name: name.to_owned(),
            rights: Rights::all(),
            shops: ShopScope::All,
        }
    }

    /// Whether it may do something.
    pub const fn may(&self, right: Right) -> bool {
        self.rights.has(right)
    }

    /// Who it is, whatever it is called: the same for the same key or account always.
    pub fn identity(&self) -> String {
        match &self.kind {
            ActorKind::Key(id) => format!("key:{id}"),
            ActorKind::Staff(id, _) => format!("staff:{id}"),
            ActorKind::System => format!("system:{}", self.name),
        }
    }

    /// How the audit log names it.
    pub fn label(&self) -> String {
        match &self.kind {
            ActorKind::Key(id) => format!("key:{id}:{}", self.name),
            ActorKind::Staff(id, _) => format!("staff:{id}:{}", self.name),
            ActorKind::System => format!("system:{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(shops: &[&str]) -> ShopScope {
        ShopScope::Only(shops.iter().map(|&shop| shop.to_owned()).collect())
    }

    #[test]
    fn rights_are_within_what_holds_them_all() {
        let few: Rights = [Right::OrdersRead, Right::MembersRead].into_iter().collect();

        assert!(few.are_within(Rights::all()));
        assert!(few.are_within(few));
        assert!(Rights::NONE.are_within(few));
        assert!(!few.are_within([Right::OrdersRead].into_iter().collect()));
    }

    #[test]
    fn every_right_and_role_is_found_by_its_name() {
        assert!(Right::ALL.into_iter().all(|right| Right::named(right.name()) == Some(right)));
        assert!(Role::ALL.into_iter().all(|role| Role::named(role.name()) == Some(role)));
        assert_eq!(Right::named("orders:*"), None);
    }

    #[test]
    fn each_role_may_do_what_the_table_says_and_nothing_else() {
        // A column for each of `Role::ALL`: admin, operator, analyst, finance, auditor, store
        // manager, cashier, guide.
        let table = [
            ("orders:write", "yy...yyy"),
            ("orders:read", "yyyyyyyy"),
            ("members:write", "yy...yyy"),
            ("members:read", "yyyyyyyy"),
            ("members:reveal", "yy......"),
            ("members:merge", "yy......"),
            ("members.merge_verified", "y......."),
            ("points:read", "yyyyyyyy"),
            ("points:hold", "yy...yyy"),
            ("points:adjust", "yy.y...."),
            ("points:approve", "y..y...."),
            ("checkout", "yy...yyy"),
            ("program:read", "yyyyyy.."),
            ("program:write", "yy......"),
            ("reviews:read", "yy..y..."),
            ("reviews:decide", "yy......"),
            ("insight:read", "yyyyyy.."),
            ("export", "y..y...."),
            ("audit:read", "y...y..."),
            ("keys:write", "y......."),
            ("staff:write", "y......."),
            ("programs:create", "y......."),
            ("coupons:read", "yyyyyyyy"),
            ("coupons:issue", "yy...y.."),
            ("coupons:use", "yy...yyy"),
            ("wallet:read", "yyyyyyyy"),
            ("wallet:sell", "yy.y.yyy"),
            ("wallet:spend", "yy...yyy"),
        ];
        assert_eq!(table.len(), Right::ALL.len());
        for (name, marks) in table {
            let right = Right::named(name).unwrap();
            let held: String = Role::ALL
                .into_iter()
                .map(|role| if role.rights().has(right) { 'y' } else { '.' })
                .collect();
            assert_eq!(held, marks, "{name}");
        }
    }

    #[test]
    fn a_scope_of_shops_never_widens() {
        assert!(only(&["pos/S1"]).is_within(&only(&["S1"])));
        assert!(only(&["pos/S1"]).is_within(&ShopScope::All));
        assert!(!only(&["S1"]).is_within(&only(&["pos/S1"])));
        assert!(!only(&["pos/S1", "pos/S2"]).is_within(&only(&["pos/S1"])));
        assert!(!ShopScope::All.is_within(&only(&["S1"])));
    }
}
