//! `hui demo`: the sample year through the operations that every shop uses, then the server.
//!
//! The year is replayed by a clock that stands at each moment of it, so what is
//! measured on arrival and what time makes due is as it would have been.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use hui_loyalty::amounts::Money;
use hui_loyalty::cards::PaidBy;
use hui_loyalty::ids::{NewIds as _, ProgramId};
use hui_loyalty::members::{Claim, IdentityKind, Profile};
use hui_loyalty::orders::{Line, Order, OrderKey, Refund, RefundLine};
use hui_loyalty::program::Document;
use hui_loyalty::program::reading::read;
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::cards::selling::{CardRequest, sell_card};
use hui_operations::cards::visiting::{VisitRequest, take_visits};
use hui_operations::cards::{CardError, Place};
use hui_operations::clock::Clock;
use hui_operations::record_orders::{OrderRequest, RecordOrderError, record_orders};
use hui_operations::record_refunds::{RecordRefundError, RefundRequest, record_refunds};
use hui_operations::settle_due::run_due;
use hui_store::answers::RequestKey;
use hui_store::ledger::members_after;
use hui_store::upkeep::{self, ImportRow};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::import::per_second;
use crate::sample::events::{OrderEvent, RefundEvent, SampleEvent};
use crate::sample::{self, Scale};
use crate::{bootstrap, opening, people, serve};

/// What the sample's made-up part follows from.
const SEED: u64 = 1;
/// Events of one slice.
const SLICE: usize = 1000;
/// Households of the small sample.
const SMALL: usize = 150;
/// Days between two looks at what time made due.
const SETTLE_EVERY_US: i64 = 7 * 24 * 3600 * 1_000_000;

/// How many members of the sample are sold a card.
const CARDS_SOLD: i64 = 40;

/// How much of the sample is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Size {
    /// 150 households.
    Small,
    /// The whole chain.
    Full,
}

/// What `hui demo` is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// How much of the sample to load
    #[arg(long, value_enum, default_value_t = Size::Full)]
    scale: Size,
    /// So many households instead; for tests
    #[arg(long, hide = true)]
    households: Option<usize>,
    /// Where to listen
    #[arg(long)]
    listen: Option<std::net::SocketAddr>,
    /// The sample's folder
    #[arg(long, default_value = "samples/complete-journey")]
    sample: PathBuf,
    /// Let requests set the clock
    #[arg(long)]
    sandbox: bool,
    /// Load the sample and end
    #[arg(long)]
    load_only: bool,
}

/// Loads the sample where it is missing and serves.
pub(crate) async fn demo(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    config.listen = arguments.listen.unwrap_or(config.listen);
    // A load alone needs no address, and another server may have it.
    let listener = if arguments.load_only { None } else { Some(serve::listen(&config).await?) };
    let opened = opening::open(&config).await?;
    let program = bootstrap::bootstrap(&opened.operations, &config).await?;
    bootstrap::demo_rules(&opened.operations, program, &document()?).await?;
    let actor = Actor::system(program, "demo");
    people::demo_staff(&opened.operations, &actor).await?;
    load(&opened.operations, program, &arguments).await?;
    let Some(listener) = listener else {
        opened.close().await;
        return Ok(());
    };
    serve::serve_opened(&config, opened, listener, arguments.sandbox).await
}

/// The rules of the demo: the default with a multiplier for gold, a member day, gifts of the tiers,
/// a benefit card and a service card. The cards are made up, as their names say.
fn document() -> anyhow::Result<Document> {
    read(serde_json::json!({
        "points": {"earn": {"multipliers": [
            {"id": "silver", "when": "member.tier == 'silver'", "factor": {"num": 6, "den": 5}},
            {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 2}},
            {"id": "member-day", "when": "order.paid_at.getDate('Asia/Shanghai') == 17",
             "factor": {"num": 2, "den": 1}},
        ]},
        "awards": {"join": 100}},
        "tiers": {"ladder": [
            {"id": "basic", "name": {"zh": "普通会员", "en": "Basic"}, "from": 0,
             "benefits": {"birthday": {"points": 50}}},
            {"id": "silver", "name": {"zh": "银卡", "en": "Silver"}, "from": 1_000, "keep": 800,
             "benefits": {"birthday": {"points": 100}}},
            {"id": "gold", "name": {"zh": "金卡", "en": "Gold"}, "from": 5_000, "keep": 4_000,
             "benefits": {"birthday": {"points": 200, "days_before": 3}, "upgrade": {"points": 300},
                          "monthly": {"points": 20}}},
        ]},
        "cards": [
            {"id": "year_free_shipping", "kind": "benefit",
             "name": {"zh": "年度免邮卡（演示）", "en": "Year of free shipping (synthetic)"},
             "price": {"money": 9_900, "points": 2_000},
             "validity": {"kind": "months", "months": 12}, "per_member": 2,
             "gifts": {"at_sale": {"points": 100}, "monthly": {"points": 10}}},
            {"id": "ten_facials", "kind": "service",
             "name": {"zh": "护理十次卡（演示）", "en": "Ten facials (synthetic)"},
             "price": {"money": 88_000}, "validity": {"kind": "months", "months": 12},
             "visits": 10, "visits_per_day": 2, "share_with_max": 1, "refund": "pro_rata"},
        ],
        "promotions": {"list": [
            {"id": "card-free-shipping",
             "name": {"zh": "免邮卡包邮（演示）", "en": "Free with the shipping card (synthetic)"},
             "audience": "'year_free_shipping' in member.cards",
             "benefits": [{"kind": "shipping"}]},
        ]},
    }))
    .map_err(|problems| anyhow::anyhow!("the demo's rules do not check: {problems:?}"))
}

async fn load(
    operations: &Operations,
    program: ProgramId,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let size = match arguments.households {
        Some(count) => format!("{count} households"),
        None => format!("{:?}", arguments.scale).to_lowercase(),
    };
    let fingerprint = format!("sample {size} {SEED}");
    let mut tx = operations.store.snapshot().await?;
    let known = upkeep::find_import(&mut tx, program, &fingerprint).await?;
    tx.rollback().await?;
    let now = operations.clock.now();
    let mut state = match known {
        Some(row) if row.finished => return Ok(()),
        Some(row) => row,
        None => {
            let today = jiff::Timestamp::from_microsecond(now.0)?
                .to_zoned_datetime(jiff::tz::TimeZone::get("Asia/Shanghai")?)
                .date();
            ImportRow {
                id: operations.ids.clone().next_id(),
                // A load that was stopped goes on with the day it began.
                file: today.to_string(),
                fingerprint,
                position: 0,
                done: 0,
                rejected: 0,
                finished: false,
            }
        }
    };
    save(operations, program, &state).await?;
    let today: Date = state.file.parse().context("the day of the sample is unreadable")?;
    let scale = match (arguments.households, arguments.scale) {
        (Some(count), _) => Scale::Households(count),
        (None, Size::Small) => Scale::Households(SMALL),
        (None, Size::Full) => Scale::Year,
    };
    eprintln!("loading the sample ({size}); this happens once");
    let began = Instant::now();
    replay(operations, program, sample::orders(&arguments.sample, SEED, scale, today)?, &mut state)
        .await?;
    run_due(operations, operations.clock.now()).await?;
    sell_cards(operations, program).await?;
    state.finished = true;
    save(operations, program, &state).await?;
    let took = began.elapsed();
    eprintln!(
        "loaded {} events in {:.1} s ({:.0}/s)",
        state.position,
        took.as_secs_f64(),
        per_second(state.position, took)
    );
    Ok(())
}

/// Sells the first members of the sample a card each, and takes visits of the service cards.
async fn sell_cards(operations: &Operations, program: ProgramId) -> anyhow::Result<()> {
    let actor = Actor::system(program, "sample");
    let mut tx = operations.store.snapshot().await?;
    let members = members_after(&mut tx, program, None, CARDS_SOLD).await?;
    tx.rollback().await?;
    let place = || Place { channel: "pos".to_owned(), shop: None, staff: None };
    for (number, member) in members.into_iter().enumerate() {
        // A load that was stopped goes on: what was sold before it stopped is not sold again.
        let key = |route: &str| RequestKey {
            route: format!("sample/{route}"),
            key: format!("sample-{number}"),
            fingerprint: member.to_string(),
        };
        let card = if number % 2 == 0 { "year_free_shipping" } else { "ten_facials" };
        let request = CardRequest {
            member,
            card: card.to_owned(),
            paid_by: PaidBy::Money,
            order: None,
            place: place(),
        };
        let sold = match sell_card(operations, &actor, &request, Some(&key("cards"))).await {
            Ok(sold) => sold.receipt,
            // Merged-away members follow to their survivor, who may have enough of them.
            Err(CardError::Refused(_) | CardError::NoMember(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        if sold.visits.is_some() {
            let visits = VisitRequest { card: sold.card_id, by: None, visits: 1, place: place() };
            take_visits(operations, &actor, &visits, Some(&key("visits"))).await?;
        }
    }
    Ok(())
}

async fn save(
    operations: &Operations,
    program: ProgramId,
    state: &ImportRow,
) -> anyhow::Result<()> {
    let mut tx = operations.store.begin().await?;
    upkeep::save_import(&mut tx, program, state, operations.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Replays events in the order they arrived, each slice at the moment of its last event.
async fn replay(
    operations: &Operations,
    program: ProgramId,
    events: impl Iterator<Item = anyhow::Result<SampleEvent>>,
    state: &mut ImportRow,
) -> anyhow::Result<()> {
    let actor = Actor::system(program, "sample");
    let skip = usize::try_from(state.position)?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos} events, {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let mut settled_at = Timestamp(0);
    let mut slice = Vec::with_capacity(SLICE);
    let mut events = events.skip(skip);
    loop {
        slice.clear();
        for event in events.by_ref().take(SLICE) {
            slice.push(event?);
        }
        let Some(last) = slice.last() else { break };
        let at = Timestamp(last.arrives_at().as_microsecond());
        let then = Operations { clock: Clock::frozen(at), ..operations.clone() };
        if at.0 - settled_at.0 > SETTLE_EVERY_US {
            run_due(&then, at).await?;
            settled_at = at;
        }
        record(&then, &actor, &slice).await?;
        state.position += i64::try_from(slice.len())?;
        bar.inc(slice.len() as u64);
        save(operations, program, state).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Records a slice: its orders, then its refunds.
async fn record(
    operations: &Operations,
    actor: &Actor,
    slice: &[SampleEvent],
) -> anyhow::Result<()> {
    let (mut orders, mut refunds) = (Vec::new(), Vec::new());
    for event in slice {
        match event {
            SampleEvent::Order(event) => {
                orders.push(OrderRequest { order: order(event)?, key: None, lock: None });
            }
            SampleEvent::Refund(event) => {
                refunds.push(RefundRequest { refund: refund(event)?, key: None });
            }
        }
    }
    for answer in record_orders(operations, actor, orders).await {
        match answer {
            Ok(_) => {}
            Err(RecordOrderError::Store(failed)) => return Err(failed.into()),
            Err(error) => tracing::debug!(%error, "an order of the sample was refused"),
        }
    }
    for answer in record_refunds(operations, actor, refunds).await {
        match answer {
            Ok(_) => {}
            Err(RecordRefundError::Store(failed)) => return Err(failed.into()),
            Err(error) => tracing::debug!(%error, "a refund of the sample was refused"),
        }
    }
    Ok(())
}

/// A word of the sample as the word of ours that is written the same.
fn same<T: DeserializeOwned>(word: impl serde::Serialize) -> anyhow::Result<T> {
    Ok(serde_json::from_value(serde_json::to_value(word)?)?)
}

fn order(event: &OrderEvent) -> anyhow::Result<Order> {
    let at = |at: jiff::Timestamp| Timestamp(at.as_microsecond());
    let mut claims = Vec::new();
    let mut profile = Profile::default();
    if let Some(buyer) = &event.buyer {
        for identity in &buyer.identities {
            let kind: IdentityKind = identity.kind.parse()?;
            let verified = identity.verified.unwrap_or(false);
            claims.push(Claim::parse(kind, identity.scope, &identity.value, verified)?);
        }
        profile = Profile {
            name: buyer.name.clone(),
            gender: buyer.gender.map(same).transpose()?,
            birthday: buyer.birthday.map(|day| day.to_string().parse()).transpose()?,
        };
    }
    let lines = event.lines.iter().map(|line| Line {
        line_no: line.line_no.clone(),
        sku: line.sku.clone(),
        category: Some(line.category.clone()),
        quantity: line.quantity,
        unit_price: Money(line.unit_price),
        paid: Money(line.paid),
    });
    Ok(Order {
        key: OrderKey { channel: same(event.channel)?, order_no: event.order_no.clone() },
        shop: Some(event.shop.clone()),
        status: same(event.status)?,
        placed_at: Some(at(event.placed_at)),
        paid_at: Some(at(event.paid_at)),
        completed_at: event.completed_at.map(at),
        claims,
        profile,
        lines: lines.collect(),
        shipping: Money(event.shipping),
        paid: Money(event.paid),
        staff: event.staff.clone(),
        touchpoint: event.touchpoint.clone(),
    })
}

fn refund(event: &RefundEvent) -> anyhow::Result<Refund> {
    let lines = event.lines.iter().map(|line| RefundLine {
        line_no: line.line_no.clone(),
        quantity: line.quantity,
        amount: Money(line.amount),
    });
    Ok(Refund {
        order: OrderKey { channel: same(event.channel)?, order_no: event.order_no.clone() },
        refund_no: event.refund_no.clone(),
        refunded_at: Timestamp(event.refunded_at.as_microsecond()),
        lines: lines.collect(),
        shipping: Money::ZERO,
    })
}
