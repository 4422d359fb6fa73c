//! Carts and splits of other engines, priced by Hui: where they come to the same
//! and, case by case, which rule of Hui's makes them differ.
//!
//! `vectors/promotions.json` holds the cases, `vectors/promotions.md` says where
//! they are from, `vectors/differences.json` names every cart that differs with
//! the reason. A case that is listed but equal fails as much as one that differs
//! and is not listed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hui_loyalty::amounts::{Money, Rounding, divide, split};
use hui_loyalty::checkout::quote::Quote;
use hui_loyalty::checkout::reasons::{Offer, Why};
use hui_loyalty::checkout::{Asked, Assets, Buyer, Cart, CartLine, Shipping, quote};
use hui_loyalty::earning::facts::MemberFacts;
use hui_loyalty::program::{check, reading::read};
use serde_json::{Map, Value, json};

const CASES: &str = include_str!("vectors/promotions.json");
const DIFFERENCES: &str = include_str!("vectors/differences.json");

fn cases() -> &'static BTreeMap<String, Value> {
    static CASES_BY_ID: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    CASES_BY_ID.get_or_init(|| {
        let all: Value = serde_json::from_str(CASES).unwrap();
        let list = all["vectors"].as_array().unwrap().iter();
        list.map(|case| (text(&case["id"]).replace('-', "_"), case.clone())).collect()
    })
}

fn differences() -> BTreeMap<String, String> {
    let all: BTreeMap<String, String> = serde_json::from_str(DIFFERENCES).unwrap();
    all.into_iter().map(|(id, why)| (id.replace('-', "_"), why)).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A decimal text in minor units, half up.
fn minor(value: &Value, decimals: u32) -> i64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let places = u32::try_from(fraction.len()).unwrap();
    let scaled = digits * 10_i128.pow(decimals);
    let rounded = divide(scaled, 10_i128.pow(places), Rounding::HalfUp).unwrap();
    i64::try_from(rounded).unwrap()
}

/// One case in Hui's terms.
struct Translated<'a> {
    case: &'a Value,
    profile: &'a str,
    decimals: u32,
    budgets: Vec<Value>,
}

impl<'a> Translated<'a> {
    fn of(case: &'a Value) -> Self {
        let decimals = case["cart"]["decimals"].as_u64().unwrap_or(2);
        Self {
            case,
            profile: text(&case["profile"]),
            decimals: u32::try_from(decimals).unwrap(),
            budgets: Vec::new(),
        }
    }

    fn minor(&self, value: &Value) -> i64 {
        minor(value, self.decimals)
    }

    fn cart(&self) -> Cart {
        let cart = &self.case["cart"];
        let lines = list(&cart["lines"]).iter().map(|line| {
            let quantity = line["qty"].as_i64().unwrap();
            CartLine {
                line_no: text(&line["id"]).to_owned(),
                sku: text(&line["sku"]).to_owned(),
                category: Some(text(&line["category"]).to_owned()),
                quantity,
                unit_price: Money(self.minor(&line["subtotal"]) / quantity),
                discountable: line["discountable"].as_bool().unwrap_or(true),
            }
        });
        let shipping = list(&cart["shipping"]).iter().map(|delivery| Shipping {
            id: text(&delivery["id"]).to_owned(),
            method: Some(text(&delivery["method"]).to_owned()),
            amount: Money(self.minor(&delivery["amount"])),
        });
        Cart {
            at: "2026-05-01T00:00:00Z".parse().unwrap(),
            channel: "web".to_owned(),
            shop: None,
            staff: None,
            touchpoint: None,
            lines: lines.collect(),
            shipping: shipping.collect(),
        }
    }

    /// The promotions that are automatic or whose code is presented, in the cart's currency.
    fn document(&mut self) -> Value {
        let codes: Vec<&str> = list(&self.case["codes"]).iter().map(text).collect();
        let currency = text(&self.case["cart"]["currency"]);
        let presented = |promotion: &&Value| {
            let is_own = promotion["currency"].as_str().is_none_or(|own| own == currency);
            let is_code = promotion["trigger"] == "code";
            // An amount of nothing is no promotion.
            let gives = promotion["value"] != "0" || promotion["additional_value"] != "0";
            is_own && gives && (!is_code || codes.contains(&text(&promotion["id"])))
        };
        let chosen: Vec<&Value> = list(&self.case["promotions"]).iter().filter(presented).collect();
        let translated: Vec<Value> = chosen.into_iter().map(|one| self.promotion(one)).collect();
        json!({"promotions": {
            "groups": [{"id": "per-line", "applies": "one_per_line", "choose": "best"}],
            "list": translated,
        }})
    }

    fn promotion(&mut self, one: &Value) -> Value {
        let mut needs = Map::new();
        let mut audience = "true".to_owned();
        for condition in list(&one["conditions"]) {
            let values = list(&condition["values"]);
            match text(&condition["field"]) {
                "customer_group" => {
                    let is_one = |group: &Value| format!("'{}' in member.tags", text(group));
                    audience = values.iter().map(is_one).collect::<Vec<_>>().join(" || ");
                }
                field @ ("cart_subtotal" | "running_subtotal") => {
                    needs.insert("spend".into(), self.minor(&values[0]).into());
                    needs.insert("whole_cart".into(), true.into());
                    if field == "cart_subtotal" {
                        needs.insert("of".into(), "list".into());
                    }
                }
                "any_line_qty" => {
                    needs.insert("pieces".into(), minor(&values[0], 0).into());
                    needs.insert("whole_cart".into(), true.into());
                }
                "cart_contains_sku" => {
                    needs.insert("holding".into(), json!({"include": {"skus": values}}));
                }
                "shipping_method" => {
                    needs.insert("methods".into(), values.to_vec().into());
                }
                other => panic!("no translation of the condition {other}"),
            }
        }
        self.budget(one);
        let buys = text(&one["kind"]).starts_with("bxgy");
        let scope = scope(if buys { &one["buy_match"] } else { &one["match"] });
        let scope = if one["target"] == "shipping" { json!({}) } else { scope };
        let mut promotion = json!({
            "id": one["id"], "scope": scope, "needs": needs, "audience": audience,
            "priority": self.priority(one), "benefits": [self.benefit(one)],
            "budget": {"money": 1_000_000_000_000_i64, "uses": 1_000_000},
        });
        let in_one_lane = self.profile == "medusa-2" || self.profile == "solidus-4";
        let for_lines = in_one_lane || one["target"] == "line";
        promotion["lane"] = if for_lines { "line" } else { "order" }.into();
        let best = self.profile == "solidus-4" && one["lane"].is_null();
        if one["exclusivity"] == "best_per_line" || best {
            promotion["group"] = "per-line".into();
        }
        promotion
    }

    /// What the case says is used already.
    fn budget(&mut self, one: &Value) {
        let budget = &one["budget"];
        let mut left = json!({"promotion": one["id"]});
        if budget["kind"] == "spend" {
            left["money"] = (self.minor(&budget["limit"]) - self.minor(&budget["used"])).into();
        } else if !budget.is_null() {
            left["uses"] = (minor(&budget["limit"], 0) - minor(&budget["used"], 0)).into();
        }
        if !one["use_limit"].is_null() {
            left["uses"] = (minor(&one["use_limit"], 0) - minor(&one["used_count"], 0)).into();
        }
        if left.as_object().is_some_and(|fields| fields.len() > 1) {
            self.budgets.push(left);
        }
    }

    /// The order in which the engine applies promotions.
    fn priority(&self, one: &Value) -> i64 {
        let by_lane = ["post", "default", "pre"].iter().position(|lane| one["lane"] == *lane);
        let lane = by_lane.and_then(|lane| i64::try_from(lane).ok()).unwrap_or(1);
        match self.profile {
            // Buy-get promotions first, then by the bare number of the value.
            "medusa-2" if text(&one["kind"]).starts_with("bxgy") => 900_000,
            "medusa-2" => minor(&one["value"], 0),
            _ => lane * 1_000 - one["priority"].as_i64().unwrap_or(0),
        }
    }

    fn rounding(&self) -> Value {
        let each = match self.profile {
            "saleor-3" | "vendure-3" => "piece",
            _ => "line",
        };
        // Vendure rounds the price that is left.
        let to = if self.profile == "vendure-3" { "half_down" } else { "half_up" };
        json!({"each": each, "to": to})
    }

    fn off(&self, one: &Value) -> Value {
        if text(&one["kind"]).contains("percent") {
            json!({"percent": minor(&one["value"], 0)})
        } else {
            json!({"amount": self.minor(&one["value"])})
        }
    }

    fn benefit(&self, one: &Value) -> Value {
        let each = one["allocation"] == "each";
        if one["target"] == "shipping" {
            let methods: Vec<&Value> =
                list(&one["match"]).iter().flat_map(|only| list(&only["values"])).collect();
            return json!({"kind": "shipping", "off": self.off(one), "methods": methods,
                "each": if each { "delivery" } else { "order" }, "to": "half_up",
                "without_products": true});
        }
        let order = one["target"] == "order" || one["allocation"] == "across";
        let per_piece = each && self.profile == "medusa-2";
        match text(&one["kind"]) {
            "percent" if order && self.profile != "medusa-2" => json!({"kind": "percent",
                "off": self.off(one), "cap": self.cap(one),
                "rounding": {"each": "once", "to": "half_up"}}),
            "percent" => json!({"kind": "percent", "off": self.off(one), "cap": self.cap(one),
                "pieces_max": if each { one["max_units"].clone() } else { Value::Null },
                "rounding": self.rounding()}),
            "fixed" => json!({"kind": "amount", "amount": self.minor(&one["value"]),
                "each": if order { "order" } else if per_piece { "piece" } else { "line" },
                "pieces_max": if per_piece { one["max_units"].clone() } else { Value::Null }}),
            "set_order_total" => json!({"kind": "fixed_price", "each": "order",
                "price": self.minor(&one["value"])}),
            "bxgy_percent" | "bxgy_fixed" => {
                let (buy, get) = (scope(&one["buy_match"]), scope(&one["match"]));
                json!({"kind": "buy_get", "buy": one["buy_units"], "get": one["get_units"],
                    "get_scope": if buy == get { Value::Null } else { get },
                    "off": self.off(one), "picks": "dearest", "get_max": one["max_units"],
                    "partly": false})
            }
            "tiered_percent" | "tiered_fixed" => {
                let base = json!({"spend": 1, "off": self.off(one)});
                let tiers = list(&one["tiers"]).iter().map(|tier| {
                    json!({"spend": self.minor(&tier["from"]),
                        "off": {"percent": minor(&tier["value"], 0)}})
                });
                let steps: Vec<Value> = std::iter::once(base).chain(tiers).collect();
                json!({"kind": "spend_save", "of": "list", "steps": steps,
                    "rounding": self.rounding()})
            }
            "per_group_percent" | "per_group_fixed" => {
                let size = one["group_size"].as_i64().unwrap();
                let off = if text(&one["kind"]) == "per_group_percent" {
                    self.off(one)
                } else {
                    json!({"amount": self.minor(&one["value"]) * size})
                };
                json!({"kind": "bundle", "parts": [{"pieces": size}], "off": off})
            }
            "flexi_fixed" => {
                // An amount off the first piece; Hui has none for the pieces after it.
                json!({"kind": "amount", "each": "piece", "pieces_max": 1,
                    "amount": self.minor(&one["value"]).max(1)})
            }
            "gift_line" => json!({"kind": "gift", "sku": one["gift"]["sku"], "per_pieces": 1}),
            other => panic!("no translation of {other}"),
        }
    }

    fn cap(&self, one: &Value) -> Value {
        let cap = &one["max_discount"];
        if cap.is_null() { Value::Null } else { self.minor(cap).into() }
    }

    fn quote(&mut self) -> Quote {
        let mut document = self.document();
        if let Some(list) = document["promotions"]["list"].as_array_mut() {
            for promotion in list.iter_mut() {
                let needed = list_of_gift(self.case, promotion);
                if let Some(scope) = needed {
                    promotion["scope"] = scope;
                }
            }
        }
        let program = match check(&read(document).unwrap()) {
            Ok(program) => program,
            Err(problems) => panic!("{problems:?}"),
        };
        let groups = list(&self.case["cart"]["customer_groups"]);
        let member = MemberFacts {
            tags: groups.iter().map(|group| text(group).to_owned()).collect(),
            ..MemberFacts::default()
        };
        let assets = Assets {
            budgets: serde_json::from_value(Value::Array(self.budgets.clone())).unwrap(),
            ..Assets::default()
        };
        let buyer = Buyer { member: Some(&member), first: false };
        quote(&program, &self.cart(), buyer, &assets, &Asked::default()).unwrap()
    }

    /// What differs from what the case expects; empty when nothing does.
    fn differences(&mut self) -> Vec<String> {
        let quote = self.quote();
        let expected = &self.case["expected"];
        let mut told = told(&quote);
        let mut differences = Vec::new();
        for one in
            list(&expected["adjustments"]).iter().chain(list(&expected["adjustments_include"]))
        {
            let key = (text(&one["promotion"]).to_owned(), text(&one["id"]).to_owned());
            let amount = self.minor(&one["amount"]);
            let ours = told.remove(&key).unwrap_or(0);
            if ours != amount {
                differences.push(format!("{key:?}: {ours} instead of {amount}"));
            }
        }
        if expected["adjustments"].is_array() {
            differences.extend(told.iter().map(|(key, amount)| format!("{key:?}: {amount} too")));
        }
        differences.extend(self.totals(&quote));
        for one in list(&expected["rejected"]) {
            let offer = Offer::Promotion(text(&one["promotion"]).into());
            let is_told = |refused: &hui_loyalty::checkout::reasons::Unavailable| {
                refused.offer == offer && refused.why == Why::PromotionBudget
            };
            if !quote.unavailable.iter().any(is_told) {
                differences.push(format!("{offer:?} is not refused for its budget"));
            }
        }
        differences
    }

    fn totals(&self, quote: &Quote) -> Vec<String> {
        let expected = &self.case["expected"];
        let mut differences = Vec::new();
        let mut compare = |name: &str, ours: i64, theirs: &Value| {
            if !theirs.is_null() && ours != self.minor(theirs) {
                differences.push(format!("{name}: {ours} instead of {theirs}"));
            }
        };
        // Prices are compared as they were given: taxes are not Hui's.
        let includes_tax = self.case["cart"]["prices_include_tax"] == true;
        let total = if includes_tax { "gross" } else { "net" };
        compare(total, quote.to_pay.0, &expected["totals"][total]);
        let sum: Money = quote.applied.iter().map(|one| one.amount).sum();
        compare("sum", sum.0, &expected["sum"]);
        let gifts: i64 = quote.gifts.iter().map(|gift| gift.quantity).sum();
        if let Some(units) = expected["gift_units"].as_i64()
            && units != gifts
        {
            differences.push(format!("gifts: {gifts} instead of {units}"));
        }
        if expected["applied"].is_array() {
            let theirs: Vec<&str> = list(&expected["applied"]).iter().map(text).collect();
            let ours: Vec<&str> = quote.applied.iter().map(|one| one.promotion.as_str()).collect();
            if ours != theirs {
                differences.push(format!("applied: {ours:?} instead of {theirs:?}"));
            }
        }
        if expected["parts_any_order"].is_array() {
            let parts = list(&expected["parts_any_order"]).iter().map(|part| self.minor(part));
            let mut theirs: Vec<i64> = parts.collect();
            let mut ours: Vec<i64> = told(quote).into_values().collect();
            theirs.sort_unstable();
            ours.sort_unstable();
            if ours != theirs {
                differences.push(format!("parts: {ours:?} instead of {theirs:?}"));
            }
        }
        differences
    }
}

/// A gift comes for each piece of the products that the condition names.
fn list_of_gift(case: &Value, promotion: &Value) -> Option<Value> {
    let is_gift = promotion["benefits"][0]["kind"] == "gift";
    let conditions = list(&case["promotions"][0]["conditions"]);
    is_gift.then(|| json!({"include": {"skus": conditions[0]["values"]}}))
}

fn scope(filters: &Value) -> Value {
    let mut include = Map::new();
    for filter in list(filters) {
        let field = if filter["field"] == "sku" { "skus" } else { "categories" };
        include.insert(field.into(), filter["values"].clone());
    }
    json!({"include": include})
}

/// What each promotion takes off each line and delivery.
fn told(quote: &Quote) -> BTreeMap<(String, String), i64> {
    let lines = quote.lines.iter().map(|line| (&line.line_no, &line.adjustments));
    let shipping = quote.shipping.iter().map(|one| (&one.id, &one.adjustments));
    let mut told = BTreeMap::new();
    for (id, adjustments) in lines.chain(shipping) {
        for one in adjustments {
            if let Offer::Promotion(promotion) = &one.offer {
                *told.entry((promotion.to_string(), id.clone())).or_insert(0) += one.amount.0;
            }
        }
    }
    told
}

fn split_of(case: &Value) -> (Vec<i64>, Vec<i64>) {
    let decimals = if case["unit"] == "minor" { 0 } else { 2 };
    let weights: Vec<i64> =
        list(&case["weights"]).iter().map(|weight| minor(weight, decimals)).collect();
    let sum: i64 = weights.iter().sum();
    let total = if case["amount_kind"] == "percent" {
        let share = i128::from(sum) * i128::from(minor(&case["amount"], 4));
        i64::try_from(divide(share, 1_000_000, Rounding::HalfUp).unwrap()).unwrap()
    } else {
        let amount = minor(&case["amount"], decimals);
        if case["amount_kind"] == "fixed" { amount.min(sum) } else { amount }
    };
    let shares: Vec<i128> = weights.into_iter().map(i128::from).collect();
    let mut ours = split(total, &shares).unwrap();
    let parts = list(&case["expected"]["parts"]).iter();
    let mut theirs: Vec<i64> = parts.map(|part| minor(part, decimals)).collect();
    if case["expected"]["any_order"] == true {
        ours.sort_unstable();
        theirs.sort_unstable();
    }
    (ours, theirs)
}

fn run(name: &str) {
    let case = &cases()[name];
    if case["type"] == "split" {
        let (ours, theirs) = split_of(case);
        assert_eq!(ours, theirs, "{}", text(&case["rule"]));
        return;
    }
    let found = Translated::of(case).differences();
    match differences().get(name) {
        None => assert!(found.is_empty(), "{}: {found:#?}", text(&case["rule"])),
        Some(why) => assert!(!found.is_empty(), "listed as different ({why}), but equal"),
    }
}

macro_rules! named {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

#[test]
fn every_case_has_a_test() {
    let names: Vec<&str> = cases().keys().map(String::as_str).collect();

    assert_eq!(names, NAMES);
}

#[test]
fn at_least_four_of_five_carts_come_to_the_same() {
    let carts = cases().values().filter(|case| case["type"] == "cart").count();
    let different = differences().len();

    assert!(different * 5 <= carts, "{different} of {carts} carts differ");
}

named! {
    med_0126
    med_0199
    med_0312
    med_0527
    med_0600
    med_0713
    med_0814
    med_1072
    med_1184
    med_1284
    med_1334
    med_1464
    med_1537
    med_1809
    med_1941
    med_2386
    med_2708
    med_2867
    med_2995
    med_3067
    med_3177
    med_3275
    med_3446
    med_3518
    med_3628
    med_4331
    med_4424
    med_4765
    med_4863
    med_4973
    med_5025
    med_5046
    rec_003
    rec_005
    rec_006
    rec_007
    rec_011
    rec_013
    rec_014
    rec_015
    rec_018
    rec_019
    rec_020
    rec_021
    rec_022
    rec_023
    rec_024
    rec_025
    rec_028
    rec_030
    rec_034
    rec_036
    rec_037
    rec_038
    rec_039
    rec_040
    rec_041
    rec_043
    rec_045
    rec_046
    rec_047
    rec_051
    rec_052
    rec_054
    rec_056
    rec_058
    rec_059
    rec_060
    saleor_3_002
    saleor_split_002
    saleor_split_003
    saleor_split_005
    saleor_split_008
    saleor_split_009
    saleor_split_010
    saleor_split_011
    saleor_split_012
    solidus_4_001
    solidus_4_002
    solidus_4_004
    solidus_4_005
    solidus_4_006
    solidus_4_011
    solidus_4_012
    solidus_4_013
    solidus_4_014
    solidus_4_015
    solidus_4_016
    solidus_4_021
    solidus_4_022
    solidus_4_024
    solidus_4_025
    solidus_4_026
    solidus_4_027
    solidus_4_028
    solidus_4_029
    solidus_4_030
    solidus_4_032
    solidus_4_038
    solidus_4_039
    solidus_4_040
    solidus_4_041
    solidus_4_042
    solidus_4_split_001
    solidus_4_split_004
    solidus_4_split_005
    spree_5_003
    spree_5_004
    spree_5_005
    spree_5_006
    vendure_3_001
    vendure_3_002
    vendure_3_003
    vendure_3_005
    vendure_3_007
    vendure_3_008
    vendure_3_009
    vendure_3_012
    vendure_3_013
    vendure_3_015
    vendure_3_016
    vendure_3_017
    vendure_3_018
    vendure_3_019
    vendure_3_020
    vendure_3_022
    vendure_3_split_002
    vendure_3_split_005
    vendure_3_split_008
    vendure_3_split_009
    vendure_3_split_010
}
