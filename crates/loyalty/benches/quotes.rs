//! Quotes per second and their slowest hundredth, with 50 and 1,000 active promotions.
//!
//! `cargo bench --package hui-loyalty --bench quotes`. Every cart of a workload has
//! 20 lines; every promotion is automatic. Measured is `checkout::quote` alone, one
//! after another on one thread, after a round to warm up. A cart counts with the
//! median of its rounds, so that a busy machine does not show; the processor time
//! is that of the thread, as Linux counts it.

use std::io::{Read as _, Write as _};
use std::time::Instant;

use flate2::read::GzDecoder;
use hui_loyalty::amounts::Money;
use hui_loyalty::checkout::{Asked, Assets, Buyer, Cart, CartLine, quote};
use hui_loyalty::earning::facts::MemberFacts;
use hui_loyalty::program::{Program, check, reading::read};
use serde_json::{Value, json};

const WORKLOADS: [(&str, &[u8]); 2] = [
    ("50", include_bytes!("../../../bench/workloads/promotions_50.json.gz")),
    ("1,000", include_bytes!("../../../bench/workloads/promotions_1000.json.gz")),
];
const ROUNDS: usize = 20;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| promotions | applied a cart | CPU µs a cart | p50 µs | p99 µs | longest µs |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for (name, packed) in WORKLOADS {
        let mut text = String::new();
        GzDecoder::new(packed).read_to_string(&mut text)?;
        let workload: Value = serde_json::from_str(&text)?;
        let program = program(&workload["promotions"]);
        let carts: Vec<(Cart, MemberFacts)> = list(&workload["carts"]).iter().map(cart).collect();

        let mut applied = 0;
        let mut rounds: Vec<Vec<u128>> = vec![Vec::with_capacity(ROUNDS); carts.len()];
        let begun = processor_nanoseconds();
        for _ in 0..ROUNDS {
            for ((cart, member), took) in carts.iter().zip(&mut rounds) {
                let begun = Instant::now();
                let buyer = Buyer { member: Some(member), first: false };
                let quote = quote(&program, cart, buyer, &Assets::default(), &Asked::default());
                took.push(begun.elapsed().as_nanos());
                applied += quote.map_or(0, |quote| quote.applied.len());
            }
        }
        let count = (carts.len() * ROUNDS).max(1);
        let processor =
            begun.zip(processor_nanoseconds()).map(|(from, to)| (to - from) / count as u128);
        let mut medians: Vec<u128> = rounds.iter_mut().map(|took| median(took)).collect();
        medians.sort_unstable();
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} |",
            applied / count,
            processor.map_or_else(|| "?".to_owned(), micros),
            micros(median(&mut medians)),
            micros(medians[medians.len() * 99 / 100]),
            micros(medians[medians.len() - 1]),
        )?;
    }
    Ok(())
}

fn median(of: &mut [u128]) -> u128 {
    of.sort_unstable();
    of[of.len() / 2]
}

fn micros(nanoseconds: u128) -> String {
    format!("{}.{}", nanoseconds / 1_000, nanoseconds / 100 % 10)
}

/// What this thread has used of a processor, where the system tells.
fn processor_nanoseconds() -> Option<u128> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A decimal with two places or none, in minor units.
fn minor(value: &Value) -> i64 {
    let (whole, fraction) = text(value).split_once('.').unwrap_or((text(value), "00"));
    format!("{whole}{fraction:0<2}").parse().unwrap_or_default()
}

fn program(promotions: &Value) -> Program {
    let promotions: Vec<Value> = list(promotions).iter().map(promotion).collect();
    let document = read(json!({"promotions": {"list": promotions}}));
    match document.and_then(|document| check(&document)) {
        Ok(program) => program,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn scope(filter: &Value) -> Value {
    let field = if filter["field"] == "sku" { "skus" } else { "categories" };
    if filter.is_null() { json!({}) } else { json!({"include": {field: filter["in"]}}) }
}

fn promotion(one: &Value) -> Value {
    let mut needs = json!({});
    let mut audience = "true".to_owned();
    for condition in list(&one["conditions"]) {
        if condition["field"] == "customer_group" {
            let groups = list(&condition["values"]).iter();
            let asked = groups.map(|group| format!("'{}' in member.tags", text(group)));
            audience = asked.collect::<Vec<_>>().join(" || ");
        } else {
            needs = json!({"spend": minor(&condition["values"][0]), "of": "list"});
        }
    }
    let percent = minor(&one["value"]) / 100;
    let benefit = match (text(&one["kind"]), one["target"] == "order") {
        ("percent", false) => json!({"kind": "percent", "off": {"percent": percent},
            "pieces_max": one["max_units"]}),
        ("percent", true) => json!({"kind": "percent", "off": {"percent": percent}}),
        ("fixed", false) => json!({"kind": "amount", "each": "piece",
            "amount": minor(&one["value"]), "pieces_max": one["max_units"]}),
        ("fixed", true) => json!({"kind": "amount", "amount": minor(&one["value"])}),
        _ => json!({"kind": "buy_get", "buy": one["buy_units"], "get": one["get_units"],
            "off": {"percent": percent}, "get_max": one["max_units"]}),
    };
    json!({"id": one["id"], "scope": scope(&one["match"]), "audience": audience,
        "needs": needs, "benefits": [benefit]})
}

fn cart(cart: &Value) -> (Cart, MemberFacts) {
    let lines = list(&cart["lines"]).iter().map(|line| CartLine {
        line_no: text(&line["id"]).to_owned(),
        sku: text(&line["sku"]).to_owned(),
        category: Some(text(&line["category"]).to_owned()),
        quantity: line["qty"].as_i64().unwrap_or(1),
        unit_price: Money(line["unit_minor"].as_i64().unwrap_or(0)),
        discountable: true,
    });
    let member = MemberFacts {
        tier: "basic".to_owned(),
        tags: vec![text(&cart["customer_group"]).to_owned()],
        ..MemberFacts::default()
    };
    let cart = Cart {
        at: "2026-05-01T00:00:00Z".parse().unwrap_or_default(),
        channel: "web".to_owned(),
        shop: None,
        staff: None,
        touchpoint: None,
        lines: lines.collect(),
        shipping: Vec::new(),
    };
    (cart, member)
}
