//! Lists come in pages: `?limit=&cursor=` → `{"items": [...], "next": …}`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::codes;
use crate::problem::Problem;

/// The longest page.
pub(crate) const LIMIT_MAX: u32 = 500;
/// The page where no limit is asked for.
pub(crate) const LIMIT_DEFAULT: u32 = 50;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of a list that was read whole.
    pub(crate) fn cut<R: Into<T>>(rows: Vec<R>, query: &ShortQuery) -> Result<Self, Problem> {
        let size = query.limit.as_deref().map_or(Ok(LIMIT_MAX), |size| limit(Some(size)))?;
        let from = after::<1>(query.cursor.as_deref())?.map_or(0, |[place]| place);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let end = from.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        let next = (end < rows.len()).then(|| i64::try_from(end).ok()).flatten();
        let items = rows.into_iter().skip(from).take(end.saturating_sub(from));
        Ok(Self { items: items.map(Into::into).collect(), next: next.map(|place| cursor([place])) })
    }

    /// A page of what an operation read, and where the next begins.
    pub(crate) fn of<R: Into<T>, const N: usize>(rows: Vec<R>, next: Option<[i64; N]>) -> Self {
        Self { items: rows.into_iter().map(Into::into).collect(), next: next.map(cursor) }
    }

    /// A page of `size` rows of which one more was read, to see whether there are more.
    pub(crate) fn of_one_more<R: Into<T>, const N: usize>(
        mut rows: Vec<R>,
        size: i64,
        place: impl Fn(&R) -> [i64; N],
    ) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(place);
        Self::of(rows, next)
    }
}

/// The page that is asked for: how many, and where it begins.
pub(crate) fn asked<const N: usize>(
    size: Option<&str>,
    cursor: Option<&str>,
) -> Result<(i64, Option<[i64; N]>), Problem> {
    Ok((limit(size)?.into(), after(cursor)?))
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    pub(crate) limit: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// Which page of a list that is short as a rule.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShortQuery {
    /// How many at most: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 500)]
    pub(crate) limit: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// How many to answer: 1 to 500, 50 where nothing is asked for.
pub(crate) fn limit(asked: Option<&str>) -> Result<u32, Problem> {
    let Some(asked) = asked else { return Ok(LIMIT_DEFAULT) };
    asked.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
        Problem::at(&codes::LIMIT_INVALID, "?limit", format!("a page has 1 to {LIMIT_MAX} items"))
    })
}

/// The cursor of a place in a list's order.
pub(crate) fn cursor<const N: usize>(place: [i64; N]) -> String {
    let mut bytes: Vec<u8> = place.iter().flat_map(|part| part.to_be_bytes()).collect();
    bytes.push(check(&bytes));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place a cursor tells.
pub(crate) fn after<const N: usize>(cursor: Option<&str>) -> Result<Option<[i64; N]>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    read(cursor).map(Some).ok_or_else(|| {
        Problem::at(&codes::CURSOR_INVALID, "?cursor", "send a cursor as `next` gave it")
    })
}

fn read<const N: usize>(cursor: &str) -> Option<[i64; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sum, parts) = bytes.split_last()?;
    if *sum != check(parts) || parts.len() != N * 8 {
        return None;
    }
    let mut place = [0; N];
    for (part, bytes) in place.iter_mut().zip(parts.chunks_exact(8)) {
        *part = i64::from_be_bytes(bytes.try_into().ok()?);
    }
    Some(place)
}

/// Tells a mistyped cursor from a true one; it hides nothing.
fn check(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0x5A, |sum: u8, byte| sum.rotate_left(3) ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let place = [7_i64, i64::MAX];

        assert_eq!(after::<2>(Some(&cursor(place))).unwrap_or_default(), Some(place));
    }

    #[test]
    fn a_cursor_of_another_list_or_hand_is_refused() {
        for text in ["", "x", "AAAA", &cursor([1_i64]), "%%"] {
            assert_eq!(after::<2>(Some(text)).map_err(|p| p.code().name), Err("cursor.invalid"));
        }
    }

    #[test]
    fn a_limit_is_from_one_to_five_hundred() {
        let asked = |text| limit(Some(text)).map_err(|problem| problem.code().name);

        assert_eq!(asked("1"), Ok(1));
        assert_eq!(asked("500"), Ok(500));
        for text in ["0", "501", "-1", "", "x"] {
            assert_eq!(asked(text), Err("limit.invalid"));
        }
    }
}
