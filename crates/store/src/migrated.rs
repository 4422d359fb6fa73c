//! Members brought from another system, by the number they had there.

use std::collections::{HashMap, HashSet};

use hui_loyalty::ids::{MemberId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Set, Tx};

/// A member's number in the system it came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OldNumber {
    /// The system.
    pub source: String,
    /// The number there.
    pub number: String,
}

/// What was brought under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigratedRow {
    /// The digest of what the file said.
    pub fingerprint: String,
    /// The first answer, as JSON.
    pub receipt: String,
}

const KEYS: &[Column] =
    &[Column::Text("source"), Column::Text("number"), Column::Text("fingerprint")];

/// Claims numbers, each with the digest of its content; answers those that nobody brought before.
///
/// A number that another transaction is bringing is waited for.
pub async fn claim(
    tx: &mut Tx,
    program: ProgramId,
    numbers: &[(&OldNumber, &str)],
    now: Timestamp,
) -> Result<HashSet<OldNumber>, Error> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let mut set = Set::with_capacity(KEYS, sorted.len());
    for (key, fingerprint) in sorted {
        set.push(&[(&key.source).into(), (&key.number).into(), fingerprint.into()]);
    }
    let rows = tx
        .fetch_set(
            "insert into migrated_members (program_id, source, number, fingerprint, migrated_at)
             select $1, s.source, s.number, s.fingerprint, $2 from {set} where true
             on conflict (program_id, source, number) do nothing returning source, number",
            &[program.0.into(), now.0.into()],
            set,
        )
        .await?;
    rows.iter().map(|row| Ok(OldNumber { source: row.text(0)?, number: row.text(1)? })).collect()
}

fn number_set<'a>(numbers: impl IntoIterator<Item = &'a OldNumber>) -> Set {
    let mut set = Set::new(&[Column::Text("source"), Column::Text("number")]);
    for key in numbers {
        set.push(&[(&key.source).into(), (&key.number).into()]);
    }
    set
}

/// What was brought before under these numbers.
pub async fn load<'a>(
    tx: &mut Tx,
    program: ProgramId,
    numbers: impl IntoIterator<Item = &'a OldNumber>,
) -> Result<HashMap<OldNumber, MigratedRow>, Error> {
    let rows = tx
        .fetch_set(
            "select m.source, m.number, m.fingerprint, m.receipt
             from {set} cross join migrated_members m
             where m.program_id = $1 and m.source = s.source and m.number = s.number
               and m.receipt is not null",
            &[program.0.into()],
            number_set(numbers),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let key = OldNumber { source: row.text(0)?, number: row.text(1)? };
            Ok((key, MigratedRow { fingerprint: row.text(2)?, receipt: row.text(3)? }))
        })
        .collect()
}

/// Keeps the members and answers of claimed numbers.
pub async fn keep(
    tx: &mut Tx,
    program: ProgramId,
    receipts: &[(&OldNumber, MemberId, String)],
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Text("source"),
        Column::Text("number"),
        Column::Int("member_id"),
        Column::Text("receipt"),
    ];
    let mut set = Set::with_capacity(COLUMNS, receipts.len());
    for (key, member, receipt) in receipts {
        set.push(&[(&key.source).into(), (&key.number).into(), member.0.into(), receipt.into()]);
    }
    tx.execute_set(
        "update migrated_members set member_id = s.member_id, receipt = s.receipt from {set}
         where migrated_members.program_id = $1 and migrated_members.source = s.source
           and migrated_members.number = s.number",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Gives up claimed numbers whose members were refused.
pub async fn give_up<'a>(
    tx: &mut Tx,
    program: ProgramId,
    numbers: impl IntoIterator<Item = &'a OldNumber>,
) -> Result<(), Error> {
    tx.execute_set(
        "delete from migrated_members where program_id = $1 and receipt is null
         and (source, number) in (select s.source, s.number from {set})",
        &[program.0.into()],
        number_set(numbers),
    )
    .await?;
    Ok(())
}
