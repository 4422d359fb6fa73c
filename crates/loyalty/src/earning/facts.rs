//! What conditions may ask of a member, an order and a line.

use std::cell::OnceCell;

use super::Inputs;
use crate::amounts::{Money, Points};
use crate::expr::{Facts, Slot, Value, facts};
use crate::members::Gender;
use crate::orders::{Line, Order};
use crate::program::Program;
use crate::time::{CalendarDate, Timestamp, Zone};

/// The channel whose shops are offline stores.
const STORE_CHANNEL: &str = "pos";

/// A member as conditions see one: as of before the event they are asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFacts {
    /// The id of the tier held.
    pub tier: String,
    /// The growth of the program's window.
    pub growth: Points,
    /// As told.
    pub gender: Option<Gender>,
    /// The date of birth; the age follows from it.
    pub birthday: Option<CalendarDate>,
    /// When the member joined.
    pub joined_at: Timestamp,
    /// Tags, in any order.
    pub tags: Vec<String>,
    /// The channels the member is known on, in any order.
    pub channels: Vec<String>,
    /// How many orders were paid.
    pub orders_count: i64,
    /// What was paid for them.
    pub spent: Money,
    /// When the last of them was paid.
    pub last_order_at: Option<Timestamp>,
    /// Whether the member has a phone.
    pub bound: bool,
    /// The ids of the cards in force, in any order.
    pub cards: Vec<String>,
}

/// The facts of a member and an order, and of a line where there is one.
#[derive(Debug, Clone)]
pub struct OrderFacts<'a> {
    member: &'a MemberFacts,
    order: &'a Order,
    effective_at: Timestamp,
    first: bool,
    zone: &'a Zone,
    birthday: OnceCell<String>,
}

/// The facts of one line with those of its order and member.
#[derive(Debug, Clone, Copy)]
pub struct LineFacts<'a> {
    order: &'a OrderFacts<'a>,
    line: &'a Line,
}

impl<'a> OrderFacts<'a> {
    /// The facts of an order as a whole: those of a line are absent.
    pub fn new(program: &'a Program, inputs: &Inputs<'a>) -> Self {
        Self {
            member: inputs.member,
            order: inputs.order,
            effective_at: inputs.effective_at,
            first: inputs.first,
            zone: &program.zone,
            birthday: OnceCell::new(),
        }
    }

    /// The same with the facts of a line.
    pub fn of_line(&'a self, line: &'a Line) -> LineFacts<'a> {
        LineFacts { order: self, line }
    }

    fn of_member(&self, slot: Slot) -> Value<'_> {
        let member = self.member;
        match slot {
            facts::MEMBER_TIER => Value::Text(&member.tier),
            facts::MEMBER_GROWTH => Value::Int(member.growth.0),
            facts::MEMBER_GENDER => Value::text_or_null(member.gender.map(gender)),
            facts::MEMBER_JOINED_AT => Value::Timestamp(member.joined_at.0),
            facts::MEMBER_TAGS => Value::TextList(&member.tags),
            facts::MEMBER_CHANNELS => Value::TextList(&member.channels),
            facts::MEMBER_ORDERS_COUNT => Value::Int(member.orders_count),
            facts::MEMBER_SPENT => Value::Int(member.spent.0),
            facts::MEMBER_LAST_ORDER_AT => {
                Value::timestamp_or_null(member.last_order_at.map(|at| at.0))
            }
            facts::MEMBER_BOUND => Value::Bool(member.bound),
            facts::MEMBER_CARDS => Value::TextList(&member.cards),
            _ => member.birthday.map_or(Value::Null, |birthday| self.of_birthday(slot, birthday)),
        }
    }

    fn of_birthday(&self, slot: Slot, birthday: CalendarDate) -> Value<'_> {
        let (_, month, day) = birthday.parts();
        match slot {
            facts::MEMBER_AGE => {
                Value::int_or_null(birthday.years_until(self.effective_at, self.zone))
            }
            facts::MEMBER_BIRTHDAY => {
                Value::Text(self.birthday.get_or_init(|| birthday.to_string()))
            }
            facts::MEMBER_BIRTH_MONTH => Value::Int(i64::from(month)),
            facts::MEMBER_BIRTH_DAY => Value::Int(i64::from(day)),
            _ => Value::Null,
        }
    }

    fn of_order(&self, slot: Slot) -> Option<Value<'_>> {
        let order = self.order;
        let fact = match slot {
            facts::ORDER_CHANNEL => Value::Text(&order.key.channel),
            facts::ORDER_SHOP => Value::text_or_null(order.shop.as_deref()),
            facts::ORDER_STORE => {
                let store = order.shop.as_deref().filter(|_| order.key.channel == STORE_CHANNEL);
                Value::text_or_null(store)
            }
            facts::ORDER_PAID => Value::Int(order.paid.0),
            facts::ORDER_PAID_AT => Value::Timestamp(self.effective_at.0),
            facts::ORDER_FIRST => Value::Bool(self.first),
            facts::ORDER_TOUCHPOINT => Value::text_or_null(order.touchpoint.as_deref()),
            facts::ORDER_STAFF => Value::text_or_null(order.staff.as_deref()),
            facts::ORDER_LINES_COUNT => Value::int_or_null(i64::try_from(order.lines.len()).ok()),
            facts::ORDER_QUANTITY => {
                let pieces = order.lines.iter().map(|line| line.quantity);
                Value::Int(pieces.fold(0, i64::saturating_add))
            }
            facts::ORDER_SHIPPING => Value::Int(order.shipping.0),
            _ => return None,
        };
        Some(fact)
    }
}

impl Facts for OrderFacts<'_> {
    fn fact(&self, slot: Slot) -> Value<'_> {
        self.of_order(slot).unwrap_or_else(|| self.of_member(slot))
    }
}

impl Facts for LineFacts<'_> {
    fn fact(&self, slot: Slot) -> Value<'_> {
        match slot {
            facts::LINE_SKU => Value::Text(&self.line.sku),
            facts::LINE_CATEGORY => Value::text_or_null(self.line.category.as_deref()),
            facts::LINE_QUANTITY => Value::Int(self.line.quantity),
            facts::LINE_PAID => Value::Int(self.line.paid.0),
            facts::LINE_UNIT_PRICE => Value::Int(self.line.unit_price.0),
            _ => self.order.fact(slot),
        }
    }
}

const fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Other => "other",
    }
}
