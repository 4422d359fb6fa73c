//! Cards as they are stored: each as it stands, visits as they were taken.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::cards::{Card, Ended, PaidBy, Sale};
use hui_loyalty::ids::{CardId, EntryId, ExchangeId, MemberId, ProgramId};
use hui_loyalty::orders::OrderKey;
use hui_loyalty::time::Timestamp;

use crate::members::{at, member_set};
use crate::{Error, Row, Tx};

/// A card as it is stored: the card, and what became of its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// The card.
    pub card: Card,
    /// Why it ended before its time.
    pub ended_reason: Option<String>,
    /// The money that went back.
    pub money_back: Money,
    /// The points that went back.
    pub points_back: Points,
}

const CARD: &str =
    "select c.card_id, c.member_id, c.home_id, c.terms, c.paid_by, c.money, c.points,
    c.draws, c.entry_id, c.order_channel, c.order_no, c.channel, c.shop, c.staff, c.exchange_id,
    c.sold_at, c.valid_from, c.valid_until, c.visits_left, c.used_up_at, c.ended, c.ended_at,
    c.ended_reason, c.money_back, c.points_back from cards c";

fn read_card(row: &Row) -> Result<CardRow, Error> {
    let paid_by = row.str(4)?;
    let ended = row.opt_text(20)?;
    let ended = match (ended.as_deref(), row.opt_int(21)?) {
        (None, _) | (_, None) => None,
        (Some(name), Some(since)) => {
            let ended = Ended::named(name).ok_or_else(|| Error::unreadable("card end", name))?;
            Some((ended, Timestamp(since)))
        }
    };
    let order = row.opt_text(9)?.zip(row.opt_text(10)?);
    Ok(CardRow {
        card: Card {
            id: CardId(row.int(0)?),
            member: MemberId(row.int(1)?),
            home: MemberId(row.int(2)?),
            terms: serde_json::from_str(row.str(3)?)
                .map_err(|error| Error::unreadable("card terms", error))?,
            sale: Sale {
                paid_by: PaidBy::named(paid_by)
                    .ok_or_else(|| Error::unreadable("card payment", paid_by))?,
                money: Money(row.int(5)?),
                points: Points(row.int(6)?),
                draws: serde_json::from_str(row.str(7)?)
                    .map_err(|error| Error::unreadable("card draws", error))?,
                entry: row.opt_int(8)?.map(EntryId),
                order: order.map(|(channel, order_no)| OrderKey { channel, order_no }),
                channel: row.opt_text(11)?,
                shop: row.opt_text(12)?,
                staff: row.opt_text(13)?,
                exchange: row.opt_int(14)?.map(ExchangeId),
                at: Timestamp(row.int(15)?),
            },
            valid_from: Timestamp(row.int(16)?),
            valid_until: Timestamp(row.int(17)?),
            visits_left: row.opt_int(18)?,
            used_up_at: at(row.opt_int(19)?),
            ended,
        },
        ended_reason: row.opt_text(22)?,
        money_back: Money(row.int(23)?),
        points_back: Points(row.int(24)?),
    })
}

/// Adds a card that was just sold or given.
pub async fn insert(tx: &mut Tx, program: ProgramId, card: &Card) -> Result<(), Error> {
    let unreadable = |error| Error::unreadable("card", error);
    let terms = serde_json::to_string(&card.terms).map_err(unreadable)?;
    let draws = serde_json::to_string(&card.sale.draws).map_err(unreadable)?;
    let order = card.sale.order.as_ref();
    tx.execute(
        "insert into cards (program_id, card_id, member_id, home_id, name, kind, terms, paid_by,
            money, points, draws, entry_id, order_channel, order_no, channel, shop, staff,
            exchange_id, sold_at, valid_from, valid_until, visits_left, money_back, points_back)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, 0, 0)",
        &[
            program.0.into(),
            card.id.0.into(),
            card.member.0.into(),
            card.home.0.into(),
            (&card.terms.id).into(),
            card.kind().name().into(),
            (&terms).into(),
            card.sale.paid_by.name().into(),
            card.sale.money.0.into(),
            card.sale.points.0.into(),
            (&draws).into(),
            card.sale.entry.map(|id| id.0).into(),
            order.map(|order| order.channel.as_str()).into(),
            order.map(|order| order.order_no.as_str()).into(),
            (&card.sale.channel).into(),
            (&card.sale.shop).into(),
            (&card.sale.staff).into(),
            card.sale.exchange.map(|id| id.0).into(),
            card.sale.at.0.into(),
            card.valid_from.0.into(),
            card.valid_until.0.into(),
            card.visits_left.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes how a card stands: its visits, and how it ended. Its owner is locked.
pub async fn update(tx: &mut Tx, program: ProgramId, row: &CardRow) -> Result<(), Error> {
    let card = &row.card;
    tx.execute(
        "update cards set visits_left = $3, used_up_at = $4, ended = $5, ended_at = $6,
            ended_reason = $7, money_back = $8, points_back = $9
         where program_id = $1 and card_id = $2",
        &[
            program.0.into(),
            card.id.0.into(),
            card.visits_left.into(),
            card.used_up_at.map(|at| at.0).into(),
            card.ended.map(|(ended, _)| ended.name()).into(),
            card.ended.map(|(_, at)| at.0).into(),
            (&row.ended_reason).into(),
            row.money_back.0.into(),
            row.points_back.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// One card.
pub async fn load(tx: &mut Tx, program: ProgramId, id: CardId) -> Result<Option<CardRow>, Error> {
    let sql = format!("{CARD} where c.program_id = $1 and c.card_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read_card).transpose()
}

/// The card that came with an exchange.
pub async fn of_exchange(
    tx: &mut Tx,
    program: ProgramId,
    exchange: ExchangeId,
) -> Result<Option<CardRow>, Error> {
    let sql = format!("{CARD} where c.program_id = $1 and c.exchange_id = $2");
    let cells = [program.0.into(), exchange.0.into()];
    tx.fetch_one(&sql, &cells).await?.as_ref().map(read_card).transpose()
}

/// A member's cards, latest first, before a number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    before: Option<CardId>,
    limit: i64,
) -> Result<Vec<CardRow>, Error> {
    let sql = format!(
        "{CARD} where c.program_id = $1 and c.member_id = $2 and c.card_id < $3
         order by c.card_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), member.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_card)
        .collect()
}

/// A member's cards of one name that have not ended by an instant.
pub async fn of_name(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    name: &str,
    now: Timestamp,
) -> Result<Vec<CardRow>, Error> {
    let sql = format!(
        "{CARD} where c.program_id = $1 and c.member_id = $2 and c.name = $3 and c.ended is null
             and c.valid_until > $4 order by c.card_id"
    );
    tx.fetch(&sql, &[program.0.into(), member.0.into(), name.into(), now.0.into()])
        .await?
        .iter()
        .map(read_card)
        .collect()
}

/// From when to when a member's card counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The card's name in the program.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// The first instant at which it does not: its end, or when it was used up or taken back.
    pub until: Timestamp,
}

/// Which cards members have or had, for conditions that ask.
pub async fn holdings(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, Vec<Holding>>, Error> {
    let rows = tx
        .fetch_set(
            "select c.member_id, c.name, c.valid_from, c.valid_until, c.used_up_at, c.ended_at
             from {set} cross join cards c
             where c.program_id = $1 and c.member_id = s.member_id order by c.card_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    let mut found: HashMap<MemberId, Vec<Holding>> = HashMap::new();
    for row in &rows {
        let ends = [Some(row.int(3)?), row.opt_int(4)?, row.opt_int(5)?];
        found.entry(MemberId(row.int(0)?)).or_default().push(Holding {
            name: row.text(1)?,
            from: Timestamp(row.int(2)?),
            until: Timestamp(ends.into_iter().flatten().min().unwrap_or(i64::MAX)),
        });
    }
    Ok(found)
}

/// Whether a member paid for an order at or after an instant.
pub async fn has_bought_since(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    since: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .fetch_one(
            "select order_id from orders
             where program_id = $1 and member_id = $2 and paid_at >= $3 limit 1",
            &[program.0.into(), member.0.into(), since.0.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// A use of a service card as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// Its number.
    pub id: EntryId,
    /// The card.
    pub card: CardId,
    /// Whose the card is.
    pub member: MemberId,
    /// The member the card goes back to at an un-merge.
    pub home: MemberId,
    /// Who used it.
    pub used_by: MemberId,
    /// How many visits.
    pub visits: i64,
    /// The channel.
    pub channel: String,
    /// The shop.
    pub shop: Option<String>,
    /// Who served.
    pub staff: Option<String>,
    /// When.
    pub at: Timestamp,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why.
    pub undone_reason: Option<String>,
}

const VISIT: &str = "select v.visit_id, v.card_id, v.member_id, v.home_id, v.used_by, v.visits,
    v.channel, v.shop, v.staff, v.at, v.undone_at, v.undone_by, v.undone_reason from card_visits v";

fn read_visit(row: &Row) -> Result<VisitRow, Error> {
    Ok(VisitRow {
        id: EntryId(row.int(0)?),
        card: CardId(row.int(1)?),
        member: MemberId(row.int(2)?),
        home: MemberId(row.int(3)?),
        used_by: MemberId(row.int(4)?),
        visits: row.int(5)?,
        channel: row.text(6)?,
        shop: row.opt_text(7)?,
        staff: row.opt_text(8)?,
        at: Timestamp(row.int(9)?),
        undone_at: at(row.opt_int(10)?),
        undone_by: row.opt_text(11)?,
        undone_reason: row.opt_text(12)?,
    })
}

/// Adds a visit.
pub async fn insert_visit(tx: &mut Tx, program: ProgramId, row: &VisitRow) -> Result<(), Error> {
    tx.execute(
        "insert into card_visits (program_id, visit_id, card_id, member_id, home_id, used_by,
            visits, channel, shop, staff, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            program.0.into(),
            row.id.0.into(),
            row.card.0.into(),
            row.member.0.into(),
            row.home.0.into(),
            row.used_by.0.into(),
            row.visits.into(),
            (&row.channel).into(),
            (&row.shop).into(),
            (&row.staff).into(),
            row.at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Notes that a visit was taken back; false when it was already.
pub async fn undo_visit(tx: &mut Tx, program: ProgramId, row: &VisitRow) -> Result<bool, Error> {
    let written = tx
        .execute(
            "update card_visits set undone_at = $3, undone_by = $4, undone_reason = $5
             where program_id = $1 and visit_id = $2 and undone_at is null",
            &[
                program.0.into(),
                row.id.0.into(),
                row.undone_at.map(|at| at.0).into(),
                (&row.undone_by).into(),
                (&row.undone_reason).into(),
            ],
        )
        .await?;
    Ok(written == 1)
}

/// One visit.
pub async fn load_visit(
    tx: &mut Tx,
    program: ProgramId,
    id: EntryId,
) -> Result<Option<VisitRow>, Error> {
    let sql = format!("{VISIT} where v.program_id = $1 and v.visit_id = $2");
    tx.fetch_one(&sql, &[program.0.into(), id.0.into()]).await?.as_ref().map(read_visit).transpose()
}

/// The visits of a card, latest first, before a number; those taken back too.
pub async fn list_visits(
    tx: &mut Tx,
    program: ProgramId,
    card: CardId,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<VisitRow>, Error> {
    let sql = format!(
        "{VISIT} where v.program_id = $1 and v.card_id = $2 and v.visit_id < $3
         order by v.visit_id desc limit $4"
    );
    let before = before.map_or(i64::MAX, |id| id.0);
    tx.fetch(&sql, &[program.0.into(), card.0.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read_visit)
        .collect()
}

/// How many visits of a card were taken since an instant and not taken back.
pub async fn visits_since(
    tx: &mut Tx,
    program: ProgramId,
    card: CardId,
    since: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .fetch_one(
            "select cast(coalesce(sum(visits), 0) as bigint) from card_visits
             where program_id = $1 and card_id = $2 and at >= $3 and undone_at is null",
            &[program.0.into(), card.0.into(), since.0.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Who used a card with visits that were not taken back.
pub async fn users_of(
    tx: &mut Tx,
    program: ProgramId,
    card: CardId,
) -> Result<Vec<MemberId>, Error> {
    let rows = tx
        .fetch(
            "select distinct used_by from card_visits
             where program_id = $1 and card_id = $2 and undone_at is null order by used_by",
            &[program.0.into(), card.0.into()],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(MemberId)).collect()
}

/// Cards whose visits, points or owners do not agree with what is told of them; as sentences, at
/// most 100 of each kind. There should be none.
pub async fn discrepancies(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let rows = tx
        .fetch(
            "select c.card_id, c.terms, c.visits_left, coalesce(v.taken, 0),
                 coalesce(v.strangers, 0)
             from cards c left join (
                 select x.card_id,
                     cast(sum(case when x.undone_at is null then x.visits else 0 end) as bigint)
                         as taken,
                     count(case when x.member_id <> w.member_id or x.home_id <> w.home_id
                         then 1 end) as strangers
                 from card_visits x join cards w
                     on w.program_id = x.program_id and w.card_id = x.card_id
                 where x.program_id = $1 group by x.card_id
             ) v on v.card_id = c.card_id
             where c.program_id = $1 and c.kind = 'service' order by c.card_id",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let id = CardId(row.int(0)?);
        let terms: hui_loyalty::program::cards::CardSection = serde_json::from_str(row.str(1)?)
            .map_err(|error| Error::unreadable("card terms", error))?;
        let (left, taken, strangers) = (row.opt_int(2)?.unwrap_or(0), row.int(3)?, row.int(4)?);
        let visits = terms.visits.unwrap_or(0);
        if left != visits - taken || strangers > 0 {
            found.push(format!(
                "the card {id} has {left} of {visits} visits left, its visits tell {taken} taken, {strangers} of them another owner"
            ));
        }
    }
    let rows = tx
        .fetch(
            "select c.card_id, c.points, e.points from cards c left join entries e
                 on e.program_id = c.program_id and e.entry_id = c.entry_id
             where c.program_id = $1 and c.paid_by = 'points'
                 and (e.points is null or e.points <> -c.points)
             order by c.card_id limit 100",
            &[program.0.into()],
        )
        .await?;
    for row in &rows {
        let (id, told) = (CardId(row.int(0)?), row.opt_int(2)?.unwrap_or(0));
        found.push(format!("the card {id} cost {} points, its entry tells {told}", row.int(1)?));
    }
    found.truncate(100);
    Ok(found)
}
