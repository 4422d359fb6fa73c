//! What can go wrong between the program and its database.

/// Why a statement or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another writer was in the way; the same work may succeed if done again.
    #[error("the database asked to try again")]
    TryAgain(#[source] sqlx::Error),
    /// The database could not be reached in time or went away.
    #[error("the database is not reachable")]
    Unreachable(#[source] sqlx::Error),
    /// The database refused a statement: a broken constraint, a value out of range.
    #[error("the database refused the statement")]
    Refused(#[source] sqlx::Error),
    /// A stored value does not read as what it should be.
    #[error("stored {what} is unreadable: {found}")]
    Unreadable {
        /// Which value.
        what: &'static str,
        /// What was found, shortened; never personal data.
        found: String,
    },
    /// The address of the database is of no known form.
    #[error("the database address must start with sqlite: or postgres://")]
    Address,
    /// A migration failed or the database is newer than this program.
    #[error("migration {name}: {problem}")]
    Migration {
        /// The migration's file name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    /// Whether the same work done again can succeed at once (deadlock, serialisation).
    pub fn is_try_again(&self) -> bool {
        matches!(self, Self::TryAgain(_))
    }

    /// Whether the database itself said no to the content of a statement.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// A value that does not read as what it should be.
    pub fn unreadable(what: &'static str, found: impl std::fmt::Display) -> Self {
        let mut found = found.to_string();
        found.truncate(found.char_indices().nth(60).map_or(found.len(), |(at, _)| at));
        Self::Unreadable { what, found }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        match (&error, code.as_deref()) {
            // PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
            // SQLite: busy, busy_snapshot, locked.
            (_, Some("40001" | "40P01" | "55P03" | "5" | "517" | "6" | "261")) => {
                Self::TryAgain(error)
            }
            // PostgreSQL: shutting down, starting up, too many connections, statement cancelled,
            // read-only after a fail-over. SQLite: full disk, I/O error, cannot open.
            (_, Some(code))
                if code.starts_with("57P")
                    || code.starts_with("08")
                    || code.starts_with("53")
                    || matches!(
                        code,
                        "57014" | "25006" | "13" | "10" | "14" | "3338" | "778" | "1034"
                    ) =>
            {
                Self::Unreachable(error)
            }
            (sqlx::Error::Database(_), _) => Self::Refused(error),
            (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_), _) => {
                Self::unreadable("column", &error)
            }
            _ => Self::Unreachable(error),
        }
    }
}
