//! Leases: the node number a process makes identifiers with, and work that only one may do.

use hui_loyalty::time::Timestamp;

use crate::{Error, Tx};

/// Takes the lowest number below `nodes` that nobody holds at `now`, until `until`; a holder
/// keeps the number it has. None when all are taken, or when another process was quicker.
pub async fn lease_node(
    tx: &mut Tx,
    holder: &str,
    nodes: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<i64>, Error> {
    let rows = tx.fetch("select node, holder, leased_until from nodes order by node", &[]).await?;
    let mut free = 0;
    let mut own = None;
    let mut found_free = None;
    for row in &rows {
        let node = row.int(0)?;
        if row.str(1)? == holder {
            own = Some(node);
        }
        if found_free.is_none() {
            if node > free || row.int(2)? <= now.0 {
                found_free = Some(free);
            } else {
                free = node + 1;
            }
        }
    }
    let node = own.unwrap_or(found_free.unwrap_or(free));
    if node >= nodes {
        return Ok(None);
    }
    let taken = tx
        .execute(
            "insert into nodes (node, holder, leased_until) values ($1, $2, $3)
             on conflict (node) do update set holder = excluded.holder,
                 leased_until = excluded.leased_until
             where nodes.holder = excluded.holder or nodes.leased_until <= $4",
            &[node.into(), holder.into(), until.0.into(), now.0.into()],
        )
        .await?;
    Ok((taken > 0).then_some(node))
}

/// Gives a node number back; its lease simply ends at `now`.
pub async fn release_node(tx: &mut Tx, holder: &str, now: Timestamp) -> Result<(), Error> {
    let cells = [holder.into(), now.0.into()];
    tx.execute("update nodes set leased_until = $2 where holder = $1", &cells).await?;
    Ok(())
}

/// Takes or renews a named lease until `until`; free where nobody holds it at `now`.
pub async fn try_acquire(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "insert into leases (name, holder, until_at) values ($1, $2, $3)
             on conflict (name) do update set holder = excluded.holder,
                 until_at = excluded.until_at
             where leases.holder = excluded.holder or leases.until_at <= $4",
            &[name.into(), holder.into(), until.0.into(), now.0.into()],
        )
        .await?;
    Ok(taken > 0)
}
