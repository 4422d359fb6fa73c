use super::*;

#[test]
fn smoke() {
    let probe = [
        "member.tier == 'gold'",
        "true",
        "line.category.startsWith('skincare/')",
        "member.teir == 'x'",
        "member.tier == 5",
        "member.tier = 5",
        "1.5 > 1",
        "order.paid >",
        "member.tags.exists(t, t == 'vip')",
        "member.tags.exist(t, t == 'vip')",
        "order.paid > 5 and true",
        "'中文' == member.tier &&\n  order.pad > 5",
        "member.tier in ['gold', 'silver'] x",
        "member",
        "has(member)",
        "'中文中文' == member.tier $ 5",
        "'中文中文' == member.tier 5",
        "'中文中文' ==\n '中文' 'x' ",
        "has(member.birthdy)",
        "order.paid_at.getDate('asia/shanghai') == 11",
        "order.paid_at.getDate('Asia/Shanghai') == 11 && order.paid > ",
        "(1 + 2) * 3 == 'x'",
        "size('x', 2) == 3",
        "siz('x')==1",
        "member.tier == 'gold' ? true",
        "order.paid == 99999999999999999999",
        "member.tier.matches('x')",
        "a ==== b",
        "!order.paid",
        "1 < null",
        "[1,'a'] == [2]",
        "member.tier == r'\\d' || member.tier == '\\q'",
        "true ? 1 : 'x'",
        "order.paid_at > timestamp('2026-11-11')",
        "order.paid_at - duration('3d') > member.joined_at",
        "member.tags.map(t, t)",
        "if == 1",
        "order.paid == + 1",
        "{'a': 1}",
        "member{a: 1}",
        "member.tags[0] == 'x'",
        "b'x' == 1",
        "?",
        ",",
        "f()()",
        "()",
        "true true",
    ];
    for text in probe {
        match compile(text, core_schema()) {
            Ok(_) => eprintln!("OK    {text}"),
            Err(errors) => {
                for e in errors {
                    eprintln!("{text:?}\n      {:?}: {e}", text.get(e.offset..));
                }
            }
        }
    }
}

#[test]
fn deep() {
    let nest = |n: usize, a: &str, m: &str, z: &str| format!("{}{m}{}", a.repeat(n), z.repeat(n));
    for text in [
        nest(63, "(", "true", ")"),
        nest(64, "(", "true", ")"),
        nest(65, "(", "true", ")"),
        nest(32, "!(", "true", ")"),
        nest(31, "size([", "'a'", "])>0"),
        nest(60, "-", "1", "") + " == 1",
        nest(63, "1+", "1", "") + " == 64",
        nest(62, "1+", "1", "") + " == 63",
        nest(61, "1+", "1", "") + " == 62",
        nest(400, "true&&", "true", ""),
        nest(333, "1==1&&", "true", ""),
        nest(334, "1==1&&", "true", ""),
        nest(20, "true?true:", "true", ""),
        nest(64, "true?true:", "true", ""),
        nest(30, "(true||", "true", ")&&true"),
        nest(60, "[", "1", "]"),
        nest(60, "{", "1", "}"),
        nest(60, "f(", "1", ")"),
        nest(60, "m.f(", "1", ")"),
        nest(2000, "!", "true", ""),
        nest(1000, "- ", "1", ""),
        "a".to_owned() + &".b".repeat(64),
        "a".to_owned() + &".b()".repeat(31),
        "a".to_owned() + &"[1]".repeat(63),
        "''".to_owned() + &nest(20, " == (a ? b : c && d || e", "true", ")"),
    ] {
        let start = std::time::Instant::now();
        let r = compile(&text, core_schema());
        eprintln!(
            "{:?} {:?} {:.60} -> {:?}",
            start.elapsed(),
            text.len(),
            text,
            r.map(|_| ()).map_err(|e| e[0].to_string())
        );
    }
}
