//! Room for connections. Where there is none left, the one that has been there longest makes room, so
//! that those that hold still lock nobody out.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};

/// How long one that was ended may take to go.
const END_TIME: Duration = Duration::from_secs(1);

/// The connections of one listener; several listeners may share the slots.
pub(crate) struct Connections {
    slots: Arc<Semaphore>,
    /// How many there are at most, and a few that have ended.
    limit: usize,
    aged: VecDeque<Held>,
    running: JoinSet<()>,
}

struct Held {
    task: AbortHandle,
    stays: Stays,
}

/// Says that a connection has become worth more than a new one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stays(Arc<AtomicBool>);

impl Stays {
    /// It is not ended to make room from now on.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connections {
    /// None yet, of at most `limit` that `slots` has room for.
    pub(crate) fn new(slots: Arc<Semaphore>, limit: usize) -> Self {
        Self {
            slots,
            limit,
            aged: VecDeque::new(),
            running: JoinSet::new(),
        }
    }

    /// Runs a connection, if there is room or can be made. False if not.
    pub(crate) async fn take<F>(&mut self, connection: impl FnOnce(Stays) -> F) -> bool
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(slot) = self.slot().await else {
            return false;
        };
        let stays = Stays::default();
        let connection = connection(stays.clone());
        let task = self.running.spawn(async move {
            connection.await;
            drop(slot);
        });
        self.aged.push_back(Held { task, stays });
        true
    }

    /// Waits until one ends; none if there is none.
    pub(crate) async fn ended(&mut self) -> Option<()> {
        self.running.join_next().await.map(drop)
    }

    /// A free slot; where there is none, the oldest connection that may go is ended for one.
    async fn slot(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.aged.len() >= 2 * self.limit {
            self.aged.retain(|held| !held.task.is_finished());
        }
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Some(slot);
        }
        let may_go = |held: &Held| !held.task.is_finished() && !held.stays.is_set();
        let oldest = self.aged.iter().position(may_go)?;
        self.aged.remove(oldest)?.task.abort();
        let freed = tokio::time::timeout(END_TIME, Arc::clone(&self.slots).acquire_owned());
        freed.await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::pending;

    use tokio::sync::mpsc;

    use super::*;

    /// Connections that hold still; each has a number, which comes when it ends.
    async fn three(staying: &'static [usize]) -> (Connections, mpsc::UnboundedReceiver<usize>) {
        struct Tells(usize, mpsc::UnboundedSender<usize>);
        impl Drop for Tells {
            fn drop(&mut self) {
                let _ = self.1.send(self.0);
            }
        }
        let (sender, ended) = mpsc::unbounded_channel();
        let mut connections = Connections::new(Arc::new(Semaphore::new(3)), 3);
        for number in 0..3 {
            let tells = Tells(number, sender.clone());
            let taken = connections.take(|stays| async move {
                if staying.contains(&number) {
                    stays.set();
                }
                let _tells = tells;
                pending().await
            });
            assert!(taken.await);
        }
        tokio::task::yield_now().await;
        (connections, ended)
    }

    #[tokio::test]
    async fn the_oldest_makes_room() {
        let (mut connections, mut ended) = three(&[]).await;
        for oldest in 0..3 {
            assert!(connections.take(|_| pending()).await);
            assert_eq!(ended.recv().await, Some(oldest));
        }
    }

    #[tokio::test]
    async fn one_that_stays_does_not() {
        let (mut connections, mut ended) = three(&[0]).await;
        assert!(connections.take(|_| pending()).await);
        assert_eq!(ended.recv().await, Some(1));
    }

    #[tokio::test]
    async fn where_all_stay_there_is_no_room() {
        let (mut connections, mut ended) = three(&[0, 1, 2]).await;
        assert!(!connections.take(|_| pending()).await);
        assert!(ended.try_recv().is_err());
    }

    #[tokio::test]
    async fn one_that_ended_leaves_room() {
        let mut connections = Connections::new(Arc::new(Semaphore::new(1)), 1);
        assert!(connections.take(|stays| async move { stays.set() }).await);
        assert_eq!(connections.ended().await, Some(()));
        assert_eq!(connections.ended().await, None);
        assert!(connections.take(|_| pending()).await);
    }
}
