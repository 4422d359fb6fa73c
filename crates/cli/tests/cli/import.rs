//! Importing a file: what fits is recorded once, what does not is told with its reason.

use std::fmt::Write as _;

use serde_json::Value;

use crate::server::Place;

const MAPPING: &str = r#"
    time_zone = "Asia/Shanghai"
    time_format = "%Y-%m-%d %H:%M:%S"
    money = "yuan"
    [fields]
    channel = { column = "来源", map = { "门店" = "pos", "天猫" = "tmall" } }
    order_no = "单号"
    paid_at = "付款时间"
    [lines]
    sku = "商品"
    paid = "实付"
    [[identities]]
    kind = "phone"
    column = "手机"
    verified = true
"#;

const ORDERS: &str = "\
来源,单号,付款时间,商品,实付,手机
门店,1001,2026-05-01 10:00:00,A1,199.00,13800138000
门店,1001,2026-05-01 10:00:00,A2,101.00,13800138000
天猫,1002,2026-05-02 10:00:00,A1,50,13800138000
门店,1003,2026-05-03 10:00:00,A1,0.005,13800138001
淘特,1004,2026-05-03 10:00:00,A1,10,13800138001
门店,1005,2026-05-04 10:00:00,A1,10,1380013
门店,1006,2026-05-05 10:00:00,A1,10,13800138002
";

#[test]
fn rows_with_one_number_are_one_order_and_refused_rows_are_told() {
    let place = Place::sqlite();
    place.prepare();
    let file = place.file("orders.csv", ORDERS);
    let mapping = place.file("map.toml", MAPPING);
    let rejects = place.folder.join("rejects.ndjson");
    let arguments = [
        "import",
        "orders",
        file.to_str().unwrap(),
        "--mapping",
        mapping.to_str().unwrap(),
        "--rejects",
        rejects.to_str().unwrap(),
        "--batch",
        "2",
    ];

    let said = place.run_well(&arguments);

    assert!(said.contains("3 recorded"), "{said}");
    assert!(said.contains("3 refused"), "{said}");
    assert_eq!(place.number("select count(*) from orders"), 3);
    assert_eq!(place.number("select paid from orders where order_no = '1001'"), 30_000);
    let told = std::fs::read_to_string(&rejects).unwrap();
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<(i64, &str)> = rows
        .iter()
        .map(|row| (row["line"].as_i64().unwrap(), row["number"].as_str().unwrap()))
        .collect();
    assert_eq!(seen.len(), 3);
    for expected in [(5, "1003"), (6, "1004"), (7, "1005")] {
        assert!(seen.contains(&expected), "{told}");
    }
    assert!(rows.iter().any(|row| row["code"] == "channel.unknown"));
    assert!(!told.contains("1380013"), "a phone stands in the rejects");

    let again = place.run_well(&arguments);
    assert!(again.contains("3 recorded"), "{again}");
    assert_eq!(place.number("select count(*) from orders"), 3);
    assert!(place.run_well(&["verify"]).contains("the books are right"));
}

#[test]
fn an_import_that_was_stopped_goes_on_where_it_stood() {
    let place = Place::sqlite();
    place.prepare();
    let mut text = String::from("来源,单号,付款时间,商品,实付,手机\n");
    for number in 0..60 {
        let shopper = number % 7;
        writeln!(text, "门店,{number},2026-05-01 10:00:00,A1,10,138001380{shopper:02}").unwrap();
    }
    let file = place.file("orders.csv", &text);
    let mapping = place.file("map.toml", MAPPING);
    let arguments = [
        "import",
        "orders",
        file.to_str().unwrap(),
        "--mapping",
        mapping.to_str().unwrap(),
        "--batch",
        "20",
    ];
    place.run_well(&arguments);
    // As if it had been killed after its second slice.
    place.meddle("update imports set state = 'running', position = 40, done = 40");

    let output = place.run(&arguments);

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("20 recorded, 0 refused"), "{said}");
    assert_eq!(place.number("select count(*) from orders"), 60);
    assert_eq!(place.number("select position from imports"), 60);
}
