use proptest::prelude::*;
use serde_json::{Value, json};

use super::exact::Exact;
use super::*;
use crate::amounts::{AMOUNT_MAX, Money, Rounding, divide, split};
use crate::members::{Gender, Profile};
use crate::orders::refunds::taken_so_far;
use crate::orders::{Line, OrderKey, Status};
use crate::program::points::Stacking;
use crate::program::reading::read;
use crate::program::{check, default_document};

/// The default program with another section `points.earn`.
fn program(earn: Value) -> Program {
    let mut document = serde_json::to_value(default_document()).unwrap();
    let Value::Object(fields) = earn else { panic!("not a section") };
    for (name, value) in fields {
        document["points"]["earn"][name] = value;
    }
    check(&read(document).unwrap()).unwrap()
}

fn line(line_no: usize, paid: i64) -> Line {
    Line {
        line_no: line_no.to_string(),
        sku: "A1".to_owned(),
        category: None,
        quantity: 1,
        unit_price: Money(paid),
        paid: Money(paid),
    }
}

fn order(paid: &[i64]) -> Order {
    let lines = paid.iter().zip(1..).map(|(paid, line_no)| line(line_no, *paid));
    Order {
        key: OrderKey { channel: "pos".to_owned(), order_no: "1".to_owned() },
        shop: Some("S0001".to_owned()),
        status: Status::Paid,
        placed_at: None,
        paid_at: None,
        completed_at: None,
        claims: Vec::new(),
        profile: Profile::default(),
        lines: lines.collect(),
        shipping: Money::ZERO,
        paid: Money(paid.iter().sum()),
        staff: None,
        touchpoint: None,
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn member(tier: &str) -> MemberFacts {
    MemberFacts { tier: tier.to_owned(), ..MemberFacts::default() }
}

fn inputs<'a>(member: &'a MemberFacts, order: &'a Order) -> Inputs<'a> {
    Inputs {
        member,
        order,
        effective_at: at("2026-05-01T10:00:00+08:00"),
        first: false,
        earned_in_day: Points::ZERO,
        earned_in_month: Points::ZERO,
        budgets_used: &[],
    }
}

fn earned(program: &Program, tier: &str, paid: &[i64]) -> Earned {
    earn(program, &inputs(&member(tier), &order(paid)))
}

fn points(values: &[i64]) -> Vec<Points> {
    values.iter().copied().map(Points).collect()
}

fn multiplier(id: &str, num: i64, den: i64) -> Value {
    json!({"id": id, "when": "true", "factor": {"num": num, "den": den}})
}

/// Ten points per ¥1.00 with these multipliers: an order of ¥10.00 has 100 without them.
fn with_multipliers(stacking: &str, multipliers: &Value) -> Program {
    program(json!({
        "rules": [{"id": "base", "when": "true", "rate": {"points": 10, "per": 100}}],
        "multipliers": multipliers,
        "stacking": stacking,
    }))
}

fn gold_program() -> Program {
    program(json!({"multipliers": [
        {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 2}},
    ]}))
}

mod rates {
    use super::*;

    #[test]
    fn gold_earns_half_as_much_again_and_the_left_over_unit_goes_to_the_largest_remainder() {
        let result = earned(&gold_program(), "gold", &[19_900, 10_100]);

        assert_eq!(result.points, Points(45));
        assert_eq!(result.line_points, points(&[30, 15]));
        assert_eq!(result.explanation.lines[0].share, "597/20");
        assert_eq!(result.explanation.lines[1].share, "303/20");
        assert_eq!(result.explanation.exact, "45");
    }

    #[test]
    fn small_shares_are_scaled_to_the_whole() {
        let program = program(json!({
            "rules": [{"id": "base", "when": "true", "rate": {"points": 1, "per": 100}}],
        }));

        let result = earned(&program, "basic", &[51, 152]);

        assert_eq!(result.points, Points(2));
        assert_eq!(result.line_points, points(&[1, 1]));
    }

    #[test]
    fn an_order_is_rounded_once_and_as_the_program_says() {
        for (rounding, expected) in [("floor", 29), ("half_up", 30), ("ceil", 30)] {
            let program = program(json!({"rounding": rounding}));

            assert_eq!(earned(&program, "basic", &[9_900, 9_900, 9_700]).points, Points(expected));
        }
        let ceil = program(json!({"rounding": "ceil"}));
        assert_eq!(earned(&ceil, "basic", &[1]).points, Points(1));
        let half_up = program(json!({"rounding": "half_up"}));
        assert_eq!(earned(&half_up, "basic", &[499]).points, Points(0));
        assert_eq!(earned(&half_up, "basic", &[500]).points, Points(1));
    }

    #[test]
    fn the_first_rule_that_holds_gives_the_rate_of_its_line() {
        let program = program(json!({"rules": [
            {"id": "care", "when": "line.category == 'skincare'", "rate": {"points": 2, "per": 100}},
            {"id": "large", "when": "line.paid >= 5000", "rate": {"points": 1, "per": 100}},
        ]}));
        let mut order = order(&[6_000, 6_000, 4_900]);
        order.lines[0].category = Some("skincare".to_owned());

        let result = earn(&program, &inputs(&member("basic"), &order));

        assert_eq!(result.line_points, points(&[120, 60, 0]));
        let rules: Vec<_> = result.explanation.lines.iter().map(|line| line.rule).collect();
        assert_eq!(rules, [Some(0), Some(1), None]);
        assert_eq!(result.explanation.rules[1].id, "large");
    }

    #[test]
    fn an_order_no_rule_holds_for_earns_nothing() {
        let program = program(json!({"rules": []}));

        let result = earned(&program, "basic", &[10_000, 20_000]);

        assert_eq!((result.points, result.line_points), (Points(0), points(&[0, 0])));
        assert_eq!((result.growth, result.line_growth), (Points(300), points(&[100, 200])));
    }

    #[test]
    fn nothing_paid_or_less_earns_nothing() {
        let result = earned(&gold_program(), "gold", &[0, -10_000, 10_000]);

        assert_eq!(result.line_points, points(&[0, 0, 15]));
        assert_eq!(result.line_growth, points(&[0, 0, 100]));
        assert_eq!(result.explanation.lines[1].base, 0);
    }

    #[test]
    fn an_order_without_lines_earns_nothing() {
        let result = earned(&gold_program(), "gold", &[]);

        assert_eq!((result.points, result.growth), (Points::ZERO, Points::ZERO));
        assert_eq!(result.line_points, []);
    }

    #[test]
    fn shipping_earns_nothing() {
        let mut order = order(&[10_000]);
        order.shipping = Money(1_000);
        order.paid = Money(11_000);

        assert_eq!(earn(&gold_program(), &inputs(&member("basic"), &order)).points, Points(10));
    }

    #[test]
    fn a_result_beyond_all_amounts_is_held_at_the_largest() {
        let program = with_multipliers("multiply", &json!([multiplier("huge", 1_000_000, 1)]));

        let result = earned(&program, "basic", &[AMOUNT_MAX, AMOUNT_MAX]);

        assert_eq!(result.points, Points(AMOUNT_MAX));
        assert_eq!(result.line_points, points(&[AMOUNT_MAX / 2, AMOUNT_MAX / 2]));
    }
}

mod growth {
    use super::*;

    #[test]
    fn growth_is_earned_by_its_own_rules_without_multipliers_and_caps() {
        let program = program(json!({
            "multipliers": [multiplier("double", 2, 1)],
            "caps": {"order": 1},
        }));

        let result = earned(&program, "basic", &[19_900, 10_150]);

        assert_eq!(result.points, Points(1));
        assert_eq!(result.growth, Points(300));
        assert_eq!(result.line_growth, points(&[199, 101]));
        assert_eq!(result.explanation.growth.exact, "601/2");
        assert_eq!(result.explanation.lines[1].growth_rule, Some(0));
    }
}

mod multipliers {
    use super::*;

    #[test]
    fn multipliers_combine_by_stacking() {
        let two = json!([multiplier("a", 3, 2), multiplier("b", 2, 1)]);

        assert_eq!(earned(&with_multipliers("multiply", &two), "", &[1_000]).points, Points(300));
        assert_eq!(earned(&with_multipliers("add", &two), "", &[1_000]).points, Points(250));
        assert_eq!(earned(&with_multipliers("highest", &two), "", &[1_000]).points, Points(200));
    }

    #[test]
    fn adding_never_goes_below_nothing() {
        let thirds = json!([multiplier("a", 1, 3), multiplier("b", 1, 3)]);
        let more = json!([multiplier("a", 1, 3), multiplier("b", 1, 3), multiplier("c", 2, 1)]);
        let small = json!([multiplier("a", 1, 3), multiplier("b", 1, 4), multiplier("c", 0, 1)]);

        assert_eq!(earned(&with_multipliers("add", &thirds), "", &[1_000]).points, Points(0));
        assert_eq!(earned(&with_multipliers("add", &more), "", &[1_000]).points, Points(66));
        assert_eq!(earned(&with_multipliers("add", &small), "", &[1_000]).points, Points(0));
    }

    #[test]
    fn one_multiplier_below_one_counts_in_every_stacking() {
        for stacking in ["multiply", "add", "highest"] {
            let half = with_multipliers(stacking, &json!([multiplier("half", 1, 2)]));

            assert_eq!(earned(&half, "", &[1_000]).points, Points(50), "{stacking}");
        }
    }

    #[test]
    fn the_first_exclusive_that_holds_stands_alone() {
        let program = with_multipliers(
            "multiply",
            &json!([
                multiplier("always", 5, 1),
                {"id": "gold", "when": "member.tier == 'gold'", "factor": {"num": 3, "den": 1},
                 "exclusive": true},
                {"id": "day", "when": "true", "factor": {"num": 2, "den": 1}, "exclusive": true},
            ]),
        );

        assert_eq!(earned(&program, "gold", &[1_000]).points, Points(300));
        assert_eq!(earned(&program, "basic", &[1_000]).points, Points(200));
    }

    #[test]
    fn an_exclusive_displaces_others_on_its_own_lines_only() {
        let program = with_multipliers(
            "multiply",
            &json!([
                multiplier("always", 5, 1),
                {"id": "large", "when": "line.paid > 1000", "factor": {"num": 2, "den": 1},
                 "exclusive": true},
            ]),
        );

        let result = earned(&program, "", &[1_000, 2_000]);

        assert_eq!(result.line_points, points(&[500, 400]));
        assert_eq!(result.explanation.lines[0].multipliers, [0]);
        assert_eq!(result.explanation.lines[1].multipliers, [1]);
    }

    #[test]
    fn a_multiplier_counts_from_its_beginning_until_its_end() {
        let program = with_multipliers(
            "multiply",
            &json!([{"id": "singles", "when": "true", "factor": {"num": 2, "den": 1},
                     "from": "2026-11-11T00:00:00+08:00", "until": "2026-11-12T00:00:00+08:00"}]),
        );
        let member = member("");
        let order = order(&[1_000]);
        let earned_at = |effective_at| {
            earn(&program, &Inputs { effective_at, ..inputs(&member, &order) }).points
        };

        assert_eq!(earned_at(at("2026-11-10T23:59:59.999999+08:00")), Points(100));
        assert_eq!(earned_at(at("2026-11-11T00:00:00+08:00")), Points(200));
        assert_eq!(earned_at(at("2026-11-11T23:59:59.999999+08:00")), Points(200));
        assert_eq!(earned_at(at("2026-11-12T00:00:00+08:00")), Points(100));
    }
}

mod conditions {
    use super::*;

    /// Whether the condition holds for a known member, order and line.
    fn holds(condition: &str) -> bool {
        let program = program(json!({"rules": [
            {"id": "asked", "when": condition, "rate": {"points": 1, "per": 100}},
        ]}));
        let member = MemberFacts {
            tier: "gold".to_owned(),
            growth: Points(5_000),
            gender: Some(Gender::Female),
            birthday: "1990-05-01".parse().ok(),
            joined_at: at("2025-01-01T00:00:00+08:00"),
            tags: vec!["vip".to_owned()],
            channels: vec!["pos".to_owned(), "tmall".to_owned()],
            orders_count: 3,
            spent: Money(60_000),
            last_order_at: Some(at("2026-04-01T00:00:00+08:00")),
            bound: true,
            cards: vec!["year".to_owned()],
        };
        let mut order = order(&[10_000, 20_000]);
        order.shipping = Money(800);
        order.paid = Money(30_800);
        order.touchpoint = Some("live-0501".to_owned());
        order.lines[0].quantity = 2;
        order.lines[0].category = Some("skincare/serum".to_owned());

        let result = earn(&program, &Inputs { first: true, ..inputs(&member, &order) });

        result.line_points[0].is_positive()
    }

    #[test]
    fn every_fact_can_be_asked() {
        for condition in [
            "member.tier == 'gold'",
            "member.growth == 5000",
            "member.age == 36",
            "member.gender == 'female'",
            "member.birthday == '1990-05-01'",
            "member.birth_month == 5",
            "member.birth_day == 1",
            "member.joined_at == timestamp('2024-12-31T16:00:00Z')",
            "'vip' in member.tags",
            "member.channels.exists(c, c == 'tmall')",
            "member.orders_count == 3",
            "member.spent == 60000",
            "order.paid_at - member.last_order_at > duration('720h')",
            "member.bound",
            "'year' in member.cards",
            "order.channel == 'pos'",
            "order.shop == 'S0001'",
            "order.store == 'S0001'",
            "order.paid == 30800",
            "order.paid_at == timestamp('2026-05-01T10:00:00+08:00')",
            "order.first",
            "order.touchpoint == 'live-0501'",
            "order.staff == null",
            "order.lines_count == 2",
            "order.quantity == 3",
            "order.shipping == 800",
            "line.sku == 'A1'",
            "line.category.startsWith('skincare/')",
            "line.quantity == 2",
            "line.paid == 10000",
            "line.unit_price == 10000",
        ] {
            assert!(holds(condition), "{condition}");
        }
    }

    #[test]
    fn only_the_shop_of_a_pos_order_is_a_store() {
        let program = program(json!({"rules": [
            {"id": "store", "when": "order.store == 'S0001'", "rate": {"points": 1, "per": 100}},
        ]}));
        let mut order = order(&[10_000]);
        order.key.channel = "tmall".to_owned();

        assert_eq!(earn(&program, &inputs(&member(""), &order)).points, Points::ZERO);
    }
}

mod caps {
    use super::*;

    fn capped(earned_in_day: i64, earned_in_month: i64) -> Earned {
        let program = with_multipliers("multiply", &json!([]));
        let earning = EarningRules {
            caps: crate::program::points::Caps {
                order: Some(Points(80)),
                member_day: Some(Points(100)),
                member_month: Some(Points(150)),
            },
            ..program.earning
        };
        let program = Program { earning, ..program };
        let member = member("");
        let order = order(&[600, 400]);
        earn(
            &program,
            &Inputs {
                earned_in_day: Points(earned_in_day),
                earned_in_month: Points(earned_in_month),
                ..inputs(&member, &order)
            },
        )
    }

    #[test]
    fn caps_apply_in_their_order_and_say_what_they_cut_off() {
        let result = capped(50, 120);

        assert_eq!(result.points, Points(30));
        assert_eq!(result.line_points, points(&[18, 12]));
        assert_eq!(result.explanation.rounded, Points(100));
        let steps: Vec<_> = result
            .explanation
            .caps
            .iter()
            .map(|cap| (cap.cap, cap.before.0, cap.after.0))
            .collect();
        assert_eq!(
            steps,
            [
                (CapName::Order, 100, 80),
                (CapName::MemberDay, 80, 50),
                (CapName::MemberMonth, 50, 30)
            ]
        );
    }

    #[test]
    fn a_cap_that_is_just_met_cuts_nothing() {
        let result = capped(20, 70);

        assert_eq!(result.points, Points(80));
        assert_eq!(result.explanation.caps.len(), 1);
    }

    #[test]
    fn beyond_a_cap_nothing_is_earned() {
        let result = capped(101, 0);

        assert_eq!((result.points, result.line_points), (Points(0), points(&[0, 0])));
    }
}

mod budgets {
    use super::*;

    fn budgeted(id: &str, num: i64, budget: i64) -> Value {
        json!({"id": id, "when": "true", "factor": {"num": num, "den": 1}, "budget": budget})
    }

    fn spend(program: &Program, used: &[i64]) -> Earned {
        let used = points(used);
        let member = member("");
        let order = order(&[1_000]);
        earn(program, &Inputs { budgets_used: &used, ..inputs(&member, &order) })
    }

    #[test]
    fn what_a_budget_does_not_cover_is_cut_off() {
        let program = with_multipliers("multiply", &json!([budgeted("double", 2, 250)]));

        let whole = spend(&program, &[150]);
        let part = spend(&program, &[151]);

        assert_eq!((whole.points, whole.budget_use), (Points(200), vec![(0, Points(100))]));
        assert_eq!((part.points, part.budget_use), (Points(199), vec![(0, Points(99))]));
        assert_eq!(part.explanation.budgets[0].cut, Points(1));
    }

    #[test]
    fn an_exclusive_multiplier_without_budget_still_stands_alone() {
        let program = with_multipliers(
            "multiply",
            &json!([
                {"id": "first", "when": "true", "factor": {"num": 5, "den": 1},
                 "exclusive": true, "budget": 100},
                multiplier("other", 3, 1),
            ]),
        );

        let result = spend(&program, &[100]);

        assert_eq!((result.points, result.budget_use), (Points(100), vec![]));
        let why = &result.explanation.budgets[0];
        assert_eq!(why.multiplier, "first");
        assert_eq!((why.left, why.added, why.cut), (Points(0), Points(400), Points(400)));
    }

    #[test]
    fn a_cut_leaves_what_the_others_add() {
        let both = json!([budgeted("a", 2, 100), multiplier("b", 3, 1)]);
        let turned = json!([multiplier("b", 3, 1), budgeted("a", 2, 100)]);
        let left = |stacking, multipliers, used| {
            let result = spend(&with_multipliers(stacking, multipliers), &[used, used]);
            result.points.0
        };

        let multiplied = (left("multiply", &both, 70), left("multiply", &turned, 70));
        let added = (left("add", &both, 70), left("add", &turned, 70));
        let highest = (left("highest", &both, 70), left("highest", &turned, 70));

        // Of 600: a adds 100 before b, and 300 after it.
        assert_eq!(multiplied, (530, 330));
        // Of 400: a adds 100 either way.
        assert_eq!(added, (330, 330));
        // Of 300: a adds 100 before b, and nothing after it.
        assert_eq!(highest, (230, 300));
    }

    #[test]
    fn a_budget_cuts_after_the_caps() {
        let program = with_multipliers("multiply", &json!([budgeted("double", 2, 40)]));
        let caps =
            crate::program::points::Caps { order: Some(Points(150)), ..program.earning.caps };
        let earning = EarningRules { caps, ..program.earning };

        let result = spend(&Program { earning, ..program }, &[]);

        assert_eq!((result.points, result.budget_use), (Points(140), vec![(0, Points(40))]));
        assert_eq!(result.explanation.caps[0].after, Points(150));
        assert_eq!(result.explanation.budgets[0].cut, Points(10));
    }

    #[test]
    fn each_multiplier_adds_what_it_changes_in_the_order_of_the_document() {
        let both = json!([budgeted("a", 2, 1_000), budgeted("b", 3, 1_000)]);

        let multiplied = spend(&with_multipliers("multiply", &both), &[]);
        let added = spend(&with_multipliers("add", &both), &[]);
        let highest = spend(&with_multipliers("highest", &both), &[]);

        assert_eq!(multiplied.budget_use, [(0, Points(100)), (1, Points(400))]);
        assert_eq!(added.budget_use, [(0, Points(100)), (1, Points(200))]);
        assert_eq!(highest.budget_use, [(0, Points(100)), (1, Points(100))]);
    }

    #[test]
    fn what_a_cap_cuts_off_uses_no_budget() {
        let program = with_multipliers("multiply", &json!([budgeted("double", 2, 1_000)]));
        let caps =
            crate::program::points::Caps { order: Some(Points(130)), ..program.earning.caps };
        let earning = EarningRules { caps, ..program.earning };

        let result = spend(&Program { earning, ..program }, &[]);

        assert_eq!((result.points, result.budget_use), (Points(130), vec![(0, Points(30))]));
    }

    #[test]
    fn a_multiplier_below_one_uses_no_budget() {
        let half = json!([{"id": "half", "when": "true", "factor": {"num": 1, "den": 2},
                           "budget": 10}]);

        let result = spend(&with_multipliers("multiply", &half), &[]);

        assert_eq!((result.points, result.budget_use), (Points(50), vec![]));
    }
}

mod explanations {
    use super::*;

    #[test]
    fn an_explanation_reads_back_from_its_json() {
        let explanation = earned(&gold_program(), "gold", &[19_900, 10_100]).explanation;

        let written = serde_json::to_string(&explanation).unwrap();

        assert_eq!(serde_json::from_str::<Explanation>(&written).unwrap(), explanation);
    }
}

/// Any program of two rules and up to four multipliers, with caps and budgets.
fn any_program() -> impl Strategy<Value = Program> {
    let amount = || prop_oneof![Just(Value::Null), (0_i64..2_000).prop_map(|cap| json!(cap))];
    let condition = prop_oneof![
        Just("true"),
        Just("line.paid > 5000"),
        Just("line.quantity == 1"),
        Just("member.tier == 'gold'"),
        Just("order.first"),
    ];
    let multiplier = (condition, 0_i64..9, 1_i64..8, prop::bool::weighted(0.2), amount()).prop_map(
        |(when, num, den, exclusive, budget)| {
            json!({"when": when, "factor": {"num": num, "den": den},
                       "exclusive": exclusive, "budget": budget})
        },
    );
    let stacking = prop_oneof![Just("multiply"), Just("add"), Just("highest")];
    let rounding = prop_oneof![Just("floor"), Just("half_up"), Just("ceil")];
    let caps = (amount(), amount(), amount());
    let multipliers = prop::collection::vec(multiplier, 0..4);
    (multipliers, stacking, rounding, caps, 0_i64..30, 1_i64..999).prop_map(
        |(mut multipliers, stacking, rounding, caps, rate, per)| {
            for (place, multiplier) in multipliers.iter_mut().enumerate() {
                multiplier["id"] = json!(format!("m{place}"));
            }
            program(json!({
                "rules": [
                    {"id": "large", "when": "line.paid >= 9000",
                     "rate": {"points": rate, "per": per}},
                    {"id": "rest", "when": "line.paid != 8000",
                     "rate": {"points": 1, "per": 100}},
                ],
                "multipliers": multipliers,
                "stacking": stacking,
                "rounding": rounding,
                "caps": {"order": caps.0, "member_day": caps.1, "member_month": caps.2},
            }))
        },
    )
}

fn any_order() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![4 => 0_i64..20_000, 1 => Just(8_000)], 1..8)
}

/// `num/den` or a whole number, read.
fn fraction(text: &str) -> (i128, i128) {
    let (num, den) = text.split_once('/').unwrap_or((text, "1"));
    (num.parse().unwrap(), den.parse().unwrap())
}

fn with_used(program: &Program, paid: &[i64], day: i64, month: i64, used: &[Points]) -> Earned {
    let member = member("gold");
    let order = order(paid);
    earn(
        program,
        &Inputs {
            earned_in_day: Points(day),
            earned_in_month: Points(month),
            budgets_used: used,
            ..inputs(&member, &order)
        },
    )
}

proptest! {
    #[test]
    fn the_lines_add_up_to_the_order(program in any_program(), paid in any_order(), day in 0_i64..3_000) {
        let result = with_used(&program, &paid, day, day, &[]);

        prop_assert_eq!(result.line_points.iter().copied().sum::<Points>(), result.points);
        prop_assert_eq!(result.line_growth.iter().copied().sum::<Points>(), result.growth);
        prop_assert!(result.line_points.iter().all(|part| *part >= Points::ZERO));
    }

    #[test]
    fn caps_and_budgets_are_never_exceeded(
        program in any_program(),
        paid in any_order(),
        day in 0_i64..3_000,
        month in 0_i64..3_000,
        used in prop::collection::vec(0_i64..2_500, 4),
    ) {
        let used = points(&used);

        let result = with_used(&program, &paid, day, month, &used);

        let caps = program.earning.caps;
        let room = |cap: Option<Points>, earned: i64| cap.map_or(i64::MAX, |cap| (cap.0 - earned).max(0));
        prop_assert!(result.points.0 <= room(caps.order, 0));
        prop_assert!(result.points.0 <= room(caps.member_day, day));
        prop_assert!(result.points.0 <= room(caps.member_month, month));
        for (place, added) in result.budget_use {
            prop_assert!(added.is_positive());
            let budget = program.earning.multipliers[place].budget.unwrap();
            prop_assert!(used[place].plus(added) <= budget);
        }
    }

    #[test]
    fn a_budget_that_suffices_changes_nothing_and_one_that_does_not_cuts_the_rest(
        program in any_program(),
        paid in any_order(),
        used in prop::collection::vec(0_i64..2_500, 4),
    ) {
        let used = points(&used);
        let mut free = program.clone();
        for one in &mut free.earning.multipliers {
            one.budget = None;
        }

        let result = with_used(&program, &paid, 0, 0, &used);
        let whole = with_used(&free, &paid, 0, 0, &[]);

        let why = &result.explanation.budgets;
        let cut: Points = why.iter().map(|budget| budget.cut).sum();
        prop_assert_eq!(whole.points.minus_to_zero(cut), result.points);
        for budget in why {
            prop_assert_eq!(budget.added.minus_to_zero(budget.left), budget.cut);
        }
        let given: Points = why.iter().map(|budget| budget.added.minus_to_zero(budget.cut)).sum();
        prop_assert_eq!(given, result.budget_use.iter().map(|(_, points)| *points).sum());
    }

    #[test]
    fn the_order_of_the_lines_does_not_change_the_total(
        program in any_program(),
        paid in any_order(),
        used in prop::collection::vec(0_i64..2_500, 4),
    ) {
        let used = points(&used);
        let reversed: Vec<i64> = paid.iter().rev().copied().collect();

        let result = with_used(&program, &paid, 0, 0, &used);
        let other = with_used(&program, &reversed, 0, 0, &used);

        prop_assert_eq!(result.points, other.points);
        prop_assert_eq!(result.budget_use, other.budget_use);
        prop_assert_eq!(result.growth, other.growth);
    }

    #[test]
    fn the_explanation_leads_to_the_same_points(
        program in any_program(),
        paid in any_order(),
        day in 0_i64..3_000,
        used in prop::collection::vec(0_i64..2_500, 4),
    ) {
        let used = points(&used);

        let result = with_used(&program, &paid, day, day, &used);

        let why = &result.explanation;
        let shares: Vec<_> = why.lines.iter().map(|line| fraction(&line.share)).collect();
        let common: i128 = shares.iter().map(|(_, den)| den).product();
        let scaled: Vec<i128> = shares.iter().map(|(num, den)| num * (common / den)).collect();
        let rounded = divide(scaled.iter().sum(), common, why.rounding).unwrap();
        prop_assert_eq!(rounded, i128::from(why.rounded.0));
        let (num, den) = fraction(&why.exact);
        prop_assert_eq!(num * common, scaled.iter().sum::<i128>() * den);
        let capped = why.caps.last().map_or(why.rounded, |cap| cap.after);
        let cut = why.budgets.iter().map(|budget| budget.cut).sum();
        prop_assert_eq!(capped.minus_to_zero(cut), result.points);
        let parts: Vec<i64> = why.lines.iter().map(|line| line.points.0).collect();
        prop_assert_eq!(split(result.points.0, &scaled), Some(parts));
        for line in &why.lines {
            prop_assert_eq!(fraction(&line.share), recomputed(why, line));
        }
    }

    #[test]
    fn many_partial_refunds_take_back_exactly_the_whole(
        program in any_program(),
        paid in any_order(),
        steps in prop::collection::vec(0_i64..9_000, 0..6),
    ) {
        let result = with_used(&program, &paid, 0, 0, &[]);

        for (paid, earned) in paid.iter().zip(&result.line_points) {
            let mut refunded = 0;
            let mut taken = Points::ZERO;
            for step in steps.iter().copied().chain([*paid]) {
                refunded = (refunded + step).min(*paid);
                let returned = i64::from(refunded == *paid);
                let so_far = taken_so_far(*earned, Money(*paid), Money(refunded), 1, returned);
                prop_assert!(so_far >= taken);
                taken = so_far;
            }
            prop_assert_eq!(taken, *earned);
        }
    }

    #[test]
    fn numbers_of_any_size_give_what_small_ones_give(
        lines in prop::collection::vec((0..AMOUNT_MAX, 0_usize..3), 1..6),
        factors in prop::collection::vec((0_i64..1_000, 1_i64..1_000), 3),
        total in 0..AMOUNT_MAX,
    ) {
        let factors: Vec<Fraction> =
            factors.into_iter().map(|(num, den)| Fraction { num, den }).collect();
        let rate = Rate { points: 7, per: 300 };
        let group = |count| Group { rule: 0, rate, multipliers: (0..count).collect() };
        let plan = Plan {
            lines: lines.into_iter().map(|(base, group)| Share { base, group: Some(group) }).collect(),
            groups: (1..4).map(group).collect(),
        };
        for stacking in [Stacking::Multiply, Stacking::Add, Stacking::Highest] {
            let small = Exact::of(&plan, &factors, stacking, 3);
            let large = Exact::large(&plan, &factors, stacking, 3);

            prop_assert_eq!(small.total_text(), large.total_text());
            prop_assert_eq!(small.share_text(0), large.share_text(0));
            for rounding in [Rounding::Floor, Rounding::HalfUp, Rounding::Ceil] {
                prop_assert_eq!(small.rounded(rounding), large.rounded(rounding));
            }
            prop_assert_eq!(small.split(Points(total)), large.split(Points(total)));
        }
    }
}

/// The exact share of a line from what the explanation says of it, in lowest terms.
fn recomputed(why: &Explanation, line: &LineExplained) -> (i128, i128) {
    let Some(rule) = line.rule else { return (0, 1) };
    let rate = why.rules[rule].rate;
    let in_force = line.multipliers.iter().map(|place| why.multipliers[*place].factor);
    let factors: Vec<(i128, i128)> =
        in_force.map(|factor| (factor.num.into(), factor.den.into())).collect();
    let (num, den) = match why.stacking {
        _ if factors.is_empty() => (1, 1),
        Stacking::Multiply => {
            factors.iter().fold((1, 1), |(num, den), factor| (num * factor.0, den * factor.1))
        }
        Stacking::Add => {
            let den: i128 = factors.iter().map(|factor| factor.1).product();
            let more: i128 =
                factors.iter().map(|factor| (factor.0 - factor.1) * (den / factor.1)).sum();
            ((den + more).max(0), den)
        }
        Stacking::Highest => {
            let higher =
                |a: (i128, i128), b: (i128, i128)| if b.0 * a.1 > a.0 * b.1 { b } else { a };
            factors.iter().copied().reduce(higher).unwrap()
        }
    };
    let num = num * i128::from(rate.points) * i128::from(line.base);
    let den = den * i128::from(rate.per);
    let (mut larger, mut smaller) = (num, den);
    while smaller != 0 {
        (larger, smaller) = (smaller, larger % smaller);
    }
    (num / larger, den / larger)
}

#[test]
fn factors_beyond_128_bits_are_still_exact() {
    let many: Vec<Value> =
        (0..20).map(|place| multiplier(&format!("m{place}"), 1_000_000 - place, 999_983)).collect();
    let program = with_multipliers("multiply", &json!(many));

    let result = earned(&program, "", &[1_000, 2_000, 3_000]);

    // The product is a little more than 1.00015, and 600 its floor times 600.
    assert_eq!(result.points, Points(600));
    assert_eq!(result.line_points, points(&[100, 200, 300]));
    assert!(result.explanation.exact.len() > 60, "{}", result.explanation.exact);
}
