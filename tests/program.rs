//! The program as its operator meets it: what it prints, when it refuses, what it remembers.

mod common;

use std::time::Duration;

use common::program::{Start, run};
use common::smtp::Postbox;
use common::{Program, Visitor};

/// Far more than it takes to stop where nothing is waited for, and far less than an idle connection may last.
const AT_ONCE: Duration = Duration::from_secs(20);

/// The example of every key, as `tests/apply.rs` reads it.
const FULL: &str = include_str!("declared/full.toml");

#[test]
fn it_says_one_line_and_serves() {
    let mut program = Program::start(FULL);
    let visitor = Visitor::new(&program.address);
    let metadata = visitor.get("/.well-known/openid-configuration").unwrap();
    assert_eq!(metadata.status, 200);
    assert_eq!(metadata.json()["issuer"], program.issuer());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(visitor.get(path).unwrap().status, 200, "{path}");
    }
    visitor.sign_in("sample", "a windmill under seven moons");

    let (status, took) = program.stop();
    assert!(status.success(), "SIGTERM ends it well: {status}");
    assert!(took < AT_ONCE, "it took {took:?} to stop, with nothing to wait for but an idle connection");
    assert_eq!(program.said(), format!("listening on http://{}\n", program.address), "nothing else on standard output");
}

#[test]
fn applying_again_changes_nothing() {
    let program = Program::start(FULL);
    let (file, data) = (program.declared(), program.data());
    let apply = |file: &std::path::Path| run(&["apply", file.to_str().unwrap(), "--data", data.to_str().unwrap()]);

    let again = apply(&file);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(String::from_utf8_lossy(&again.stdout), "Nothing to change.\n");

    // One wrong key: nothing is changed, and the line is named.
    let wrong = program.data().join("wrong.toml");
    let text =
        FULL.replace("name = \"Example ID\"", "name = \"Another ID\"").replace("email_verified", "email_verifed");
    let line = text.lines().position(|line| line.contains("email_verifed")).unwrap() + 1;
    std::fs::write(&wrong, text).unwrap();
    let refused = apply(&wrong);
    let reason = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{reason}");
    for part in ["wrong.toml", &format!("{line}"), "email_verifed", "email_verified"] {
        assert!(reason.contains(part), "{part:?} is not in {reason}");
    }
    let page = Visitor::new(&program.address).get("/login").unwrap().body;
    assert!(page.contains("Example ID") && !page.contains("Another ID"), "a wrong file changes nothing: {page}");
}

#[test]
fn a_wrong_file_keeps_it_from_starting() {
    let why = Program::try_start(Start {
        declared: Some(&FULL.replace("consent = \"ask\"", "consent = \"maybe\"")),
        ..Start::default()
    });
    let why = why.err().expect("it does not start");
    assert!(why.contains("consent") && why.contains("exit status: 1"), "{why}");
}

#[test]
fn a_log_in_json_is_json_throughout() {
    // The declared state leaves the server without an administrator, so that it prints its set-up link too.
    let declared = "[[groups]]\nname = 'staff'\n";
    let start = Start { declared: Some(declared), args: &["--log-format", "json"] };
    let program = Program::try_start(start).unwrap();
    Visitor::new(&program.address).get("/login").unwrap();
    let errors = program.errors();
    let lines: Vec<serde_json::Value> =
        errors.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect();
    let said = |text: &str| lines.iter().any(|line| line["fields"]["message"].as_str().unwrap().contains(text));
    assert!(said("+ group staff") && said("1 thing changed.") && said("/setup?token=su_"), "{errors}");
}

#[test]
fn a_second_process_is_refused_and_told_who_is_there() {
    let program = Program::start(FULL);
    let data = program.data();
    let second = run(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let reason = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{reason}");
    assert!(reason.contains(&program.process().to_string()), "the holder is named: {reason}");
}

#[test]
fn the_set_up_link_works_once_for_ever() {
    let mut program = Program::try_start(Start::default()).unwrap();
    let link = program.set_up_link().expect("a fresh store prints its link");
    let visitor = Visitor::new(&program.address);
    let answer = visitor
        .fill_in(
            &link,
            &[
                ("name", "Harbour ID"),
                ("username", "ana"),
                ("email", "ana@example.org"),
                ("password", "cobalt lantern harbour 27"),
            ],
        )
        .unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);

    for _ in 0..2 {
        program.restart();
        let mut stranger = Visitor::new(&program.address);
        stranger.reconnect();
        let shown = stranger.get(&link).unwrap();
        assert!(shown.status >= 400 && !shown.body.contains("type=\"password\""), "{}", shown.body);
    }
    assert_eq!(program.errors().matches("/setup?").count(), 1, "the link is printed once and never again");
    Visitor::new(&program.address).sign_in("ana", "cobalt lantern harbour 27");
}

#[test]
fn the_issuer_does_not_change_by_itself() {
    let first = ["--issuer", "https://id.example.org"];
    let mut program = Program::try_start(Start { args: &first, ..Start::default() }).unwrap();
    let issuer = |program: &Program| {
        let visitor = Visitor::new(&program.address);
        visitor.get("/.well-known/openid-configuration").unwrap().json()["issuer"].as_str().unwrap().to_owned()
    };
    assert_eq!(issuer(&program), "https://id.example.org");
    let other = ["--issuer", "https://elsewhere.example.org"];
    let why = program.restart_with(&other).expect_err("another issuer is refused");
    assert!(why.contains("--change-issuer"), "{why}");
    // Without saying so again, it is still the one it was given.
    program.restart_with(&[]).unwrap();
    assert_eq!(issuer(&program), "https://id.example.org");
    program.restart_with(&["--issuer", "https://elsewhere.example.org", "--change-issuer"]).unwrap();
    assert_eq!(issuer(&program), "https://elsewhere.example.org");
}

#[test]
fn keys_outlive_the_process() {
    let mut program = Program::start(FULL);
    let keys = |program: &Program| Visitor::new(&program.address).get("/oauth/keys").unwrap().json();
    let before = keys(&program);
    let kinds: Vec<_> = before["keys"].as_array().unwrap().iter().map(|key| key["kty"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["RSA", "EC", "OKP"], "one key of each kind, RSA first");
    program.restart();
    assert_eq!(keys(&program), before);
}

/// A letter is in the outbox before anybody is told that it is on its way, and leaves it only when the mail server said yes.
#[test]
fn a_letter_outlives_being_killed() {
    let postbox = Postbox::open();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("countersign.toml");
    let smtp = format!(
        "[smtp]\nhost = 'localhost'\nport = {}\nsecurity = 'none'\nfrom = 'id@example.org'\n",
        postbox.address.port()
    );
    std::fs::write(&config, smtp).unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let start = Start { declared: Some(FULL), args: &args };
    let mut program = Program::try_start(start).unwrap_or_else(|why| panic!("{why}"));
    let mut visitor = Visitor::new(&program.address);

    postbox.keeps_silent(true);
    let sent = visitor.fill_in("/reset", &[("username", "sample")]).unwrap();
    assert_eq!((sent.status, sent.location()), (303, "/reset/sent"));
    program.kill();
    assert!(postbox.letters().is_empty(), "the mail server said nothing yet");

    postbox.keeps_silent(false);
    postbox.keeps_letters_silently(true);
    program.restart();
    postbox.waits_for(1);
    program.kill();

    postbox.keeps_letters_silently(false);
    program.restart();
    let letters = postbox.waits_for(2);
    assert_eq!(letters[0].header("Message-ID"), letters[1].header("Message-ID"), "the same letter once more");
    assert_eq!(letters[0].link(), letters[1].link());
    visitor.reconnect();
    let link = letters[1].link();
    let done = visitor.fill_in(&link, &[("password", "seven lanterns over the quarry")]).unwrap();
    assert!(done.status == 303 && done.location().starts_with("/login"), "{done:?}");
    assert_eq!(visitor.get(&link).unwrap().status, 410);
    let told = postbox.waits_for(3).pop().unwrap();
    assert!(told.header("Subject").starts_with("Your password was changed"), "{told:?}");
    visitor.sign_in("sample", "seven lanterns over the quarry");
    assert!(!program.errors().contains("rc_"), "no secret is in the log");
}
