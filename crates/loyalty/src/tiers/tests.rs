use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::program::reading::read;
use crate::program::{check, default_document};

/// The default program with other fields in its section `tiers`.
fn program(tiers: Value) -> Program {
    let mut document = serde_json::to_value(default_document()).unwrap();
    let Value::Object(fields) = tiers else { panic!("not a section") };
    for (name, value) in fields {
        document["tiers"][name] = value;
    }
    check(&read(document).unwrap()).unwrap()
}

/// Basic, silver from 1000 (keep 800), gold from 5000 (keep 4000), twelve months, one step.
fn documented() -> Program {
    program(json!({}))
}

fn shanghai() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn just_before(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - 1)
}

fn holding(tier: &str, since: &str, until: &str) -> Standing {
    Standing { tier: tier.to_owned(), since: at(since), until: Some(at(until)), granted: false }
}

/// Gold, whose period is over at the beginning of 2 March 2026.
fn gold() -> Standing {
    holding("gold", "2025-03-01T10:00:00+08:00", "2026-03-02T00:00:00+08:00")
}

fn basic() -> Standing {
    Standing::base(&documented().ladder, at("2025-01-01T00:00:00+08:00"))
}

fn of(growth: i64, dated: &str) -> Vec<(Timestamp, Points)> {
    vec![(at(dated), Points(growth))]
}

mod windows {
    use super::*;

    const NOW: &str = "2026-03-01T12:00:00+08:00";

    fn measured(window: Window, growth: &[(Timestamp, Points)]) -> i64 {
        measure(growth, window, at(NOW), &shanghai()).0
    }

    #[test]
    fn rolling_months_leave_out_their_first_instant_and_count_their_last() {
        let window = Window::RollingMonths { months: 12 };
        let year_ago = at("2025-03-01T12:00:00+08:00");
        let after = Timestamp(year_ago.0 + 1);

        assert_eq!(measured(window, &[(year_ago, Points(7))]), 0);
        assert_eq!(measured(window, &[(after, Points(7))]), 7);
        assert_eq!(measured(window, &of(7, NOW)), 7);
        assert_eq!(measured(window, &[(Timestamp(at(NOW).0 + 1), Points(7))]), 0);
    }

    #[test]
    fn rolling_months_clamp_to_the_last_day_of_the_month() {
        let window = Window::RollingMonths { months: 1 };
        let start = window_start(window, at("2026-03-31T10:00:00+08:00"), &shanghai());

        assert_eq!(just_before(start), at("2026-02-28T10:00:00+08:00"));
    }

    #[test]
    fn a_natural_year_counts_from_its_very_first_instant_local() {
        let window = Window::NaturalYear {};

        assert_eq!(measured(window, &of(7, "2026-01-01T00:00:00+08:00")), 7);
        assert_eq!(measured(window, &of(7, "2025-12-31T23:59:59.999999+08:00")), 0);
    }

    #[test]
    fn lifetime_counts_everything_up_to_now() {
        assert_eq!(measured(Window::Lifetime {}, &of(7, "1999-01-01T00:00:00+08:00")), 7);
        assert_eq!(measured(Window::Lifetime {}, &of(7, "2026-03-01T12:00:00.000001+08:00")), 0);
    }

    #[test]
    fn a_refund_dated_at_its_order_leaves_every_window_the_order_was_in() {
        let order = "2025-06-01T00:00:00+08:00";
        let growth = [of(500, order), of(-500, order)].concat();
        let window = Window::RollingMonths { months: 12 };

        assert_eq!(measured(window, &growth), 0);
        let later = measure(&growth, window, at("2026-07-01T00:00:00+08:00"), &shanghai());
        assert_eq!(later, Points::ZERO);
    }

    #[test]
    fn growth_is_never_below_zero() {
        assert_eq!(measured(Window::Lifetime {}, &of(-5, "2026-01-01T00:00:00+08:00")), 0);
    }
}

mod upgrades {
    use super::*;

    fn upgraded(standing: &Standing, growth: i64) -> Option<Standing> {
        let effective_at = at("2026-01-31T10:00:00+08:00");
        let now = at("2026-02-05T00:00:00+08:00");
        upgrade(&documented(), standing, Points(growth), effective_at, now).map(|up| up.0)
    }

    #[test]
    fn a_tier_begins_at_its_very_growth() {
        assert_eq!(upgraded(&basic(), 999), None);
        assert_eq!(upgraded(&basic(), 1_000).unwrap().tier, "silver");
        assert_eq!(upgraded(&basic(), 4_999).unwrap().tier, "silver");
        assert_eq!(upgraded(&basic(), 5_000).unwrap().tier, "gold");
    }

    #[test]
    fn the_period_begins_at_the_effective_time_and_ends_with_a_day_twelve_months_on() {
        let silver = upgraded(&basic(), 1_000).unwrap();

        assert_eq!(silver.since, at("2026-01-31T10:00:00+08:00"));
        assert_eq!(silver.until, Some(at("2027-02-01T00:00:00+08:00")));
    }

    #[test]
    fn the_history_tells_when_it_was_decided_and_which_period_it_began() {
        let effective_at = at("2026-01-31T10:00:00+08:00");
        let now = at("2026-02-05T00:00:00+08:00");

        let (silver, change) =
            upgrade(&documented(), &basic(), Points(1_000), effective_at, now).unwrap();

        assert_eq!((change.at, change.since, change.until), (now, effective_at, silver.until));
        assert_eq!((change.from.as_str(), change.to.as_str()), ("basic", "silver"));
        assert_eq!(change.reason, ChangeReason::Upgrade);
    }

    #[test]
    fn growth_that_qualifies_for_the_tier_held_or_a_lower_one_changes_nothing() {
        assert_eq!(upgraded(&gold(), 5_000), None);
        assert_eq!(upgraded(&gold(), 1_000), None);
        assert_eq!(upgraded(&gold(), 0), None);
    }

    #[test]
    fn a_late_event_may_bring_a_period_that_is_over_and_reviewed_at_once() {
        let program = documented();
        let effective_at = at("2024-05-01T10:00:00+08:00");
        let now = at("2026-01-01T00:00:00+08:00");
        let growth = [(effective_at, Points(1_000))];

        let (silver, _) = upgrade(&program, &basic(), Points(1_000), effective_at, now).unwrap();
        let (settled, changes) = settle(&program, silver, &growth, now);

        assert_eq!(settled.tier, "basic");
        assert_eq!(changes[0].at, at("2025-05-02T00:00:00+08:00"));
    }
}

mod reviews {
    use super::*;

    const DUE: &str = "2026-03-02T00:00:00+08:00";

    fn settled(program: &Program, growth: i64, now: Timestamp) -> (Standing, Vec<TierChange>) {
        settle(program, gold(), &of(growth, "2025-12-01T00:00:00+08:00"), now)
    }

    #[test]
    fn a_tier_is_held_to_the_last_instant_of_its_period() {
        let (standing, changes) = settled(&documented(), 0, just_before(at(DUE)));

        assert_eq!((standing, changes), (gold(), vec![]));
    }

    #[test]
    fn at_the_end_of_the_period_a_member_below_the_keep_target_goes_one_step_down() {
        let (standing, changes) = settled(&documented(), 3_999, at(DUE));

        assert_eq!(standing, holding("silver", DUE, "2027-03-03T00:00:00+08:00"));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].reason, ChangeReason::Downgrade);
    }

    #[test]
    fn the_keep_target_keeps_the_tier_and_a_new_period_begins_at_the_review() {
        let (standing, changes) = settled(&documented(), 4_000, at(DUE));

        assert_eq!(standing, holding("gold", DUE, "2027-03-03T00:00:00+08:00"));
        assert_eq!(changes[0].reason, ChangeReason::Keep);
        assert_eq!((changes[0].from.as_str(), changes[0].to.as_str()), ("gold", "gold"));
    }

    #[test]
    fn without_a_keep_target_the_tier_is_kept_by_what_it_begins_at() {
        let program = program(json!({"ladder": [
            {"id": "basic", "name": {"en": "Basic"}, "from": 0},
            {"id": "gold", "name": {"en": "Gold"}, "from": 5000},
        ]}));

        assert_eq!(settled(&program, 4_999, at(DUE)).0.tier, "basic");
        assert_eq!(settled(&program, 5_000, at(DUE)).0.tier, "gold");
    }

    #[test]
    fn days_of_grace_put_the_review_off_and_growth_within_them_counts() {
        let program = program(json!({"grace_days": 30}));
        let due = at("2026-04-01T00:00:00+08:00");
        let growth = of(4_000, "2026-03-31T23:00:00+08:00");

        assert_eq!(review_due(&program, &gold()), Some(due));
        assert_eq!(settle(&program, gold(), &[], just_before(due)).0, gold());
        assert_eq!(settle(&program, gold(), &[], due).0.tier, "silver");
        assert_eq!(settle(&program, gold(), &growth, due).0.tier, "gold");
    }

    #[test]
    fn to_qualified_goes_down_to_the_tier_that_the_growth_qualifies_for() {
        let program = program(json!({"downgrade": "to_qualified"}));

        assert_eq!(settled(&program, 3_999, at(DUE)).0.tier, "silver");
        assert_eq!(settled(&program, 1_000, at(DUE)).0.tier, "silver");
        assert_eq!(settled(&program, 999, at(DUE)).0.tier, "basic");
    }

    #[test]
    fn the_lowest_tier_has_no_period_and_no_review() {
        let program = program(json!({"downgrade": "to_qualified"}));

        let (standing, _) = settled(&program, 0, at(DUE));

        assert_eq!((standing.tier.as_str(), standing.until), ("basic", None));
        assert_eq!(review_due(&program, &standing), None);
    }

    #[test]
    fn every_review_that_is_due_is_run_in_order_each_at_its_own_instant() {
        let (standing, changes) = settled(&documented(), 4_000, at("2029-01-01T00:00:00+08:00"));

        let reviews: Vec<_> =
            changes.iter().map(|change| (change.at, change.to.as_str())).collect();
        assert_eq!(
            reviews,
            [
                (at(DUE), "gold"),
                (at("2027-03-03T00:00:00+08:00"), "silver"),
                (at("2028-03-04T00:00:00+08:00"), "basic"),
            ]
        );
        assert_eq!(standing.until, None);
    }

    #[test]
    fn growth_after_the_review_does_not_count_in_it() {
        let growth = of(9_000, "2026-03-02T00:00:00.000001+08:00");

        let (standing, _) = settle(&documented(), gold(), &growth, at("2026-06-01T00:00:00Z"));

        assert_eq!(standing.tier, "silver");
    }

    #[test]
    fn a_refund_after_an_upgrade_lowers_growth_at_once_and_the_tier_only_at_the_period_end() {
        let program = documented();
        let paid_at = at("2026-01-10T10:00:00+08:00");
        let refunded = at("2026-01-20T00:00:00+08:00");
        let (silver, _) = upgrade(&program, &basic(), Points(1_200), paid_at, paid_at).unwrap();
        let growth = [(paid_at, Points(1_200)), (paid_at, Points(-1_200))];
        let period_end = at("2027-01-11T00:00:00+08:00");

        let (after_refund, _) = settle(&program, silver.clone(), &growth, refunded);
        let (last, _) = settle(&program, silver.clone(), &growth, just_before(period_end));
        let (reviewed, _) = settle(&program, silver.clone(), &growth, period_end);

        assert_eq!(measure(&growth, program.ladder.window, refunded, &shanghai()), Points::ZERO);
        assert_eq!((&after_refund, &last), (&silver, &silver));
        assert_eq!(reviewed.tier, "basic");
    }
}

mod grants {
    use super::*;

    #[test]
    fn a_granted_tier_is_reviewed_like_any_other() {
        let program = documented();
        let now = at("2026-01-10T10:00:00+08:00");

        let (given, change) = grant(&program, &basic(), "gold", None, now).unwrap();
        let (reviewed, _) = settle(&program, given.clone(), &[], at("2027-01-11T00:00:00+08:00"));

        assert!(given.granted && !reviewed.granted);
        assert_eq!(change.reason, ChangeReason::Granted);
        assert_eq!(given.until, Some(at("2027-01-11T00:00:00+08:00")));
        assert_eq!(reviewed.tier, "silver");
    }

    #[test]
    fn a_grant_may_say_until_when() {
        let until = at("2026-02-01T00:00:00+08:00");
        let now = at("2026-01-10T10:00:00+08:00");

        let given = grant(&documented(), &basic(), "gold", Some(until), now);

        assert_eq!(given.unwrap().0.until, Some(until));
        assert_eq!(grant(&documented(), &basic(), "diamond", None, now), None);
    }
}

mod merges {
    use super::*;

    #[test]
    fn the_higher_tier_wins_with_its_period_and_of_equal_tiers_the_later_end() {
        let ladder = documented().ladder;
        let silver = holding("silver", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
        let later = holding("gold", "2025-02-01T00:00:00Z", "2026-04-01T00:00:00Z");

        assert_eq!(higher(&ladder, &silver, &gold()), &gold());
        assert_eq!(higher(&ladder, &gold(), &silver), &gold());
        assert_eq!(higher(&ladder, &gold(), &later), &later);
        assert_eq!(higher(&ladder, &later, &gold()), &later);
    }

    #[test]
    fn growth_added_up_may_lift_the_member_further() {
        let growth =
            [of(3_000, "2025-06-01T00:00:00Z"), of(2_000, "2025-07-01T00:00:00Z")].concat();
        let silver = holding("silver", "2025-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
        let now = at("2026-01-01T00:00:00Z");

        let (standing, changes) = reassess(&documented(), silver, &growth, now);

        assert_eq!((standing.tier.as_str(), standing.since), ("gold", now));
        assert_eq!(changes.len(), 1);
    }
}

mod ladders {
    use super::*;

    /// Silver is gone, bronze from 500 is new.
    fn without_silver() -> Program {
        program(json!({"ladder": [
            {"id": "basic", "name": {"en": "Basic"}, "from": 0},
            {"id": "bronze", "name": {"en": "Bronze"}, "from": 500},
            {"id": "gold", "name": {"en": "Gold"}, "from": 5000},
        ]}))
    }

    fn silver() -> Standing {
        holding("silver", "2026-01-01T00:00:00+08:00", "2027-01-02T00:00:00+08:00")
    }

    #[test]
    fn a_lost_tier_becomes_the_highest_that_begins_no_higher() {
        let former = documented().ladder;
        let now = at("2026-02-01T00:00:00+08:00");

        let (standing, change) =
            adopt(&without_silver(), &silver(), Some(&former), &[], now).unwrap();

        assert_eq!(standing, Standing { tier: "bronze".to_owned(), ..silver() });
        assert_eq!(change.reason, ChangeReason::Ladder);
        assert_eq!(adopt(&documented(), &silver(), None, &[], now), None);
    }

    #[test]
    fn a_lost_tier_nobody_knows_becomes_the_one_that_growth_qualifies_for() {
        let now = at("2026-02-01T00:00:00+08:00");

        let (standing, changes) =
            settle(&without_silver(), silver(), &of(499, "2026-01-01T00:00:00Z"), now);

        assert_eq!((standing.tier.as_str(), standing.until), ("basic", None));
        assert_eq!(changes.len(), 1);
    }
}

mod progressing {
    use super::*;

    #[test]
    fn progress_tells_what_is_missing_to_rise_and_to_stay() {
        let silver = holding("silver", "2026-01-01T00:00:00Z", "2027-01-02T00:00:00Z");

        let progress = progress(&documented(), &silver, Points(700));

        let next = progress.next.unwrap();
        assert_eq!((next.tier.as_str(), next.missing), ("gold", Points(4_300)));
        assert_eq!((progress.keep, progress.keep_missing), (Some(Points(800)), Points(100)));
        assert_eq!(progress.until, silver.until);
    }

    #[test]
    fn the_lowest_tier_has_nothing_to_keep_and_the_highest_nothing_to_reach() {
        let lowest = progress(&documented(), &basic(), Points(10));
        let highest = progress(&documented(), &gold(), Points(9_000));

        assert_eq!((lowest.keep, lowest.keep_missing), (None, Points::ZERO));
        assert_eq!(lowest.next.unwrap().missing, Points(990));
        assert_eq!((highest.next, highest.keep_missing), (None, Points::ZERO));
    }
}

/// Growth entries, up to thirty days apart each, in the years from 2024 on.
fn any_growth() -> impl Strategy<Value = Vec<(Timestamp, Points)>> {
    let start = at("2024-01-01T00:00:00Z");
    let entry = (0_i64..1_500 * 86_400, -500_i64..4_000);
    let dated = move |(second, points)| (start.plus_seconds(second), Points(points));
    prop::collection::vec(entry.prop_map(dated), 0..12)
}

proptest! {
    #[test]
    fn settling_in_steps_is_settling_at_once(
        growth in any_growth(),
        days in prop::collection::vec(0_i64..400, 0..6),
        to_qualified: bool,
    ) {
        let program = if to_qualified {
            program(json!({"downgrade": "to_qualified", "grace_days": 10}))
        } else {
            documented()
        };
        let mut now = at("2025-06-01T00:00:00Z");
        let (mut standing, mut changes) = (gold(), Vec::new());
        for days in days {
            now = now.plus_seconds(days * 86_400);
            let (next, more) = settle(&program, standing, &growth, now);
            standing = next;
            changes.extend(more);
        }

        let at_once = settle(&program, gold(), &growth, now);

        prop_assert_eq!((standing, changes), at_once);
    }

    #[test]
    fn after_settling_no_review_is_due_and_no_review_lifts(growth in any_growth(), days in 0_i64..2_000) {
        let program = documented();
        let now = at("2025-06-01T00:00:00Z").plus_seconds(days * 86_400);

        let (standing, changes) = settle(&program, gold(), &growth, now);

        prop_assert!(review_due(&program, &standing).is_none_or(|due| due > now));
        for change in changes {
            let place = |tier: &str| program.ladder.place(tier);
            prop_assert!(place(&change.to) <= place(&change.from));
        }
    }

    #[test]
    fn an_upgrade_goes_exactly_where_the_growth_qualifies(growth in 0_i64..8_000) {
        let program = documented();
        let now = at("2026-01-01T00:00:00Z");

        let upgraded = upgrade(&program, &basic(), Points(growth), now, now);

        let tier = upgraded.map_or("basic".to_owned(), |(standing, _)| standing.tier);
        prop_assert_eq!(program.ladder.place(&tier), Some(program.ladder.qualified(Points(growth))));
    }
}
