//! Handshakes over a real connection, and what is said when one fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;
use crate::pki::{Authority, Issued};
use crate::secret_file::write_atomic;

const DAY: u64 = 86_400;

struct Site {
    folder: TempDir,
    authority: Authority,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::create("Site 7").unwrap(),
        };
        site.write("ca.crt", site.authority.certificate());
        let server = site.authority.server(&["sentinel.example".parse().unwrap()]).unwrap();
        site.install("server", &server);
        site.install("agent", &site.authority.client("sensor-1").unwrap());
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        write_atomic(&self.path(name), text.as_bytes()).unwrap();
    }

    fn install(&self, name: &str, issued: &Issued) {
        self.write(&format!("{name}.crt"), &issued.certificate);
        self.write(&format!("{name}.key"), issued.key.expose());
    }

    fn cert(&self) -> Arc<ReloadableCert> {
        ReloadableCert::load(&self.path("server.crt"), &self.path("server.key")).unwrap()
    }

    fn server(&self, client_auth: fn(Arc<rustls::RootCertStore>) -> ClientAuth) -> ServerConfig {
        let roots = Arc::new(roots(&self.path("ca.crt")).unwrap());
        server_config(self.cert(), &client_auth(roots)).unwrap()
    }

    fn client(&self, identity: bool) -> ClientConfig {
        let pair = (self.path("agent.crt"), self.path("agent.key"));
        let identity = identity.then_some((&*pair.0, &*pair.1));
        client_config(&self.path("ca.crt"), identity).unwrap()
    }
}

/// Shakes hands and sends a byte each way, which tells the client of the server's refusal too. The
/// server's part is the name that the client has shown.
async fn meet(
    client: ClientConfig,
    server: ServerConfig,
    name: &'static str,
) -> (io::Result<()>, io::Result<Option<String>>) {
    let (near, far) = duplex(1 << 16);
    let accept = async move {
        let mut stream = TlsAcceptor::from(Arc::new(server)).accept(far).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let shown = shown.and_then(|leaf| common_name(leaf));
        let byte = stream.read_u8().await?;
        stream.write_u8(byte).await?;
        stream.flush().await?;
        Ok(shown)
    };
    tokio::join!(call(client, near, name), accept)
}

async fn call(client: ClientConfig, near: DuplexStream, name: &'static str) -> io::Result<()> {
    let name = ServerName::try_from(name).unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, near).await?;
    stream.write_u8(7).await?;
    stream.flush().await?;
    assert_eq!(stream.read_u8().await?, 7);
    Ok(())
}

const NAME: &str = "sentinel.example";

#[tokio::test]
async fn a_client_is_known_by_its_certificate_where_it_is_asked() {
    let site = Site::new();
    for (identity, auth, expected) in [
        (false, (|_| ClientAuth::None) as fn(_) -> _, None),
        (true, |_| ClientAuth::None, None),
        (false, ClientAuth::Optional, None),
        (true, ClientAuth::Optional, Some("sensor-1")),
        (true, ClientAuth::Required, Some("sensor-1")),
    ] {
        let (client, server) = meet(site.client(identity), site.server(auth), NAME).await;
        client.unwrap();
        assert_eq!(server.unwrap().as_deref(), expected);
    }
}

#[tokio::test]
async fn who_comes_back_with_a_ticket_is_still_known() {
    let site = Site::new();
    let (client, server) = (site.client(true), site.server(ClientAuth::Required));
    let acceptor = TlsAcceptor::from(Arc::new(server));
    for expected in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let (near, far) = duplex(1 << 16);
        let accept = async {
            let mut stream = acceptor.accept(far).await.unwrap();
            let byte = stream.read_u8().await.unwrap();
            stream.write_u8(byte).await.unwrap();
            stream.flush().await.unwrap();
            let session = stream.get_ref().1;
            let leaf = session.peer_certificates().and_then(|chain| chain.first()).unwrap();
            (session.handshake_kind(), common_name(leaf))
        };
        let (called, (kind, shown)) = tokio::join!(call(client.clone(), near, NAME), accept);
        called.unwrap();
        assert_eq!(kind, Some(expected));
        assert_eq!(shown.as_deref(), Some("sensor-1"));
    }
}

#[tokio::test]
async fn who_is_refused_is_told_why() {
    let (site, other) = (Site::new(), Site::new());
    let refused = async |client, server, name| {
        let (client, _) = meet(client, server, name).await;
        explain(&client.unwrap_err())
    };
    let open: fn(_) -> _ = |_| ClientAuth::None;
    let text = refused(other.client(false), site.server(open), NAME).await;
    assert!(text.contains("not signed by an authority in ca_cert"), "{text}");
    let text = refused(site.client(false), site.server(open), "other.example").await;
    assert!(text.contains("not for other.example, only for") && text.contains("--san"), "{text}");
    let text = refused(site.client(false), site.server(ClientAuth::Required), NAME).await;
    assert!(text.contains("asks for a client certificate"), "{text}");
    // An agent of another installation is refused even where none is needed.
    let stranger = client_config(
        &site.path("ca.crt"),
        Some((&other.path("agent.crt"), &other.path("agent.key"))),
    );
    let text = refused(stranger.unwrap(), site.server(ClientAuth::Optional), NAME).await;
    assert!(text.contains("signed by another authority"), "{text}");
}

#[tokio::test]
async fn certificates_out_of_their_time_are_refused() {
    let site = Site::new();
    let names = ["sentinel.example".parse().unwrap()];
    let now = SystemTime::now();
    for (at, expected) in [
        (now - Duration::from_secs(400 * DAY), "expired on"),
        (now + Duration::from_secs(2 * DAY), "not valid before"),
    ] {
        site.install("server", &site.authority.server_at(&names, at).unwrap());
        let server = site.server(|_| ClientAuth::None);
        let (client, _) = meet(site.client(false), server, NAME).await;
        let text = explain(&client.unwrap_err());
        assert!(text.contains(expected) && text.contains("clock"), "{text}");
    }
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_1_is_agreed_on() {
    let site = Site::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut old = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots(&site.path("ca.crt")).unwrap())
            .with_no_client_auth();
        old.alpn_protocols = vec![b"http/1.1".to_vec()];
        meet(old, site.server(|_| ClientAuth::None), NAME).await.0.unwrap();
    }
    assert_eq!(site.client(false).alpn_protocols, [b"http/1.1"]);
}

#[tokio::test]
async fn a_new_certificate_counts_without_a_restart_and_a_bad_one_does_not() {
    let site = Site::new();
    let cert = site.cert();
    let config = server_config(Arc::clone(&cert), &ClientAuth::None).unwrap();
    let first = cert.facts().unwrap().serial;
    let names = ["new.example".parse().unwrap()];
    let fresh = site.authority.server(&names).unwrap();
    site.write("server.crt", &fresh.certificate);
    let error = cert.reload().unwrap_err().to_string();
    assert!(error.contains("server.key: does not belong to"), "{error}");
    assert_eq!(cert.facts().unwrap().serial, first);
    meet(site.client(false), config.clone(), NAME).await.0.unwrap();

    site.install("server", &fresh);
    cert.reload().unwrap();
    assert_ne!(cert.facts().unwrap().serial, first);
    meet(site.client(false), config.clone(), "new.example").await.0.unwrap();

    let past = SystemTime::now() - Duration::from_secs(400 * DAY);
    site.install("server", &site.authority.server_at(&names, past).unwrap());
    let error = cert.reload().unwrap_err().to_string();
    assert!(error.contains("expired on") && error.contains("rotate server"), "{error}");
    meet(site.client(false), config, "new.example").await.0.unwrap();
}

#[tokio::test]
async fn several_authorities_are_trusted_while_one_replaces_another() {
    let (site, other) = (Site::new(), Site::new());
    let both = [site.authority.certificate(), other.authority.certificate()].concat();
    site.write("ca.crt", &both);
    for server in [&site, &other] {
        let server = server.server(|_| ClientAuth::None);
        meet(site.client(false), server, NAME).await.0.unwrap();
    }
}

#[tokio::test]
async fn what_does_not_speak_tls_is_told() {
    let site = Site::new();
    let (near, mut far) = duplex(1 << 16);
    far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    let text = explain(&call(site.client(false), near, NAME).await.unwrap_err());
    assert!(text.contains("does not speak TLS"), "{text}");
    let (near, far) = duplex(1 << 16);
    drop(far);
    let text = explain(&call(site.client(false), near, NAME).await.unwrap_err());
    assert!(text.contains("closed the connection"), "{text}");
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert!(explain(&refused).contains("nothing listens there"));
    let strange = io::Error::other("what\u{1b}[2J");
    assert_eq!(explain(&strange), r"what\x1b[2J");
}

#[tokio::test]
async fn an_http_clients_error_is_looked_through() {
    let site = Site::new();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(site.client(false))
        .no_proxy()
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(site.server(|_| ClientAuth::None)));
    let serve = async {
        let (tcp, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(tcp).await.is_err());
    };
    let url = format!("https://{address}/");
    let (answer, ()) = tokio::join!(client.get(&url).send(), serve);
    let text = explain(&answer.unwrap_err());
    assert!(text.contains("not for 127.0.0.1, only for"), "{text}");
    drop(listener);
    let text = explain(&client.get(&url).send().await.unwrap_err());
    assert!(text.contains("nothing listens there"), "{text}");
}

#[test]
fn wrong_files_are_named_with_what_to_do() {
    let site = Site::new();
    let ca = |name: &str| client_config(&site.path(name), None).unwrap_err().to_string();
    let advice = "ca.crt from the server's folder, or make one with sentinel-certs init";
    site.write("empty.crt", "");
    site.write("cut.crt", &site.authority.certificate()[..200]);
    for (file, expected) in [
        ("none.crt", "none.crt: can not be read: No such file"),
        ("empty.crt", "empty.crt: no certificate found"),
        ("agent.key", "agent.key: no certificate found"),
        ("server.crt", "server.crt: a server's certificate where the certificate of an authority"),
    ] {
        let text = ca(file);
        assert!(text.contains(expected) && text.contains(advice), "{text}");
    }
    assert!(ca("cut.crt").contains("cut.crt: damaged or of an unknown kind: it is cut off"));

    let pair = |cert: &str, key: &str| {
        ReloadableCert::load(&site.path(cert), &site.path(key)).unwrap_err().to_string()
    };
    assert!(pair("server.crt", "agent.key").contains("agent.key: does not belong to"));
    assert!(pair("server.crt", "server.crt").contains("server.crt: no private key found"));
    assert!(pair("server.crt", "none.key").contains("none.key: can not be read"));
    assert!(pair("agent.crt", "agent.key").contains("a client's certificate where"));
    assert!(pair("ca.crt", "agent.key").contains("the certificate of an authority where"));
    open_to_all(&site.path("server.key"));
    assert!(cfg!(not(unix)) || pair("server.crt", "server.key").contains("chmod 600"));
}

#[cfg(unix)]
fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) {}
