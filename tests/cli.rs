//! The command line, told as an operator uses it: on the store itself, and through a running server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const FULL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/declared/full.toml");
const WRONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/declared/wrong.toml");

/// An operator at a terminal in a directory of their own.
struct Operator {
    home: TempDir,
    data: PathBuf,
}

/// What a command said.
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Operator {
    fn new() -> Operator {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        Operator { home, data }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERSIGN_")) {
            command.env_remove(name);
        }
        command.arg("--data").arg(&self.data).args(arguments).current_dir(self.home.path()).stdin(Stdio::null());
        command
    }

    fn says(&self, arguments: &[&str]) -> Said {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { out: text(stdout), err: text(stderr), code: status.code() }
    }

    /// What a command that has to succeed says.
    fn does(&self, arguments: &[&str]) -> String {
        let said = self.says(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Why a command is refused.
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.says(arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {}{}", said.out, said.err);
        said.err
    }

    fn serve(&self, arguments: &[&str]) -> Running {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = self.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
        Running(child)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// A server that is stopped when the test is over.
struct Running(Child);

impl Running {
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_file_is_rehearsed_applied_and_exported() {
    let ops = Operator::new();
    assert!(ops.does(&["apply", FULL, "--dry-run"]).ends_with("5 things would change; nothing was changed.\n"));
    assert!(!ops.data.exists(), "a rehearsal leaves nothing behind");
    let changed = ops.does(&["apply", FULL]);
    assert!(changed.contains("+ client wiki\n    id: wiki\n") && changed.ends_with("5 things changed.\n"), "{changed}");
    assert_eq!(ops.does(&["apply", FULL]), "Nothing to change.\n");
    let text = ops.does(&["export"]);
    let exported = ops.file("exported.toml", &text);
    assert_eq!(ops.does(&["apply", &exported, "--prune"]), "Nothing to change.\n");
    let other = Operator::new();
    other.does(&["apply", &exported]);
    assert_eq!(other.does(&["export"]), text);
    assert!(!ops.does(&["export", "--only", "clients,groups"]).contains("[[users]]"));
    let said =
        ops.says(&["apply", &ops.file("less.toml", "[[users]]\nusername = 'sample'\nadmin = true\n"), "--prune"]);
    assert!(said.err.starts_with("To be removed:\n- client wiki\n"), "{}", said.err);
    assert!(said.out.contains("- client wiki\n"), "{}", said.out);
}

#[test]
fn a_wrong_file_changes_nothing_and_names_every_line() {
    let ops = Operator::new();
    let told = ops.refused(1, &["apply", WRONG]);
    assert!(told.contains("wrong.toml:36: clients[0].grants[0]: expected"), "{told}");
    assert!(told.lines().count() > 20 && !ops.data.exists());
    ops.does(&["apply", FULL]);
    let one = ops.file("one.toml", &fs::read_to_string(FULL).unwrap().replace("consent =", "konsent ="));
    let told = ops.refused(1, &["apply", &one]);
    assert_eq!(told, format!("{one}:51: clients[0].konsent: unknown key; did you mean \"consent\"?\n"));
    let told = ops.refused(1, &["serve", "--listen", "127.0.0.1:0", "--apply", &one]);
    assert!(told.starts_with(&format!("{one}:51: ")), "{told}");
    assert!(ops.refused(1, &["apply", "nowhere.toml"]).starts_with("nowhere.toml cannot be read"));
}

#[test]
fn users_come_and_are_let_back_in() {
    let ops = Operator::new();
    assert!(ops.refused(1, &["user", "list"]).contains("does not exist"));
    ops.does(&["apply", FULL]);
    let link =
        ops.does(&["user", "add", "ana", "--email", "ana@example.org", "--name", "Ana Ruiz", "--group", "staff"]);
    assert!(link.starts_with("http://localhost:8080/recover?token=rc_") && link.ends_with('\n'), "{link}");
    let list = ops.does(&["user", "list"]);
    assert!(list.contains("ana       ana@example.org     Ana Ruiz  no password\n"), "{list}");
    assert!(!ops.does(&["user", "list", "ana"]).contains("sample"));
    assert!(ops.does(&["user", "recover", "sample"]).contains("/recover?token=rc_"));
    assert!(ops.refused(1, &["user", "disable", "sample"]).contains("Nobody else administers"));
    assert_eq!(ops.does(&["user", "disable", "ana"]), "ana is disabled.\n");
    assert!(ops.refused(1, &["user", "recover", "ana"]).contains("disabled"));
    assert_eq!(ops.does(&["user", "enable", "ana@example.org"]), "ana is enabled.\n");
    assert!(ops.refused(1, &["user", "recover", "nobody"]).contains("no such user"));
    assert!(ops.refused(1, &["user", "add", "ana"]).contains("taken"));
    assert!(ops.refused(1, &["user", "add", "bob", "--group", "stuff"]).contains("There is no group"));
}

#[test]
fn clients_get_secrets_and_keys_get_successors() {
    let ops = Operator::new();
    ops.does(&["apply", FULL]);
    assert!(ops.does(&["client", "list"]).contains("wiki  Team wiki  web   managed by a file\n"));
    let secret = ops.does(&["client", "secret", "wiki", "--expires", "90d"]);
    assert!(secret.starts_with("cs_") && secret.trim_end().len() == 46, "{secret}");
    assert!(!ops.does(&["export"]).contains(secret.trim_end()));
    assert!(ops.refused(1, &["client", "secret", "nobody"]).contains("no such client"));
    let key = ops.does(&["client", "access-key", "wiki"]);
    let key = data_encoding::BASE64.decode(key.trim_end().as_bytes()).expect("base64");
    let key: serde_json::Value = serde_json::from_slice(&key).expect("JSON");
    assert_eq!(
        (&key["clientId"], &key["domain"], &key["jwk"]["alg"]),
        (&"wiki".into(), &"localhost".into(), &"ES256".into())
    );
    let exported = ops.does(&["export"]);
    assert!(exported.contains(key["jwk"]["kid"].as_str().unwrap()), "{exported}");
    assert!(!exported.contains(key["jwk"]["d"].as_str().unwrap()), "{exported}");
    assert!(ops.refused(1, &["client", "access-key", "nobody"]).contains("no such client"));
    assert_eq!(ops.does(&["keys", "list"]).lines().count(), 4);
    assert!(ops.does(&["keys", "rotate", "--alg", "ES256"]).contains("published, signs from"));
    assert_eq!(ops.does(&["keys", "list"]).lines().count(), 5);
    assert!(!ops.refused(1, &["keys", "rotate", "--alg", "ES256"]).is_empty());
    ops.refused(2, &["keys", "rotate", "--alg", "HS256"]);
    // One successor that waits does not keep the other algorithms from theirs.
    let said = ops.says(&["keys", "rotate"]);
    assert!(said.out.contains("RS256") && said.out.contains("EdDSA") && !said.out.contains("ES256"), "{}", said.out);
    assert!(said.err.contains("ES256 was left alone. The next key is published already"), "{}", said.err);
    assert!(ops.refused(1, &["keys", "rotate"]).contains("The next key is published already"));
}

#[test]
fn a_running_server_is_asked_through_its_socket() {
    let ops = Operator::new();
    let server = ops.serve(&["--apply", FULL]);
    let socket = ops.data.join("control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(ops.does(&["user", "list"]).contains("sample@example.org"));
    let link = ops.does(&["user", "recover", "sample"]);
    let (place, _) = link.split_once("/recover?token=").unwrap();
    assert!(place.starts_with("http://localhost:") && place != "http://localhost:8080", "{link}");
    assert_eq!(ops.does(&["apply", FULL]), "Nothing to change.\n");
    assert!(ops.refused(1, &["apply", WRONG]).contains("wrong.toml:2:"));
    let unknown = ops.file("unknown.toml", "[[clients]]\nid = 'b'\nname = 'B'\ntype = 'service'\nscopes = ['x']\n");
    assert!(ops.refused(1, &["apply", &unknown]).contains("unknown.toml:5: clients[0].scopes: there is no scope"));
    assert!(ops.does(&["check"]).contains("The store is sound."));
    assert!(ops.refused(1, &["serve", "--listen", "127.0.0.1:0"]).contains("in use by process"));
    assert_eq!(ops.does(&["user", "list"]).lines().count(), 2);
    server.stop();
    assert!(!socket.exists(), "the name goes with the server");
    let link = ops.does(&["user", "recover", "sample"]);
    assert!(link.starts_with(&format!("{place}/recover?token=")), "where the server was last: {link}");
    assert!(ops.does(&["check"]).contains("The store is sound."));
}

#[test]
fn a_data_directory_may_lie_deep() {
    let mut ops = Operator::new();
    ops.data = ops.home.path().join("a-name-that-is-not-short/".repeat(6)).join("data");
    let _server = ops.serve(&["--apply", FULL]);
    assert!(ops.does(&["user", "list"]).contains("sample@example.org"));
}

#[test]
fn a_socket_that_nobody_listens_at_is_no_obstacle() {
    let ops = Operator::new();
    let mut server = ops.serve(&["--apply", FULL]);
    server.0.kill().unwrap();
    server.0.wait().unwrap();
    assert!(ops.data.join("control.sock").exists());
    assert!(ops.does(&["user", "list"]).contains("sample@example.org"));
    let _again = ops.serve(&[]);
    assert!(ops.does(&["user", "list"]).contains("sample@example.org"));
}

#[test]
fn the_issuer_never_changes_by_itself() {
    let ops = Operator::new();
    ops.serve(&["--issuer", "https://a.example.org"]).stop();
    let told = ops.refused(1, &["serve", "--listen", "127.0.0.1:0", "--issuer", "https://b.example.org"]);
    assert!(told.contains("https://a.example.org") && told.contains("--change-issuer"), "{told}");
    let config = ops.file("countersign.toml", "issuer = \"https://b.example.org\"\n");
    assert!(ops.refused(1, &["check"]).contains("--change-issuer"));
    assert!(ops.refused(1, &["--config", &config, "user", "list"]).contains("--change-issuer"));
    ops.serve(&["--change-issuer"]).stop();
    ops.does(&["check"]);
    ops.refused(2, &["serve", "--issuer", "https://b.example.org/"]);
}

#[test]
fn configuration_is_judged_and_flags_go_before_it() {
    let ops = Operator::new();
    ops.file("countersign.toml", "listen = \"127.0.0.1:99999\"\nisuer = \"https://a.example.org\"\n");
    let told = ops.refused(1, &["serve"]);
    insta::assert_snapshot!(told.trim_end(), @r#"
    countersign.toml:1: listen: expected an address and a port, such as 127.0.0.1:8080 or [::]:443
    countersign.toml:2: isuer: unknown key; did you mean "issuer"?
    "#);
    assert_eq!(ops.refused(1, &["user", "list"]), told);
    ops.file("countersign.toml", "listen = \"192.0.2.1:1\"\n");
    ops.serve(&[]).stop();
    assert!(ops.refused(1, &["--config", "other.toml", "serve"]).contains("other.toml cannot be read"));
}

#[test]
fn a_damaged_store_has_a_code_of_its_own() {
    let ops = Operator::new();
    ops.does(&["apply", FULL]);
    let store = ops.data.join("store.redb");
    let mut bytes = fs::read(&store).unwrap();
    let at = find(&bytes, b"Team wiki").expect("the client lies in the file as text");
    bytes[at] ^= 1;
    fs::write(&store, &bytes).unwrap();
    assert!(ops.refused(3, &["check"]).contains("damaged"));
    // Cut short, it is told in the words of `serve`, and not that none of no entries is wrong.
    fs::write(&store, &bytes[..bytes.len() / 2]).unwrap();
    let told = ops.refused(3, &["check"]);
    assert!(told.contains("is damaged (") && told.contains("restore a backup"), "{told}");
    assert!(!told.contains("0 of 0"), "{told}");
    write_garbage(&store);
    let told = ops.refused(1, &["check"]);
    assert!(told.contains("was not written by Countersign"), "{told}");
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn write_garbage(path: &Path) {
    fs::File::create(path).unwrap().write_all(&[7; 8192]).unwrap();
}

#[test]
fn what_is_reserved_is_refused_honestly() {
    let ops = Operator::new();
    for command in [&["backup", "x"][..], &["restore", "x"], &["dump", "--records", "user"], &["explain", "abc"]] {
        let told = ops.refused(2, command);
        assert!(told.contains("is not available in this version"), "{told}");
    }
    assert!(ops.refused(2, &["check", "--advise"]).contains("is not available in this version"));
    ops.refused(2, &["fly"]);
    ops.refused(2, &["export", "--only", "usres"]);
    assert!(ops.does(&["openapi", "oidc"]).starts_with('{'));
}

#[test]
fn a_declared_state_with_secrets_that_others_can_read_is_worth_a_warning() {
    let operator = Operator::new();
    let file = operator.home.path().join("state.toml");
    fs::write(&file, "[[users]]\nusername = 'sam'\npassword = 'plum kettle orbits vase'\n").unwrap();
    let warnings = |mode, arguments: &[&str]| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let said = operator.says(arguments);
        assert_eq!(said.code, Some(0), "only a warning: {}{}", said.out, said.err);
        assert!(!said.err.contains("plum kettle"), "{}", said.err);
        said.err.matches("warning: state.toml holds secrets").count()
    };
    assert_eq!(warnings(0o644, &["apply", "--prune", "state.toml"]), 1, "once, however often it is read");
    assert_eq!(warnings(0o640, &["apply", "state.toml"]), 1);
    assert_eq!(warnings(0o600, &["apply", "state.toml"]), 0);
    fs::write(&file, "[[users]]\nusername = 'sam'\n").unwrap();
    assert_eq!(warnings(0o644, &["apply", "state.toml"]), 0, "no secret");
}
