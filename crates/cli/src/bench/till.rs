//! The load of tills: each locks a cart that takes points, and confirms it, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::load::{Client, Generated, NOW, Phase, Times, chance, counted, number};
use super::world::{Chance, phone};

/// Members that one till sells to in turn.
const MEMBERS: u64 = 20;
/// Points that pay for each checkout.
const POINTS: i64 = 100;

/// Is the load generator: tills over connections that stay open.
pub(super) async fn generate(
    address: SocketAddr,
    load: Generated,
    time: Duration,
) -> anyhow::Result<()> {
    let mut opening = JoinSet::new();
    for place in 0..load.in_flight {
        opening.spawn(async move { Till::open(address, load, place).await });
    }
    let phase = Phase::new();
    let mut places = JoinSet::new();
    // Nobody sells before everybody is ready: the members' points are no part of the load.
    for till in opening.join_all().await {
        let (till, phase) = (till?, Arc::clone(&phase));
        places.spawn(async move { till.sell(&phase).await });
    }
    let answers = counted(&phase, places, time, || println!("{NOW}")).await?;
    println!("{}", serde_json::to_string(&answers)?);
    Ok(())
}

struct Till {
    server: Client,
    members: Vec<String>,
    chance: Chance,
    run: u64,
    place: usize,
}

impl Till {
    /// Connects, and gives the members it will sell to points enough.
    async fn open(address: SocketAddr, load: Generated, place: usize) -> anyhow::Result<Self> {
        let Generated { members: count, run, .. } = load;
        let mut server = Client::to(address).await?;
        let mut chance = chance(run, place);
        let mut members = Vec::new();
        for one in 0..MEMBERS {
            let phone = phone(chance.below(count));
            let claim = json!({"kind": "phone", "value": phone, "verified": true});
            let asked = json!({"identities": [claim]}).to_string();
            let found = server.post("/api/v1/members/lookup", "", &asked).await?;
            let found: Value = serde_json::from_slice(found)?;
            let member = found["member_id"].as_str().context("a member")?.to_owned();
            let path = format!("/api/v1/members/{member}/points/adjust");
            let key = format!("idempotency-key: till-{run}-{place}-{one}\r\n");
            let grant = json!({"points": 1_000_000, "reason": "bench"}).to_string();
            server.post(&path, &key, &grant).await?;
            members.push(member);
        }
        Ok(Self { server, members, chance, run, place })
    }

    /// Locks and confirms until it is over; answers the times of both together.
    async fn sell(mut self, phase: &Phase) -> anyhow::Result<Times> {
        let mut times = Times::new();
        for (round, member) in (0..).zip(self.members.clone().iter().cycle()) {
            if phase.is_over() {
                break;
            }
            let number = number(self.run, self.place, round);
            let cart = self.cart(member, &number);
            let began = Instant::now();
            let lock = self.server.post("/api/v1/checkout/locks", "", &cart).await?;
            let lock: Value = serde_json::from_slice(lock)?;
            let path = lock["lock_id"].as_str().context("a lock")?;
            let path = format!("/api/v1/checkout/locks/{path}/confirm");
            let paid = json!({"order_no": format!("till-{number}")}).to_string();
            self.server.post(&path, "", &paid).await?;
            if phase.counts() {
                times.push(began.elapsed());
            }
        }
        Ok(times)
    }

    fn cart(&mut self, member: &str, number: &str) -> String {
        let lines: Vec<Value> = (1..=3)
            .map(|place: i64| {
                json!({
                    "line_no": place.to_string(), "sku": format!("A{}", self.chance.below(5_000)),
                    "category": "skincare/serum", "quantity": 1,
                    "unit_price": 1_000 + self.chance.below(20_000),
                })
            })
            .collect();
        json!({
            "order_no": format!("till-{number}"), "member": {"id": member}, "channel": "pos",
            "shop": format!("S{:04}", self.chance.below(400)), "staff": "G0007", "lines": lines,
            "offers": {"coupons": "best", "points": {"use": POINTS}, "benefits": "auto"},
        })
        .to_string()
    }
}
