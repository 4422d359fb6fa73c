//! Long files and functions: questions for their author, not failures.

use super::{Checkout, numbered_lines};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 60;

/// Files over 500 lines and functions over 60, longest first.
pub fn questions(checkout: &Checkout) -> Vec<String> {
    let mut questions = Vec::new();
    for (path, text) in checkout.texts_ending(&[".rs"]) {
        let lines = text.lines().count();
        if lines > FILE_LINES {
            questions.push((lines, format!("{path}: {lines} lines; is it one thing?")));
        }
        for function in functions(text).filter(|function| function.lines > FUNCTION_LINES) {
            let Function { name, number, lines } = function;
            questions.push((lines, format!("{path}:{number}: `{name}` has {lines} lines")));
        }
    }
    questions.sort_by_key(|(lines, _)| std::cmp::Reverse(*lines));
    questions.into_iter().map(|(_, question)| question).collect()
}

#[derive(Debug, PartialEq)]
struct Function<'a> {
    name: &'a str,
    number: usize,
    lines: usize,
}

/// The functions of a formatted Rust file: a body ends with the first brace at the indentation of
/// its `fn`.
fn functions(text: &str) -> impl Iterator<Item = Function<'_>> {
    numbered_lines(text).filter_map(|(number, line)| {
        let name = function_name(line)?;
        let indentation = line.len() - line.trim_start().len();
        let lines = text.lines().skip(number - 1).position(|end| {
            end.len() - end.trim_start().len() == indentation
                && (end.trim_start().starts_with('}') || end.ends_with(';') || end.ends_with('}'))
        })?;
        Some(Function { name, number, lines: lines + 1 })
    })
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || ["const", "async", "unsafe", "extern"].contains(word)
    });
    if words.next()? != "fn" {
        return None;
    }
    words.next()?.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_ends_at_its_own_brace() {
        let text = "impl A {\n    pub async fn go(\n        &self,\n    ) -> u8 {\n        if a {\n        }\n        1\n    }\n    fn one() {}\n}\n";

        let found: Vec<Function> = functions(text).collect();

        assert_eq!(
            found,
            [
                Function { name: "go", number: 2, lines: 7 },
                Function { name: "one", number: 9, lines: 1 }
            ]
        );
    }
}
