//! The figures of a program over some days: members, sales, points.

use std::collections::BTreeMap;
use std::sync::Arc;

use hui_loyalty::amounts::{Money, Points};
use hui_loyalty::ledger::balances::balance;
use hui_loyalty::ledger::{Account, EntryKind};
use hui_loyalty::program::Program;
use hui_loyalty::program::texts::LocalText;
use hui_loyalty::time::{Day, Timestamp, Zone};
use hui_store::ledger::Lots;
use hui_store::overview::{self, LinksIn, OrdersIn, Shops, Span, Stock};
use hui_store::{Error, Tx, ledger};

use crate::actor::{Actor, ShopScope};
use crate::context::Operations;
use crate::slices::StoreFailed;

/// The most days one overview spans.
pub const DAYS_MAX: i32 = 366;
/// How many months of points to end are told, the present one included.
const MONTHS: usize = 12;
/// How many months ahead count as soon.
const SOON_MONTHS: i64 = 3;

/// The kinds of entries that change what the program has in all.
const MOVING: [EntryKind; 7] = [
    EntryKind::Earn,
    EntryKind::Spend,
    EntryKind::Restore,
    EntryKind::Expire,
    EntryKind::Clawback,
    EntryKind::Adjust,
    EntryKind::Migrate,
];

/// Which days, and which shops of those the actor sees.
#[derive(Debug, Clone, Default)]
pub struct OverviewRequest {
    /// The first day; 29 days before the last where left out.
    pub from: Option<Day>,
    /// The last day; today where left out.
    pub to: Option<Day>,
    /// Whether as many days before are told as well.
    pub compares: bool,
    /// Only this shop, as `channel/shop` or `shop`.
    pub shop: Option<String>,
}

/// Why there is no overview.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OverviewError {
    /// The days are in the wrong order.
    #[error("the last day is before the first")]
    Order,
    /// There are too many.
    #[error("an overview spans {DAYS_MAX} days at most")]
    TooLong,
    /// The actor does not see the shop.
    #[error("the shop is not among yours")]
    Shop,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for OverviewError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Figures of a stretch of days. All of them can be had again for days gone by, but that a member
/// merged or erased since is not counted, and a refund lowers the day its order was paid on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flow {
    /// Members in use first recorded by the end; of some shops only, those who bought there within.
    pub members: i64,
    /// Of these, first recorded within.
    pub members_new: i64,
    /// Pairs of a member and a channel it is known on by the end; none where only some shops are
    /// asked for, as a link has no shop.
    pub links: Option<i64>,
    /// Different members with an order paid within.
    pub buyers: i64,
    /// Orders paid within that belong to a member and count, refunded ones included.
    pub orders: i64,
    /// What was paid for them without shipping, refunds of any day taken off.
    pub sales: Money,
    /// 笔单价: sales by orders, floored; zero without orders.
    pub average_order: Money,
    /// 人均客单价: sales by buyers, floored; zero without buyers.
    pub average_buyer: Money,
    /// Points of the days.
    pub points: PointsFlow,
}

/// Points that moved, by their effective time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointsFlow {
    /// Earned by orders and awards, pending ones included.
    pub issued: Points,
    /// Used: spends and confirmed holds.
    pub spent: Points,
    /// Came back with refunds of what they had paid for.
    pub restored: Points,
    /// Ended unused.
    pub expired: Points,
    /// Taken back with refunds, what became debt included.
    pub clawed_back: Points,
    /// Granted less deducted by staff, and brought from another system.
    pub adjusted: i64,
}

/// A channel's figures within some days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelFlow {
    /// The channel.
    pub channel: String,
    /// Members known on it by the end.
    pub linked: Option<i64>,
    /// Of these, members first met at all on it, within.
    pub linked_new: Option<i64>,
    /// Of these, members known before, first met on it within.
    pub linked_existing: Option<i64>,
    /// Different members with an order on it paid within.
    pub buyers: i64,
    /// Of these, members whose very first order that was.
    pub buyers_new: i64,
    /// Orders as in [`Flow::orders`].
    pub orders: i64,
    /// Sales as in [`Flow::sales`].
    pub sales: Money,
}

/// A day's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayFlow {
    /// The day.
    pub day: Day,
    /// Members first recorded on it.
    pub members_new: i64,
    /// Orders as in [`Flow::orders`].
    pub orders: i64,
    /// Sales as in [`Flow::sales`].
    pub sales: Money,
    /// Points of the day.
    pub points: PointsFlow,
}

/// Some days: as a whole, by channel, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The whole.
    pub total: Flow,
    /// Every channel with anything to tell.
    pub channels: Vec<ChannelFlow>,
    /// Every day.
    pub daily: Vec<DayFlow>,
}

/// What there is of points at this instant, whatever the days asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What members can spend, have pending and held, and owe.
    pub stock: Stock,
    /// What remains of lots that end within three months from now.
    pub ending_soon: Points,
    /// What remains of lots, by the month they end in: the present one and those after it.
    pub ending: Vec<((i16, i8), Points)>,
}

/// How many members hold a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierCount {
    /// Its id.
    pub tier: String,
    /// Its name.
    pub name: LocalText,
    /// How many.
    pub members: i64,
}

/// The figures of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The instant of it all.
    pub as_of: Timestamp,
    /// The days asked for.
    pub period: Period,
    /// As many days before them.
    pub previous: Option<Period>,
    /// Points at this instant; none where only some shops are asked for: points have no shop.
    pub standing: Option<Standing>,
    /// Members by tier, lowest first; none where only some shops are asked for.
    pub tiers: Vec<TierCount>,
}

/// The figures of the actor's program over some days, of the shops the actor sees.
///
/// Nothing is kept for it but indexes and since when a member is known on a channel, so the figures
/// are those of the instant. The cost: the index entries of the orders and points of the days asked
/// for (twice with a comparison), one count of members by tier and of links by channel, and every
/// lot that something remains of.
///
/// # Errors
///
/// See [`OverviewError`].
pub async fn read_overview(
    operations: &Operations,
    actor: &Actor,
    request: &OverviewRequest,
) -> Result<Overview, OverviewError> {
    let now = operations.clock.now();
    let scope = scope(actor, request.shop.as_deref())?;
    let channels = operations.known_channels(actor.program).await?;
    let mut channels: Vec<&str> = channels.iter().map(String::as_str).collect();
    channels.sort_unstable();
    let mut tx = operations.store.snapshot().await?;
    let rules = operations.rules.load(&mut tx, actor.program).await?;
    let (_, rules) = rules.at(now)?;
    let (from, to) = days(request, rules.zone.day(now))?;
    let length = to.days_since(from).saturating_add(1);
    let mut periods = vec![(from, to)];
    if request.compares {
        periods.push((from.plus(-length), from.plus(-1)));
    }
    let asked = Asked { actor, zone: &rules.zone, scope: &scope, channels: &channels, now };
    let mut told = asked.periods(&mut tx, &periods).await?;
    let previous = if request.compares { told.pop() } else { None };
    let period = told.pop().ok_or(OverviewError::Order)?;
    let (standing, tiers) = match scope {
        ShopScope::All => {
            let standing = standing(&mut tx, actor, &rules, now).await?;
            (Some(standing), tiers(&mut tx, actor, &rules).await?)
        }
        ShopScope::Only(_) => (None, Vec::new()),
    };
    tx.rollback().await?;
    Ok(Overview { as_of: now, period, previous, standing, tiers })
}

fn scope(actor: &Actor, shop: Option<&str>) -> Result<ShopScope, OverviewError> {
    let Some(shop) = shop else { return Ok(actor.shops.clone()) };
    let narrowed = ShopScope::Only(vec![shop.to_owned()]);
    if narrowed.is_within(&actor.shops) { Ok(narrowed) } else { Err(OverviewError::Shop) }
}

fn days(request: &OverviewRequest, today: Day) -> Result<(Day, Day), OverviewError> {
    let to = request.to.unwrap_or(today);
    let from = request.from.unwrap_or(to.plus(-29));
    match to.days_since(from) {
        ..0 => Err(OverviewError::Order),
        DAYS_MAX.. => Err(OverviewError::TooLong),
        _ => Ok((from, to)),
    }
}

/// Who asks for what.
struct Asked<'a> {
    actor: &'a Actor,
    zone: &'a Zone,
    scope: &'a ShopScope,
    channels: &'a [&'a str],
    now: Timestamp,
}

/// What the store told of the periods, by the number of each.
struct Told {
    orders: Vec<OrdersIn>,
    entries: Vec<(i64, EntryKind, i64)>,
    new_members: std::collections::HashMap<i64, i64>,
    members: Vec<i64>,
    members_new: Vec<i64>,
    links: Vec<LinksIn>,
    buyers: std::collections::HashMap<i64, i64>,
    channel_buyers: std::collections::HashMap<(i64, String), i64>,
    new_buyers: std::collections::HashMap<(i64, String), i64>,
}

impl Asked<'_> {
    fn shops(&self) -> Shops<'_> {
        match self.scope {
            ShopScope::All => Shops::All,
            ShopScope::Only(shops) => Shops::Only(shops),
        }
    }

    fn span(&self, number: i64, from: Day, to: Day) -> Span {
        let (start, end) = (self.zone.day_start(from), self.zone.day_start(to.plus(1)));
        Span { number, start, end }
    }

    async fn periods(
        &self,
        tx: &mut Tx,
        periods: &[(Day, Day)],
    ) -> Result<Vec<Period>, OverviewError> {
        let spans: Vec<Span> =
            (0..).zip(periods).map(|(number, (from, to))| self.span(number, *from, *to)).collect();
        let days: Vec<Span> = periods
            .iter()
            .flat_map(|(from, to)| from.0..=to.0)
            .map(|day| self.span(i64::from(day), Day(day), Day(day)))
            .collect();
        let told = self.ask(tx, &spans, &days).await?;
        Ok((0..).zip(periods).map(|(number, days)| period(&told, number, *days)).collect())
    }

    async fn ask(&self, tx: &mut Tx, spans: &[Span], days: &[Span]) -> Result<Told, Error> {
        let (program, shops) = (self.actor.program, self.shops());
        let buyers = overview::buyers(tx, program, spans, self.channels, shops).await?;
        let (new_members, members, members_new, links);
        if matches!(self.scope, ShopScope::All) {
            new_members = overview::new_members(tx, program, days).await?;
            let within = overview::new_members(tx, program, spans).await?;
            members_new = spans.iter().map(|span| of(&within, span.number)).collect();
            members = self.members_by_end(tx, spans).await?;
            links = overview::links(tx, program, spans, self.channels).await?;
        } else {
            new_members =
                overview::new_members_of_shops(tx, program, days, self.channels, shops).await?;
            let within =
                overview::new_members_of_shops(tx, program, spans, self.channels, shops).await?;
            members_new = spans.iter().map(|span| of(&within, span.number)).collect();
            members = spans.iter().map(|span| of(&buyers, span.number)).collect();
            links = Vec::new();
        }
        Ok(Told {
            orders: overview::orders(tx, program, days, self.channels, shops).await?,
            entries: overview::entries(tx, program, days, &MOVING, shops).await?,
            channel_buyers: overview::channel_buyers(tx, program, spans, self.channels, shops)
                .await?,
            new_buyers: overview::new_buyers(tx, program, spans, shops).await?,
            new_members,
            members,
            members_new,
            links,
            buyers,
        })
    }

    /// Members by the end of each span: all there are, less those first recorded after it.
    async fn members_by_end(&self, tx: &mut Tx, spans: &[Span]) -> Result<Vec<i64>, Error> {
        let all: i64 = overview::tiers(tx, self.actor.program).await?.values().sum();
        let after: Vec<Span> = spans
            .iter()
            .map(|span| Span { start: span.end, end: Timestamp(i64::MAX), ..*span })
            .filter(|after| after.start <= self.now)
            .collect();
        let later = overview::new_members(tx, self.actor.program, &after).await?;
        Ok(spans.iter().map(|span| all - of(&later, span.number)).collect())
    }
}

fn of(counts: &std::collections::HashMap<i64, i64>, number: i64) -> i64 {
    counts.get(&number).copied().unwrap_or_default()
}

fn period(told: &Told, number: i64, (from, to): (Day, Day)) -> Period {
    let within = |day: i64| (i64::from(from.0)..=i64::from(to.0)).contains(&day);
    let mut daily: BTreeMap<i64, DayFlow> = (from.0..=to.0)
        .map(|day| {
            let members_new = of(&told.new_members, i64::from(day));
            let points = PointsFlow::default();
            let day = Day(day);
            (i64::from(day.0), DayFlow { day, members_new, orders: 0, sales: Money::ZERO, points })
        })
        .collect();
    let mut channels: BTreeMap<&str, ChannelFlow> = BTreeMap::new();
    for orders in told.orders.iter().filter(|orders| within(orders.span)) {
        if let Some(day) = daily.get_mut(&orders.span) {
            day.orders += orders.orders;
            day.sales = day.sales.plus(orders.sales);
        }
        let channel = channels.entry(&orders.channel).or_default();
        channel.orders += orders.orders;
        channel.sales = channel.sales.plus(orders.sales);
    }
    for (day, kind, points) in told.entries.iter().filter(|(day, ..)| within(*day)) {
        if let Some(day) = daily.get_mut(day) {
            add(&mut day.points, *kind, *points);
        }
    }
    for links in told.links.iter().filter(|links| links.span == number && links.linked > 0) {
        let channel = channels.entry(&links.channel).or_default();
        channel.linked = Some(links.linked);
        channel.linked_new = Some(links.linked_new);
        channel.linked_existing = Some(links.linked_existing);
    }
    for (name, channel) in &mut channels {
        let key = (number, (*name).to_owned());
        channel.channel.clone_from(&key.1);
        channel.buyers = told.channel_buyers.get(&key).copied().unwrap_or_default();
        channel.buyers_new = told.new_buyers.get(&key).copied().unwrap_or_default();
    }
    let daily: Vec<DayFlow> = daily.into_values().collect();
    let total = total(told, number, &daily);
    Period { from, to, total, channels: channels.into_values().collect(), daily }
}

fn total(told: &Told, number: i64, daily: &[DayFlow]) -> Flow {
    let place = usize::try_from(number).unwrap_or_default();
    let orders: i64 = daily.iter().map(|day| day.orders).sum();
    let sales: Money = daily.iter().map(|day| day.sales).sum();
    let buyers = of(&told.buyers, number);
    let mut points = PointsFlow::default();
    for day in daily {
        points.issued = points.issued.plus(day.points.issued);
        points.spent = points.spent.plus(day.points.spent);
        points.restored = points.restored.plus(day.points.restored);
        points.expired = points.expired.plus(day.points.expired);
        points.clawed_back = points.clawed_back.plus(day.points.clawed_back);
        points.adjusted += day.points.adjusted;
    }
    let linked = told.links.iter().filter(|links| links.span == number).map(|links| links.linked);
    Flow {
        members: told.members.get(place).copied().unwrap_or_default(),
        members_new: told.members_new.get(place).copied().unwrap_or_default(),
        links: if told.links.is_empty() { None } else { Some(linked.sum()) },
        buyers,
        orders,
        sales,
        average_order: average(sales, orders),
        average_buyer: average(sales, buyers),
        points,
    }
}

fn average(sales: Money, among: i64) -> Money {
    if among > 0 { Money(sales.0.div_euclid(among)) } else { Money::ZERO }
}

fn add(flow: &mut PointsFlow, kind: EntryKind, points: i64) {
    let moved = Points(points.saturating_abs());
    match kind {
        EntryKind::Earn => flow.issued = flow.issued.plus(moved),
        EntryKind::Spend => flow.spent = flow.spent.plus(moved),
        EntryKind::Restore => flow.restored = flow.restored.plus(moved),
        EntryKind::Expire => flow.expired = flow.expired.plus(moved),
        EntryKind::Clawback => flow.clawed_back = flow.clawed_back.plus(moved),
        EntryKind::Adjust | EntryKind::Migrate => flow.adjusted += points,
        // They move points within a member, or between two: the program has no more and no less.
        EntryKind::Mature
        | EntryKind::Hold
        | EntryKind::Release
        | EntryKind::Repay
        | EntryKind::Transfer => {}
    }
}

async fn standing(
    tx: &mut Tx,
    actor: &Actor,
    rules: &Arc<Program>,
    now: Timestamp,
) -> Result<Standing, Error> {
    let zone = &rules.zone;
    let mut starts = vec![now];
    starts.extend(zone.month_starts(now, MONTHS));
    let months: Vec<Span> = (0..)
        .zip(starts.windows(2))
        // A lot that ends with a month ends at the first instant of the next.
        .map(|(number, pair)| Span {
            number,
            start: Timestamp(pair[0].0.saturating_add(1)),
            end: Timestamp(pair[1].0.saturating_add(1)),
        })
        .collect();
    let soon = Span {
        number: -1,
        start: Timestamp(now.0.saturating_add(1)),
        end: Timestamp(zone.plus_months(now, SOON_MONTHS).0.saturating_add(1)),
    };
    let mut spans = months.clone();
    spans.push(soon);
    let mut stock = overview::stock(tx, actor.program, now).await?;
    let mut ending = overview::ending(tx, actor.program, &spans).await?;
    // Holds that ran out count as released; what that does to a member, settling tells.
    let overdue = overview::with_overdue_holds(tx, actor.program, now).await?;
    for account in
        ledger::load_accounts(tx, actor.program, overdue, Lots::Open).await?.into_values()
    {
        let settled = balance(&account, now);
        let (open, owed) = (open(&account, now), account.debt());
        let counted = open.minus_to_zero(owed);
        stock.available = stock.available.plus(settled.available).minus(counted);
        stock.debt = stock.debt.plus(settled.debt).minus(owed);
        for span in &spans {
            let is_in = |at: Timestamp| span.start <= at && at < span.end;
            let after = settled.expiring.iter().filter(|(at, _)| is_in(*at)).map(|(_, left)| *left);
            let before = account.lots.iter().filter(|lot| lot.expires_at.is_some_and(is_in));
            let change = after.sum::<Points>().minus(before.map(|lot| lot.remaining).sum());
            *ending.entry(span.number).or_default() += change.0;
        }
    }
    let ended = |number: i64| Points(ending.get(&number).copied().unwrap_or_default());
    let by_month = months.iter().zip(&starts).map(|(span, start)| {
        let (year, month, _) = zone.date(*start);
        ((year, month), ended(span.number))
    });
    Ok(Standing { stock, ending_soon: ended(-1), ending: by_month.collect() })
}

fn open(account: &Account, now: Timestamp) -> Points {
    account.lots.iter().filter(|lot| lot.is_open(now)).map(|lot| lot.remaining).sum()
}

async fn tiers(tx: &mut Tx, actor: &Actor, rules: &Arc<Program>) -> Result<Vec<TierCount>, Error> {
    let counts = overview::tiers(tx, actor.program).await?;
    Ok(rules
        .ladder
        .tiers
        .iter()
        .map(|tier| TierCount {
            tier: tier.id.clone(),
            name: tier.name.clone(),
            members: counts.get(&tier.id).copied().unwrap_or_default(),
        })
        .collect())
}
