//! `hui user` and `hui key`.

use crate::places::{Place, Server, on_both};

const PASSWORD: &str = "a long enough password";

fn sign_in(server: &Server, name: &str, password: &str) -> u16 {
    let body = serde_json::json!({ "name": name, "password": password }).to_string();
    server.call("POST /api/v1/session", &body).unwrap()
}

on_both!(an_account_is_made_listed_disabled_and_enabled, |place| {
    let create = ["user", "create", "ada", "--role", "admin"];
    place.hui_told(&create, PASSWORD).good();
    place.hui_told(&["user", "create", "bob", "--role", "operator"], PASSWORD).good();

    let twice = place.hui_told(&create, PASSWORD).bad();
    assert!(twice.contains("the name is taken"), "{twice}");
    let unknown = place.hui_told(&["user", "create", "eve", "--role", "king"], PASSWORD).bad();
    assert!(unknown.contains("there is no role king"), "{unknown}");
    let short = place.hui_told(&["user", "create", "eve", "--role", "admin"], "short").bad();
    assert!(short.contains("password"), "{short}");

    place.hui(&["user", "disable", "bob"]).good();
    let listed = place.hui(&["user", "list"]).good();
    assert!(listed.lines().any(|line| line.contains("ada admin active")), "{listed}");
    assert!(listed.lines().any(|line| line.contains("bob operator disabled")), "{listed}");
    place.hui(&["user", "enable", "bob"]).good();
    assert!(place.hui(&["user", "list"]).good().contains("bob operator active"));

    let last = place.hui(&["user", "disable", "ada"]).bad();
    assert!(last.contains("administrator"), "{last}");
    let nobody = place.hui(&["user", "disable", "eve"]).bad();
    assert!(nobody.contains("there is no account eve"), "{nobody}");
});

on_both!(a_password_that_was_reset_signs_in_and_the_old_one_does_not, |place| {
    place.hui_told(&["user", "create", "ada", "--role", "admin"], PASSWORD).good();
    let server = Server::start(place);
    assert_eq!(sign_in(&server, "ada", PASSWORD), 200);

    place.hui_told(&["user", "password", "ada"], "another long password").good();

    assert_eq!(sign_in(&server, "ada", PASSWORD), 401);
    assert_eq!(sign_in(&server, "ada", "another long password"), 200);
});

fn made(place: &Place, arguments: &[&str]) -> (String, String) {
    let said = place.hui(arguments).good();
    let mut words = said.split_whitespace();
    (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
}

on_both!(a_key_is_made_rotated_and_revoked, |place| {
    let create = ["key", "create", "till", "--scope", "orders:write", "--shop", "pos/S0001"];
    let (old, old_secret) = made(place, &create);
    let unknown = place.hui(&["key", "create", "x", "--scope", "orders:paint"]).bad();
    assert!(unknown.contains("there is no scope orders:paint"), "{unknown}");

    let (new, new_secret) = made(place, &["key", "rotate", "till"]);

    assert_ne!((&old, &old_secret), (&new, &new_secret));
    let state = |key: &str| {
        let listed = place.hui(&["key", "list"]).good();
        listed.lines().find(|line| line.starts_with(key)).unwrap().to_owned()
    };
    assert!(state(&old).contains("till revoked"), "{}", state(&old));
    assert!(state(&new).contains("till active orders:write"), "{}", state(&new));
    place.hui(&["key", "revoke", &new]).good();
    assert!(state(&new).contains("till revoked"));
    let gone = place.hui(&["key", "rotate", &new]).bad();
    assert!(gone.contains("is revoked"), "{gone}");
    let nothing = place.hui(&["key", "revoke", "till"]).bad();
    assert!(nothing.contains("there is no key till"), "{nothing}");
});

on_both!(an_old_key_can_stay_until_its_callers_have_the_new_one, |place| {
    let (old, _) = made(place, &["key", "create", "till"]);

    let (new, _) = made(place, &["key", "rotate", &old, "--keep"]);

    let listed = place.hui(&["key", "list"]).good();
    let active = |key: &str| {
        listed.lines().any(|line| line.starts_with(key) && line.contains("till active"))
    };
    assert!(active(&old) && active(&new), "{listed}");
    let which = place.hui(&["key", "rotate", "till"]).bad();
    assert!(which.contains("2 keys in use are called till"), "{which}");
});
