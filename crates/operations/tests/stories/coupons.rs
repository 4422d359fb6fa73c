//! Coupons from template to refund.

use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::life::Refusal;
use hui_loyalty::coupons::{State, templates};
use hui_loyalty::ids::{MemberId, TemplateId};
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::coupons::CouponError;
use hui_operations::coupons::batches::{export_page, import_codes, make_batch, read_batch};
use hui_operations::coupons::issuing::{IssueReceipt, claim_code, claim_coupon, issue_coupons};
use hui_operations::coupons::reading::{list_coupons, look_up_coupon, read_history};
use hui_operations::coupons::templating::{change_template, make_template};
use hui_operations::coupons::using::{
    Use, UseReceipt, lock_coupon, redeem_coupon, release_coupon, revoke_coupon, transfer_coupon,
};
use hui_operations::merge_members::{merge_members, undo_merge};
use hui_operations::record_refunds::RefundAnswer;
use hui_testkit::{TestWorld, at, on_both, order, refund};
use serde_json::{Value, json};

pub(crate) async fn template(world: &TestWorld, more: Value) -> TemplateId {
    let mut document = json!({
        "name": {"zh": "满100减20", "en": ""},
        "terms": {"effect": {"kind": "amount", "amount": 2000}, "min_spend": 10_000},
        "validity": {"kind": "days", "delay": 0, "days": 7}, "claim": {},
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let template: templates::Template = serde_json::from_value(document).unwrap();
    let made = make_template(&world.operations, &world.actor, &template, None).await.unwrap();
    made.receipt.template_id
}

async fn member(world: &TestWorld, phone: &str) -> MemberId {
    world.record(order(phone).phone(phone).line(1)).await.unwrap().member_id.unwrap()
}

async fn claim(
    world: &TestWorld,
    operations: &Operations,
    template: TemplateId,
    member: MemberId,
) -> Result<IssueReceipt, CouponError> {
    let claimed =
        claim_coupon(operations, &world.actor, template, member, Some("app"), None, None).await;
    claimed.map(|answer| answer.receipt)
}

async fn code_of(world: &TestWorld, template: TemplateId, member: MemberId) -> String {
    let issued = issue_coupons(&world.operations, &world.actor, template, member, 1, None).await;
    issued.unwrap().receipt.coupons[0].code.clone()
}

fn using(code: &str) -> Use {
    Use {
        code: code.to_owned(),
        member: None,
        channel: "douyin".to_owned(),
        shop: None,
        discount: Money(2000),
        uses: 1,
        device: None,
    }
}

async fn redeem(world: &TestWorld, code: &str, order_no: &str) -> Result<UseReceipt, CouponError> {
    let (operations, actor) = (&world.operations, &world.actor);
    let redeemed = redeem_coupon(operations, actor, &using(code), None, order_no, None).await;
    redeemed.map(|answer| answer.receipt)
}

async fn usable(world: &TestWorld, member: MemberId) -> i64 {
    world.member(member).await.coupons_usable
}

on_both!(a_coupon_is_redeemed_once_and_comes_back_with_its_order, async |world: TestWorld| {
    let template = template(&world, json!({ "restore_on_refund": true })).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;

    let first = redeem(&world, &code.to_lowercase(), "A").await.unwrap();
    let again = redeem(&world, &code, "A").await.unwrap();
    let other = redeem(&world, &code, "B").await;
    assert_eq!(usable(&world, member).await, 0);
    world.record(order("A").phone("13800138000").line(10_000)).await.unwrap();
    world.advance_days(20);
    let half = world.refund(refund("A", "1").money("1", 5_000)).await.unwrap();
    let rest = world.refund(refund("A", "2").money("1", 5_000)).await.unwrap();

    assert_eq!(first, again);
    assert!(matches!(other, Err(CouponError::Refused(Refusal::Redeemed))), "{other:?}");
    assert!(matches!(half, RefundAnswer::Done(done) if done.coupons.is_empty()));
    assert!(matches!(rest, RefundAnswer::Done(done) if done.coupons == [code.clone()]));
    let view = look_up_coupon(&world.operations, &world.actor, &code).await.unwrap();
    assert_eq!(view.state, State::Issued);
    // It had ended meanwhile: seven days more, to the end of the day.
    assert_eq!(view.coupon.valid_until, at("2026-05-29T00:00:00+08:00"));
});

on_both!(a_closed_order_gives_its_coupon_back, async |world: TestWorld| {
    let template = template(&world, json!({ "restore_on_refund": true })).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;
    let paid_at = world.now();
    redeem(&world, &code, "A").await.unwrap();
    world.record(order("A").phone("13800138000").line(10_000).paid_on(paid_at)).await.unwrap();

    let closed = order("A").phone("13800138000").line(10_000).paid_on(paid_at);
    world.record(closed.status(hui_loyalty::orders::Status::Closed)).await.unwrap();

    assert_eq!(usable(&world, member).await, 1);
});

on_both!(a_lock_frees_the_coupon_at_its_time_out_without_any_job, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;
    let (operations, actor) = (&world.operations, &world.actor);
    lock_coupon(operations, actor, &using(&code), "a", 60, None).await.unwrap();

    let taken = lock_coupon(operations, actor, &using(&code), "b", 60, None).await;
    world.advance_seconds(59);
    let before = usable(&world, member).await;
    world.advance_seconds(1);
    let after = usable(&world, member).await;
    world.run_due().await;
    let late = redeem_coupon(operations, actor, &using(&code), Some("a"), "A", None).await;

    assert!(matches!(taken, Err(CouponError::Refused(Refusal::Locked))), "{taken:?}");
    assert_eq!((before, after), (0, 1));
    assert_eq!(late.unwrap().receipt.state, State::Redeemed);
});

on_both!(a_coupon_another_took_meanwhile_is_lost, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;
    let (operations, actor) = (&world.operations, &world.actor);
    lock_coupon(operations, actor, &using(&code), "a", 60, None).await.unwrap();
    world.advance_seconds(60);
    lock_coupon(operations, actor, &using(&code), "b", 60, None).await.unwrap();

    let lost = redeem_coupon(operations, actor, &using(&code), Some("a"), "A", None).await;
    let released = release_coupon(operations, actor, &code, "b").await.unwrap();

    assert!(matches!(lost, Err(CouponError::Refused(Refusal::LockLost))), "{lost:?}");
    assert_eq!(released.state, State::Issued);
});

on_both!(a_coupon_is_over_at_its_end_and_the_job_only_writes_it, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;
    let end = at("2026-05-09T00:00:00+08:00");

    world.move_to(Timestamp(end.0 - 1));
    let before = usable(&world, member).await;
    world.move_to(end);
    let after = usable(&world, member).await;
    let refused = redeem(&world, &code, "A").await;
    world.run_due().await;

    assert_eq!((before, after), (1, 0));
    assert!(matches!(refused, Err(CouponError::Refused(Refusal::Expired))), "{refused:?}");
    let (operations, actor) = (&world.operations, &world.actor);
    let expired = list_coupons(operations, actor, member, Some(State::Expired), None, 10).await;
    let expired = expired.unwrap();
    assert_eq!((expired.len(), expired[0].coupon.state), (1, State::Expired));
    let history = read_history(operations, actor, expired[0].coupon.id).await.unwrap();
    assert_eq!(history.last().map(|event| (event.kind.as_str(), event.at)), Some(("expired", end)));
});

on_both!(limits_count_per_member_and_day, async |world: TestWorld| {
    let template = template(&world, json!({ "per_member": 2, "per_day": 1 })).await;
    let member = member(&world, "13800138000").await;

    claim(&world, &world.operations, template, member).await.unwrap();
    let today = claim(&world, &world.operations, template, member).await;
    world.advance_days(1);
    claim(&world, &world.operations, template, member).await.unwrap();
    world.advance_days(1);
    let ever = claim(&world, &world.operations, template, member).await;

    use templates::Refusal as R;
    assert!(matches!(today, Err(CouponError::NotReceived(R::PerDay(1)))), "{today:?}");
    assert!(matches!(ever, Err(CouponError::NotReceived(R::PerMember(2)))), "{ever:?}");
});

on_both!(of_a_thousand_callers_one_gets_the_last_coupon, async |world: TestWorld| {
    let template = template(&world, json!({ "stock": 1 })).await;
    let mut members = Vec::new();
    for n in 0..20 {
        members.push(member(&world, &format!("138001380{n:02}")).await);
    }
    let other = world.second_process().await;

    let mut callers = Vec::new();
    for n in 0..1_000 {
        let (operations, member) =
            (if n % 2 == 0 { &world.operations } else { &other }, members[n % 20]);
        callers.push(claim(&world, operations, template, member));
    }
    let answers = together(callers).await;

    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    let too_late = |answer: &&Result<_, _>| matches!(answer, Err(CouponError::OutOfStock));
    assert_eq!((won, answers.iter().filter(too_late).count()), (1, 999));

    other.store.close().await;
});

on_both!(of_many_tills_one_redeems_a_code, async |world: TestWorld| {
    let template = template(&world, json!({ "budget": 1_000_000 })).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;

    let numbers: Vec<String> = (0..200).map(|n| format!("O{n}")).collect();
    let answers =
        together(numbers.iter().map(|number| redeem(&world, &code, number)).collect()).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused =
        |answer: &&Result<_, _>| matches!(answer, Err(CouponError::Refused(Refusal::Redeemed)));
    assert_eq!(answers.iter().filter(refused).count(), 199);
});

/// How many callers a server lets in at once.
const AT_ONCE: usize = 100;

/// Drives all futures, as many at once as a server lets in; the database is what they meet in.
pub(crate) async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut answers = Vec::new();
    let mut futures = futures.into_iter();
    loop {
        let some: Vec<F> = futures.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return answers;
        }
        answers.extend(at_once(some).await);
    }
}

async fn at_once<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut all_done = true;
        for (future, answer) in &mut waiting {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(done) => *answer = Some(done),
                    std::task::Poll::Pending => all_done = false,
                }
            }
        }
        if all_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}

on_both!(what_coupons_take_off_stays_within_the_budget, async |world: TestWorld| {
    let template = template(&world, json!({ "budget": 3_000 })).await;
    let member = member(&world, "13800138000").await;
    let (one, two) =
        (code_of(&world, template, member).await, code_of(&world, template, member).await);
    let (operations, actor) = (&world.operations, &world.actor);
    lock_coupon(operations, actor, &using(&one), "a", 60, None).await.unwrap();

    let over = redeem(&world, &two, "B").await;
    let own = redeem_coupon(operations, actor, &using(&one), Some("a"), "A", None).await;
    let still_over = redeem(&world, &two, "B").await;

    assert!(matches!(over, Err(CouponError::BudgetUsed)), "{over:?}");
    assert!(own.is_ok(), "{own:?}");
    assert!(matches!(still_over, Err(CouponError::BudgetUsed)), "{still_over:?}");
});

on_both!(a_batch_is_made_in_slices_and_a_code_counts_from_its_receipt, async |world: TestWorld| {
    let template = template(&world, json!({ "stock": 12_000 })).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let batch = make_batch(operations, actor, template, "May", 12_000, None).await.unwrap();
    let batch = batch.receipt.batch_id;
    let none_left = claim(&world, operations, template, member).await;

    world.run_due().await;
    let made = read_batch(operations, actor, batch).await.unwrap();
    let page = export_page(operations, actor, batch, None, 10).await.unwrap();
    world.advance_days(100);
    let claimed = claim_code(operations, actor, &page[0].code, member, None, None).await.unwrap();
    let taken = claim_code(operations, actor, &page[0].code, member, None, None).await;

    assert!(matches!(none_left, Err(CouponError::OutOfStock)), "{none_left:?}");
    assert_eq!((made.made, page.len()), (12_000, 10));
    assert_eq!(claimed.receipt.coupons[0].valid_until, at("2026-08-17T00:00:00+08:00"));
    assert_eq!(taken.unwrap().receipt, claimed.receipt);
});

on_both!(imported_codes_are_handed_out_one_by_one, async |world: TestWorld| {
    let template = template(&world, json!({ "code_source": "imported" })).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let codes = ["STAR-0001".to_owned(), "STAR-0002".to_owned()];
    import_codes(operations, actor, template, "stars", &codes, None).await.unwrap();
    let again = import_codes(operations, actor, template, "stars", &codes[1..], None).await;

    let hidden = redeem(&world, "STAR-0001", "A").await;
    let first = claim(&world, operations, template, member).await.unwrap();
    let second = claim(&world, operations, template, member).await.unwrap();
    let none = claim(&world, operations, template, member).await;

    assert!(matches!(again, Err(CouponError::CodeTaken(0))), "{again:?}");
    assert!(matches!(hidden, Err(CouponError::NoCoupon)), "{hidden:?}");
    assert_eq!([&first.coupons[0].code, &second.coupons[0].code], ["STAR-0001", "STAR-0002"]);
    assert!(matches!(none, Err(CouponError::OutOfStock)), "{none:?}");
    assert!(redeem(&world, "STAR-0001", "A").await.is_ok());
});

on_both!(a_coupon_given_away_has_a_new_code, async |world: TestWorld| {
    let template = template(&world, json!({ "transferable": true })).await;
    let (one, other) = (member(&world, "13800138001").await, member(&world, "13800138002").await);
    let (operations, actor) = (&world.operations, &world.actor);
    let issued = issue_coupons(operations, actor, template, one, 1, None).await.unwrap().receipt;

    let id = issued.coupons[0].coupon_id;
    let given = transfer_coupon(operations, actor, id, other, None).await.unwrap().receipt;
    let old = redeem(&world, &issued.coupons[0].code, "A").await;

    assert!(matches!(old, Err(CouponError::Refused(Refusal::Transferred))), "{old:?}");
    assert_ne!(given.coupons[0].code, issued.coupons[0].code);
    assert_eq!((usable(&world, one).await, usable(&world, other).await), (0, 1));
});

on_both!(a_new_version_leaves_what_was_promised, async |world: TestWorld| {
    let template = template(&world, json!({ "stock": 5 })).await;
    let member = member(&world, "13800138000").await;
    let code = code_of(&world, template, member).await;
    let (operations, actor) = (&world.operations, &world.actor);
    let mut changed = look_up_coupon(operations, actor, &code).await.unwrap().template;
    changed.name.en = "changed".to_owned();

    let version = change_template(operations, actor, template, Some(&changed), Some(true)).await;
    let paused = issue_coupons(operations, actor, template, member, 1, None).await;

    assert_eq!(version.unwrap().version, 2);
    assert!(matches!(paused, Err(CouponError::OutOfStock)), "{paused:?}");
    let kept = look_up_coupon(operations, actor, &code).await.unwrap();
    assert_eq!((kept.coupon.version, kept.template.name.en.as_str()), (1, ""));
});

on_both!(coupons_follow_a_merge_and_go_home_when_it_is_undone, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let a = member(&world, "13800138000").await;
    let b = world.record(order("b").openid("b")).await.unwrap().member_id.unwrap();
    code_of(&world, template, a).await;
    let code = code_of(&world, template, b).await;
    let (operations, actor) = (&world.operations, &world.actor);

    let merge = merge_members(operations, actor, b, a, "the same", None).await.unwrap();
    let together = usable(&world, a).await;
    let mut as_survivor = using(&code);
    as_survivor.member = Some(a);
    redeem_coupon(operations, actor, &as_survivor, None, "A", None).await.unwrap();
    undo_merge(operations, actor, merge.receipt.merge_id, "a mistake", None).await.unwrap();

    assert_eq!(together, 2);
    assert_eq!((usable(&world, a).await, usable(&world, b).await), (1, 0));
    let view = look_up_coupon(operations, actor, &code).await.unwrap();
    assert_eq!(view.coupon.member, Some(b));
});

on_both!(a_revoked_coupon_is_gone_and_one_in_a_checkout_cannot_be, async |world: TestWorld| {
    let template = template(&world, json!({})).await;
    let member = member(&world, "13800138000").await;
    let (operations, actor) = (&world.operations, &world.actor);
    let issued = issue_coupons(operations, actor, template, member, 2, None).await.unwrap().receipt;
    let [one, two] = [&issued.coupons[0], &issued.coupons[1]];
    lock_coupon(operations, actor, &using(&two.code), "a", 60, None).await.unwrap();

    let revoked = revoke_coupon(operations, actor, one.coupon_id, "mistake").await.unwrap();
    let busy = revoke_coupon(operations, actor, two.coupon_id, "mistake").await;

    assert_eq!(revoked.state, State::Revoked);
    assert!(matches!(busy, Err(CouponError::Refused(Refusal::Locked))), "{busy:?}");
});
