//! `hui migrate`, `hui doctor`, `hui demo` and what the program says of itself.

use std::path::PathBuf;

use hui_store::Engine;

use crate::places::{Place, on_both};

on_both!(migrating_twice_is_as_once, |place| {
    let program = place.program();

    place.hui(&["migrate"]).good();

    assert_eq!(place.program(), program);
    assert_eq!(place.number("select count(*) from programs"), 1);
    place.verify();
});

on_both!(a_program_older_than_its_database_does_not_start, |place| {
    place.execute("insert into migrations (name, applied_at) values ('9999_later', 1)");

    let said = place.hui(&["migrate"]).bad();

    assert!(said.contains("it is older than the database"), "{said}");
});

on_both!(the_doctor_tells_what_is_wrong, |place| {
    let well = place.hui(&["doctor"]).good();
    assert!(well.contains("0 wrong"), "{well}");
    assert!(well.contains("every migration has been applied"), "{well}");

    place.execute("delete from migrations where name = '0003_migrated_members'");
    let said = place.hui(&["doctor"]).bad();
    assert!(said.contains("migrations are missing"), "{said}");

    place.execute("insert into migrations (name, applied_at) values ('0003_migrated_members', 1)");
    let key = place.path("master.key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = place.hui(&["doctor"]).bad();
    assert!(said.contains("others can read"), "{said}");
});

#[test]
fn the_doctor_makes_no_database() {
    let place = Place::empty(Engine::Sqlite);

    let said = place.hui(&["doctor"]).bad();

    assert!(said.contains("there is no database"), "{said}");
    assert!(!place.path("hui.db").exists());
    let said = place.hui(&["verify"]).bad();
    assert!(said.contains("there is no database"), "{said}");
}

on_both!(the_demo_loads_once_and_its_books_are_right, |place| {
    let sample: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "samples", "complete-journey"].iter().collect();
    let demo = ["demo", "--load-only", "--households", "12", "--sample", sample.to_str().unwrap()];

    let said = place.hui(&demo).good();

    assert!(said.contains("hui-demo-2026"), "{said}");
    let orders = place.number("select count(*) from orders");
    assert!(orders > 100, "{orders}");
    place.verify();
    place.hui(&demo).good();
    assert_eq!(place.number("select count(*) from orders"), orders);
});

#[test]
fn every_command_and_argument_is_explained() {
    let place = Place::empty(Engine::Sqlite);
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = place.hui(&arguments).good();
        seen += 1;
        let mut part = "";
        let mut lines = help.lines().peekable();
        while let Some(line) = lines.next() {
            if !line.starts_with(' ') {
                part = line;
                continue;
            }
            let named = line.trim_start();
            let indent = line.len() - named.len();
            let next = lines.peek().map_or(0, |next| next.len() - next.trim_start().len());
            let is_explained = named.contains("  ") || next > indent;
            match part {
                "Commands:" if indent == 2 => {
                    assert!(is_explained, "{path:?}: {line}");
                    let name = named.split_whitespace().next().unwrap();
                    if name != "help" {
                        paths.push([path.clone(), vec![name.to_owned()]].concat());
                    }
                }
                "Options:" | "Arguments:" if indent <= 6 && named.starts_with(['-', '<']) => {
                    assert!(is_explained, "{path:?}: {line}");
                }
                _ => {}
            }
        }
    }
    assert!(seen > 15, "{seen}");
}
