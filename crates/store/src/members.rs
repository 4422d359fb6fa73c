//! Members: the row that is locked before anything of a member changes.

use std::collections::HashMap;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{MemberId, ProgramId};
use hui_loyalty::time::Timestamp;

use crate::{Column, Error, Row, Set, Tx};

/// Whether a member is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// In use.
    Active,
    /// Merged into another.
    Merged,
    /// Its person asked to be forgotten.
    Erased,
}

impl MemberState {
    const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Merged => "merged",
            Self::Erased => "erased",
        }
    }

    fn read(name: &str) -> Result<Self, Error> {
        match name {
            "active" => Ok(Self::Active),
            "merged" => Ok(Self::Merged),
            "erased" => Ok(Self::Erased),
            other => Err(Error::unreadable("member state", other)),
        }
    }
}

/// A member as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Its number.
    pub id: MemberId,
    /// Whether it is in use.
    pub state: MemberState,
    /// The member it was merged into.
    pub merged_into: Option<MemberId>,
    /// Whether it has a phone.
    pub bound: bool,
    /// When it first appeared.
    pub created_at: Timestamp,
    /// When it became bound: the effective time of that event.
    pub joined_at: Option<Timestamp>,
    /// Whether the join award was given.
    pub join_awarded: bool,
    /// Whether the award for a complete profile was given.
    pub profile_awarded: bool,
    /// The name, encrypted.
    pub name_cipher: Option<String>,
    /// The gender's name.
    pub gender: Option<String>,
    /// The date of birth, `YYYY-MM-DD`.
    pub birthday: Option<String>,
    /// The phone shown to staff, encrypted.
    pub phone_cipher: Option<String>,
    /// The blind index of the one verified phone.
    pub verified_phone: Option<String>,
    /// The tier's id.
    pub tier: String,
    /// Since when it holds the tier.
    pub tier_since: Timestamp,
    /// When the tier's period ends.
    pub tier_until: Option<Timestamp>,
    /// Whether the tier was given rather than earned.
    pub tier_granted: bool,
    /// All growth ever.
    pub growth_lifetime: Points,
    /// Points owed.
    pub debt: Points,
    /// Orders paid.
    pub orders_count: i64,
    /// Money paid, refunds taken off.
    pub spent: Money,
    /// The effective time of the first order.
    pub first_order_at: Option<Timestamp>,
    /// The effective time of the latest order.
    pub last_order_at: Option<Timestamp>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Channels the member is known on, sorted.
    pub channels: Vec<String>,
    /// From when a job has something to make visible.
    pub due_at: Option<Timestamp>,
    /// Counts changes.
    pub revision: i64,
}

const COLUMNS: &[Column] = &[
    Column::Int("program_id"),
    Column::Int("member_id"),
    Column::Text("state"),
    Column::Int("merged_into"),
    Column::Int("bound"),
    Column::Int("created_at"),
    Column::Int("joined_at"),
    Column::Int("join_awarded"),
    Column::Int("profile_awarded"),
    Column::Text("name_cipher"),
    Column::Text("gender"),
    Column::Text("birthday"),
    Column::Text("phone_cipher"),
    Column::Text("verified_phone"),
    Column::Text("tier"),
    Column::Int("tier_since"),
    Column::Int("tier_until"),
    Column::Int("tier_granted"),
    Column::Int("growth_lifetime"),
    Column::Int("debt"),
    Column::Int("orders_count"),
    Column::Int("spent"),
    Column::Int("first_order_at"),
    Column::Int("last_order_at"),
    Column::Text("tags"),
    Column::Text("channels"),
    Column::Int("due_at"),
    Column::Int("revision"),
];

const SELECT: &str = "m.member_id, m.state, m.merged_into, m.bound, m.created_at, m.joined_at,
    m.join_awarded, m.profile_awarded, m.name_cipher, m.gender, m.birthday, m.phone_cipher,
    m.verified_phone, m.tier, m.tier_since, m.tier_until, m.tier_granted, m.growth_lifetime,
    m.debt, m.orders_count, m.spent, m.first_order_at, m.last_order_at, m.tags, m.channels,
    m.due_at, m.revision";

/// A list of words stored as a JSON array.
pub(crate) fn words(text: &str) -> Result<Vec<String>, Error> {
    if text == "[]" {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|error| Error::unreadable("word list", error))
}

pub(crate) fn words_text(words: &[String]) -> String {
    if words.is_empty() { "[]".to_owned() } else { serde_json::json!(words).to_string() }
}

pub(crate) fn at(value: Option<i64>) -> Option<Timestamp> {
    value.map(Timestamp)
}

fn read(row: &Row) -> Result<MemberRow, Error> {
    Ok(MemberRow {
        id: MemberId(row.int(0)?),
        state: MemberState::read(row.str(1)?)?,
        merged_into: row.opt_int(2)?.map(MemberId),
        bound: row.flag(3)?,
        created_at: Timestamp(row.int(4)?),
        joined_at: at(row.opt_int(5)?),
        join_awarded: row.flag(6)?,
        profile_awarded: row.flag(7)?,
        name_cipher: row.opt_text(8)?,
        gender: row.opt_text(9)?,
        birthday: row.opt_text(10)?,
        phone_cipher: row.opt_text(11)?,
        verified_phone: row.opt_text(12)?,
        tier: row.text(13)?,
        tier_since: Timestamp(row.int(14)?),
        tier_until: at(row.opt_int(15)?),
        tier_granted: row.flag(16)?,
        growth_lifetime: Points(row.int(17)?),
        debt: Points(row.int(18)?),
        orders_count: row.int(19)?,
        spent: Money(row.int(20)?),
        first_order_at: at(row.opt_int(21)?),
        last_order_at: at(row.opt_int(22)?),
        tags: words(row.str(23)?)?,
        channels: words(row.str(24)?)?,
        due_at: at(row.opt_int(25)?),
        revision: row.int(26)?,
    })
}

fn set_of<'a>(program: ProgramId, rows: impl IntoIterator<Item = &'a MemberRow>) -> Set {
    let mut set = Set::new(COLUMNS);
    for row in rows {
        set.push(&[
            program.0.into(),
            row.id.0.into(),
            row.state.name().into(),
            row.merged_into.map(|id| id.0).into(),
            row.bound.into(),
            row.created_at.0.into(),
            row.joined_at.map(|at| at.0).into(),
            row.join_awarded.into(),
            row.profile_awarded.into(),
            (&row.name_cipher).into(),
            (&row.gender).into(),
            (&row.birthday).into(),
            (&row.phone_cipher).into(),
            (&row.verified_phone).into(),
            (&row.tier).into(),
            row.tier_since.0.into(),
            row.tier_until.map(|at| at.0).into(),
            row.tier_granted.into(),
            row.growth_lifetime.0.into(),
            row.debt.0.into(),
            row.orders_count.into(),
            row.spent.0.into(),
            row.first_order_at.map(|at| at.0).into(),
            row.last_order_at.map(|at| at.0).into(),
            (&words_text(&row.tags)).into(),
            (&words_text(&row.channels)).into(),
            row.due_at.map(|at| at.0).into(),
            row.revision.into(),
        ]);
    }
    set
}

/// Columns of a set of members named by number.
pub(crate) const MEMBER: &[Column] = &[Column::Int("member_id")];

/// A set of members named by number, sorted and each once.
pub(crate) fn member_set(members: impl IntoIterator<Item = MemberId>) -> Set {
    let mut ids: Vec<i64> = members.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    Set::of_ints(MEMBER, ids)
}

/// Loads members by number, as they are.
pub async fn load(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let sql = format!(
        "select {SELECT} from {{set}}
         cross join members m where m.program_id = $1 and m.member_id = s.member_id"
    );
    collect(&tx.fetch_set(&sql, &[program.0.into()], member_set(members)).await?)
}

/// Loads members by number and locks them in the order of their numbers.
pub async fn lock(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let sql = format!(
        "select {SELECT} from members m
         where m.program_id = $1 and m.member_id in (select s.member_id from {{set}})
         order by m.member_id {{lock}}"
    );
    collect(&tx.fetch_set(&sql, &[program.0.into()], member_set(members)).await?)
}

/// Locks members and, where one was merged away, the survivor as well.
///
/// The answer holds every row met; [`survivor`] follows the trail.
pub async fn lock_with_survivors(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let mut found = lock(tx, program, members).await?;
    loop {
        let missing: Vec<MemberId> = found
            .values()
            .filter_map(|row| row.merged_into)
            .filter(|id| !found.contains_key(id))
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        found.extend(lock(tx, program, missing).await?);
    }
}

/// Reads a member and, where it was merged away, everybody on the way to the survivor.
pub async fn load_with_survivors(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<HashMap<MemberId, MemberRow>, Error> {
    let mut found = HashMap::new();
    let mut next = Some(member);
    while let Some(id) = next {
        let Some(row) = load(tx, program, [id]).await?.remove(&id) else { break };
        next = row.merged_into;
        found.insert(id, row);
    }
    Ok(found)
}

/// The member that stands for `member` today: itself, or where it was merged to.
pub fn survivor(rows: &HashMap<MemberId, MemberRow>, member: MemberId) -> Option<MemberId> {
    let mut id = member;
    while let Some(next) = rows.get(&id)?.merged_into {
        id = next;
    }
    Some(id)
}

/// Loads one member, following merges; also says whether it was reached by another number.
pub async fn load_survivor(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<Option<MemberRow>, Error> {
    let mut found = load_with_survivors(tx, program, member).await?;
    Ok(survivor(&found, member).and_then(|id| found.remove(&id)))
}

fn collect(rows: &[Row]) -> Result<HashMap<MemberId, MemberRow>, Error> {
    rows.iter().map(|row| read(row).map(|row| (row.id, row))).collect()
}

/// Adds new members, known since they were created on the channels their rows name.
pub async fn insert<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a MemberRow>,
) -> Result<(), Error> {
    let rows: Vec<&MemberRow> = rows.into_iter().collect();
    let links: Vec<Link> = rows
        .iter()
        .flat_map(|row| {
            row.channels.iter().enumerate().map(|(place, channel)| Link {
                member: row.id,
                channel: channel.clone(),
                since: row.created_at,
                is_first: place == 0,
            })
        })
        .collect();
    tx.insert("members", set_of(program, rows)).await?;
    link(tx, program, &links).await
}

/// Since when a member is known on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The member.
    pub member: MemberId,
    /// The channel.
    pub channel: String,
    /// When it was first met there.
    pub since: Timestamp,
    /// Whether that was when the member was first recorded.
    pub is_first: bool,
}

/// Adds channels that members were met on; of one known already nothing changes.
pub async fn link(tx: &mut Tx, program: ProgramId, links: &[Link]) -> Result<(), Error> {
    const COLUMNS: &[Column] = &[
        Column::Int("member_id"),
        Column::Text("channel"),
        Column::Int("since"),
        Column::Int("is_first"),
    ];
    let mut set = Set::with_capacity(COLUMNS, links.len());
    for link in links {
        set.push(&[
            link.member.0.into(),
            (&link.channel).into(),
            link.since.0.into(),
            link.is_first.into(),
        ]);
    }
    tx.execute_set(
        "insert into member_channels (program_id, member_id, channel, since, is_first)
         select $1, s.member_id, s.channel, s.since, s.is_first from {set} where true
         on conflict (program_id, member_id, channel) do nothing",
        &[program.0.into()],
        set,
    )
    .await?;
    Ok(())
}

/// Takes channels from members that a merge or an un-merge gives to another; answers what they were.
pub async fn unlink(
    tx: &mut Tx,
    program: ProgramId,
    links: &[(MemberId, String)],
) -> Result<Vec<Link>, Error> {
    const COLUMNS: &[Column] = &[Column::Int("member_id"), Column::Text("channel")];
    let mut set = Set::with_capacity(COLUMNS, links.len());
    for (member, channel) in links {
        set.push(&[member.0.into(), channel.into()]);
    }
    let rows = tx
        .fetch_set(
            "delete from member_channels where program_id = $1
               and (member_id, channel) in (select s.member_id, s.channel from {set})
             returning member_id, channel, since, is_first",
            &[program.0.into()],
            set,
        )
        .await?;
    let read = |row: &Row| {
        Ok(Link {
            member: MemberId(row.int(0)?),
            channel: row.text(1)?,
            since: Timestamp(row.int(2)?),
            is_first: row.flag(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Writes changed members, which are locked.
pub async fn update<'a>(
    tx: &mut Tx,
    program: ProgramId,
    rows: impl IntoIterator<Item = &'a MemberRow>,
) -> Result<(), Error> {
    let sql = "update members set
            state = s.state, merged_into = s.merged_into, bound = s.bound, joined_at = s.joined_at,
            join_awarded = s.join_awarded, profile_awarded = s.profile_awarded,
            name_cipher = s.name_cipher, gender = s.gender, birthday = s.birthday,
            phone_cipher = s.phone_cipher, verified_phone = s.verified_phone, tier = s.tier,
            tier_since = s.tier_since, tier_until = s.tier_until, tier_granted = s.tier_granted,
            growth_lifetime = s.growth_lifetime, debt = s.debt, orders_count = s.orders_count,
            spent = s.spent, first_order_at = s.first_order_at, last_order_at = s.last_order_at,
            tags = s.tags, channels = s.channels, due_at = s.due_at, revision = members.revision + 1
        from {set}
        where members.program_id = s.program_id and members.member_id = s.member_id";
    tx.execute_set(sql, &[], set_of(program, rows)).await?;
    Ok(())
}

const KEY_COLUMNS: &[Column] =
    &[Column::Int("program_id"), Column::Int("member_id"), Column::Text("wrapped")];

/// Keeps the wrapped keys of new members.
pub async fn insert_keys(
    tx: &mut Tx,
    program: ProgramId,
    keys: &[(MemberId, String)],
) -> Result<(), Error> {
    let mut set = Set::with_capacity(KEY_COLUMNS, keys.len());
    for (member, wrapped) in keys {
        set.push(&[program.0.into(), member.0.into(), wrapped.into()]);
    }
    tx.insert("member_keys", set).await?;
    Ok(())
}

/// The wrapped keys of members; one that was erased has none.
pub async fn load_keys(
    tx: &mut Tx,
    program: ProgramId,
    members: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, String>, Error> {
    let rows = tx
        .fetch_set(
            "select k.member_id, k.wrapped from {set}
             cross join member_keys k where k.program_id = $1 and k.member_id = s.member_id",
            &[program.0.into()],
            member_set(members),
        )
        .await?;
    rows.iter().map(|row| Ok((MemberId(row.int(0)?), row.text(1)?))).collect()
}

/// Members for whom a job has something to make visible at `now`, longest due first.
pub async fn due(
    tx: &mut Tx,
    program: ProgramId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MemberId>, Error> {
    let rows = tx
        .fetch(
            "select member_id from members
             where program_id = $1 and due_at is not null and due_at <= $2
             order by due_at, member_id limit $3",
            &[program.0.into(), now.0.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(MemberId(row.int(0)?))).collect()
}

/// Which members a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this tier.
    pub tier: Option<String>,
    /// Only with an order in one of these shops; `None`: all.
    pub shops: Option<Vec<String>>,
}

/// Active members, latest first, after a member's number.
pub async fn list(
    tx: &mut Tx,
    program: ProgramId,
    filter: &Filter,
    before: Option<MemberId>,
    limit: i64,
) -> Result<Vec<MemberRow>, Error> {
    let shops = filter.shops.as_ref().map(|shops| words_text(shops));
    // A store's staff see members who bought at the store: the shops travel as one
    // delimited text, so that one statement serves both databases.
    let sql = format!(
        "select {SELECT} from members m
         where m.program_id = $1 and m.state = 'active' and m.member_id < $2
           and ($3 is null or m.tier = $3)
           and ($4 is null or exists (
                select 1 from orders o where o.program_id = m.program_id and o.member_id = m.member_id
                  and replace($4, '\"' || o.shop || '\"', '') <> $4))
         order by m.member_id desc limit $5"
    );
    let rows = tx
        .fetch(
            &sql,
            &[
                program.0.into(),
                before.map_or(i64::MAX, |id| id.0).into(),
                (&filter.tier).into(),
                (&shops).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Whether a member bought in one of these shops.
pub async fn bought_in(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
    shops: &[String],
) -> Result<bool, Error> {
    const SHOPS: &[Column] = &[Column::Text("shop")];
    let mut set = Set::new(SHOPS);
    for shop in shops {
        set.push(&[shop.rsplit('/').next().unwrap_or(shop).into()]);
    }
    let rows = tx
        .fetch_set(
            "select 1 as one from orders o where o.program_id = $1 and o.member_id = $2
               and o.shop in (select s.shop from {set}) limit 1",
            &[program.0.into(), member.0.into()],
            set,
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Gives rows of `from` whose home is among `homes` to `to`; for a merge every home of the absorbed.
pub(crate) async fn move_rows(
    tx: &mut Tx,
    table: &'static str,
    program: ProgramId,
    from: MemberId,
    to: MemberId,
    homes: &[MemberId],
) -> Result<u64, Error> {
    let sql = format!(
        "update {table} set member_id = $3 where program_id = $1 and member_id = $2
         and home_id in (select s.member_id from {{set}})"
    );
    tx.execute_set(
        &sql,
        &[program.0.into(), from.0.into(), to.0.into()],
        member_set(homes.iter().copied()),
    )
    .await
}

/// The earliest instant at or before `now` at which something is due, over all programs.
pub async fn oldest_due(tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let row =
        tx.fetch_one("select min(due_at) from members where due_at <= $1", &[now.0.into()]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().map(Timestamp))
}

/// Since when a member is known on which channels, earliest first.
pub async fn links_of(
    tx: &mut Tx,
    program: ProgramId,
    member: MemberId,
) -> Result<Vec<Link>, Error> {
    let rows = tx
        .fetch(
            "select channel, since, is_first from member_channels
             where program_id = $1 and member_id = $2 order by since, is_first desc, channel",
            &[program.0.into(), member.0.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(Link {
            member,
            channel: row.text(0)?,
            since: Timestamp(row.int(1)?),
            is_first: row.flag(2)?,
        })
    };
    rows.iter().map(read).collect()
}
