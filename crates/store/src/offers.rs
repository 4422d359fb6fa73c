//! What orders used of promotions' budgets and quotas, and what live locks have set aside.

use std::collections::HashMap;

use hui_loyalty::amounts::Money;
use hui_loyalty::ids::{LockId, MemberId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Row, Set, Tx};

/// How a use stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseState {
    /// A lock has set it aside, until its time-out.
    Held,
    /// The lock's order used it.
    Used,
    /// It was given back.
    Freed,
}

impl UseState {
    const ALL: [Self; 3] = [Self::Held, Self::Used, Self::Freed];

    /// The name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Used => "used",
            Self::Freed => "freed",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::unreadable("use of a promotion", name))
    }
}

/// What one lock uses of one promotion: one order, so much money, so many pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferUse {
    /// The lock.
    pub lock: LockId,
    /// The promotion.
    pub promotion: String,
    /// Whose order.
    pub member: Option<MemberId>,
    /// The member it goes back to at an un-merge.
    pub home: Option<MemberId>,
    /// What the promotion takes off.
    pub money: Money,
    /// How many pieces it makes cheaper.
    pub pieces: i64,
    /// How it stands, as far as it is written down.
    pub state: UseState,
    /// Free again from this instant on, while held.
    pub until: Timestamp,
}

impl OfferUse {
    /// Whether it counts at an instant.
    pub fn counts(&self, at: Timestamp) -> bool {
        match self.state {
            UseState::Used => true,
            UseState::Held => self.until > at,
            UseState::Freed => false,
        }
    }
}

/// So much of a promotion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// What it took off.
    pub money: Money,
    /// On how many orders.
    pub uses: i64,
    /// How many pieces it made cheaper.
    pub pieces: i64,
}

impl Amounts {
    /// With another use.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            money: self.money.plus(other.money),
            uses: self.uses.saturating_add(other.uses),
            pieces: self.pieces.saturating_add(other.pieces),
        }
    }

    fn read(row: &Row, first: usize) -> Result<Self, Error> {
        Ok(Self {
            money: Money(row.int(first)?),
            uses: row.int(first + 1)?,
            pieces: row.int(first + 2)?,
        })
    }
}

const PROMOTION: &[Column] = &[Column::Text("promotion")];

fn named<'a>(promotions: impl IntoIterator<Item = &'a str>) -> Set {
    let mut sorted: Vec<&str> = promotions.into_iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut set = Set::with_capacity(PROMOTION, sorted.len());
    for promotion in sorted {
        set.push(&[promotion.into()]);
    }
    set
}

/// Locks the counters of promotions, in the order of their names; makes those that are missing.
pub async fn lock<'a>(
    tx: &mut Tx,
    program: ProgramId,
    promotions: impl IntoIterator<Item = &'a str> + Clone,
) -> Result<(), Error> {
    tx.execute_set(
        "insert into offer_quotas (program_id, promotion, money, uses, pieces)
         select $1, s.promotion, 0, 0, 0 from {set} where true
         on conflict (program_id, promotion) do nothing",
        &[program.0.into()],
        named(promotions.clone()),
    )
    .await?;
    tx.fetch_set(
        "select q.promotion from offer_quotas q
         where q.program_id = $1 and q.promotion in (select s.promotion from {set})
         order by q.promotion {lock}",
        &[program.0.into()],
        named(promotions),
    )
    .await?;
    Ok(())
}

/// What is used of promotions over all members: by orders, and by what counts of locks at an
/// instant. One that nobody used is missing.
pub async fn used<'a>(
    tx: &mut Tx,
    program: ProgramId,
    promotions: impl IntoIterator<Item = &'a str> + Clone,
    now: Timestamp,
) -> Result<HashMap<String, Amounts>, Error> {
    let mut used = HashMap::new();
    let rows = tx
        .fetch_set(
            "select q.promotion, q.money, q.uses, q.pieces from {set} cross join offer_quotas q
             where q.program_id = $1 and q.promotion = s.promotion",
            &[program.0.into()],
            named(promotions.clone()),
        )
        .await?;
    for row in &rows {
        used.insert(row.text(0)?, Amounts::read(row, 1)?);
    }
    let rows = tx
        .fetch_set(
            "select u.promotion, cast(sum(u.money) as bigint), count(*), cast(sum(u.pieces) as bigint)
             from {set} cross join offer_uses u
             where u.program_id = $1 and u.promotion = s.promotion and u.state = 'held'
               and u.until_at > $2
             group by u.promotion",
            &[program.0.into(), now.0.into()],
            named(promotions),
        )
        .await?;
    for row in &rows {
        let sum: &mut Amounts = used.entry(row.text(0)?).or_default();
        *sum = sum.plus(Amounts::read(row, 1)?);
    }
    Ok(used)
}

/// What each member has used of promotions at an instant, by orders and live locks.
pub async fn used_by_members(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
    now: Timestamp,
) -> Result<HashMap<(MemberId, String), Amounts>, Error> {
    const MEMBER: &[Column] = &[Column::Int("member_id")];
    let rows = tx
        .fetch_set(
            "select u.member_id, u.promotion, cast(sum(u.money) as bigint), count(*),
                cast(sum(u.pieces) as bigint)
             from {set} cross join offer_uses u
             where u.program_id = $1 and u.member_id = s.member_id and u.member_id is not null
               and (u.state = 'used' or (u.state = 'held' and u.until_at > $2))
             group by u.member_id, u.promotion",
            &[program.0.into(), now.0.into()],
            Set::of_ints(MEMBER, members.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| Ok(((MemberId(row.int(0)?), row.text(1)?), Amounts::read(row, 2)?)))
        .collect()
}

/// What locks use of promotions.
pub async fn of_locks(
    tx: &mut Tx,
    program: ProgramId,
    locks: impl IntoIterator<Item = LockId>,
) -> Result<Vec<OfferUse>, Error> {
    const LOCK: &[Column] = &[Column::Int("lock_id")];
    let rows = tx
        .fetch_set(
            "select u.lock_id, u.promotion, u.member_id, u.home_id, u.money, u.pieces, u.state, u.until_at
             from {set} cross join offer_uses u
             where u.program_id = $1 and u.lock_id = s.lock_id
             order by u.lock_id, u.promotion",
            &[program.0.into()],
            Set::of_ints(LOCK, locks.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(OfferUse {
                lock: LockId(row.int(0)?),
                promotion: row.text(1)?,
                member: row.opt_int(2)?.map(MemberId),
                home: row.opt_int(3)?.map(MemberId),
                money: Money(row.int(4)?),
                pieces: row.int(5)?,
                state: UseState::named(row.str(6)?)?,
                until: Timestamp(row.int(7)?),
            })
        })
        .collect()
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("lock_id"),
    Column::Text("promotion"),
    Column::Int("member_id"),
    Column::Int("home_id"),
    Column::Int("money"),
    Column::Int("pieces"),
    Column::Text("state"),
    Column::Int("until_at"),
];

/// Adds uses and replaces those that are there.
pub async fn save<'a>(
    tx: &mut Tx,
    program: ProgramId,
    uses: impl IntoIterator<Item = &'a OfferUse>,
) -> Result<(), Error> {
    let mut set = Set::new(COLUMNS);
    for one in uses {
        set.push(&[
            program.0.into(),
            one.lock.0.into(),
            (&one.promotion).into(),
            one.member.map(|id| id.0).into(),
            one.home.map(|id| id.0).into(),
            one.money.0.into(),
            one.pieces.into(),
            one.state.name().into(),
            one.until.0.into(),
        ]);
    }
    tx.upsert("offer_uses", "program_id, lock_id, promotion", &["state", "until_at"], set).await?;
    Ok(())
}

/// Adds to the counters of promotions, which are locked.
pub async fn count(
    tx: &mut Tx,
    program: ProgramId,
    used: &HashMap<String, Amounts>,
) -> Result<(), Error> {
    const ADDED: &[Column] = &[
        Column::Text("promotion"),
        Column::Int("money"),
        Column::Int("uses"),
        Column::Int("pieces"),
    ];
    let mut sorted: Vec<(&String, &Amounts)> = used.iter().collect();
    sorted.sort_by_key(|(promotion, _)| *promotion);
    let mut set = Set::with_capacity(ADDED, sorted.len());
    for (promotion, amounts) in sorted {
        set.push(&[
            promotion.into(),
            amounts.money.0.into(),
            amounts.uses.into(),
            amounts.pieces.into(),
        ]);
    }
    tx.execute_set(
        "update offer_quotas set money = offer_quotas.money + s.money,
            uses = offer_quotas.uses + s.uses, pieces = offer_quotas.pieces + s.pieces
         from {set} where offer_quotas.program_id = $1 and offer_quotas.promotion = s.promotion",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}
