//! The rules of the house hold for this checkout.

use xtask::tidy::{self, Checkout};

fn checkout() -> Checkout {
    Checkout::open().unwrap()
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_crate_imports_only_what_it_may() {
    assert_none(&tidy::imports::manifest_problems(&checkout()).unwrap());
}

#[test]
fn only_the_store_speaks_to_the_database() {
    assert_none(&tidy::imports::source_problems(&checkout()));
}

#[test]
fn the_bans_hold_in_the_rules_too() {
    assert_none(&tidy::bans::problems(&checkout()).unwrap());
}

#[test]
fn names_are_words_of_the_field() {
    assert_none(&tidy::names::problems(&checkout()));
}

#[test]
fn no_path_of_a_machine_is_kept() {
    assert_none(&tidy::paths::problems(&checkout()));
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_none(&tidy::migrations::problems(&checkout()));
}

#[test]
fn one_sql_text_serves_both_databases() {
    assert_none(&Vec::from_iter(tidy::texts::problems(&checkout())));
}

#[test]
fn every_link_leads_somewhere() {
    assert_none(&tidy::links::problems(&checkout()));
}
