//! The points mall as it is stored: goods with their stock, exchanges as they stand.

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{CouponId, ExchangeId, GoodId, MemberId, ProgramId};
use hui_loyalty::ledger::Draw;
use hui_loyalty::mall::{Delivery, Good, State};
use hui_loyalty::time::Timestamp;

use crate::members::at;
use crate::{Error, Row, Tx};

/// A good as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodRow {
    /// Its number.
    pub id: GoodId,
    /// What it is.
    pub good: Good,
    /// How many were taken and not returned.
    pub taken: i64,
    /// Whether the mall shows it.
    pub listed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

const GOOD: &str =
    "select good_id, document, taken, listed, created_at, updated_at from mall_goods";

fn read_good(row: &Row) -> Result<GoodRow, Error> {
    Ok(GoodRow {
        id: GoodId(row.int(0)?),
        good: serde_json::from_str(row.str(1)?)
            .map_err(|error| Error::unreadable("mall good", error))?,
        taken: row.int(2)?,
        listed: row.flag(3)?,
        created_at: Timestamp(row.int(4)?),
        updated_at: Timestamp(row.int(5)?),
    })
}

fn document(good: &Good) -> Result<String, Error> {
    serde_json::to_string(good).map_err(|error| Error::unreadable("mall good", error))
}

/// Adds a good.
pub async fn insert_good(tx: &mut Tx, program: ProgramId, row: &GoodRow) -> Result<(), Error> {
    let document = document(&row.good)?;
    tx.execute(
        "insert into mall_goods
            (program_id, good_id, document, stock, taken, listed, created_at, updated_at)
         values ($1, $2, $3, $4, 0, $5, $6, $6)",
        &[
            program.0.into(),
            row.id.0.into(),
            (&document).into(),
            row.good.stock.into(),
            row.listed.into(),
            row.created_at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Changes a good; false when there is none, or more was taken than its stock would allow.
pub async fn change_good(tx: &mut Tx, program: ProgramId, row: &GoodRow) -> Result<bool, Error> {
    let document = document(&row.good)?;
    let written = tx
        .execute(
            "update mall_goods set document = $3, stock = $4, listed = $5, updated_at = $6
             where program_id = $1 and good_id = $2 and taken <= coalesce($4, taken)",
            &[
                program.0.into(),
                row.id.0.into(),
                (&document).into(),
                row.good.stock.into(),
                row.listed.into(),
                row.updated_at.0.into(),
            ],
        )
        .await?;
    Ok(written == 1)
}

/// One good.
pub async fn load_good(
    tx: &mut Tx,
    program: ProgramId,
    id: GoodId,
) -> Result<Option<GoodRow>, Error> {
    let sql = format!("{GOOD} where program_id = $1 and good_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read_good).transpose()
}

/// Goods, latest first, before a number; only those the mall shows where asked for.
pub async fn list_goods(
    tx: &mut Tx,
    program: ProgramId,
    listed: Option<bool>,
    before: Option<GoodId>,
    limit: i64,
) -> Result<Vec<GoodRow>, Error> {
    let sql = format!(
        "{GOOD} where program_id = $1 and ($2 is null or listed = $2) and good_id < $3
         order by good_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    let listed = listed.map(i64::from);
    tx.fetch(&sql, &[program.0.into(), listed.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_good)
        .collect()
}

/// Takes pieces of a listed good out of its stock, and locks it; false when it has too few.
pub async fn take(
    tx: &mut Tx,
    program: ProgramId,
    id: GoodId,
    quantity: i64,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "update mall_goods set taken = taken + $3
             where program_id = $1 and good_id = $2 and listed = 1
               and (stock is null or taken + $3 <= stock)",
            &[program.0.into(), id.0.into(), quantity.into()],
        )
        .await?;
    Ok(written == 1)
}

/// Puts pieces of a good back into its stock.
pub async fn put_back(
    tx: &mut Tx,
    program: ProgramId,
    id: GoodId,
    quantity: i64,
) -> Result<(), Error> {
    tx.execute(
        "update mall_goods set taken = taken - $3 where program_id = $1 and good_id = $2",
        &[program.0.into(), id.0.into(), quantity.into()],
    )
    .await?;
    Ok(())
}

/// An exchange as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRow {
    /// Its number.
    pub id: ExchangeId,
    /// What was taken.
    pub good: GoodId,
    /// By whom.
    pub member: MemberId,
    /// The member it goes back to at an un-merge.
    pub home: MemberId,
    /// How many.
    pub quantity: i64,
    /// For how many points.
    pub points: Points,
    /// And how much money.
    pub cash: Money,
    /// From which lots the points came.
    pub draws: Vec<Draw>,
    /// How it reaches the member.
    pub delivery: Delivery,
    /// Where it stands.
    pub state: State,
    /// The code that a store asks for.
    pub pickup_code: Option<String>,
    /// The channel it was handed over on.
    pub channel: Option<String>,
    /// The shop it was handed over in.
    pub shop: Option<String>,
    /// Who handed it over.
    pub handed_by: Option<String>,
    /// The coupon it gave.
    pub coupon: Option<CouponId>,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// When it was handed over or returned.
    pub ended_at: Option<Timestamp>,
}

const EXCHANGE: &str = "select x.exchange_id, x.good_id, x.member_id, x.home_id, x.quantity, x.points,
    x.cash, x.draws, x.delivery, x.state, x.pickup_code, x.channel, x.shop, x.handed_by, x.coupon_id,
    x.taken_at, x.ended_at from mall_exchanges x";

fn delivery_name(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Ship => "ship",
        Delivery::PickUp => "pick_up",
        Delivery::None => "none",
    }
}

fn read_exchange(row: &Row) -> Result<ExchangeRow, Error> {
    let state = row.str(9)?;
    let delivery = match row.str(8)? {
        "ship" => Delivery::Ship,
        "pick_up" => Delivery::PickUp,
        "none" => Delivery::None,
        other => return Err(Error::unreadable("delivery", other)),
    };
    Ok(ExchangeRow {
        id: ExchangeId(row.int(0)?),
        good: GoodId(row.int(1)?),
        member: MemberId(row.int(2)?),
        home: MemberId(row.int(3)?),
        quantity: row.int(4)?,
        points: Points(row.int(5)?),
        cash: Money(row.int(6)?),
        draws: serde_json::from_str(row.str(7)?)
            .map_err(|error| Error::unreadable("exchange draws", error))?,
        delivery,
        state: State::named(state).ok_or_else(|| Error::unreadable("exchange state", state))?,
        pickup_code: row.opt_text(10)?,
        channel: row.opt_text(11)?,
        shop: row.opt_text(12)?,
        handed_by: row.opt_text(13)?,
        coupon: row.opt_int(14)?.map(CouponId),
        taken_at: Timestamp(row.int(15)?),
        ended_at: at(row.opt_int(16)?),
    })
}

/// Adds an exchange.
pub async fn insert_exchange(
    tx: &mut Tx,
    program: ProgramId,
    row: &ExchangeRow,
) -> Result<(), Error> {
    let draws = serde_json::to_string(&row.draws)
        .map_err(|error| Error::unreadable("exchange draws", error))?;
    tx.execute(
        "insert into mall_exchanges (program_id, exchange_id, good_id, member_id, home_id, quantity,
            points, cash, draws, delivery, state, pickup_code, channel, shop, handed_by, coupon_id,
            taken_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.good.0.into(),
            row.member.0.into(),
            row.home.0.into(),
            row.quantity.into(),
            row.points.0.into(),
            row.cash.0.into(),
            (&draws).into(),
            delivery_name(row.delivery).into(),
            row.state.name().into(),
            (&row.pickup_code).into(),
            (&row.channel).into(),
            (&row.shop).into(),
            (&row.handed_by).into(),
            row.coupon.map(|id| id.0).into(),
            row.taken_at.0.into(),
            row.ended_at.map(|at| at.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Ends an exchange that was loaded in state `was`; false when another ended it meanwhile.
pub async fn end_exchange(
    tx: &mut Tx,
    program: ProgramId,
    was: State,
    row: &ExchangeRow,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "update mall_exchanges set state = $3, channel = $4, shop = $5, handed_by = $6, ended_at = $7
             where program_id = $1 and exchange_id = $2 and state = $8",
            &[
                program.0.into(),
                row.id.0.into(),
                row.state.name().into(),
                (&row.channel).into(),
                (&row.shop).into(),
                (&row.handed_by).into(),
                row.ended_at.map(|at| at.0).into(),
                was.name().into(),
            ],
        )
        .await?;
    Ok(written == 1)
}

/// One exchange.
pub async fn load_exchange(
    tx: &mut Tx,
    program: ProgramId,
    id: ExchangeId,
) -> Result<Option<ExchangeRow>, Error> {
    let sql = format!("{EXCHANGE} where x.program_id = $1 and x.exchange_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()])
        .await?
        .as_ref()
        .map(read_exchange)
        .transpose()
}

/// The exchange of a pick-up code.
pub async fn find_pickup(
    tx: &mut Tx,
    program: ProgramId,
    code: &str,
) -> Result<Option<ExchangeRow>, Error> {
    let sql = format!("{EXCHANGE} where x.program_id = $1 and x.pickup_code = $2 {{lock}}");
    tx.fetch_one(&sql, &[program.0.into(), code.into()])
        .await?
        .as_ref()
        .map(read_exchange)
        .transpose()
}

/// A member's exchanges, latest first, before a number.
pub async fn list_exchanges(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<ExchangeId>,
    limit: i64,
) -> Result<Vec<ExchangeRow>, Error> {
    let sql = format!(
        "{EXCHANGE} where x.program_id = $1 and x.member_id = $2 and x.exchange_id < $3
         order by x.exchange_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_exchange)
        .collect()
}

/// How many pieces of a good a member has taken and not returned.
pub async fn taken_by(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    good: GoodId,
) -> Result<i64, Error> {
    let row = tx
        .fetch_one(
            "select cast(coalesce(sum(quantity), 0) as bigint) from mall_exchanges
             where program_id = $1 and member_id = $2 and good_id = $3 and state <> 'returned'",
            &[program.0.into(), member.0.into(), good.0.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Goods that count another number of pieces than their exchanges; as sentences, at most 100.
/// There should be none.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let rows = tx
        .fetch(
            "select g.good_id, g.taken, coalesce(x.quantity, 0) from mall_goods g left join (
                 select good_id, cast(sum(quantity) as bigint) as quantity from mall_exchanges
                 where program_id = $1 and state <> 'returned' group by good_id
             ) x on x.good_id = g.good_id
             where g.program_id = $1 and g.taken <> coalesce(x.quantity, 0)
             order by g.good_id limit 100",
            &[program.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id = GoodId(row.int(0)?);
            Ok(format!("the good {id} counts {} taken, its exchanges {}", row.int(1)?, row.int(2)?))
        })
        .collect()
}
