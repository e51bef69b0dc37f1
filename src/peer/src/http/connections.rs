//! TCP connections under the HTTP interface: their number and their time are bounded.

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
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::logging::Logged;
use crate::observations::Transport;
use crate::slots::Connections;

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
    let mut connections = Connections::new(slots, LIMIT);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(()) = connections.ended() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                let (router, stop, tls) = (router.clone(), stop.clone(), tls.clone());
                // Small answers go at once; where it can't be set they are merely later.
                let _ = stream.set_nodelay(true);
                let source = move |transport| Source { address, transport };
                let taken = connections.take(|_| async move {
                    let Some(tls) = tls else {
                        return connection(stream, source(Transport::Tcp), router, stop).await;
                    };
                    let shaken = tokio::time::timeout(HEAD_TIME, tls.accept(stream));
                    if let Ok(Ok(stream)) = shaken.await {
                        connection(stream, source(Transport::Tls), router, stop).await;
                    }
                });
                if !taken.await {
                    debug!(source = %Logged(address), "too many connections");
                }
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_TIME, async {
        while connections.ended().await.is_some() {}
    })
    .await;
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
