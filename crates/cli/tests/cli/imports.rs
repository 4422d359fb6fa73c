//! `hui import` of orders, refunds and members, from every form of file.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::places::{Place, on_both, text};

pub(crate) const ORDERS_MAP: &str = r#"
    time_format = "%Y-%m-%d %H:%M:%S"
    money = "yuan"
    [fields]
    channel = { column = "来源", map = { "门店" = "pos" } }
    order_no = "单号"
    paid_at = "付款时间"
    [lines]
    sku = "商品"
    quantity = "数量"
    paid = "实付"
    [[identities]]
    kind = "phone"
    column = "手机"
    verified = true
"#;

const REFUNDS_MAP: &str = r#"
    time_format = "%Y-%m-%d %H:%M:%S"
    money = "yuan"
    [fields]
    channel = { value = "pos" }
    order_no = "单号"
    refund_no = "退单号"
    refunded_at = "退款时间"
    [lines]
    line_no = "行"
    amount = "金额"
"#;

const MEMBERS_MAP: &str = r#"
    time_format = "%Y-%m-%d %H:%M:%S"
    [fields]
    number = "会员号"
    source = { value = "old-crm" }
    name = "姓名"
    gender = { column = "性别", map = { "女" = "female", "男" = "male" } }
    birthday = "生日"
    channel = { value = "pos" }
    shop = "门店"
    joined_at = "入会时间"
    growth = "成长值"
    tier = { column = "等级", map = { "金卡" = "gold", "普通" = "basic" } }
    tier_until = "等级到期"
    [lots]
    points = "积分"
    expires_at = "积分到期"
    [consents]
    privacy = "隐私协议"
    [[identities]]
    kind = "phone"
    column = "手机"
    verified = true
    [[identities]]
    kind = "card"
    scope = "old-crm"
    column = "卡号"
"#;

/// Two lines an order, eight members.
pub(crate) fn orders_csv(numbers: Range<u32>) -> String {
    let mut csv = "来源,单号,付款时间,商品,数量,实付,手机\n".to_owned();
    for number in numbers {
        let phone = 13_800_138_000_u64 + u64::from(number % 8);
        let (day, second) = (number % 28 + 1, number % 60);
        for (sku, paid) in [("A", "199.00"), ("B", "101.50")] {
            writeln!(
                csv,
                "门店,N{number},2026-05-{day:02} 10:00:{second:02},{sku},1,{paid},{phone}"
            )
            .unwrap();
        }
    }
    csv
}

const MEMBERS_CSV: &str = "\
会员号,姓名,性别,生日,门店,入会时间,成长值,等级,等级到期,积分,积分到期,隐私协议,手机,卡号
M1,张三,男,1990-02-01,S0001,2024-03-01 12:00:00,3000,金卡,2035-12-31,30,2035-12-31,1.0,13800138000,C1
M1,张三,男,1990-02-01,S0001,2024-03-01 12:00:00,3000,金卡,2035-12-31,12,never,1.0,13800138000,C1
M2,李四,女,,S0002,2025-01-01 09:00:00,,普通,,0,,,13900139000,C2
M3,王五,,,S0002,2025-01-01 09:00:00,,钻石,,5,,,13700137000,C3
M4,赵六,,,S0002,2025-01-01 09:00:00,,,,x,,,13600136000,C4
M5,无名,,,S0002,2025-01-01 09:00:00,,,,5,,,,
";

fn import<'a>(kind: &'a str, file: &'a Path, map: &'a Path) -> Vec<&'a str> {
    vec!["import", kind, text(file), "--mapping", text(map)]
}

on_both!(members_come_with_their_points_growth_and_tier, |place| {
    let map = place.write("members.toml", MEMBERS_MAP);
    let file = place.write("members.csv", MEMBERS_CSV);

    let said = place.hui(&import("members", &file, &map)).good();

    assert!(said.contains("2 recorded, 3 refused"), "{said}");
    assert_eq!(place.number("select count(*) from members where bound = 1"), 2);
    assert_eq!(place.number("select cast(sum(points) as bigint) from entries"), 42);
    assert_eq!(place.number("select count(*) from entries where kind = 'migrate'"), 2);
    assert_eq!(place.number("select count(*) from members where tier = 'gold'"), 1);
    assert_eq!(place.number("select cast(sum(growth_lifetime) as bigint) from members"), 3000);
    assert_eq!(
        place.number("select count(*) from identities where kind = 'card' and member_id > 0"),
        2
    );
    place.verify();

    let again = place.hui(&import("members", &file, &map)).good();
    assert!(again.contains("2 recorded (2 of them before), 3 refused"), "{again}");
    assert_eq!(place.number("select cast(sum(points) as bigint) from entries"), 42);
});

on_both!(rejects_can_be_mended_and_imported, |place| {
    let map = place.write("members.toml", MEMBERS_MAP);
    let file = place.write("members.csv", MEMBERS_CSV);
    place.hui(&import("members", &file, &map)).good();

    let rejects = place.read("members.csv.rejects.ndjson");

    let codes: Vec<String> = rejects
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", row["hui_line"], row["hui_code"].as_str().unwrap())
        })
        .collect();
    assert_eq!(codes, ["5 tier.unknown", "6 request.invalid", "7 identity.missing"]);
    assert!(rejects.contains("the program has no tier 钻石"), "{rejects}");
    assert!(rejects.contains("points is not a whole number"), "{rejects}");

    let mended = rejects.replace("钻石", "金卡").replace("\"x\"", "\"7\"");
    let mended = place.write("mended.ndjson", &mended);
    let said = place.hui(&import("members", &mended, &map)).good();
    assert!(said.contains("2 recorded, 1 refused"), "{said}");
    assert_eq!(place.number("select cast(sum(points) as bigint) from entries"), 42 + 5 + 7);
    place.verify();
});

on_both!(a_rejected_order_of_many_rows_stays_together, |place| {
    let map = place.write("map.toml", ORDERS_MAP);
    let csv = orders_csv(0..3).replace("门店,N1,", "街边,N1,");
    let file = place.write("orders.csv", &csv);

    let said = place.hui(&import("orders", &file, &map)).good();
    assert!(said.contains("2 recorded, 1 refused"), "{said}");
    let rejects = place.read("orders.csv.rejects.ndjson");
    assert_eq!(rejects.lines().count(), 2);

    let mended = place.write("mended.ndjson", &rejects.replace("街边", "门店"));
    let said = place.hui(&import("orders", &mended, &map)).good();
    assert!(said.contains("1 recorded, 0 refused"), "{said}");
    let lines = "select paid from orders where order_no = 'N1'";
    assert_eq!(place.number(lines), 30_050);
    place.verify();
});

/// A Parquet file of texts and whole numbers, columns by columns.
fn parquet(path: &Path, texts: &[(&str, Vec<&str>)], numbers: &[(&str, Vec<i64>)]) {
    let mut schema = "message rows {".to_owned();
    for (name, _) in texts {
        write!(schema, "required binary {name} (utf8);").unwrap();
    }
    for (name, _) in numbers {
        write!(schema, "required int64 {name};").unwrap();
    }
    schema.push('}');
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values) in texts {
        let values: Vec<ByteArray> = values.iter().map(|value| ByteArray::from(*value)).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    for (_, values) in numbers {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

on_both!(parquet_brings_orders_refunds_and_members, |place| {
    let map = place.write(
        "orders.toml",
        r#"
        time_format = "unix_s"
        [fields]
        channel = { value = "pos" }
        order_no = "number"
        paid_at = "paid_at"
        [lines]
        sku = "sku"
        paid = "paid"
        [[identities]]
        kind = "phone"
        column = "phone"
        verified = true
        "#,
    );
    let file = place.path("orders.parquet");
    parquet(
        &file,
        &[
            ("number", vec!["1", "1", "2"]),
            ("sku", vec!["A", "B", "A"]),
            ("phone", vec!["13800138000", "13800138000", "13900139000"]),
        ],
        &[("paid", vec![19_900, 10_100, 5_000]), ("paid_at", vec![1_777_600_000; 3])],
    );
    let said = place.hui(&import("orders", &file, &map)).good();
    assert!(said.contains("2 recorded, 0 refused"), "{said}");
    assert_eq!(place.number("select paid from orders where order_no = '1'"), 30_000);

    let map = place.write(
        "refunds.toml",
        r#"
        time_format = "unix_s"
        [fields]
        channel = { value = "pos" }
        order_no = "number"
        refund_no = "refund"
        refunded_at = "at"
        [lines]
        line_no = "line"
        amount = "amount"
        "#,
    );
    let file = place.path("refunds.parquet");
    parquet(
        &file,
        &[("number", vec!["1", "2"]), ("refund", vec!["R1", "R2"]), ("line", vec!["2", "1"])],
        &[("amount", vec![10_100, 9_999_999]), ("at", vec![1_777_700_000; 2])],
    );
    let said = place.hui(&import("refunds", &file, &map)).good();
    assert!(said.contains("1 recorded, 1 refused"), "{said}");
    assert_eq!(place.number("select refunded from orders where order_no = '1'"), 10_100);
    let rejects = place.read("refunds.parquet.rejects.ndjson");
    assert!(rejects.contains("\"amount\":9999999"), "{rejects}");

    let map = place.write(
        "members.toml",
        r#"
        time_format = "unix_s"
        [fields]
        number = "number"
        growth = "growth"
        [lots]
        points = "points"
        expires_at = "ends"
        [[identities]]
        kind = "phone"
        column = "phone"
        verified = true
        "#,
    );
    let file = place.path("members.parquet");
    parquet(
        &file,
        &[("number", vec!["1", "1"]), ("phone", vec!["13700137000", "13700137000"])],
        &[
            ("growth", vec![10, 10]),
            ("points", vec![40, 2]),
            ("ends", vec![4_000_000_000, 4_100_000_000]),
        ],
    );
    let said = place.hui(&import("members", &file, &map)).good();
    assert!(said.contains("1 recorded, 0 refused"), "{said}");
    let brought = "select cast(sum(points) as bigint) from entries where kind = 'migrate'";
    assert_eq!(place.number(brought), 42);
    place.verify();
});

on_both!(an_import_that_is_killed_again_and_again_is_as_if_it_never_was, |place| {
    const ORDERS: u32 = 1500;
    let map = place.write("map.toml", ORDERS_MAP);
    // Every hundredth order names a channel that is not there.
    let mut csv = orders_csv(0..ORDERS);
    for number in (0..ORDERS).step_by(100) {
        csv = csv.replace(&format!("门店,N{number},"), &format!("街边,N{number},"));
    }
    let file = place.write("orders.csv", &csv);
    let mut arguments = import("orders", &file, &map);
    arguments.extend(["--batch", "25"]);

    let mut kills = 0;
    for round in 0..40 {
        let mut child = place.command(&arguments).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(250 + 170 * round));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        // Killed between its last note and its end, it has nothing left to resume.
        if place.number("select count(*) from imports where state = 'finished'") > 0 {
            break;
        }
    }
    assert!(kills > 0);
    assert_eq!(place.number("select count(*) from imports where state = 'finished'"), 1);

    let sound = Place::make(place.engine);
    std::fs::copy(&file, sound.path("orders.csv")).unwrap();
    let (file, map) = (sound.path("orders.csv"), sound.write("map.toml", ORDERS_MAP));
    let said = sound.hui(&import("orders", &file, &map)).good();
    assert!(said.contains("1485 recorded, 15 refused"), "{said}");
    for sql in [
        "select count(*) from orders",
        "select count(*) from entries",
        "select cast(sum(points) as bigint) from entries",
        "select cast(sum(points) as bigint) from growth_entries",
        "select count(*) from members",
        "select done from imports",
        "select rejected from imports",
        "select position from imports",
    ] {
        assert_eq!(place.number(sql), sound.number(sql), "{sql}");
    }
    let rejects = "orders.csv.rejects.ndjson";
    assert_eq!(place.read(rejects), sound.read(rejects));
    place.verify();
});

on_both!(a_stop_between_a_slice_and_its_note_doubles_nothing, |place| {
    for (kind, map, csv, note) in [
        (
            "orders",
            ORDERS_MAP,
            orders_csv(0..20).replace("门店,N3,", "街边,N3,"),
            "select count(*) from orders",
        ),
        (
            "refunds",
            REFUNDS_MAP,
            "单号,退单号,退款时间,行,金额\nN1,R1,2026-06-01 10:00:00,1,66.33\n\
             N9,R9,2026-06-01 10:00:00,1,999.00\nN2,R2,2026-06-01 10:00:00,1,199.00\n"
                .to_owned(),
            "select count(*) from refunds",
        ),
        ("members", MEMBERS_MAP, MEMBERS_CSV.to_owned(), "select count(*) from migrated_members"),
    ] {
        let map = place.write(&format!("{kind}.toml"), map);
        let file = place.write(&format!("{kind}.csv"), &csv);
        place.hui(&import(kind, &file, &map)).good();
        let figures = || {
            let points = "select cast(sum(points) as bigint) from entries";
            let growth = "select cast(sum(points) as bigint) from growth_entries";
            (place.number(note), place.number(points), place.number(growth))
        };
        let before = figures();
        let rejects = place.read(&format!("{kind}.csv.rejects.ndjson"));

        // As if the program had died with everything recorded and nothing noted.
        let name = format!("'{kind} {kind}.csv'");
        place.execute(&format!(
            "update imports set state = 'running', position = 0, done = 0, rejected = 0
             where file = {name}"
        ));
        let mut again = import(kind, &file, &map);
        again.push("--resume");
        let said = place.hui(&again).good();

        assert!(kind != "members" || said.contains("(2 of them before)"), "{said}");
        assert_eq!(figures(), before, "{kind}");
        assert_eq!(place.read(&format!("{kind}.csv.rejects.ndjson")), rejects);
    }
    place.verify();
});

on_both!(nothing_to_resume_is_said_so, |place| {
    let map = place.write("map.toml", ORDERS_MAP);
    let file = place.write("orders.csv", &orders_csv(0..2));
    let mut arguments = import("orders", &file, &map);
    arguments.push("--resume");

    let said = place.hui(&arguments).bad();

    assert!(said.contains("leave out --resume"), "{said}");
});

on_both!(a_trial_records_nothing, |place| {
    let map = place.write("map.toml", ORDERS_MAP);
    let file = place.write("orders.csv", &orders_csv(0..3).replace("199.00", "abc"));
    let mut arguments = import("orders", &file, &map);
    arguments.push("--dry-run");

    let said = place.hui(&arguments).good();

    assert!(said.contains("0 would be tried, 3 refused"), "{said}");
    assert!(place.read("orders.csv.dry-run.ndjson").contains("paid is not an amount"));
    assert_eq!(place.number("select count(*) from orders"), 0);
    assert_eq!(place.number("select count(*) from imports"), 0);
});

#[test]
fn what_is_wrong_with_a_file_or_its_mapping_is_said_plainly() {
    let place = Place::make(hui_store::Engine::Sqlite);
    let map = place.write("map.toml", ORDERS_MAP);
    let said = |name: &str, content: &[u8], map: &Path| {
        std::fs::write(place.path(name), content).unwrap();
        place.hui(&import("orders", &place.path(name), map))
    };

    let wrong = said("wrong.csv", "来源,订单号\n门店,1\n".as_bytes(), &map).bad();
    assert!(wrong.contains("[fields] order_no names the column 单号"), "{wrong}");
    assert!(wrong.contains("it has 来源, 订单号"), "{wrong}");
    let wrong = said("wrong.ndjson", br#"{"number": 1}"#, &map).bad();
    assert!(wrong.contains("names the column"), "{wrong}");

    assert!(said("empty.csv", b"", &map).bad().contains("it is empty"));
    assert!(said("empty.ndjson", b"", &map).bad().contains("it is empty"));
    let header = orders_csv(0..0);
    let nothing = said("header.csv", header.as_bytes(), &map).good();
    assert!(nothing.contains("the file holds no records"), "{nothing}");
    assert!(said("none.parquet", b"PAR1", &map).bad().contains("no Parquet file"));
    let gbk = [0xb5, 0xa5, 0xba, 0xc5, b',', b'a', b'\n'];
    assert!(said("gbk.csv", &gbk, &map).bad().contains("iconv"));
    let twice = said("twice.csv", b"a,a\n1,2\n", &map).bad();
    assert!(twice.contains("the column a stands twice"), "{twice}");
    let form = said("orders.txt", b"x", &map).bad();
    assert!(form.contains("--format"), "{form}");

    let unknown = place.write("unknown.toml", &ORDERS_MAP.replace("quantity", "pieces"));
    let unknown = said("orders.csv", header.as_bytes(), &unknown).bad();
    assert!(unknown.contains("[lines] pieces is unknown"), "{unknown}");
    let missing = place.write("missing.toml", &ORDERS_MAP.replace("order_no = \"单号\"", ""));
    let missing = said("orders.csv", header.as_bytes(), &missing).bad();
    assert!(missing.contains("[fields] order_no is missing"), "{missing}");
    let absent = place.hui(&import("orders", &place.path("no.csv"), &map)).bad();
    assert!(absent.contains("no.csv cannot be read"), "{absent}");
}
