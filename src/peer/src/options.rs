//! The command line, whose help documents the HTTP interface.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::clients::IceServer;
use crate::logging::{LogFormat, LogLevel};
use crate::turn::Prefix;

/// The other end of the wire: says what a browser really sent.
#[derive(Debug, Parser)]
#[command(name = "iceveil-peer", version, about, max_term_width = 100)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// How log lines look; they go to standard error.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,

    /// How much is logged.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "info",
        value_name = "LEVEL"
    )]
    pub log_level: LogLevel,

    /// Let log lines carry addresses. Without this none does.
    #[arg(long, global = true)]
    pub log_addresses: bool,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the leak test, STUN and a WebRTC peer, until SIGINT or SIGTERM.
    #[command(after_long_help = HTTP_INTERFACE)]
    Serve(ServeOptions),

    /// Open the leak test in a browser without and with the extension, and say what leaked.
    #[command(after_long_help = AUDIT_STATUS)]
    Audit(AuditOptions),
}

/// What to audit.
#[derive(Debug, Clone, Args)]
pub struct AuditOptions {
    /// chromium, firefox, or the path of one of them.
    #[arg(long, default_value = "chromium", value_name = "BROWSER")]
    pub browser: String,

    /// The extension, unpacked (a folder) or packed (Firefox).
    #[arg(long, value_name = "PATH")]
    pub extension: PathBuf,

    /// Where the screenshots and audit.json go. They carry the addresses that were found.
    #[arg(long, value_name = "DIR", default_value = "dist/audit")]
    pub out: PathBuf,

    /// Print JSON instead of the table.
    #[arg(long)]
    pub json: bool,

    /// Open a visible browser with the extension on the leak test, and stay until it is closed.
    #[arg(long)]
    pub open: bool,

    /// Use the leak test under a strict content security policy.
    #[arg(long)]
    pub strict: bool,

    /// Which windows and frames the leak test looks into: `none`, `all`, or ids with commas between.
    #[arg(long, value_name = "REALMS")]
    pub realms: Option<String>,

    /// Let the page use a (fake) microphone: browsers give more away to a page that may.
    #[arg(long)]
    pub microphone: bool,

    /// Use this peer instead of one of our own: http://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub peer: Option<String>,

    /// Open this page instead of the peer's leak test; it gets ?client=ID&report=1.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// An address for our own peer. May be given again. [default: 127.0.0.1]
    #[arg(long, value_name = "ADDR", value_parser = ip_address)]
    pub listen: Vec<IpAddr>,

    /// The folder of the leak test for our own peer. [default: www]
    #[arg(long, value_name = "DIR")]
    pub www: Option<PathBuf>,

    /// What our own peer's STUN answers claim, as one machine has no NAT. `none` for the truth.
    #[arg(long, value_name = "ADDR", default_value = "203.0.113.7", value_parser = simulation)]
    pub simulate_mapped: Simulation,

    /// Seconds that one run of the page may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,

    /// Another argument for the browser. May be given again.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub browser_arg: Vec<String>,
}

/// What STUN answers claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulation {
    /// The sender's address.
    Truth,
    /// This address.
    Address(IpAddr),
}

const AUDIT_STATUS: &str = "\
Exit status: 0 nothing leaked with the extension, 1 something leaked, 2 it could not be judged
(no browser, no report, the extension not loaded, or no leak even without the extension).";

/// Where and how to serve.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeOptions {
    /// Where the web server listens; port 0 takes any free one. May be given again.
    /// [default: port 8480 on each --listen address]
    #[arg(long, value_name = "ADDR:PORT", value_parser = socket_address)]
    pub http: Vec<SocketAddr>,

    /// Where the common STUN server listens on UDP; each client gets a port of its own besides.
    /// May be given again. [default: port 3478 on each --listen address]
    #[arg(long, value_name = "ADDR:PORT", value_parser = socket_address)]
    pub stun: Vec<SocketAddr>,

    /// Where the TURN server listens, on UDP and TCP; clients are told. May be given again.
    /// [default: any free port on each --listen address]
    #[arg(long, value_name = "ADDR:PORT", value_parser = socket_address)]
    pub turn: Vec<SocketAddr>,

    /// Where the TURN server listens for TLS, with a certificate made at the start. Clients are told
    /// (turns:), and must trust it. May be given again.
    #[arg(long, value_name = "ADDR:PORT", value_parser = socket_address, conflicts_with = "no_turn")]
    pub turns: Vec<SocketAddr>,

    /// Where the web server listens for TLS, with the same certificate. May be given again.
    #[arg(long, value_name = "ADDR:PORT", value_parser = socket_address)]
    pub https: Vec<SocketAddr>,

    /// A DNS name of this machine, which the certificate then has. Clients are told it for TURN over
    /// TLS, where Firefox takes no address. [default: the address]
    #[arg(long, value_name = "HOST", value_parser = dns_name)]
    pub tls_name: Option<String>,

    /// No TURN server.
    #[arg(long, conflicts_with = "turn")]
    pub no_turn: bool,

    /// A STUN or TURN server that clients are told of instead of the peer's own TURN server. User
    /// and credential follow after commas. May be given again.
    #[arg(long, value_name = "URL[,USER,CREDENTIAL]", value_parser = ice_server, conflicts_with_all = ["turn", "turns"])]
    pub ice_server: Vec<IceServer>,

    /// A secret for time-limited TURN credentials that others make, too: the user name is
    /// EXPIRY:ANYTHING, the password base64(HMAC-SHA-1(secret, user name)). [default: a random one]
    #[arg(long, value_name = "SECRET")]
    pub turn_secret: Option<String>,

    /// A TURN user whose credentials last. May be given again.
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = user)]
    pub turn_user: Vec<(String, String)>,

    /// Whom the TURN server may relay to besides this peer's own addresses: an address, a prefix
    /// such as 192.0.2.0/24, or any. May be given again.
    #[arg(long, value_name = "ADDR[/BITS]")]
    pub turn_peer: Vec<Prefix>,

    /// An address for the clients' STUN ports, the peer's candidates and its relays. May be given
    /// again. [default: the addresses of --http, --stun and --turn, else 127.0.0.1: loopback only]
    #[arg(long, value_name = "ADDR", value_parser = ip_address)]
    pub listen: Vec<IpAddr>,

    /// Listen on the addresses by which this machine reaches the internet, too.
    #[arg(long)]
    pub public: bool,

    /// The folder of the leak test. [default: www, if there is one]
    #[arg(long, value_name = "DIR")]
    pub www: Option<PathBuf>,

    /// Answer STUN with this address instead of the sender's: what a NAT would show. It is marked
    /// as simulated wherever it appears. Only documentation addresses (RFC 5737, RFC 3849).
    #[arg(long, value_name = "ADDR", value_parser = documentation_address)]
    pub simulate_mapped: Option<IpAddr>,

    /// Never name the peer's own candidates in its descriptions.
    #[arg(long)]
    pub no_candidates: bool,

    /// When ready, print one line of JSON with the addresses instead of a text.
    #[arg(long)]
    pub ready_json: bool,
}

const HTTP_INTERFACE: &str = include_str!("http/interface.txt");

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "write it as 127.0.0.1:8480 or [::1]:8480".to_owned())?;
    concrete(address.ip())?;
    Ok(address)
}

fn ip_address(text: &str) -> Result<IpAddr, String> {
    let ip = text
        .parse()
        .map_err(|_| "write it as 127.0.0.1 or ::1".to_owned())?;
    concrete(ip)?;
    Ok(ip)
}

fn dns_name(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.len() < 64 && label.bytes().all(word)
    };
    // What ends in digits is an address (RFC 3696, section 2).
    let last = text.rsplit('.').next().unwrap_or_default();
    if text.len() < 254 && text.split('.').all(label) && last.parse::<u64>().is_err() {
        Ok(text.to_owned())
    } else {
        Err("write it as turn.example.org".to_owned())
    }
}

/// Clients are told the address, so that it must be one.
fn concrete(ip: IpAddr) -> Result<(), String> {
    if ip.is_unspecified() {
        Err("name one of this machine's addresses, or use --public".to_owned())
    } else {
        Ok(())
    }
}

fn documentation_address(text: &str) -> Result<IpAddr, String> {
    let ip: IpAddr = text.parse().map_err(|_| "not an IP address".to_owned())?;
    if is_documentation(ip) {
        Ok(ip)
    } else {
        Err(
            "only 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32 may be \
             simulated: they are nobody's"
                .to_owned(),
        )
    }
}

fn user(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), password.to_owned()))
        }
        _ => Err("write it as NAME:PASSWORD".to_owned()),
    }
}

/// `stun:`, `stuns:`, `turn:` or `turns:`, for TURN with a user and a credential (RFC 7064, 7065).
fn ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let words = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let (username, credential) = (words(parts.next()), words(parts.next()));
    let known = |schemes: [&str; 2]| {
        let rest = url
            .split_once(':')
            .filter(|(scheme, _)| schemes.contains(scheme));
        rest.is_some_and(|(_, host)| !host.is_empty() && !host.contains(char::is_whitespace))
    };
    let is_turn = known(["turn", "turns"]);
    if !is_turn && !known(["stun", "stuns"]) {
        return Err(
            "write it as stun:HOST:PORT or turn:HOST:PORT?transport=udp,USER,CREDENTIAL".to_owned(),
        );
    }
    if is_turn != username.is_some() || is_turn != credential.is_some() {
        return Err(
            "turn: and turns: need USER and CREDENTIAL, stun: and stuns: have none".to_owned(),
        );
    }
    Ok(IceServer {
        urls: vec![url.to_owned()],
        username,
        credential,
    })
}

fn simulation(text: &str) -> Result<Simulation, String> {
    match text {
        "none" => Ok(Simulation::Truth),
        _ => documentation_address(text).map(Simulation::Address),
    }
}

fn is_documentation(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_documentation(),
        IpAddr::V6(v6) => matches!(v6.segments(), [0x2001, 0xdb8, ..]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn only_documentation_addresses_may_be_simulated() {
        for good in ["192.0.2.1", "198.51.100.1", "203.0.113.7", "2001:db8::7"] {
            assert!(documentation_address(good).is_ok(), "{good}");
        }
        for bad in [
            "8.8.8.8",
            "10.0.0.1",
            "127.0.0.1",
            "2001:db9::1",
            "::1",
            "",
            "203.0.113.7:1",
        ] {
            assert!(documentation_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ice_servers_are_read_with_what_belongs_to_them() {
        let server = ice_server("turn:192.0.2.1:3478?transport=tcp,anna,a,b").unwrap();
        assert_eq!(server.urls, ["turn:192.0.2.1:3478?transport=tcp"]);
        assert_eq!(server.username.as_deref(), Some("anna"));
        assert_eq!(server.credential.as_deref(), Some("a,b"));
        assert!(ice_server("stun:[2001:db8::1]:3478").is_ok());
        for wrong in [
            "",
            "turn:",
            "turn:host",
            "turn:host,anna",
            "stun:host,anna,b",
            "http://host",
        ] {
            assert!(ice_server(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_no_addresses() {
        for good in ["turn.example.org", "localhost", "a-1.test"] {
            assert!(dns_name(good).is_ok(), "{good}");
        }
        for bad in ["", "192.0.2.1", "::1", "a..b", "a b", "host:1", "1"] {
            assert!(dns_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_audit_has_time() {
        let audit = |seconds| {
            let words = [
                "iceveil-peer",
                "audit",
                "--extension",
                "x",
                "--timeout",
                seconds,
            ];
            Options::try_parse_from(words).is_ok()
        };
        assert!(audit("1"));
        assert!(!audit("0") && !audit("-1") && !audit("x"));
    }

    #[test]
    fn addresses_must_be_concrete() {
        let serve =
            |option, value| Options::try_parse_from(["iceveil-peer", "serve", option, value]);
        assert!(serve("--http", "127.0.0.1:0").is_ok());
        assert!(serve("--listen", "2001:db8::1").is_ok());
        assert!(serve("--http", "0.0.0.0:80").is_err());
        assert!(serve("--listen", "::").is_err());
        assert!(serve("--stun", "localhost:1").is_err());
    }
}
