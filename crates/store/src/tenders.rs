//! Who paid which part of which line of an order that came by a checkout lock.

use std::collections::HashMap;

use hui_loyalty::checkout::allocation::Allocation;
use hui_loyalty::checkout::refunds::Refunded;
use hui_loyalty::ids::{HoldId, LockId, OrderId, ProgramId};

use crate::{Column, Error, Set, Tx};

/// The tenders of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTenders {
    /// The order.
    pub order: OrderId,
    /// The lock it came by.
    pub lock: LockId,
    /// What was spent of the wallet.
    pub wallet: Option<HoldId>,
    /// Who paid which part of which line.
    pub allocation: Allocation,
    /// What refunds gave back.
    pub refunded: Refunded,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("order_id"),
    Column::Int("lock_id"),
    Column::Int("wallet_hold_id"),
    Column::Text("allocation"),
    Column::Text("refunded"),
];

/// The tenders of those of the orders that have any.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, OrderTenders>, Error> {
    const ORDER: &[Column] = &[Column::Int("order_id")];
    let rows = tx
        .fetch_set(
            "select t.order_id, t.lock_id, t.wallet_hold_id, t.allocation, t.refunded
             from {set} cross join order_tenders t
             where t.program_id = $1 and t.order_id = s.order_id",
            &[program.0.into()],
            Set::of_ints(ORDER, orders.into_iter().map(|id| id.0)),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let order = OrderId(row.int(0)?);
            let tenders = OrderTenders {
                order,
                lock: LockId(row.int(1)?),
                wallet: row.opt_int(2)?.map(HoldId),
                allocation: serde_json::from_str(row.str(3)?)
                    .map_err(|error| Error::unreadable("allocation", error))?,
                refunded: serde_json::from_str(row.str(4)?)
                    .map_err(|error| Error::unreadable("refunded parts", error))?,
            };
            Ok((order, tenders))
        })
        .collect()
}

/// Adds tenders, and writes what was refunded of those that are there.
pub async fn save<'a>(
    tx: &mut Tx,
    program: ProgramId,
    tenders: impl IntoIterator<Item = &'a OrderTenders>,
) -> Result<(), Error> {
    let mut set = Set::new(COLUMNS);
    for one in tenders {
        let allocation = serde_json::to_string(&one.allocation)
            .map_err(|error| Error::unreadable("allocation", error))?;
        let refunded = serde_json::to_string(&one.refunded)
            .map_err(|error| Error::unreadable("refunded parts", error))?;
        set.push(&[
            program.0.into(),
            one.order.0.into(),
            one.lock.0.into(),
            one.wallet.map(|id| id.0).into(),
            (&allocation).into(),
            (&refunded).into(),
        ]);
    }
    tx.upsert("order_tenders", "program_id, order_id", &["refunded"], set).await?;
    Ok(())
}
