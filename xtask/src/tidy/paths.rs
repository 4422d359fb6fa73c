//! No path of anybody's machine stands in the repository.

use super::{Checkout, numbered_lines};

/// How such paths begin. Written in two halves, so that this file does not contain them.
const BEGINNINGS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!(".cargo/regi", "stry/"),
];

/// Lines that carry a path of a machine.
pub fn problems(checkout: &Checkout) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in checkout.texts() {
        for (number, line) in numbered_lines(text) {
            if carries_a_path(line) {
                problems.push(format!("{path}:{number}: a path of a machine"));
            }
        }
    }
    problems
}

fn carries_a_path(line: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| {
        line.match_indices(beginning).any(|(at, _)| {
            // `web/home/index.ts` is a path of ours; so is a URL's.
            let before = line[..at].chars().next_back();
            !before.is_some_and(|letter| {
                letter.is_alphanumeric() || ['_', '.', '-', '}', '@', ')', '*'].contains(&letter)
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_ours_is_not_a_path_of_a_machine() {
        let folder = BEGINNINGS[0];

        assert!(carries_a_path(&format!("see {folder}somebody")));
        assert!(!carries_a_path(&format!("see web{folder}index.ts")));
    }
}
