//! The bans of `clippy.toml` hold in `loyalty` too, whose own file replaces it.

use anyhow::Context as _;
use toml::{Table, Value};

use super::Checkout;

const EVERYWHERE: &str = "clippy.toml";
const LOYALTY: &str = "crates/loyalty/clippy.toml";

/// Bans of the workspace that the file of `loyalty` does not repeat.
pub fn problems(checkout: &Checkout) -> anyhow::Result<Vec<String>> {
    let repeated = bans(checkout, LOYALTY)?;
    let missing = bans(checkout, EVERYWHERE)?.into_iter().filter(|ban| !repeated.contains(ban));
    Ok(missing.map(|ban| format!("{LOYALTY}: does not repeat the ban of {ban}")).collect())
}

fn bans(checkout: &Checkout, path: &str) -> anyhow::Result<Vec<String>> {
    let (_, text) = checkout
        .texts()
        .find(|(found, _)| *found == path)
        .with_context(|| format!("{path} is missing"))?;
    let settings: Table = text.parse().with_context(|| format!("{path} is not TOML"))?;
    let methods = settings.get("disallowed-methods").and_then(Value::as_array);
    Ok(methods.into_iter().flatten().map(Value::to_string).collect())
}
