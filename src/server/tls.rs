//! The certificate and its key, from PEM files, read again when they change.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig, crypto::aws_lc_rs};

/// The TLS side of a listener: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
#[derive(Clone)]
pub struct Tls {
    files: Arc<Files>,
    current: Arc<ArcSwap<ServerConfig>>,
    /// The files as they were when they were first read.
    first: Stamp,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Why a certificate cannot be used, with the file to look at.
#[derive(Debug)]
pub enum TlsError {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The file has no certificate, or no private key, in PEM.
    NotPem(PathBuf),
    /// Certificate and key cannot be used, for example because they do not belong together.
    Unusable(PathBuf, rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            TlsError::NotPem(path) => write!(f, "{}: no PEM block of the kind expected here", path.display()),
            TlsError::Unusable(path, error) => {
                write!(f, "{}: this certificate and its key cannot be used: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for TlsError {}

impl Tls {
    /// Reads the certificate chain (the server's own first) and its key.
    pub fn from_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Tls, TlsError> {
        let files = Files { certificate: certificate.into(), key: key.into() };
        // Looked at before they are read: a change in between is one to notice.
        let first = files.stamp();
        let current = Arc::new(ArcSwap::from_pointee(files.read()?));
        Ok(Tls { files: Arc::new(files), current, first })
    }

    /// What the next handshake uses.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Whoever looks whether the files have changed.
    pub fn watch(&self) -> Watch {
        Watch { tls: self.clone(), seen: self.first, refused: None }
    }
}

/// Looks at the files of a [`Tls`], and reads them again when they have changed. Files that cannot be used (half written, or
/// the key of another certificate) leave the old certificate in place and are looked at again.
pub struct Watch {
    tls: Tls,
    /// The files as they were when they were last read.
    seen: Stamp,
    /// What was complained about already, so that the log says it once.
    refused: Option<Stamp>,
}

impl Watch {
    /// Looks every `interval`, for ever.
    pub async fn go_on(mut self, interval: Duration) {
        loop {
            tokio::time::sleep(interval).await;
            self.look();
        }
    }

    /// Looks once. What the next handshake uses is what was read last.
    pub fn look(&mut self) {
        let files = &self.tls.files;
        let stamp = files.stamp();
        if stamp == self.seen {
            return;
        }
        match files.read() {
            Ok(config) => {
                self.tls.current.store(Arc::new(config));
                (self.seen, self.refused) = (stamp, None);
                tracing::info!(certificate = %files.certificate.display(), "the certificate was read again");
            }
            Err(error) if self.refused != Some(stamp) => {
                tracing::warn!(%error, "the changed certificate cannot be used; the old one stays");
                self.refused = Some(stamp);
            }
            Err(_) => {}
        }
    }
}

/// When each file was last written; `None` for one that is not there.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Files {
    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let about = fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }

    fn read(&self) -> Result<ServerConfig, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes(&self.certificate)?)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::NotPem(self.certificate.clone()))?;
        if chain.is_empty() {
            return Err(TlsError::NotPem(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_slice(&bytes(&self.key)?).map_err(|_| TlsError::NotPem(self.key.clone()))?;
        let unusable = |error| TlsError::Unusable(self.certificate.clone(), error);
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable(path.to_owned(), error))
}
