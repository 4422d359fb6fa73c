//! Merges taken back: whole chains of them, and whatever happened in between.

use hui_loyalty::ids::{MemberId, MergeId};
use hui_operations::merge_members::{MergeError, merge_members, undo_merge};
use hui_operations::move_points::{Moved, Movement};
use hui_operations::read_members::read_merges;
use hui_testkit::{Chance, TestWorld, on_both, order, refund};
use serde_json::json;

const NAMES: [&str; 3] = ["a", "b", "c"];
const ORDERS: [[usize; 2]; 2] = [[0, 1], [1, 0]];

async fn merge(world: &TestWorld, from: MemberId, into: MemberId) -> MergeId {
    let merged = merge_members(&world.operations, &world.actor, from, into, "the same", None).await;
    merged.unwrap().receipt.merge_id
}

async fn undo(world: &TestWorld, merge: MergeId) -> Result<(), MergeError> {
    undo_merge(&world.operations, &world.actor, merge, "a mistake", None).await.map(|_| ())
}

/// The merges that a member's page shows as standing, earliest first.
async fn standing(world: &TestWorld, member: MemberId) -> Vec<MergeId> {
    let rows = read_merges(&world.operations, &world.actor, member).await.unwrap().unwrap();
    let mut ids: Vec<MergeId> =
        rows.iter().filter(|row| row.undone_at.is_none()).map(|row| row.id).collect();
    ids.sort();
    ids
}

/// What a member has in all: the sum of its entries, with all that is due by now.
async fn total(world: &TestWorld, member: MemberId) -> i64 {
    world.run_due().await;
    let mut tx = world.operations.store.snapshot().await.unwrap();
    let sql = "select cast(sum(points) as bigint) from entries
               where program_id = $1 and member_id = $2";
    let sums = tx.fetch(sql, &[world.program.0.into(), member.0.into()]).await.unwrap();
    tx.rollback().await.unwrap();
    sums[0].opt_int(0).unwrap().unwrap_or(0)
}

/// Three members known by an openid each, with 10, 20 and 40 points, their numbers beginning so.
async fn three(world: &TestWorld, story: &str) -> [MemberId; 3] {
    let mut members = [MemberId(0); 3];
    for (place, paid) in [10_000, 20_000, 40_000].into_iter().enumerate() {
        let name = format!("{story}{}", NAMES[place]);
        let receipt = world.record(order(&name).openid(&name).line(paid)).await.unwrap();
        members[place] = receipt.member_id.unwrap();
    }
    members
}

on_both!(a_chain_of_two_merges_is_listed_and_parts_in_every_order, async |world: TestWorld| {
    // Each merge: from, into. The first of a chain, or both into one.
    let chains = [[(0, 1), (1, 2)], [(0, 2), (1, 2)], [(1, 0), (2, 0)], [(2, 1), (1, 0)]];
    for (number, chain) in chains.into_iter().enumerate() {
        for [first, last] in ORDERS {
            let story = format!("{number}{first}");
            let members = three(&world, &story).await;
            let mut merges = Vec::new();
            for (from, into) in chain {
                merges.push(merge(&world, members[from], members[into]).await);
            }
            for member in members {
                assert_eq!(standing(&world, member).await, merges, "{story}");
            }
            for (place, paid) in [1_000, 2_000, 4_000].into_iter().enumerate() {
                let name = format!("{story}{}", NAMES[place]);
                let bought = order(&format!("{name}-together")).openid(&name).line(paid);
                world.record(bought).await.unwrap();
            }

            let chained = chain[0].1 == chain[1].0;
            let undone = undo(&world, merges[first]).await;
            if chained && first == 0 {
                // The later one is to be undone first.
                assert!(matches!(undone, Err(MergeError::SurvivorMerged)), "{undone:?}");
                assert_eq!(standing(&world, members[0]).await, merges);
                undo(&world, merges[last]).await.unwrap();
                assert_eq!(standing(&world, members[chain[0].1]).await, [merges[first]]);
                undo(&world, merges[first]).await.unwrap();
            } else {
                undone.unwrap();
                let (from, into) = chain[last];
                assert_eq!(standing(&world, members[from]).await, [merges[last]]);
                assert_eq!(standing(&world, members[into]).await, [merges[last]]);
                undo(&world, merges[last]).await.unwrap();
            }

            for (place, points) in [11, 22, 44].into_iter().enumerate() {
                assert_eq!(standing(&world, members[place]).await, []);
                assert_eq!(total(&world, members[place]).await, points, "{story}");
                assert_eq!(world.member(members[place]).await.redirected_from, None);
                let name = format!("{story}{}", NAMES[place]);
                let again = order(&format!("{name}-after")).openid(&name).line(10);
                let receipt = world.record(again).await.unwrap();
                assert_eq!(receipt.member_id, Some(members[place]));
            }
        }
    }
});

on_both!(
    merges_of_one_event_are_all_listed_under_each_of_their_members,
    async |world: TestWorld| {
        let one = world.record(order("1").openid("a")).await.unwrap().member_id.unwrap();
        world.advance_seconds(1);
        let other = world.record(order("2").openid("b")).await.unwrap().member_id.unwrap();
        world.advance_seconds(1);
        let phone = world.record(order("3").phone("13800138000")).await.unwrap().member_id.unwrap();

        // First the younger unbound profile goes into the older, then that into the one with a phone.
        world.record(order("4").openid("a").openid("b")).await.unwrap();
        let merged = world.record(order("5").openid("b").phone("13800138000")).await.unwrap();

        assert_eq!(merged.member_id, Some(phone));
        for member in [one, other, phone] {
            assert_eq!(standing(&world, member).await.len(), 2, "{member}");
        }
    }
);

on_both!(an_undone_merge_stays_in_the_list_of_both_sides, async |world: TestWorld| {
    let [a, b, _] = three(&world, "").await;
    let id = merge(&world, a, b).await;

    undo(&world, id).await.unwrap();

    for member in [a, b] {
        let rows = read_merges(&world.operations, &world.actor, member).await.unwrap().unwrap();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].undone_at.is_some());
    }
});

on_both!(a_live_hold_on_one_side_goes_with_it, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "expiry": { "kind": "days", "days": 30, "at": "instant" } } }))
        .await;
    let b = world.record(order("1").openid("b").line(50_000)).await.unwrap().member_id.unwrap();
    world.advance_days(1);
    let a = world.record(order("2").openid("a").line(50_000)).await.unwrap().member_id.unwrap();
    let id = merge(&world, b, a).await;
    // What ends first pays first: all of it is b's.
    let hold = Movement::Hold { member: a, points: 40, purpose: "till".to_owned(), ttl_s: 3_600 };
    let Ok(Moved::Held { hold_id, .. }) = world.move_points(hold).await else {
        panic!("40 points can be held")
    };

    undo(&world, id).await.unwrap();
    let confirmed = world.move_points(Movement::Confirm(hold_id)).await;

    assert!(confirmed.is_ok(), "{confirmed:?}");
    assert_eq!((total(&world, a).await, total(&world, b).await), (50, 10));
});

/// Something of a shopper's life, by chance.
async fn happen(world: &TestWorld, chance: &mut Chance, names: [&str; 2], number: usize) {
    let name = *chance.one_of(&names);
    let bought = order(&format!("{name}-{number}")).openid(name);
    let member = world.record(bought.line(chance.between(1, 30_000))).await.unwrap().member_id;
    let member = member.unwrap();
    let available = world.available(member).await;
    match chance.between(1, 6) {
        1 | 2 => {
            let points = chance.between(1, available.max(1));
            let purpose = "till".to_owned();
            let hold = Movement::Hold { member, points, purpose, ttl_s: 3_600 };
            if let Ok(Moved::Held { hold_id, .. }) = world.move_points(hold).await {
                match chance.between(1, 3) {
                    1 => drop(world.move_points(Movement::Cancel(hold_id)).await.unwrap()),
                    2 => drop(world.move_points(Movement::Confirm(hold_id)).await.unwrap()),
                    _ => {}
                }
            }
        }
        3 => {
            let points = chance.between(-60, 40);
            let reason = "goodwill".to_owned();
            let adjust =
                Movement::Adjust { member, points, reason, expires_at: None, allow_debt: true };
            drop(world.move_points(adjust).await);
        }
        4 | 5 => {
            let of = format!("{name}-{}", chance.between(1, i64::try_from(number).unwrap_or(1)));
            let back =
                refund(&of, &format!("{name}-r{number}")).money("1", chance.between(1, 9_000));
            drop(world.refund(back).await);
        }
        _ => world.advance_seconds(chance.between(1, 90_000)),
    }
}

on_both!(parting_keeps_the_sum_of_both_whatever_happened, async |world: TestWorld| {
    world
        .publish(json!({ "points": { "expiry": { "kind": "days", "days": 3, "at": "instant" } } }))
        .await;
    for seed in 1..=8 {
        let mut chance = Chance::new(seed);
        let (one, other) = (format!("{seed}-one"), format!("{seed}-other"));
        let names = [one.as_str(), other.as_str()];
        for number in 1..=6 {
            happen(&world, &mut chance, names, number).await;
        }
        let mut members = Vec::new();
        for name in names {
            let receipt = world.record(order(&format!("{name}-0")).openid(name).line(900)).await;
            members.push(receipt.unwrap().member_id.unwrap());
        }
        let sum = total(&world, members[0]).await + total(&world, members[1]).await;
        let id = merge(&world, members[1], members[0]).await;
        assert_eq!(total(&world, members[0]).await, sum, "seed {seed}");
        for number in 7..=16 {
            happen(&world, &mut chance, names, number).await;
        }
        // Whatever is held on both sides has ended by then.
        world.advance_seconds(3_600);
        let together = total(&world, members[0]).await;

        undo(&world, id).await.unwrap();

        let apart = total(&world, members[0]).await + total(&world, members[1]).await;
        assert_eq!(apart, together, "seed {seed}");
        for member in &members {
            assert_eq!(world.member(*member).await.row.id, *member);
        }
    }
});

on_both!(
    what_another_merge_brought_does_not_stay_when_both_are_taken_back,
    async |world: TestWorld| {
        world.publish(json!({ "points": { "awards": { "join": 100 } } })).await;
        let bought = order("1").openid("a").line(10);
        let unbound = world.record(bought).await.unwrap().member_id.unwrap();
        let bound = world.record(order("2").phone("13800138000").line(10)).await.unwrap();
        let bought = order("3").openid("c").line(10);
        let other = world.record(bought).await.unwrap().member_id.unwrap();
        let first = merge(&world, bound.member_id.unwrap(), unbound).await;
        let second = merge(&world, other, unbound).await;
        undo(&world, first).await.unwrap();
        undo(&world, second).await.unwrap();

        world.record(order("4").openid("a").line(10)).await.unwrap();
        let without_phone = world.available(unbound).await;
        world.record(order("5").openid("a").phone("13900139000").line(10)).await.unwrap();
        let with_phone = world.available(unbound).await;
        world.record(order("6").openid("a").line(10)).await.unwrap();

        assert_eq!(without_phone, 0);
        assert_eq!(with_phone, 100);
        assert_eq!(world.available(unbound).await, 100);
        assert_eq!(world.available(bound.member_id.unwrap()).await, 100);
    }
);
