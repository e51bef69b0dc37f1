//! `iceveil-peer serve`: everything bound, started, and stopped again.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::clients::{Clients, IceServer};
use crate::http::{self, App, TurnServers};
use crate::options::ServeOptions;
use crate::random::NoRandomness;
use crate::rtc::SessionOptions;
use crate::stun;
use crate::task::Task;
use crate::tls::{NoCertificate, Tls};
use crate::turn::{Credentials, PeerPolicy, Relays, Turn, TurnOptions};

const HTTP_PORT: u16 = 8480;
const STUN_PORT: u16 = 3478;
/// How often clients that nobody uses are looked for.
const EXPIRY: Duration = Duration::from_secs(10);

/// Why the peer couldn't start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// An address couldn't be listened on.
    Listen {
        /// The option that names it.
        option: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The folder of `--www` isn't one.
    NoFolder(PathBuf),
    /// `--public` found no address.
    NotPublic,
    /// No certificate can be made.
    NoCertificate(NoCertificate),
    /// No secrets can be made.
    NoRandomness(NoRandomness),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen {
                option,
                address,
                error,
            } => {
                write!(f, "{option} {address}: ")?;
                match error.kind() {
                    io::ErrorKind::AddrInUse => write!(
                        f,
                        "the port is taken by another program; name another one with {option}"
                    ),
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("not permitted; ports below 1024 need privileges")
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        f.write_str("this machine doesn't have that address")
                    }
                    _ => write!(f, "{error}"),
                }
            }
            Self::NoFolder(folder) => write!(f, "--www {}: no such folder", folder.display()),
            Self::NoCertificate(error) => error.fmt(f),
            Self::NoRandomness(error) => error.fmt(f),
            Self::NotPublic => f.write_str("--public: this machine has no way to the internet"),
        }
    }
}

impl std::error::Error for ServeError {}

/// A running peer. Dropping it stops it at once; [`Peer::stop`] lets requests finish.
pub struct Peer {
    /// Where the web server listens.
    pub http: Vec<SocketAddr>,
    /// Where the common STUN server listens.
    pub stun: Vec<SocketAddr>,
    /// Where the TURN server listens, on UDP and TCP.
    pub turn: Vec<SocketAddr>,
    /// Where the TURN server listens for TLS.
    pub turns: Vec<SocketAddr>,
    /// Where the web server listens for TLS.
    pub https: Vec<SocketAddr>,
    /// What the HTTP interface stands on.
    pub app: Arc<App>,
    stop: watch::Sender<bool>,
    web: Vec<JoinHandle<()>>,
    _tasks: Vec<Task>,
}

impl Peer {
    /// Binds and starts everything.
    ///
    /// # Errors
    /// When an address can't be listened on, or the folder isn't there.
    pub async fn start(options: &ServeOptions) -> Result<Self, ServeError> {
        let www = leak_test(options)?;
        let listen = listen_addresses(options).await?;
        let mut tasks = Vec::new();
        let mut stun = Vec::new();
        for address in or_default(&options.stun, &listen, STUN_PORT) {
            let failed = failed("--stun", address);
            let socket = UdpSocket::bind(address).await.map_err(&failed)?;
            stun.push(socket.local_addr().map_err(&failed)?);
            let answers = stun::serve(socket, None, options.simulate_mapped);
            tasks.push(Task::start(async {
                if let Err(error) = answers.await {
                    warn!(kind = %error.kind(), "the STUN server failed");
                }
            }));
        }
        let relays = Arc::new(Relays::also_on(servers_of(&options.ice_server)));
        let simulated = options.simulate_mapped;
        let clients = Arc::new(Clients::new(listen.clone(), simulated, Arc::clone(&relays)));
        let credentials =
            Credentials::new(options.turn_secret.as_deref(), options.turn_user.clone());
        let credentials = Arc::new(credentials.map_err(ServeError::NoRandomness)?);
        let tls = if options.turns.is_empty() && options.https.is_empty() {
            None
        } else {
            Some(Tls::make(&tls_names(options)).map_err(ServeError::NoCertificate)?)
        };
        let mut turn = Vec::new();
        let mut turns = Vec::new();
        if !options.no_turn && options.ice_server.is_empty() {
            let accounts = Arc::clone(&clients);
            let server = Turn::new(TurnOptions {
                listen: listen.clone(),
                credentials: Arc::clone(&credentials),
                policy: PeerPolicy::new(listen.clone(), options.turn_peer.clone()),
                simulated,
                relays,
                account: Box::new(move |id| accounts.account(id)),
            });
            let server = server.map_err(ServeError::NoRandomness)?;
            for address in or_default(&options.turn, &listen, 0) {
                let (udp, tcp) = both(address).await.map_err(failed("--turn", address))?;
                turn.push(udp.local_addr().map_err(failed("--turn", address))?);
                tasks.push(Task::start(Arc::clone(&server).serve_udp(udp)));
                tasks.push(Task::start(Arc::clone(&server).serve_tcp(tcp)));
            }
            for (address, tls) in options.turns.iter().zip(std::iter::repeat(&tls)) {
                let failed = failed("--turns", *address);
                let listener = TcpListener::bind(address).await.map_err(&failed)?;
                turns.push(listener.local_addr().map_err(&failed)?);
                if let Some(tls) = tls {
                    let serving = Arc::clone(&server).serve_tls(listener, tls.acceptor.clone());
                    tasks.push(Task::start(serving));
                }
            }
        }
        let app = Arc::new(App {
            clients,
            sessions: SessionOptions {
                listen: listen.clone(),
                candidates: !options.no_candidates,
            },
            simulated,
            www,
            turn: turn_servers(
                turn.clone(),
                turns_hosts(&turns, options.tls_name.as_deref()),
                credentials,
                options.ice_server.clone(),
            ),
            certificate: tls.as_ref().map(|tls| tls.certificate.clone()),
            rooms: http::Rooms::default(),
            streams: Arc::new(Semaphore::new(http::STREAM_LIMIT)),
        });
        tasks.push(Task::start(expire(Arc::clone(&app))));

        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(http::LIMIT));
        let router = http::router(Arc::clone(&app));
        let mut http = Vec::new();
        let mut web = Vec::new();
        for address in or_default(&options.http, &listen, HTTP_PORT) {
            let failed = failed("--http", address);
            let listener = TcpListener::bind(address).await.map_err(&failed)?;
            http.push(listener.local_addr().map_err(&failed)?);
            let slots = Arc::clone(&slots);
            let serving = http::serve(listener, None, router.clone(), slots, stopped.clone());
            web.push(tokio::spawn(serving));
        }
        let mut https = Vec::new();
        for address in &options.https {
            let failed = failed("--https", *address);
            let listener = TcpListener::bind(address).await.map_err(&failed)?;
            https.push(listener.local_addr().map_err(&failed)?);
            let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
            let slots = Arc::clone(&slots);
            let serving = http::serve(listener, acceptor, router.clone(), slots, stopped.clone());
            web.push(tokio::spawn(serving));
        }
        info!(
            simulated = simulated.is_some(),
            turn = !turn.is_empty(),
            "ready"
        );
        Ok(Self {
            http,
            stun,
            turn,
            turns,
            https,
            app,
            stop,
            web,
            _tasks: tasks,
        })
    }

    /// The address of the leak test.
    pub fn url(&self) -> String {
        self.http
            .first()
            .map(|address| format!("http://{address}"))
            .unwrap_or_default()
    }

    /// What `--ready-json` prints: one line.
    pub fn ready_json(&self) -> String {
        json!({ "http": self.url(), "stun": self.stun.first(), "turn": self.turn.first(),
            "turns": self.turns.first(), "https": self.https.first() })
        .to_string()
    }

    /// Stops: no new requests, those under way have a second.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for web in self.web.drain(..) {
            // It fails only if it panicked; then it has stopped, too.
            let _ = web.await;
        }
        self.app.clients.end();
        info!("stopped");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.web.iter().for_each(JoinHandle::abort);
        self.app.clients.end();
    }
}

/// A port on which both transports are free.
async fn both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    /// Times that a free port of one is looked for in the other.
    const TRIES: u32 = 20;
    let mut tries = 0;
    loop {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) if address.port() != 0 || tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

/// The addresses of the TURN servers that others run, where they are given as addresses.
fn servers_of(named: &[IceServer]) -> Vec<IpAddr> {
    let urls = named.iter().flat_map(|server| &server.urls);
    let hosts = urls.filter_map(|url| {
        let host = url.strip_prefix("turn")?.split_once(':')?.1;
        host.split('?').next()
    });
    hosts
        .filter_map(|host| {
            let address = host.parse::<SocketAddr>().map(|address| address.ip());
            let host = host.trim_matches(['[', ']']);
            address.or_else(|_| host.parse()).ok()
        })
        .collect()
}

fn turn_servers(
    addresses: Vec<SocketAddr>,
    secret: Vec<String>,
    credentials: Arc<Credentials>,
    named: Vec<IceServer>,
) -> TurnServers {
    Box::new(move |client| {
        let (username, credential) = credentials.issue(client);
        let server = |urls| IceServer {
            urls,
            username: Some(username.clone()),
            credential: Some(credential.clone()),
        };
        addresses
            .iter()
            .map(|address| {
                vec![
                    format!("turn:{address}?transport=udp"),
                    format!("turn:{address}?transport=tcp"),
                ]
            })
            .chain(
                secret
                    .iter()
                    .map(|host| vec![format!("turns:{host}?transport=tcp")]),
            )
            .map(server)
            .chain(named.iter().cloned())
            .collect()
    })
}

async fn expire(app: Arc<App>) {
    loop {
        tokio::time::sleep(EXPIRY).await;
        app.clients.expire();
    }
}

/// What the certificate names.
fn tls_names(options: &ServeOptions) -> Vec<String> {
    let all = options.turns.iter().chain(&options.https);
    let mut ips: Vec<_> = all.map(SocketAddr::ip).collect();
    ips.sort_unstable();
    ips.dedup();
    let ips = ips.iter().map(IpAddr::to_string);
    ips.chain(options.tls_name.clone()).collect()
}

/// What clients are told of TURN over TLS.
fn turns_hosts(turns: &[SocketAddr], name: Option<&str>) -> Vec<String> {
    let host = |address: &SocketAddr| match name {
        Some(name) => format!("{name}:{}", address.port()),
        None => address.to_string(),
    };
    turns.iter().map(host).collect()
}

fn failed(option: &'static str, address: SocketAddr) -> impl Fn(io::Error) -> ServeError {
    move |error| ServeError::Listen {
        option,
        address,
        error,
    }
}

fn leak_test(options: &ServeOptions) -> Result<Option<PathBuf>, ServeError> {
    match &options.www {
        Some(folder) if folder.is_dir() => Ok(Some(folder.clone())),
        Some(folder) => Err(ServeError::NoFolder(folder.clone())),
        None => Ok(Some(PathBuf::from("www")).filter(|folder| folder.is_dir())),
    }
}

fn or_default(named: &[SocketAddr], listen: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    if named.is_empty() {
        listen.iter().map(|ip| SocketAddr::new(*ip, port)).collect()
    } else {
        named.to_vec()
    }
}

async fn listen_addresses(options: &ServeOptions) -> Result<Vec<IpAddr>, ServeError> {
    let mut listen = options.listen.clone();
    if options.public {
        let found = public_addresses().await;
        if found.is_empty() {
            return Err(ServeError::NotPublic);
        }
        listen.extend(found);
    }
    if listen.is_empty() {
        listen.extend(
            options
                .http
                .iter()
                .chain(&options.stun)
                .chain(&options.turn)
                .map(SocketAddr::ip),
        );
    }
    if listen.is_empty() {
        listen.push(Ipv4Addr::LOCALHOST.into());
    }
    let mut distinct = Vec::new();
    for ip in listen {
        if !distinct.contains(&ip) {
            distinct.push(ip);
        }
    }
    Ok(distinct)
}

/// The addresses from which this machine would send to the internet. Nothing is sent.
async fn public_addresses() -> Vec<IpAddr> {
    let mut found = Vec::new();
    for (from, to) in [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")] {
        let Ok(socket) = UdpSocket::bind(from).await else {
            continue;
        };
        if socket.connect(to).await.is_ok()
            && let Ok(local) = socket.local_addr()
        {
            found.push(local.ip());
        }
    }
    found
}
