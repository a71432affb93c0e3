//! The server's end of the socket.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::engine::Engine;

use super::reply::Reply;
use super::request::{Request, carry_out};
use super::socket::{LONGEST, NAME, reachable};

/// How many commands are carried out at once; further ones wait.
const AT_ONCE: usize = 8;
/// How long a command may take to say what it asks for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Carries out what the command line asks of the server on the data directory `data`, until the answer is dropped. The
/// socket is there as soon as this returns.
///
/// # Errors
/// A socket that cannot be made.
pub fn serve_control(engine: Arc<Engine>, data: &Path) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let listener = listen(data)?;
    let socket = Gone(data.join(NAME));
    Ok(async move {
        let _gone_at_the_end = socket;
        hear_everybody(engine, listener).await;
    })
}

async fn hear_everybody(engine: Arc<Engine>, listener: UnixListener) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        // The semaphore is never closed.
        let Ok(turn) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let engine = engine.clone();
                tokio::spawn(async move {
                    if let Err(error) = converse(&engine, stream).await {
                        tracing::debug!(%error, "a command was not heard to its end");
                    }
                    drop(turn);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a command could not be heard");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Takes the socket's name away when the server stops.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        // A name that is left over does no harm: nobody listens there.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Whoever has the store open owns the socket too: one that is left over is nobody's. It gets its name only when nobody
/// else can connect to it any more.
fn listen(data: &Path) -> io::Result<UnixListener> {
    let unfinished = format!("{NAME}.unfinished");
    let (path, open) = reachable(data, &unfinished)?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    drop(open);
    std::fs::set_permissions(data.join(&unfinished), Permissions::from_mode(0o600))?;
    std::fs::rename(data.join(&unfinished), data.join(NAME))?;
    Ok(listener)
}

async fn converse(engine: &Engine, mut stream: UnixStream) -> io::Result<()> {
    if !is_ours(&stream)? {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let request = tokio::time::timeout(PATIENCE, hear(&mut stream)).await??;
    let reply = match serde_json::from_slice::<Request>(&request) {
        Ok(request) => carry_out(engine, request).await,
        // A command of another version.
        Err(error) => Reply::refused(format!(
            "The running server does not understand this command ({error}). Use the program that the server runs."
        )),
    };
    say(&mut stream, &reply).await
}

/// The file's mode keeps others out; this keeps them out where modes mean nothing.
fn is_ours(stream: &UnixStream) -> io::Result<bool> {
    let peer = stream.peer_cred()?.uid();
    Ok(peer == 0 || peer == rustix::process::geteuid().as_raw())
}

async fn hear(stream: &mut UnixStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let length = stream.read_u32().await? as usize;
    if length > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "a request that is too long"));
    }
    let mut request = Zeroizing::new(Vec::with_capacity(length.min(1 << 20)));
    stream.take(length as u64).read_to_end(&mut request).await?;
    Ok(request)
}

async fn say(stream: &mut UnixStream, reply: &Reply) -> io::Result<()> {
    let answer = Zeroizing::new(serde_json::to_vec(reply)?);
    let length = u32::try_from(answer.len()).ok().filter(|_| answer.len() <= LONGEST);
    let length = length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "an answer that is too long"))?;
    stream.write_u32(length).await?;
    stream.write_all(&answer).await?;
    stream.shutdown().await
}
