//! The built program in a directory of its own: started, killed, started again.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a start may take before the test gives up; far beyond any real start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `countersign serve`, its data directory, and what it said. Killed and removed when dropped.
pub struct Program {
    home: TempDir,
    child: Child,
    /// `127.0.0.1:PORT`; the same after every restart, so that the issuer stays the same too.
    pub address: String,
    said: Arc<Mutex<String>>,
    args: Vec<String>,
}

/// How to start.
#[derive(Default, Clone, Copy)]
pub struct Start<'a> {
    /// The text of the declared state; absent, there is none.
    pub declared: Option<&'a str>,
    /// Further arguments of `serve`.
    pub args: &'a [&'a str],
}

impl Program {
    /// Starts the program on a fresh data directory with a declared state.
    pub fn start(declared: &str) -> Program {
        let start = Start { declared: Some(declared), ..Start::default() };
        Program::try_start(start).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts the program on a fresh data directory. `Err` says why it did not start.
    pub fn try_start(start: Start<'_>) -> Result<Program, String> {
        let home = tempfile::tempdir().expect("a temporary directory");
        if let Some(declared) = start.declared {
            fs::write(home.path().join("declared.toml"), declared).expect("the declared state is written");
        }
        let said = Arc::default();
        let (child, address) = launch(home.path(), "127.0.0.1:0", start.args, &said)?;
        let args = start.args.iter().map(|one| one.to_string()).collect();
        Ok(Program { home, child, address, said, args })
    }

    /// The issuer, as long as none is configured.
    pub fn issuer(&self) -> String {
        let port = self.address.rsplit(':').next().expect("an address has a port");
        format!("http://localhost:{port}")
    }

    /// Ends the process at once, as a power cut or the kernel would: `SIGKILL`. Anybody may do this at any moment.
    pub fn kill(&self) {
        // A process that is already gone is as dead as we want it.
        let _ = kill_process(self.pid(), Signal::KILL);
    }

    /// Starts again on the same data and the same port. How long it took until the program said that it listens.
    pub fn restart(&mut self) -> Duration {
        let began = Instant::now();
        let args = self.args.clone();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.restart_with(&args).unwrap_or_else(|why| panic!("{why}"));
        began.elapsed()
    }

    /// The same with other arguments than at first. `Err` says why it did not start.
    pub fn restart_with(&mut self, args: &[&str]) -> Result<(), String> {
        self.kill();
        self.child.wait().expect("the old process can be waited for");
        (self.child, _) = launch(self.home.path(), &self.address, args, &self.said)?;
        Ok(())
    }

    /// Asks the process to end, politely: `SIGTERM`. How it ended, and after how long.
    pub fn stop(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        kill_process(self.pid(), Signal::TERM).expect("the process is there");
        let status = self.child.wait().expect("the process can be waited for");
        (status, began.elapsed())
    }

    /// Everything the program wrote to standard error so far, over all its starts.
    pub fn errors(&self) -> String {
        fs::read_to_string(self.home.path().join("errors.log")).unwrap_or_default()
    }

    /// Everything the program wrote to standard output so far.
    pub fn said(&self) -> String {
        self.said.lock().expect("no reader died").clone()
    }

    /// The link that a fresh store prints, if it did.
    pub fn set_up_link(&self) -> Option<String> {
        let errors = self.errors();
        let link = errors.split_whitespace().find(|word| word.contains("/setup?"))?;
        Some(link.to_owned())
    }

    /// The number of the process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The declared state's file.
    pub fn declared(&self) -> PathBuf {
        self.home.path().join("declared.toml")
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what the program wrote to standard error:\n{}", last_lines(&self.errors(), 40));
        }
    }
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).stdin(Stdio::null()).output().expect("the program can be run")
}

/// The program, without what the surroundings might tell it: the one built with the tests, or that of `COUNTERSIGN_BIN`.
fn binary() -> Command {
    let named = std::env::var_os("COUNTERSIGN_BIN");
    let mut command = Command::new(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_countersign").into()));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERSIGN_")) {
        command.env_remove(name);
    }
    command
}

/// Starts the server and waits for its one line. `Err` says what went wrong, with what the program said.
fn launch(home: &Path, listen: &str, args: &[&str], said: &Arc<Mutex<String>>) -> Result<(Child, String), String> {
    let log = home.join("errors.log");
    let errors: File = OpenOptions::new().create(true).append(true).open(&log).expect("the log can be opened");
    let mut command = binary();
    command.arg("serve").arg("--data").arg(home.join("data")).args(["--listen", listen]).args(args);
    if home.join("declared.toml").exists() {
        command.arg("--apply").arg(home.join("declared.toml"));
    }
    command.current_dir(home).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn().map_err(|error| format!("the program does not start: {error}"))?;

    let output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let (say, first_line) = mpsc::channel();
    let said = said.clone();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            *said.lock().expect("no reader died") += &format!("{line}\n");
            // Only the first line is waited for.
            let _ = say.send(line);
        }
    });
    let line = first_line.recv_timeout(PATIENCE).unwrap_or_default();
    match line.strip_prefix("listening on http://") {
        Some(address) => Ok((child, address.to_owned())),
        None => {
            let _ = child.kill();
            let status = child.wait().map(|status| status.to_string()).unwrap_or_default();
            let wrote = last_lines(&fs::read_to_string(log).unwrap_or_default(), 20);
            Err(format!("instead of the line that it listens: {line:?}; {status}; on standard error:\n{wrote}"))
        }
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
