//! A user of the TURN server.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageIntegrityCredentials, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method,
};
use stun_types::prelude::AttributeWrite;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use turn_types::attribute::{RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CREATE_PERMISSION};

/// A connection to the TURN server.
pub enum Wire {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>),
}

/// TCP, or TLS over it.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Wire {
    pub async fn udp(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(server).await.unwrap();
        Self::Udp(socket)
    }

    pub async fn tcp(server: SocketAddr) -> Self {
        Self::Stream(Box::new(TcpStream::connect(server).await.unwrap()))
    }

    /// With the certificate that the peer gives out, and no other.
    pub async fn tls(server: SocketAddr, pem: &str) -> Self {
        Self::tls_by(server, &server.ip().to_string(), pem).await
    }

    /// The same, of a server that must have this name.
    pub async fn tls_by(server: SocketAddr, name: &str, pem: &str) -> Self {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let mut roots = RootCertStore::empty();
        roots.add(STANDARD.decode(text).unwrap().into()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(server).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector
            .connect(name.to_owned().try_into().unwrap(), stream)
            .await;
        Self::Stream(Box::new(stream.unwrap()))
    }

    pub async fn send(&mut self, message: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send(message).await.unwrap()),
            Self::Stream(stream) => {
                stream.write_all(message).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    }

    pub async fn receive(&mut self) -> Vec<u8> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = vec![0; 2048];
                let length = socket.recv(&mut buffer).await.unwrap();
                buffer.truncate(length);
                buffer
            }
            Self::Stream(stream) => {
                let mut frame = vec![0; 4];
                stream.read_exact(&mut frame).await.unwrap();
                let length = usize::from(u16::from_be_bytes([frame[2], frame[3]]));
                let channel = frame[0] & 0xc0 == 0x40;
                let rest = if channel {
                    length.next_multiple_of(4)
                } else {
                    length + 16
                };
                frame.resize(4 + rest, 0);
                stream.read_exact(&mut frame[4..]).await.unwrap();
                frame
            }
        }
    }
}

/// A user of the TURN server.
pub struct Turn {
    pub wire: Wire,
    name: String,
    password: String,
    nonce: String,
}

impl Turn {
    pub fn new(wire: Wire, (name, password): (String, String)) -> Self {
        Self {
            wire,
            name,
            password,
            nonce: String::new(),
        }
    }

    /// Asks with credentials; the answer's error code (0: none), and the answer.
    pub async fn ask(
        &mut self,
        method: Method,
        fill: impl Fn(&mut MessageWriteVec),
    ) -> (u16, Vec<u8>) {
        loop {
            let mut request = Message::builder_request(method, MessageWriteVec::new());
            fill(&mut request);
            if !self.nonce.is_empty() {
                request
                    .add_attribute(&Username::new(&self.name).unwrap())
                    .unwrap();
                request
                    .add_attribute(&Realm::new("iceveil").unwrap())
                    .unwrap();
                request
                    .add_attribute(&Nonce::new(&self.nonce).unwrap())
                    .unwrap();
                request
                    .add_message_integrity(&self.key(), IntegrityAlgorithm::Sha1)
                    .unwrap();
            }
            self.wire.send(&request.finish()).await;
            let answer = self.wire.receive().await;
            let message = Message::from_bytes(&answer).unwrap();
            let code = message
                .attribute::<ErrorCode>()
                .map_or(0, |error| error.code());
            match message.attribute::<Nonce>() {
                Ok(nonce) if self.nonce.is_empty() => nonce.nonce().clone_into(&mut self.nonce),
                _ => {
                    if code != 401 && code != 438 {
                        assert!(message.validate_integrity(&self.key()).is_ok());
                    }
                    return (code, answer);
                }
            }
        }
    }

    fn key(&self) -> MessageIntegrityCredentials {
        let (name, password) = (self.name.clone(), self.password.clone());
        LongTermKeyCredentials::new(name, password, "iceveil".to_owned()).into()
    }

    pub async fn allocate(&mut self) -> Result<(SocketAddr, SocketAddr), u16> {
        let udp = RequestedTransport::new(RequestedTransport::UDP);
        let (code, answer) = self.ask(ALLOCATE, |request| add(request, &udp)).await;
        if code != 0 {
            return Err(code);
        }
        let answer = Message::from_bytes(&answer).unwrap();
        let id = answer.transaction_id();
        let relayed = answer.attribute::<XorRelayedAddress>().unwrap().addr(id);
        Ok((
            relayed,
            answer.attribute::<XorMappedAddress>().unwrap().addr(id),
        ))
    }

    pub async fn permit(&mut self, peer: &str) -> u16 {
        let peer: SocketAddr = peer.parse().unwrap();
        self.ask(CREATE_PERMISSION, |request| add_peer(request, peer))
            .await
            .0
    }
}

pub fn add(message: &mut MessageWriteVec, attribute: &dyn AttributeWrite) {
    message.add_attribute(attribute).unwrap();
}

pub fn add_peer(message: &mut MessageWriteVec, peer: SocketAddr) {
    let peer = XorPeerAddress::new(peer, message.transaction_id());
    message.add_attribute(&peer).unwrap();
}
