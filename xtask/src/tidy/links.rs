//! Every link between our pages leads somewhere.

use super::{Checkout, numbered_lines};

/// Relative links of Markdown pages, and pages of `docs/domain/` named anywhere, that lead nowhere.
pub fn problems(checkout: &Checkout) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in checkout.texts_ending(&[".md"]) {
        for (number, target) in relative_links(text) {
            let resolved = resolve(path, target);
            if !resolved.as_deref().is_some_and(|resolved| checkout.exists(resolved)) {
                problems.push(format!("{path}:{number}: the link to {target} leads nowhere"));
            }
        }
    }
    for (path, text) in checkout.texts() {
        for (number, line) in numbered_lines(text) {
            for page in domain_pages(line).filter(|page| !checkout.exists(page)) {
                problems.push(format!("{path}:{number}: there is no {page}"));
            }
        }
    }
    problems
}

/// The targets of `[text](target)` outside code, without their anchors, with their line numbers.
fn relative_links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    numbered_lines(text)
        .filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            in_code ^= fence;
            !in_code && !fence
        })
        .flat_map(|(number, line)| {
            // Every second part between backticks is code.
            let prose = line.split('`').step_by(2);
            prose.flat_map(|prose| prose.split("](").skip(1)).map(move |rest| (number, rest))
        })
        .filter_map(|(number, rest)| {
            let target = rest.split([')', ' ']).next()?.split('#').next()?;
            let is_ours = !target.is_empty() && !target.contains(':');
            is_ours.then_some((number, target))
        })
}

/// The path from the root that a link on a page means. `None` when it leaves the checkout.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => page.split('/').collect(),
    };
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// The pages `docs/domain/<word>.md` that a line names.
fn domain_pages(line: &str) -> impl Iterator<Item = &str> {
    const FOLDER: &str = "docs/domain/";
    line.match_indices(FOLDER).filter_map(|(start, _)| {
        let rest = &line[start + FOLDER.len()..];
        let word = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-')?;
        let ends_well = word > 0 && rest[word..].starts_with(".md");
        ends_well.then(|| &line[start..start + FOLDER.len() + word + ".md".len()])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_resolved_from_its_page() {
        assert_eq!(resolve("docs/a/b.md", "../c.md").as_deref(), Some("docs/c.md"));
        assert_eq!(resolve("README.md", "docs/").as_deref(), Some("docs"));
        assert_eq!(resolve("docs/b.md", "/README.md").as_deref(), Some("README.md"));
        assert_eq!(resolve("README.md", "../out.md"), None);
    }

    #[test]
    fn links_in_code_and_to_elsewhere_are_left_alone() {
        let text = "[a](a.md#x) `[b](b.md)` [c](https://c)\n```\n[d](d.md)\n```\n[e](#e)\n";

        let found: Vec<_> = relative_links(text).collect();

        assert_eq!(found, [(1, "a.md")]);
    }

    #[test]
    fn only_whole_page_names_are_pages() {
        let line = concat!("see docs/", "domain/points.md and docs/", "domain/<word>.md");

        let found: Vec<_> = domain_pages(line).collect();

        assert_eq!(found, [concat!("docs/", "domain/points.md")]);
    }
}
