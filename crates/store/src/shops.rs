//! Channels beside the built-in ones, and the shops each channel sells in.

use hui_loyalty::ids::ProgramId;
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Row, Set, Tx};

/// The names of the channels a program registered.
pub async fn channels(tx: &mut Tx, program: ProgramId) -> Result<Vec<String>, Error> {
    let rows = tx
        .fetch(
            "select channel from channels where program_id = $1 order by channel",
            &[program.0.into()],
        )
        .await?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// A registered channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    /// Its name in orders.
    pub channel: String,
    /// Its Chinese label.
    pub label_zh: String,
    /// Its English label.
    pub label_en: String,
    /// The mode its new shops begin in.
    pub default_mode: String,
}

/// The registered channels with their labels.
pub async fn list_channels(tx: &mut Tx, program: ProgramId) -> Result<Vec<ChannelRow>, Error> {
    let rows = tx
        .fetch(
            "select channel, label_zh, label_en, default_mode from channels
             where program_id = $1 order by channel limit 1000",
            &[program.0.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(ChannelRow {
            channel: row.text(0)?,
            label_zh: row.text(1)?,
            label_en: row.text(2)?,
            default_mode: row.text(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Registers a channel, or changes its labels and default mode.
pub async fn register_channel(
    tx: &mut Tx,
    program: ProgramId,
    row: &ChannelRow,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("program_id"),
        Column::Text("channel"),
        Column::Text("label_zh"),
        Column::Text("label_en"),
        Column::Text("default_mode"),
    ];
    let mut set = Set::new(COLUMNS);
    set.push(&[
        program.0.into(),
        (&row.channel).into(),
        (&row.label_zh).into(),
        (&row.label_en).into(),
        (&row.default_mode).into(),
    ]);
    let replaced = ["label_zh", "label_en", "default_mode"];
    tx.upsert("channels", "program_id, channel", &replaced, set).await?;
    Ok(())
}

/// A shop as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopRow {
    /// The channel it sells on.
    pub channel: String,
    /// Its name in orders.
    pub shop: String,
    /// Its name for people.
    pub name: String,
    /// What it takes part in: `off`, `shadow`, `earn_only`, `full`.
    pub mode: String,
    /// When it was first met.
    pub first_seen_at: Timestamp,
}

/// Registers shops that orders named, in the mode their channel begins with; known ones stay.
pub async fn register_shops(
    tx: &mut Tx,
    program: ProgramId,
    shops: &[(&str, &str)],
    now: Timestamp,
) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[Column::Text("channel"), Column::Text("shop")];
    let mut sorted = shops.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut set = Set::with_capacity(COLUMNS, sorted.len());
    for (channel, shop) in sorted {
        set.push(&[channel.into(), shop.into()]);
    }
    tx.execute_set(
        "insert into shops (program_id, channel, shop, name, mode, first_seen_at)
         select $1, s.channel, s.shop, s.shop, coalesce(c.default_mode, 'full'), $2
         from {set} left join channels c on c.program_id = $1 and c.channel = s.channel
         where true on conflict (program_id, channel, shop) do nothing",
        &[program.0.into(), now.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// The shops of a program, of one channel where it is named.
pub async fn list_shops(
    tx: &mut Tx,
    program: ProgramId,
    channel: Option<&str>,
) -> Result<Vec<ShopRow>, Error> {
    let rows = tx
        .fetch(
            "select channel, shop, name, mode, first_seen_at from shops
             where program_id = $1 and ($2 is null or channel = $2)
             order by channel, shop limit 20000",
            &[program.0.into(), channel.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(ShopRow {
            channel: row.text(0)?,
            shop: row.text(1)?,
            name: row.text(2)?,
            mode: row.text(3)?,
            first_seen_at: Timestamp(row.int(4)?),
        })
    };
    rows.iter().map(read).collect()
}
