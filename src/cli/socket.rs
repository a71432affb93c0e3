//! The socket between the command line and a running server: `control.sock` in the data directory, for its owner only.
//!
//! One request a connection, one answer. Either is four bytes of length (big-endian) and that much JSON.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::reply::Reply;
use super::request::Request;

/// The socket's name in the data directory.
pub const NAME: &str = "control.sock";
/// The longest request or answer, in bytes.
pub const LONGEST: usize = 256 << 20;
/// How long an answer may take: examining a large store takes a while.
const PATIENCE: Duration = Duration::from_secs(600);
/// The longest path of a socket that every system takes.
const LONGEST_PATH: usize = 100;

/// A server that runs on the data directory.
pub struct Server {
    stream: UnixStream,
}

impl Server {
    /// The server that runs on `data`; `None` if nobody listens there.
    ///
    /// # Errors
    /// A socket that cannot be used.
    pub fn on(data: &Path) -> io::Result<Option<Server>> {
        let (path, _open) = reachable(data, NAME)?;
        match UnixStream::connect(path) {
            Ok(stream) => Ok(Some(Server { stream })),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// A server that hung up, or took too long.
    pub fn ask(self, request: &Request) -> Result<Reply, Reply> {
        self.exchange(request).map_err(|error| {
            Reply::refused(format!(
                "The running server did not answer: {error}. What was asked for may have been done or not; look before \
                 you ask again."
            ))
        })
    }

    fn exchange(mut self, request: &Request) -> io::Result<Reply> {
        let json = Zeroizing::new(serde_json::to_vec(request)?);
        let length = u32::try_from(json.len()).ok().filter(|_| json.len() <= LONGEST);
        let length = length.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the request is too long"))?;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        self.stream.set_read_timeout(Some(PATIENCE))?;
        self.stream.write_all(&length.to_be_bytes())?;
        self.stream.write_all(&json)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u64::from(u32::from_be_bytes(length));
        let mut answer = Zeroizing::new(Vec::new());
        self.stream.take(length.min(LONGEST as u64)).read_to_end(&mut answer)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// A path to `name` in `dir` that is short enough for a socket, and what must stay open while it is used.
pub(super) fn reachable(dir: &Path, name: &str) -> io::Result<(PathBuf, Option<File>)> {
    let path = dir.join(name);
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok((path, None));
    }
    match File::open(dir) {
        Ok(open) => Ok((format!("/proc/self/fd/{}/{name}", open.as_raw_fd()).into(), Some(open))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((path, None)),
        Err(error) => Err(error),
    }
}
