//! A gateway with TLS of its own, and clients that trust its certificate.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use local_run::gateway::Tls;
use local_run::port;
use local_run::temporary::TemporaryDirectory;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::harness::{Answer, Gateway, PATIENCE};

pub(crate) const ORIGIN: &str = "https://latchkey.example";

pub(crate) type Connection = StreamOwned<ClientConnection, TcpStream>;

#[derive(Debug)]
pub(crate) struct SecureGateway {
    pub(crate) gateway: Gateway,
    port: u16,
    directory: TemporaryDirectory,
}

impl SecureGateway {
    /// In front of one service, which stands for both.
    pub(crate) fn start(service: u16) -> Self {
        let directory = TemporaryDirectory::new("certificate").unwrap();
        make_certificate(directory.path());
        let port = port::free().unwrap();
        let gateway = Gateway::start_with(&[service], &[service], |settings| {
            settings.hsts = true;
            settings.tls = Some(Tls {
                port,
                origin: ORIGIN.to_owned(),
                certificate: certificate(directory.path()),
                key: key(directory.path()),
            });
        });
        Self {
            gateway,
            port,
            directory,
        }
    }

    /// A connection for `protocol`, by its name in ALPN, with a handshake that is yet to be made.
    pub(crate) fn connect(&self, protocol: &str) -> Connection {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.into()];
        let name = "localhost".try_into().unwrap();
        StreamOwned::new(
            ClientConnection::new(Arc::new(config), name).unwrap(),
            self.connect_plainly(),
        )
    }

    /// A connection to the same port without TLS.
    pub(crate) fn connect_plainly(&self) -> TcpStream {
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection
    }

    /// What curl writes for a path.
    pub(crate) fn curl(&self, path: &str, arguments: &[&str]) -> String {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--noproxy", "*", "--cacert"])
            .arg(certificate(self.directory.path()))
            .args(arguments)
            .arg(format!("https://localhost:{}{path}", self.port))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `openssl s_client` has to say about a handshake.
    pub(crate) fn handshake(&self, arguments: &[&str]) -> String {
        let output = Command::new("openssl")
            .args(["s_client", "-connect"])
            .arg(format!("127.0.0.1:{}", self.port))
            .arg("-CAfile")
            .arg(certificate(self.directory.path()))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat()
    }

    /// The certificate that stands in the file.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(certificate(self.directory.path())).unwrap()
    }

    /// Puts another certificate and key in the place of those.
    pub(crate) fn renew(&self) {
        make_certificate(self.directory.path());
    }
}

/// Sends a request and reads until the gateway closes the connection.
pub(crate) fn send(mut connection: impl Read + Write, request: &str) -> Answer {
    connection.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    connection.read_to_end(&mut bytes).unwrap();
    Answer(String::from_utf8(bytes).unwrap())
}

fn certificate(directory: &Path) -> PathBuf {
    directory.join("certificate.pem")
}

fn key(directory: &Path) -> PathBuf {
    directory.join("key.pem")
}

fn make_certificate(directory: &Path) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(certificate(directory))
        .arg("-keyout")
        .arg(key(directory))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
