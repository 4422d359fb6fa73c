//! Sets: many rows as one parameter list.
//!
//! A statement names its set once, as `{set}`; it becomes
//! `unnest($n::bigint[], …) as s(…)` on PostgreSQL. On SQLite it becomes a
//! selection called `s`: from `json_each($n)` where rows are asked for, and from
//! `values (?, …), …` where rows are written, piece by piece: making JSON of wide
//! rows and taking it apart again costs more than writing them. Three texts for
//! one meaning, here only.
//!
//! A set is joined as `from {set} cross join t where …`: SQLite then keeps the
//! order and looks each row up by its key; joined in another way it prefers to
//! walk through all rows of the program.

use std::fmt::Write as _;

/// The most rows SQLite writes with one statement.
const PIECE: usize = 64;

/// What a column of a set holds; both kinds may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Whole numbers.
    Int(&'static str),
    /// Texts.
    Text(&'static str),
}

impl Column {
    /// The column's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int(name) | Self::Text(name) => name,
        }
    }
}

/// One value on its way into a statement.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// A whole number or null.
    Int(Option<i64>),
    /// A text or null.
    Text(Option<&'a str>),
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Cell<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a Option<String>> for Cell<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Self::Text(value.as_deref())
    }
}

#[derive(Debug)]
pub(crate) enum Values {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
}

/// Rows that travel together, column by column.
#[derive(Debug)]
pub struct Set {
    columns: &'static [Column],
    values: Vec<Values>,
    rows: usize,
}

impl Set {
    /// An empty set of these columns.
    pub fn new(columns: &'static [Column]) -> Self {
        Self::with_capacity(columns, 0)
    }

    /// An empty set with room for `rows`.
    pub fn with_capacity(columns: &'static [Column], rows: usize) -> Self {
        let values = columns
            .iter()
            .map(|column| match column {
                Column::Int(_) => Values::Int(Vec::with_capacity(rows)),
                Column::Text(_) => Values::Text(Vec::with_capacity(rows)),
            })
            .collect();
        Self { columns, values, rows: 0 }
    }

    /// One column of whole numbers.
    pub fn of_ints(columns: &'static [Column], values: impl IntoIterator<Item = i64>) -> Self {
        let mut set = Self::new(columns);
        for value in values {
            set.push(&[value.into()]);
        }
        set
    }

    /// Adds a row; its cells stand in the order of the columns.
    ///
    /// # Panics
    ///
    /// When the cells do not fit the columns: a mistake in the program.
    pub fn push(&mut self, cells: &[Cell<'_>]) {
        assert_eq!(cells.len(), self.columns.len(), "a row of another shape than its set");
        for (values, cell) in self.values.iter_mut().zip(cells) {
            match (values, cell) {
                (Values::Int(values), Cell::Int(value)) => values.push(*value),
                (Values::Text(values), Cell::Text(value)) => values.push(value.map(str::to_owned)),
                (values, cell) => panic!("{cell:?} in a column of another kind ({values:.0?})"),
            }
        }
        self.rows += 1;
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns' names, separated by commas.
    pub(crate) fn names(&self, prefix: &str) -> String {
        let mut names = String::new();
        for (place, column) in self.columns.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(names, "{comma}{prefix}{}", column.name());
        }
        names
    }

    pub(crate) fn into_values(self) -> Vec<Values> {
        self.values
    }

    /// The text that stands for the set on PostgreSQL; its parameters begin at `first`.
    pub(crate) fn postgres_text(&self, first: usize) -> String {
        let mut text = "unnest(".to_owned();
        for (place, column) in self.columns.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let kind = match column {
                Column::Int(_) => "bigint",
                Column::Text(_) => "text",
            };
            let _ = write!(text, "{comma}${}::{kind}[]", first + place);
        }
        let _ = write!(text, ") as s({})", self.names(""));
        text
    }

    /// The text that stands for the set on SQLite; its one parameter is `$first`.
    pub(crate) fn sqlite_text(&self, first: usize) -> String {
        let mut text = "(select ".to_owned();
        for (place, column) in self.columns.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}value ->> {place} as {}", column.name());
        }
        let _ = write!(text, " from json_each(${first})) as s");
        text
    }

    /// The text that stands for `rows` rows of the set on SQLite where they are written.
    ///
    /// Its parameters have no names: SQLite searches for each name from the first on.
    pub(crate) fn sqlite_values_text(&self, rows: usize) -> String {
        let mut text = "(select ".to_owned();
        for (place, column) in self.columns.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}column{} as {}", place + 1, column.name());
        }
        text.push_str(" from (values ");
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        text.push_str(&vec![row.as_str(); rows].join(", "));
        text.push_str(")) as s");
        text
    }

    /// Rows of the pieces in which SQLite writes the set: few sizes, so that few texts are prepared.
    pub(crate) fn sqlite_pieces(&self) -> Vec<usize> {
        let mut pieces = vec![PIECE; self.rows / PIECE];
        let mut rest = self.rows % PIECE;
        while rest > 0 {
            let piece = 1 << rest.ilog2();
            pieces.push(piece);
            rest -= piece;
        }
        pieces
    }

    /// The rows as the JSON text SQLite reads them from.
    pub(crate) fn sqlite_json(&self) -> String {
        let mut json = String::with_capacity(self.rows * self.columns.len() * 12 + 2);
        json.push('[');
        for row in 0..self.rows {
            json.push_str(if row == 0 { "[" } else { ",[" });
            for (place, values) in self.values.iter().enumerate() {
                if place > 0 {
                    json.push(',');
                }
                match values {
                    Values::Int(values) => match values[row] {
                        Some(value) => {
                            let _ = write!(json, "{value}");
                        }
                        None => json.push_str("null"),
                    },
                    Values::Text(values) => match &values[row] {
                        Some(value) => push_json_text(&mut json, value),
                        None => json.push_str("null"),
                    },
                }
            }
            json.push(']');
        }
        json.push(']');
        json
    }
}

fn push_json_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            character if character < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            character => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column::Int("number"), Column::Text("name")];

    fn pieces(rows: i64) -> Vec<usize> {
        let mut set = Set::new(COLUMNS);
        for row in 0..rows {
            set.push(&[row.into(), "x".into()]);
        }
        set.sqlite_pieces()
    }

    #[test]
    fn a_set_is_written_in_pieces_of_few_sizes_that_hold_every_row_once() {
        assert!(pieces(0).is_empty());
        assert_eq!(pieces(1), [1]);
        assert_eq!(pieces(63), [32, 16, 8, 4, 2, 1]);
        assert_eq!(pieces(64), [64]);
        assert_eq!(pieces(200), [64, 64, 64, 8]);
    }

    #[test]
    fn rows_to_be_written_are_values_under_the_names_of_their_columns() {
        let text = Set::new(COLUMNS).sqlite_values_text(2);

        assert_eq!(
            text,
            "(select column1 as number, column2 as name from (values (?, ?), (?, ?))) as s"
        );
    }
}
