//! Sockets in front of the TURN server: datagrams, and streams with frames in them.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

use super::{LIMIT, Origin, Outcome, Sink, Turn};
use crate::observations::Transport;
use crate::slots::{Connections, Stays};
use crate::task::Task;

/// Longest datagram or frame.
const MAX_FRAME: usize = 4096;
/// Connections at one time, allocation or not: those without can't crowd all others out.
const MAX_STREAMS: usize = 2 * LIMIT;
/// How long a connection may be silent before it has an allocation, and how long a write may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Messages that wait to be written to a connection.
const WAITING: usize = 256;

/// Serves a UDP socket.
pub(super) async fn datagrams(turn: Arc<Turn>, socket: Arc<UdpSocket>) {
    let mut allocations: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut buffer = [0; MAX_FRAME];
    loop {
        // An error is an ICMP message about an earlier answer: not about this socket.
        let Ok((length, source)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let datagram = buffer.get(..length).unwrap_or_default();
        let closed = match allocations.get(&source) {
            Some(allocation) => {
                let sent = allocation.try_send(datagram.to_vec());
                matches!(sent, Err(TrySendError::Closed(_)))
            }
            None => true,
        };
        if !closed {
            continue;
        }
        allocations.remove(&source);
        let origin = Origin {
            source,
            transport: Transport::Udp,
        };
        let sink = Sink::Datagrams(Arc::clone(&socket), source);
        match turn.outside(datagram, origin, &sink).await {
            Outcome::Nothing => {}
            Outcome::Reply(reply) => sink.send(reply),
            Outcome::Allocated(reply, allocation) => {
                if allocations.len() >= LIMIT {
                    allocations.retain(|_, allocation| !allocation.is_closed());
                }
                allocations.insert(source, allocation);
                sink.send(reply);
            }
        }
    }
}

/// Serves a TCP socket, with TLS on top where there is an acceptor.
pub(super) async fn streams(turn: Arc<Turn>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let slots = Arc::new(Semaphore::new(MAX_STREAMS));
    let mut connections = Connections::new(slots, MAX_STREAMS);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(()) = connections.ended() => continue,
        };
        let Ok((stream, source)) = accepted else {
            // No free file descriptors: it would fail at once again.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (turn, tls) = (Arc::clone(&turn), tls.clone());
        // Where it can't be set, small messages are merely later.
        let _ = stream.set_nodelay(true);
        let origin = move |transport| Origin { source, transport };
        // Where all stay there is no room for it.
        connections
            .take(|stays| async move {
                let Some(tls) = tls else {
                    return connection(turn, stream, origin(Transport::Tcp), stays).await;
                };
                let shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)).await;
                if let Ok(Ok(stream)) = shaken {
                    connection(turn, stream, origin(Transport::Tls), stays).await;
                }
            })
            .await;
    }
}

async fn connection<S>(turn: Arc<Turn>, stream: S, origin: Origin, stays: Stays)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut reader, writer) = tokio::io::split(stream);
    let (sender, messages) = mpsc::channel(WAITING);
    let _writer = Task::start(write(writer, messages));
    let sink = Sink::Stream(sender);
    let mut allocation: Option<mpsc::Sender<Vec<u8>>> = None;
    loop {
        let frame = match &allocation {
            // It expires by itself, and then the connection ends, too.
            Some(allocation) => tokio::select! {
                frame = read(&mut reader) => frame,
                () = allocation.closed() => return,
            },
            None => match tokio::time::timeout(PATIENCE, read(&mut reader)).await {
                Ok(frame) => frame,
                Err(_) => return,
            },
        };
        let Ok(frame) = frame else { return };
        match &allocation {
            Some(allocation) => drop(allocation.try_send(frame)),
            None => match turn.outside(&frame, origin, &sink).await {
                Outcome::Nothing => {}
                Outcome::Reply(reply) => sink.send(reply),
                Outcome::Allocated(reply, made) => {
                    stays.set();
                    allocation = Some(made);
                    sink.send(reply);
                }
            },
        }
    }
}

/// Reads one STUN message or channel data (RFC 8656, section 12.5). The padding is taken off.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [first, _, high, low] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (rest, padding) = match first >> 6 {
        0b00 => (length + 16, 0),
        0b01 => (length, length.next_multiple_of(4) - length),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    if rest > MAX_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; 4 + rest + padding];
    frame.splice(..4, head);
    stream
        .read_exact(frame.get_mut(4..).unwrap_or_default())
        .await?;
    frame.truncate(4 + rest);
    Ok(frame)
}

async fn write(mut stream: impl AsyncWrite + Unpin, mut messages: mpsc::Receiver<Vec<u8>>) {
    while let Some(message) = messages.recv().await {
        let written = tokio::time::timeout(PATIENCE, stream.write_all(&message)).await;
        // TLS keeps what it has until it is flushed.
        let flushed = tokio::time::timeout(PATIENCE, stream.flush());
        if !matches!(written, Ok(Ok(()))) || !matches!(flushed.await, Ok(Ok(()))) {
            return;
        }
    }
}
