//! Orders: recorded once, by whoever bought, with what they earn.

use hui_testkit::{TestWorld, on_both, order};

on_both!(one_person_on_five_channels_is_one_member, async |world: TestWorld| {
    let mut members = std::collections::HashSet::new();
    for channel in ["douyin", "tmall", "jd", "pos", "mini_program"] {
        let order = order("1").channel(channel).phone("13800138000").line(20_000);
        members.insert(world.record(order).await.unwrap().member_id);
    }

    assert_eq!(members.len(), 1);
    let member = world.member(members.into_iter().next().flatten().unwrap()).await;
    assert_eq!(member.row.orders_count, 5);
    // Five times 20 points, and the award for joining once.
    assert_eq!(member.balance.available.0, 200);
});
