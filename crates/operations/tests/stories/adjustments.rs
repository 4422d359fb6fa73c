//! Adjustments: above the limit somebody else decides; taken back once.

use hui_loyalty::ids::{AdjustmentId, EntryId, MemberId, StaffId};
use hui_operations::Operations;
use hui_operations::actor::{Actor, ActorKind, Role};
use hui_operations::adjustments::list_adjustments;
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_operations::move_points::limits::{AdjustmentLimits, put_limits};
use hui_operations::move_points::{MoveError, MoveRequest, Moved, Movement, Verdict, move_points};
use hui_operations::read_members::explain_entry;
use hui_store::adjustments::AdjustmentState;
use hui_testkit::{TestWorld, at, on_both, order};
use serde_json::json;

async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.publish(json!({ "points": { "awards": { "join": 0 } } })).await;
    world.record(order(phone).phone(phone).line(1)).await.unwrap().member_id.unwrap()
}

fn staff(world: &TestWorld, number: i64) -> Actor {
    let kind = ActorKind::Staff(StaffId(number), Role::Finance);
    Actor { kind, name: format!("finance {number}"), ..world.actor.clone() }
}

async fn limit(world: &TestWorld, limit: i64) {
    let limits = AdjustmentLimits { limit: Some(limit), ..AdjustmentLimits::default() };
    put_limits(&world.operations, &world.actor, &limits).await.unwrap();
}

fn adjust(member: MemberId, points: i64) -> Movement {
    let reason = "goodwill".to_owned();
    Movement::Adjust { member, points, reason, expires_at: None, allow_debt: false }
}

fn undo(entry: EntryId) -> Movement {
    Movement::Undo { entry, reason: "wrong member".to_owned(), allow_debt: false }
}

fn decide(adjustment: AdjustmentId, verdict: Verdict) -> Movement {
    Movement::Decide { adjustment, verdict, reason: "checked".to_owned() }
}

async fn by(operations: &Operations, actor: &Actor, what: Movement) -> Result<Moved, MoveError> {
    let requests = vec![MoveRequest { movement: what, key: None }];
    let answer = move_points(operations, actor, requests).await.remove(0);
    answer.map(|answer| answer.receipt)
}

async fn asked(world: &TestWorld, actor: &Actor, what: Movement) -> AdjustmentId {
    match by(&world.operations, actor, what).await {
        Ok(Moved::Pending { adjustment_id, .. }) => adjustment_id,
        other => panic!("{other:?}"),
    }
}

async fn adjusted(world: &TestWorld, what: Movement) -> EntryId {
    match world.move_points(what).await {
        Ok(Moved::Adjusted { entry_id, .. }) => entry_id,
        other => panic!("{other:?}"),
    }
}

async fn states(world: &TestWorld, state: AdjustmentState) -> usize {
    let page = list_adjustments(&world.operations, &world.actor, Some(state), None, 50).await;
    page.unwrap().0.len()
}

on_both!(an_adjustment_waits_from_one_above_the_limit, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    limit(&world, 100).await;
    let clerk = staff(&world, 1);

    let at_limit = by(&world.operations, &clerk, adjust(member, 100)).await;
    asked(&world, &clerk, adjust(member, 101)).await;
    asked(&world, &clerk, adjust(member, -101)).await;

    assert!(matches!(at_limit, Ok(Moved::Adjusted { .. })), "{at_limit:?}");
    assert_eq!(world.available(member).await, 100);
    assert_eq!(states(&world, AdjustmentState::Pending).await, 2);
});

on_both!(somebody_else_decides_and_only_once, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    limit(&world, 100).await;
    let (clerk, chief) = (staff(&world, 1), staff(&world, 2));
    let granted = asked(&world, &clerk, adjust(member, 500)).await;
    let turned_down = asked(&world, &clerk, adjust(member, 700)).await;
    let world_of = &world.operations;

    let own = by(world_of, &clerk, decide(granted, Verdict::Approve)).await;
    let approved = by(world_of, &chief, decide(granted, Verdict::Approve)).await;
    let again = by(world_of, &chief, decide(granted, Verdict::Reject)).await;
    let rejected = by(world_of, &chief, decide(turned_down, Verdict::Reject)).await;

    assert!(matches!(own, Err(MoveError::OwnAdjustment)), "{own:?}");
    assert!(matches!(approved, Ok(Moved::Decided { done: Some(_), .. })), "{approved:?}");
    assert!(matches!(again, Err(MoveError::AlreadyDecided)), "{again:?}");
    assert!(matches!(rejected, Ok(Moved::Decided { done: None, .. })), "{rejected:?}");
    assert_eq!(world.available(member).await, 500);
    assert_eq!(states(&world, AdjustmentState::Pending).await, 0);
});

on_both!(what_the_books_refuse_goes_on_waiting, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    limit(&world, 100).await;
    let (clerk, chief) = (staff(&world, 1), staff(&world, 2));
    let deduction = asked(&world, &clerk, adjust(member, -500)).await;

    let early = by(&world.operations, &chief, decide(deduction, Verdict::Approve)).await;
    adjusted(&world, adjust(member, 500)).await;
    let later = by(&world.operations, &chief, decide(deduction, Verdict::Approve)).await;

    assert!(matches!(early, Err(MoveError::Insufficient(_))), "{early:?}");
    assert!(later.is_ok(), "{later:?}");
    assert_eq!(world.available(member).await, 0);
});

on_both!(two_approvals_at_once_make_one_adjustment, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    limit(&world, 100).await;
    let waiting = asked(&world, &staff(&world, 1), adjust(member, 500)).await;
    let other = world.second_process().await;
    let (one, two) = (staff(&world, 2), staff(&world, 3));

    let (here, there) = tokio::join!(
        by(&world.operations, &one, decide(waiting, Verdict::Approve)),
        by(&other, &two, decide(waiting, Verdict::Approve)),
    );

    assert!(here.is_ok() != there.is_ok(), "{here:?} {there:?}");
    assert_eq!(world.available(member).await, 500);
    other.store.close().await;
});

on_both!(an_adjustment_is_taken_back_once_and_says_so, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let granted = adjusted(&world, adjust(member, 300)).await;

    let undone = world.move_points(undo(granted)).await.unwrap();
    let again = world.move_points(undo(granted)).await;
    let Moved::Undone { entry_id, points, .. } = undone else { panic!("{undone:?}") };
    let of_undo = world.move_points(undo(entry_id)).await;

    assert_eq!((points, world.available(member).await), (-300, 0));
    assert!(matches!(again, Err(MoveError::AlreadyUndone(_))), "{again:?}");
    assert!(matches!(of_undo, Err(MoveError::NotUndoable(_))), "{of_undo:?}");
    let told =
        async |entry| explain_entry(&world.operations, &world.actor, entry).await.unwrap().unwrap();
    assert_eq!(told(entry_id).await.undoes, Some(granted));
    assert_eq!(told(granted).await.undone_by, Some(entry_id));
});

on_both!(two_undos_at_once_write_one_entry, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    adjusted(&world, adjust(member, 300)).await;
    let deducted = adjusted(&world, adjust(member, -200)).await;
    let other = world.second_process().await;

    let (here, there) = tokio::join!(
        by(&world.operations, &world.actor, undo(deducted)),
        by(&other, &world.actor, undo(deducted)),
    );

    assert!(here.is_ok() != there.is_ok(), "{here:?} {there:?}");
    assert_eq!(world.available(member).await, 300);
    other.store.close().await;
});

on_both!(only_adjustments_are_taken_back_and_large_ones_wait_too, async |world: TestWorld| {
    let member = member(&world, "13800138000").await;
    let earned = world.record(order("big").phone("13800138000").line(100_000)).await.unwrap();
    let granted = adjusted(&world, adjust(member, 500)).await;
    limit(&world, 100).await;
    let (clerk, chief) = (staff(&world, 1), staff(&world, 2));

    let refused = by(&world.operations, &clerk, undo(earned.entries[0])).await;
    let waiting = asked(&world, &clerk, undo(granted)).await;
    let before = world.available(member).await;
    let approved = by(&world.operations, &chief, decide(waiting, Verdict::Approve)).await;

    assert!(matches!(refused, Err(MoveError::NotUndoable(_))), "{refused:?}");
    assert!(approved.is_ok(), "{approved:?}");
    assert_eq!(before - world.available(member).await, 500);
});

on_both!(an_undo_after_a_merge_follows_the_points, async |world: TestWorld| {
    let (one, two) = (member(&world, "13800138000").await, member(&world, "13900139000").await);
    world.move_to(at("2026-05-02T10:00:00+08:00"));
    let granted = adjusted(&world, adjust(one, 300)).await;
    let merge = merge_members(&world.operations, &world.actor, one, two, "the same", None).await;

    let undone = world.move_points(undo(granted)).await.unwrap();
    let merge_id = merge.unwrap().receipt.merge_id;
    undo_merge(&world.operations, &world.actor, merge_id, "a mistake", None).await.unwrap();

    assert!(matches!(undone, Moved::Undone { member_id, .. } if member_id == two), "{undone:?}");
    assert_eq!((world.available(one).await, world.available(two).await), (0, 0));
});
