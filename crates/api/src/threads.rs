//! Work that does not end with the connection it came by.

use std::future::Future;

use tokio::runtime::Handle;

use crate::problem::Problem;

/// Runs an operation on a thread of its own until it is done.
///
/// A caller who hangs up does not stop it half way, and its future need not
/// move between threads.
pub(crate) async fn aside<F, T>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Problem>
where
    F: Future<Output = T>,
    T: Send + 'static,
{
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(work()))
        .await
        .map_err(|error| Problem::internal(&error))
}
