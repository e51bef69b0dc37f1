//! TCP connections under the HTTP interface: their number and their time are bounded. Where there are too
//! many, the one that has been there longest makes room, so that those that hold still lock nobody out.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::logging::Logged;
use crate::observations::Transport;

/// Connections at one time, over all listening addresses; upgraded ones are bounded where they are served.
pub const LIMIT: usize = 512;
/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long one connection may be used; then it is closed after the request under way.
const CONNECTION_TIME: Duration = Duration::from_secs(120);
/// How long requests under way have when the peer stops.
const STOP_TIME: Duration = Duration::from_secs(1);

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) address: SocketAddr,
    pub(crate) transport: Transport,
}

/// Answers on `listener`, with TLS where there is an acceptor, until `stop` turns true, then ends within a second.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    slots: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut aged = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, source)) => match slot(&slots, &mut aged).await {
                Some(slot) => {
                    let (router, stop) = (router.clone(), stop.clone());
                    // Small answers go at once; where it can't be set they are merely later.
                    let _ = stream.set_nodelay(true);
                    let tls = tls.clone();
                    let source = |transport| Source {
                        address: source,
                        transport,
                    };
                    let (plain, secret) = (source(Transport::Tcp), source(Transport::Tls));
                    aged.push_back(connections.spawn(async move {
                        match tls {
                            None => connection(stream, plain, router, stop).await,
                            Some(tls) => {
                                let shaken = tokio::time::timeout(HEAD_TIME, tls.accept(stream));
                                if let Ok(Ok(stream)) = shaken.await {
                                    connection(stream, secret, router, stop).await;
                                }
                            }
                        }
                        drop(slot);
                    }));
                }
                None => debug!(source = %Logged(source), "too many connections"),
            },
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_TIME, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

/// A free slot; where there is none, the oldest connection of these is ended for one.
async fn slot(
    slots: &Arc<Semaphore>,
    aged: &mut VecDeque<AbortHandle>,
) -> Option<OwnedSemaphorePermit> {
    if aged.len() >= 2 * LIMIT {
        aged.retain(|connection| !connection.is_finished());
    }
    if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        return Some(slot);
    }
    loop {
        let oldest = aged.pop_front()?;
        if !oldest.is_finished() {
            oldest.abort();
            let freed = tokio::time::timeout(STOP_TIME, Arc::clone(slots).acquire_owned());
            return freed.await.ok()?.ok();
        }
    }
}

async fn connection<S>(stream: S, source: Source, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(source);
        inner.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        // Broken requests are the client's matter.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(CONNECTION_TIME) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(HEAD_TIME, connection).await;
}

/// Without free file descriptors `accept` fails at once, again and again.
async fn pause_after(error: &io::Error) {
    debug!(kind = %error.kind(), "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
