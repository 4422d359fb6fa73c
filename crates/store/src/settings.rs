//! Settings: named values of a program; those of the whole server stand under program 0.

use hui_loyalty::ids::ProgramId;

use crate::{Error, Tx};

/// Under which number the settings of the whole server stand.
pub const SERVER: ProgramId = ProgramId(0);

/// One setting.
pub async fn load(tx: &mut Tx, program: ProgramId, name: &str) -> Result<Option<String>, Error> {
    let row = tx
        .fetch_one(
            "select value from settings where program_id = $1 and name = $2",
            &[program.0.into(), name.into()],
        )
        .await?;
    row.map(|row| row.text(0)).transpose()
}

/// Every setting of a program, by name.
pub async fn list(tx: &mut Tx, program: ProgramId) -> Result<Vec<(String, String)>, Error> {
    let rows = tx
        .fetch(
            "select name, value from settings where program_id = $1 order by name",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Writes a setting.
pub async fn save(tx: &mut Tx, program: ProgramId, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "insert into settings (program_id, name, value) values ($1, $2, $3)
         on conflict (program_id, name) do update set value = excluded.value",
        &[program.0.into(), name.into(), value.into()],
    )
    .await?;
    Ok(())
}

/// Makes sure a setting's row stands and locks it; answers its value, empty when it is new.
pub async fn lock(tx: &mut Tx, program: ProgramId, name: &str) -> Result<String, Error> {
    let cells = [program.0.into(), name.into()];
    tx.execute(
        "insert into settings (program_id, name, value) values ($1, $2, '')
         on conflict (program_id, name) do nothing",
        &cells,
    )
    .await?;
    let row = tx
        .fetch_one("select value from settings where program_id = $1 and name = $2 {lock}", &cells)
        .await?;
    row.ok_or_else(|| Error::unreadable("setting", "absent"))?.text(0)
}
