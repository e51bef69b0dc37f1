//! Tasks that end with whoever holds them.

use std::future::Future;

use tokio::task::AbortHandle;

/// A running task; dropping this ends it.
#[derive(Debug)]
pub struct Task(AbortHandle);

impl Task {
    /// Starts one.
    pub fn start(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
