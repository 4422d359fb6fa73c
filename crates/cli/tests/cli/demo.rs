//! The demo: loads once, serves at once, and its books are right.

use std::time::{Duration, Instant};

use crate::server::{Place, Server, sample};

#[test]
fn the_demo_loads_its_sample_once_and_its_books_are_right() {
    let place = Place::sqlite();
    let sample = sample();
    let arguments = |more: &[&'static str]| {
        let folder = sample.to_str().unwrap().to_owned();
        let mut command = place.command(&["demo", "--households", "4", "--sample", &folder]);
        command.args(more);
        command
    };
    assert!(arguments(&["--load-only"]).output().unwrap().status.success());

    let began = Instant::now();
    let server = Server::of(arguments(&["--listen", "127.0.0.1:0"]));
    assert!(server.is_ready_within(Duration::from_secs(5)));
    let took = began.elapsed();
    server.stop();

    assert!(took < Duration::from_secs(3), "the second start took {took:?}");
    let said = place.run_well(&["verify"]);
    assert!(said.contains("the books are right"), "{said}");
    assert!(place.number("select count(*) from orders") > 100);
    assert!(place.number("select count(*) from staff") >= 6);
}

#[test]
fn doctor_is_content_after_a_first_start_and_complains_about_an_open_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::sqlite();
    place.prepare();
    assert!(place.run(&["doctor"]).status.success() || !place.folder.join("master.key").exists());

    let key = place.folder.join("master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = place.run(&["doctor"]);

    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("chmod 600"));
}

#[test]
fn a_backup_is_never_written_over_and_comes_back_whole() {
    let place = Place::sqlite();
    place.prepare();
    let copy = place.folder.join("copy.db");
    let name = copy.to_str().unwrap();
    place.run_well(&["backup", name]);

    assert!(!place.run(&["backup", name]).status.success());
    assert!(!place.run(&["restore", name]).status.success());
    std::fs::remove_file(place.folder.join("hui.db")).unwrap();
    place.run_well(&["restore", name]);

    assert_eq!(place.number("select count(*) from programs"), 1);
}
