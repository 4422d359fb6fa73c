//! A database of its own with members in it, for one measurement.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ids::{IdentityId, MemberId, NewIds as _, ProgramId};
use hui_loyalty::members::{Claim, IdentityKind, Profile};
use hui_loyalty::orders::{Line, Order, OrderKey, Status};
use hui_loyalty::program::reading::read;
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::record_orders::{OrderRequest, record_orders};
use hui_store::identities::{self, IdentityRow};
use hui_store::members::{self, MemberRow, MemberState};
use hui_store::{Engine, upkeep};

use crate::config::{Config, Secret};
use crate::opening::Opened;
use crate::{bootstrap, opening};

/// Members written with one statement.
const AT_ONCE: u64 = 5_000;
/// The secret of the key the load generator shows.
pub(super) const SECRET: &str = "bench-0000-0000-0000-0000-0000";

/// A database of its own; remove it when all is measured.
pub(super) struct World {
    pub(super) config: Config,
    pub(super) opened: Opened,
    pub(super) actor: Arc<Actor>,
    members: u64,
    folder: PathBuf,
}

impl World {
    /// Makes the database and its members.
    pub(super) async fn make(
        config: &Config,
        on_postgres: bool,
        results: &Path,
        members: u64,
    ) -> anyhow::Result<Self> {
        let name = format!("hui_bench_{}_{members}", std::process::id());
        let folder = results.join(if on_postgres { format!("{name}_pg") } else { name.clone() });
        std::fs::create_dir_all(&folder)?;
        let mut config = config.clone();
        config.data_dir.clone_from(&folder);
        config.master_key_file = folder.join("master.key");
        config.bootstrap_api_key = Some(Secret(SECRET.to_owned()));
        if on_postgres {
            ensure!(
                config.database_url.starts_with("postgres"),
                "name the PostgreSQL to measure with --database"
            );
            config.database_schema = Some(name);
        } else {
            config.database_url = format!("sqlite://{}", folder.join("hui.db").display());
            config.database_schema = None;
        }
        let opened = opening::open(&config).await?;
        let operations = &opened.operations;
        let program = bootstrap::bootstrap(operations, &config).await?;
        let document = read(serde_json::json!({"points": {"earn": {"multipliers": [
            {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 2}},
        ]}}}))
        .map_err(|problems| anyhow::anyhow!("the rules do not check: {problems:?}"))?;
        bootstrap::demo_rules(operations, program, &document).await?;
        eprintln!("writing {members} members");
        fill(operations, program, members).await?;
        refresh_estimates(operations).await?;
        let actor = Arc::new(Actor::system(program, "bench"));
        let world = Self { config, opened, actor, members, folder };
        world.settle_down().await?;
        Ok(world)
    }

    /// Records some orders and lets the planner look at the tables, as it does by itself in the
    /// first minutes of a new database.
    async fn settle_down(&self) -> anyhow::Result<()> {
        let operations = &self.opened.operations;
        let mut chance = Chance::new(7);
        for slice in 0..8 {
            let mut requests = Vec::new();
            for place in 0..self.config.slice {
                let number = format!("first-{slice}-{place}");
                let order = order(&number, &mut chance, self.members, operations.clock.now())?;
                requests.push(OrderRequest { order, key: None, lock: None });
            }
            for answer in record_orders(operations, &self.actor, requests).await {
                answer?;
            }
        }
        refresh_estimates(operations).await
    }

    pub(super) fn engine(&self) -> Engine {
        self.opened.operations.store.engine()
    }

    pub(super) fn members(&self) -> u64 {
        self.members
    }

    /// Deletes the database.
    pub(super) async fn remove(self) -> anyhow::Result<()> {
        if let Some(schema) = &self.config.database_schema {
            let mut tx = self.opened.operations.store.begin().await?;
            upkeep::drop_schema(&mut tx, schema).await?;
            tx.commit().await?;
            self.opened.operations.store.close().await;
        } else {
            self.opened.close().await;
        }
        std::fs::remove_dir_all(&self.folder).context("the bench's folder cannot be removed")
    }
}

async fn refresh_estimates(operations: &Operations) -> anyhow::Result<()> {
    let mut tx = operations.store.begin().await?;
    upkeep::refresh_estimates(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// The phone of the member with a place.
pub(super) fn phone(place: u64) -> String {
    format!("139{:08}", place % 100_000_000)
}

/// Writes members with a phone each, many with one statement.
async fn fill(operations: &Operations, program: ProgramId, count: u64) -> anyhow::Result<()> {
    let now = operations.clock.now();
    let mut ids = operations.ids.clone();
    let mut written = 0;
    while written < count {
        let until = count.min(written + AT_ONCE);
        let (mut rows, mut owned, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for place in written..until {
            let id = MemberId(ids.next_id());
            let claim = Claim::parse(IdentityKind::Phone, None, &phone(place), true)?;
            let index = operations.vault.blind_index(
                program,
                claim.kind.name(),
                &claim.scope,
                &claim.value,
            );
            let (wrapped, key) = operations.vault.new_member_key(program, id)?;
            let cipher = operations.vault.encrypt(&key, "phone", &claim.value)?;
            keys.push((id, wrapped));
            rows.push(member(id, &index, &cipher, now));
            owned.push(IdentityRow {
                id: IdentityId(ids.next_id()),
                kind: claim.kind,
                scope: claim.scope,
                index,
                value_cipher: Some(cipher),
                member: Some(id),
                home: Some(id),
                verified: true,
                channel: Some("pos".to_owned()),
                valid_from: now,
                valid_until: None,
            });
        }
        let mut tx = operations.store.begin().await?;
        members::insert(&mut tx, program, &rows).await?;
        members::insert_keys(&mut tx, program, &keys).await?;
        identities::insert(&mut tx, program, &owned).await?;
        tx.commit().await?;
        written = until;
    }
    Ok(())
}

fn member(id: MemberId, index: &str, cipher: &str, now: Timestamp) -> MemberRow {
    MemberRow {
        id,
        state: MemberState::Active,
        merged_into: None,
        bound: true,
        created_at: now,
        joined_at: Some(now),
        join_awarded: true,
        profile_awarded: false,
        name_cipher: None,
        gender: None,
        birthday: None,
        phone_cipher: Some(cipher.to_owned()),
        verified_phone: Some(index.to_owned()),
        tier: "basic".to_owned(),
        tier_since: now,
        tier_until: None,
        tier_granted: false,
        growth_lifetime: Points::ZERO,
        debt: Points::ZERO,
        orders_count: 0,
        spent: Money::ZERO,
        first_order_at: None,
        last_order_at: None,
        tags: Vec::new(),
        channels: vec!["pos".to_owned()],
        due_at: None,
        revision: 0,
    }
}

/// A stream of numbers that looks random and is the same every time.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

/// An order of three lines by a member chosen by chance.
pub(super) fn order(
    number: &str,
    chance: &mut Chance,
    members: u64,
    now: Timestamp,
) -> anyhow::Result<Order> {
    let lines: Vec<Line> = (1..=3)
        .map(|place: i64| {
            let paid = 100 + i64::try_from(chance.below(20_000)).unwrap_or(0);
            Line {
                line_no: place.to_string(),
                sku: format!("A{}", chance.below(5_000)),
                category: Some("skincare/serum".to_owned()),
                quantity: 1,
                unit_price: Money(paid),
                paid: Money(paid),
            }
        })
        .collect();
    let phone = phone(chance.below(members));
    Ok(Order {
        key: OrderKey { channel: "pos".to_owned(), order_no: number.to_owned() },
        shop: Some(format!("S{:04}", chance.below(400))),
        status: Status::Completed,
        placed_at: Some(now),
        paid_at: Some(now),
        completed_at: Some(now),
        claims: vec![Claim::parse(IdentityKind::Phone, None, &phone, true)?],
        profile: Profile::default(),
        paid: lines.iter().map(|line| line.paid).sum(),
        lines,
        shipping: Money::ZERO,
        staff: Some("G0007".to_owned()),
        touchpoint: None,
    })
}

/// The same order as the API reads it.
pub(super) fn body(order: &Order, phone: &str) -> String {
    let lines: Vec<serde_json::Value> = order
        .lines
        .iter()
        .map(|line| {
            serde_json::json!({
                "line_no": line.line_no, "sku": line.sku, "category": line.category,
                "quantity": line.quantity, "unit_price": line.unit_price.0, "paid": line.paid.0,
            })
        })
        .collect();
    serde_json::json!({
        "channel": order.key.channel, "shop": order.shop, "order_no": order.key.order_no,
        "status": "completed", "placed_at": order.placed_at, "paid_at": order.paid_at,
        "completed_at": order.completed_at, "staff": order.staff,
        "buyer": {"identities": [{"kind": "phone", "value": phone, "verified": true}]},
        "lines": lines, "shipping": 0, "paid": order.paid.0,
    })
    .to_string()
}
