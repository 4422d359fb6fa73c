//! What happens to each basket, who the buyer says to be, and when we hear of it.

use std::collections::HashMap;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, offset};

use super::chance::{Chance, Purpose};
use super::events::{
    Buyer, Channel, Identity, OrderEvent, OrderLine, RefundEvent, RefundLine, SampleEvent, Status,
};
use super::journey::{Basket, DAY, HOUR, Journey, Line, SECOND};
use super::shoppers::{Shopper, masked, platform_identities, shopper};

/// Where the sample's brand lives, all year without summer time.
const SHANGHAI: Offset = offset(8);

/// What delivery costs, in fen, for an online order of less than [`FREE_SHIPPING_FROM`].
const SHIPPING: i64 = 600;
const FREE_SHIPPING_FROM: i64 = 5_900;

/// An event to be made, and when it arrives.
#[derive(Debug, Clone)]
pub(super) struct Step {
    arrives_at: i64,
    basket: usize,
    kind: StepKind,
    sale: Sale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StepKind {
    Paid,
    Shipped,
    Completed,
    Closed,
    Refunded(usize),
}

/// Where a basket was bought and what its buyer showed.
#[derive(Debug, Clone, Copy)]
struct Sale {
    channel: Channel,
    shows: Shows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    MaskedPhone,
    Card,
    Phone,
    PhoneAndCard,
    Platform,
    PlatformAndPhone,
}

/// When an order goes through its states, in microseconds.
struct Course {
    placed: i64,
    paid: i64,
    shipped: i64,
    completed: i64,
    /// Set when the buyer cancels before the parcel leaves.
    closed: Option<i64>,
}

/// Goods that come back at one time.
struct Return {
    at: i64,
    lines: Vec<RefundLine>,
}

/// What a shopper did before the basket at hand.
struct Past {
    shopper: Shopper,
    began: i64,
    /// Online channels that know the phone.
    told: Vec<Channel>,
}

/// Everything that arrives before `today` begins, in the order of arrival.
pub(super) fn steps(seed: u64, year: &Journey, today: Date) -> anyhow::Result<Vec<Step>> {
    let midnight = SHANGHAI.to_timestamp(today.to_datetime(Time::midnight()));
    let end = midnight.context("today is out of range")?.as_microsecond();

    let mut pasts: HashMap<u64, Past> = HashMap::new();
    let mut steps = Vec::new();
    for (index, basket) in year.baskets.iter().enumerate() {
        let past = pasts.entry(basket.household).or_insert_with(|| Past {
            shopper: shopper(seed, basket.household),
            began: basket.at,
            told: Vec::new(),
        });
        let sale = sale(seed, basket, past);
        let happenings = happenings(seed, year, basket, sale.channel);
        for (order, (kind, at)) in
            happenings.into_iter().enumerate().filter(|(_, (_, at))| *at < end)
        {
            for arrives_at in arrivals(seed, basket, order, at, end)? {
                steps.push(Step { arrives_at, basket: index, kind, sale });
            }
        }
    }
    steps.sort_by_key(|step| (step.arrives_at, step.basket, step.kind));
    Ok(steps)
}

/// Makes the event of a step.
pub(super) fn event(seed: u64, year: &Journey, step: &Step) -> anyhow::Result<SampleEvent> {
    let basket = &year.baskets[step.basket];
    match step.kind {
        StepKind::Paid => order(seed, year, basket, step, Status::Paid),
        StepKind::Shipped => order(seed, year, basket, step, Status::Shipped),
        StepKind::Completed => order(seed, year, basket, step, Status::Completed),
        StepKind::Closed => order(seed, year, basket, step, Status::Closed),
        StepKind::Refunded(index) => refund(seed, year, basket, step, index),
    }
}

/// What happens to a basket and when. A till's order is completed when it is paid.
fn happenings(
    seed: u64,
    year: &Journey,
    basket: &Basket,
    channel: Channel,
) -> Vec<(StepKind, i64)> {
    let course = course(seed, basket, channel);
    let mut happenings = match (channel, course.closed) {
        (Channel::Pos, _) => vec![(StepKind::Completed, course.paid)],
        (_, Some(closed)) => {
            return vec![(StepKind::Paid, course.paid), (StepKind::Closed, closed)];
        }
        (_, None) => vec![
            (StepKind::Paid, course.paid),
            (StepKind::Shipped, course.shipped),
            (StepKind::Completed, course.completed),
        ],
    };
    let returns = returns(seed, year.lines_of(basket), basket.number, course.completed);
    happenings.extend(
        returns.into_iter().enumerate().map(|(index, back)| (StepKind::Refunded(index), back.at)),
    );
    happenings
}

fn course(seed: u64, basket: &Basket, channel: Channel) -> Course {
    let paid = basket.at;
    if channel == Channel::Pos {
        return Course { placed: paid, paid, shipped: paid, completed: paid, closed: None };
    }
    let mut chance = Chance::of(seed, Purpose::Course, basket.number);
    let placed = paid - i64::from(chance.between(20, 600)) * SECOND;
    let shipped = paid + i64::from(chance.between(2, 40)) * HOUR;
    let completed = shipped + i64::from(chance.between(30, 190)) * HOUR;
    let closed = chance.per_mille(4).then_some(paid + HOUR);
    Course { placed, paid, shipped, completed, closed }
}

/// When we hear of something: at once, now and then much later, now and then again.
fn arrivals(
    seed: u64,
    basket: &Basket,
    order: usize,
    at: i64,
    end: i64,
) -> anyhow::Result<Vec<i64>> {
    let subject = basket.number * 16 + u64::try_from(order)?;
    let mut chance = Chance::of(seed, Purpose::Arrival, subject);
    let delay = i64::from(chance.below(4)) * SECOND;
    let lateness = i64::from(chance.between(1, 36)) * HOUR;
    let is_late = chance.per_mille(20) && at + lateness < end;
    let once = (at + if is_late { lateness } else { delay }).min(end - 1);

    let pause = i64::from(chance.between(5, 21_600)) * SECOND;
    let is_repeated = chance.per_mille(60) && once + pause < end;
    Ok(if is_repeated { vec![once, once + pause] } else { vec![once] })
}

/// What comes back of a basket: of a hundred orders, one whole and three in part.
fn returns(seed: u64, lines: &[Line], number: u64, completed: i64) -> Vec<Return> {
    let mut chance = Chance::of(seed, Purpose::Refund, number);
    let throw = chance.below(1000);
    let mut at = completed + i64::from(chance.between(1, 14)) * DAY - HOUR;
    if throw < 12 {
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(index, line)| back(index, line.quantity, line.paid)).collect();
        return vec![Return { at, lines }];
    }

    let mut returns = Vec::new();
    let mut left: Vec<(i64, i64)> = lines.iter().map(|line| (line.quantity, line.paid)).collect();
    let count = match throw {
        12..15 => 2,
        15..40 => 1,
        _ => 0,
    };
    for _ in 0..count {
        let lines = some_of(&mut chance, &mut left);
        if !lines.is_empty() {
            returns.push(Return { at, lines });
        }
        at += 3 * DAY;
    }
    returns
}

/// Takes up to three lines, or some pieces of them, out of what is left.
fn some_of(chance: &mut Chance, left: &mut [(i64, i64)]) -> Vec<RefundLine> {
    let mut taken: Vec<RefundLine> = Vec::new();
    let lines: Vec<usize> = (0..left.len()).collect();
    for _ in 0..chance.between(1, 3) {
        let index = *chance.pick(&lines);
        let (quantity_left, amount_left) = left[index];
        let is_taken = taken.iter().any(|line| line.line_no == line_no(index));
        let Ok(most) = u32::try_from(quantity_left) else { continue };
        if most == 0 || is_taken {
            continue;
        }
        let quantity = i64::from(chance.between(1, most));
        let amount = amount_left * quantity / quantity_left;
        if amount > 0 {
            left[index] = (quantity_left - quantity, amount_left - amount);
            taken.push(back(index, quantity, amount));
        }
    }
    taken
}

fn back(index: usize, quantity: i64, amount: i64) -> RefundLine {
    RefundLine { line_no: line_no(index), quantity, amount }
}

fn line_no(index: usize) -> String {
    (index + 1).to_string()
}

/// Where a shopper buys next. One who begins on a platform buys there first, without a phone.
fn sale(seed: u64, basket: &Basket, past: &mut Past) -> Sale {
    if let Some(beginning) = past.shopper.begins_on
        && basket.at == past.began
    {
        return Sale { channel: beginning.channel, shows: Shows::Platform };
    }
    let mut chance = Chance::of(seed, Purpose::Basket, basket.number);
    let shopper = &past.shopper;
    let channel = if chance.per_mille(720) || shopper.others.is_empty() {
        shopper.preferred
    } else {
        *chance.pick(&shopper.others)
    };
    if channel == Channel::Pos {
        return Sale { channel, shows: shows_at_the_till(&mut chance, shopper.card.is_some()) };
    }

    let is_silent = shopper.begins_on.is_some_and(|beginning| {
        beginning.channel == channel && basket.at < past.began + beginning.silent_days * DAY
    });
    let shows = if chance.per_mille(10) {
        Shows::MaskedPhone
    } else if is_silent || (past.told.contains(&channel) && chance.per_mille(300)) {
        Shows::Platform
    } else {
        past.told.push(channel);
        Shows::PlatformAndPhone
    };
    Sale { channel, shows }
}

fn shows_at_the_till(chance: &mut Chance, has_card: bool) -> Shows {
    match (chance.below(100), has_card) {
        (0..3, _) => Shows::Nothing,
        (3..50, true) => Shows::Card,
        (50..75, true) => Shows::PhoneAndCard,
        _ => Shows::Phone,
    }
}

fn order(
    seed: u64,
    year: &Journey,
    basket: &Basket,
    step: &Step,
    status: Status,
) -> anyhow::Result<SampleEvent> {
    let channel = step.sale.channel;
    let course = course(seed, basket, channel);
    let lines: Vec<OrderLine> = year
        .lines_of(basket)
        .iter()
        .enumerate()
        .map(|(index, line)| OrderLine {
            line_no: line_no(index),
            sku: line.product.to_string(),
            category: year.categories[line.category].clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            paid: line.paid,
        })
        .collect();
    let goods: i64 = lines.iter().map(|line| line.paid).sum();
    let is_delivered = channel != Channel::Pos && goods < FREE_SHIPPING_FROM;
    let shipping = if is_delivered { SHIPPING } else { 0 };
    let shop = shop(seed, basket, channel);
    let touchpoint = (shop == "dy-live").then(|| live_room(basket.at)).transpose()?;
    let completed = (status == Status::Completed).then_some(course.completed);

    Ok(SampleEvent::Order(OrderEvent {
        arrives_at: instant(step.arrives_at)?,
        channel,
        shop,
        order_no: order_no(basket, channel),
        status,
        placed_at: instant(course.placed)?,
        paid_at: instant(course.paid)?,
        completed_at: completed.map(instant).transpose()?,
        buyer: buyer(seed, basket, step.sale),
        lines,
        shipping,
        paid: goods + shipping,
        staff: staff(seed, basket, channel),
        touchpoint,
    }))
}

fn refund(
    seed: u64,
    year: &Journey,
    basket: &Basket,
    step: &Step,
    index: usize,
) -> anyhow::Result<SampleEvent> {
    let channel = step.sale.channel;
    let completed = course(seed, basket, channel).completed;
    let back = returns(seed, year.lines_of(basket), basket.number, completed)
        .into_iter()
        .nth(index)
        .context("a refund was planned that does not happen")?;
    let order_no = order_no(basket, channel);
    Ok(SampleEvent::Refund(RefundEvent {
        arrives_at: instant(step.arrives_at)?,
        channel,
        refund_no: format!("{order_no}-R{}", index + 1),
        order_no,
        refunded_at: instant(back.at)?,
        lines: back.lines,
    }))
}

fn buyer(seed: u64, basket: &Basket, sale: Sale) -> Option<Buyer> {
    let shopper = shopper(seed, basket.household);
    let mut identities = Vec::new();
    let shows_phone =
        matches!(sale.shows, Shows::Phone | Shows::PhoneAndCard | Shows::PlatformAndPhone);
    if shows_phone {
        let value = shopper.phone.clone();
        identities.push(Identity { kind: "phone", scope: None, value, verified: Some(true) });
    }
    if matches!(sale.shows, Shows::Platform | Shows::PlatformAndPhone) {
        identities.extend(platform_identities(seed, basket.household, sale.channel));
    }
    if matches!(sale.shows, Shows::Card | Shows::PhoneAndCard) {
        let card = shopper.card.into_iter();
        identities.extend(card.map(|card| scoped("card", "pos", card)));
    }
    if sale.shows == Shows::MaskedPhone {
        identities.push(scoped("phone_masked", scope(sale.channel), masked(&shopper.phone)));
    }
    if identities.is_empty() {
        return None;
    }
    // Only our own channels ask for more than a name.
    let is_ours = matches!(sale.channel, Channel::Pos | Channel::MiniProgram);
    Some(Buyer {
        identities,
        name: shows_phone.then_some(shopper.name),
        gender: shopper.gender.filter(|_| shows_phone && is_ours),
        birthday: shopper.birthday.filter(|_| shows_phone && is_ours),
    })
}

fn scoped(kind: &'static str, scope: &'static str, value: String) -> Identity {
    Identity { kind, scope: Some(scope), value, verified: None }
}

fn scope(channel: Channel) -> &'static str {
    match channel {
        Channel::Pos => "pos",
        Channel::MiniProgram => "mini_program",
        Channel::Tmall => "tmall",
        Channel::Jd => "jd",
        Channel::Douyin => "douyin",
        Channel::Xiaohongshu => "xiaohongshu",
        Channel::WechatShop => "wechat_shop",
    }
}

fn shop(seed: u64, basket: &Basket, channel: Channel) -> String {
    let second = Chance::of(seed, Purpose::Course, basket.household).per_mille(350);
    match channel {
        Channel::Pos => return format!("S{:04}", basket.store),
        Channel::MiniProgram => "mp-flagship",
        Channel::Tmall if second => "tm-outlet",
        Channel::Tmall => "tm-flagship",
        Channel::Jd => "jd-flagship",
        Channel::Douyin if second => "dy-live",
        Channel::Douyin => "dy-flagship",
        Channel::Xiaohongshu => "xhs-flagship",
        Channel::WechatShop => "wx-flagship",
    }
    .to_owned()
}

/// The basket's number in the data, after the platform's letters.
fn order_no(basket: &Basket, channel: Channel) -> String {
    let letters = match channel {
        Channel::Pos => "",
        Channel::MiniProgram => "MP",
        Channel::Tmall => "TM",
        Channel::Jd => "JD",
        Channel::Douyin => "DY",
        Channel::Xiaohongshu => "XHS",
        Channel::WechatShop => "WX",
    };
    format!("{letters}{}", basket.number)
}

/// Two tills' orders in five name the guide who served, one of three of the store.
fn staff(seed: u64, basket: &Basket, channel: Channel) -> Option<String> {
    let mut chance = Chance::of(seed, Purpose::Course, basket.number);
    let is_served = channel == Channel::Pos && chance.per_mille(400);
    is_served.then(|| format!("G{:04}{}", basket.store, chance.between(1, 3)))
}

/// The live room of a day, `live-0501`.
fn live_room(at: i64) -> anyhow::Result<String> {
    let day = SHANGHAI.to_datetime(instant(at)?);
    Ok(format!("live-{:02}{:02}", day.month(), day.day()))
}

fn instant(microseconds: i64) -> anyhow::Result<Timestamp> {
    Timestamp::from_microsecond(microseconds).context("an instant is out of range")
}
