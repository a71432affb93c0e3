//! Declared state told as stories: what a file says becomes true, once, and only as a whole.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign::base::clock::{StillClock, Timestamp};
use countersign::base::rng::{Rng, SystemRng};
use countersign::base::secret::Secret;
use countersign::declared;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::engine::admin::apply::{Action, ApplyOptions, ItemChange, Outcome};
use countersign::engine::admin::client_change::{ClientChange, NewClient};
use countersign::engine::admin::user_change::{NewUser, UserChange};
use countersign::engine::admin::{Actor, Keeper};
use countersign::engine::users::{SignIn, SignedIn};
use countersign::engine::{Caller, Engine};
use countersign::model::client::ClientType;
use countersign::model::face::Face;
use countersign::model::redirect_uri::RedirectUri;
use countersign::store::memory::Memory;
use countersign::toml_file::System;

#[path = "common/indoors.rs"]
mod indoors;

use indoors::foundation;

const FULL: &str = include_str!("declared/full.toml");
const APPLY: ApplyOptions = ApplyOptions { dry_run: false, prune: false };
const DRY: ApplyOptions = ApplyOptions { dry_run: true, prune: false };
const PRUNE: ApplyOptions = ApplyOptions { dry_run: false, prune: true };

struct Server {
    engine: Engine,
    clock: Arc<StillClock>,
    caller: Caller,
    host: Actor,
}

impl Server {
    async fn new() -> Server {
        let clock = Arc::new(StillClock::at(Timestamp(1_800_000_000)));
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let foundation = foundation("https://id.example", Arc::new(Memory::new()), clock.clone(), rng.clone());
        let engine = Engine::open(foundation).await.unwrap();
        Server { engine, clock, caller: Caller::host(&*rng), host: Actor::host() }
    }

    async fn outcome(&self, text: &str, options: ApplyOptions) -> Outcome {
        self.clock.advance(Duration::from_secs(1));
        let declared = declared::read(Path::new("state.toml"), text, &System).unwrap_or_else(|e| panic!("{e}"));
        self.engine.apply(&self.caller, &declared, options).await.unwrap()
    }

    /// Applies and says what changed, in short.
    async fn apply(&self, text: &str, options: ApplyOptions) -> Vec<String> {
        match self.outcome(text, options).await {
            Outcome::Done(changes) => changes.iter().map(short).collect(),
            Outcome::Wrong(problems) => panic!("{problems:?}"),
        }
    }

    /// Applies and says what is wrong.
    async fn wrong(&self, text: &str, options: ApplyOptions) -> Vec<String> {
        let before = self.export().await;
        let Outcome::Wrong(problems) = self.outcome(text, options).await else { panic!("it was accepted") };
        assert_eq!(self.export().await, before, "a wrong file changes nothing");
        problems.iter().map(|p| format!("{}: {}: {}", p.line, p.key, p.sentence)).collect()
    }

    async fn export(&self) -> String {
        declared::writing::write(&self.engine.export(&self.host, &BTreeSet::new()).await.unwrap())
    }
}

fn short(change: &ItemChange) -> String {
    let sign = match change.action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Remove => "-",
    };
    let fields: Vec<&str> = change.fields.iter().map(|field| field.field.as_str()).collect();
    let fields = if change.action == Action::Update { format!(": {}", fields.join(" ")) } else { String::new() };
    format!("{sign} {} {}{fields}", change.noun, change.name)
}

#[tokio::test]
async fn a_file_becomes_true_once() {
    let server = Server::new().await;
    let made = [
        "~ settings : name account_url sign_in_by_mail user_verification impersonation",
        "+ scope projects_read",
        "+ group staff",
        "+ user sample",
        "+ client wiki",
    ];
    assert_eq!(server.apply(FULL, DRY).await, made);
    assert_eq!(server.engine.overview(&server.host).await.unwrap().users.number, 0, "a rehearsal changes nothing");
    assert_eq!(server.apply(FULL, APPLY).await, made);
    let none: [&str; 0] = [];
    assert_eq!(server.apply(FULL, APPLY).await, none);
    let log = server.engine.activity(&server.host, &ActivityFilter::default(), None, 50).await.unwrap();
    let kinds: BTreeSet<&str> = log.items.iter().map(|record| record.kind.name()).collect();
    for kind in ["settings_updated", "scope_created", "group_created", "user_created", "client_created"] {
        assert!(kinds.contains(kind), "{kind}");
    }
    let told = format!("{:?}", log.items);
    for secret in ["a windmill under seven moons", "a secret of fewer letters", "argon2id"] {
        assert!(!told.contains(secret), "the log never tells a secret");
    }
}

#[tokio::test]
async fn one_change_in_the_file_is_one_change() {
    let server = Server::new().await;
    server.apply(FULL, APPLY).await;
    let text = FULL
        .replace("\"Team wiki\"", "\"Wiki\"")
        .replace("access_ttl = \"1h\"", "access_ttl = \"10min\"")
        .replace("a secret of fewer letters", "another secret that is rather long, longer than the first");
    assert_eq!(server.apply(&text, APPLY).await, ["~ client wiki: name access_ttl secret"]);
    let text = text.replace("a windmill under seven moons", "eight moons over a windmill");
    let epoch = async || server.engine.user_called(&server.host, "sample").await.unwrap().unwrap().access_epoch;
    assert_eq!(epoch().await, 0);
    assert_eq!(server.apply(&text, APPLY).await, ["~ user sample: password"]);
    assert_eq!(epoch().await, 1, "a new password ends what was had with the old one");
    assert_eq!(server.apply(&text, APPLY).await.len(), 0);
    let text = text.replace("password = ", "disabled = false\n# ");
    assert_eq!(server.apply(&text, APPLY).await.len(), 0, "a password that is not named stays");
}

impl Server {
    /// The person chooses a password by a recovery link.
    async fn chooses(&self, name: &str, password: &str) {
        let user = self.engine.user_called(&self.host, name).await.unwrap().unwrap();
        let link = self.engine.start_recovery(&self.host, &self.caller, &user.id).await.unwrap();
        self.engine.finish_recovery(&self.caller, &link, &Secret::new(password)).await.unwrap();
    }

    /// Which of these passwords they can sign in with.
    async fn enters(&self, name: &str, passwords: [&'static str; 3]) -> Vec<&'static str> {
        let mut right = Vec::new();
        for password in passwords {
            if self.signs_in(name, password).await.is_some() {
                right.push(password);
            }
        }
        right
    }

    async fn signs_in(&self, name: &str, password: &str) -> Option<SignedIn> {
        let (username, password) = (name.to_owned(), Secret::new(password));
        let (interaction, browser, current, known, familiar) = (None, None, None, None, None);
        let (device, confirms) = (None, false);
        let ask = SignIn { username, password, interaction, browser, current, known, familiar, device, confirms };
        let step = self.engine.sign_in(&self.caller, &ask).await.ok()?;
        Some(step.done().unwrap().signed_in)
    }
}

const DECLARED: &str = "a windmill under seven moons";
const CHOSEN: &str = "plum kettle orbits vase";
const LATER: &str = "eight owls over a windmill";

#[tokio::test]
async fn what_a_person_chose_instead_of_the_declared_password_stays_theirs() {
    let server = Server::new().await;
    let [none, set] = [&[][..], &["~ user sample: password".to_owned()][..]];
    let enters = async || server.enters("sample", [DECLARED, CHOSEN, LATER]).await;
    server.apply(FULL, APPLY).await;
    assert_eq!(enters().await, [DECLARED]);
    server.chooses("sample", CHOSEN).await;
    for _ in 0..2 {
        assert_eq!(server.apply(FULL, APPLY).await, none);
        assert_eq!(enters().await, [CHOSEN]);
    }

    let later = FULL.replace(DECLARED, LATER);
    assert_eq!(server.apply(&later, APPLY).await, set, "what the file says anew is set");
    assert_eq!(server.apply(&later, APPLY).await, none);
    assert_eq!(enters().await, [LATER]);

    // A hash is a declared value like another.
    let user = server.engine.user_called(&server.host, "sample").await.unwrap().unwrap();
    let hash = user.password.unwrap().as_str().to_owned();
    assert_eq!(server.apply(FULL, APPLY).await, set);
    let hashed = FULL.replace(&format!("password = \"{DECLARED}\""), &format!("password_hash = \"{hash}\""));
    assert_eq!(server.apply(&hashed, APPLY).await, set);
    assert_eq!(enters().await, [LATER]);
    server.chooses("sample", CHOSEN).await;
    assert_eq!(server.apply(&hashed, APPLY).await, none);
    assert_eq!(enters().await, [CHOSEN]);
}

#[tokio::test]
async fn a_declared_password_that_was_theirs_already_is_remembered() {
    let server = Server::new().await;
    let none: [&str; 0] = [];
    let unsaid = FULL.replace("password = ", "disabled = false\n# ");
    server.apply(&unsaid, APPLY).await;
    server.chooses("sample", DECLARED).await;
    assert_eq!(server.apply(FULL, APPLY).await, none);
    server.chooses("sample", CHOSEN).await;
    assert_eq!(server.apply(FULL, APPLY).await, none);
    assert_eq!(server.enters("sample", [DECLARED, CHOSEN, LATER]).await, [CHOSEN]);
}

#[tokio::test]
async fn a_secret_made_by_hand_outlives_every_apply() {
    let server = Server::new().await;
    server.apply(FULL, APPLY).await;
    let id = countersign::base::ids::ClientId::from_text("wiki");
    let made = server.engine.add_secret(&server.host, &server.caller, &id, None).await.unwrap();
    assert_eq!(server.apply(FULL, APPLY).await, Vec::<String>::new());
    let text = FULL.replace("a secret of fewer letters", "another secret that is rather long, longer than the first");
    assert_eq!(server.apply(&text, APPLY).await, ["~ client wiki: secret"]);
    let exported = server.export().await;
    let made = made.kept.hash.to_text();
    assert!(exported.contains(&made), "{exported}");
    assert_eq!(exported.matches("sha256$").count(), 2, "the one that was declared before is replaced: {exported}");
    assert_eq!(server.apply(&exported, PRUNE).await, Vec::<String>::new(), "what is exported is what is there");
    assert_eq!(server.apply(&text, PRUNE).await, Vec::<String>::new(), "and the secret is still not the file's");
    assert!(server.export().await.contains(&made));
}

#[tokio::test]
async fn what_is_exported_is_what_is_there() {
    let server = Server::new().await;
    server.apply(FULL, APPLY).await;
    let id = countersign::base::ids::ClientId::from_text("wiki");
    let end = Some(server.engine.now().plus(Duration::from_secs(90_000)));
    server.engine.add_secret(&server.host, &server.caller, &id, end).await.unwrap();
    server.engine.disable_client(&server.host, &server.caller, &id, true).await.unwrap();
    let text = server.export().await;
    assert!(!text.contains("a windmill") && !text.contains("fewer letters"), "{text}");
    assert_eq!(server.apply(&text, APPLY).await, Vec::<String>::new(), "{text}");
    let other = Server::new().await;
    other.apply(&text, APPLY).await;
    assert_eq!(other.export().await, text, "a fresh store becomes the same");
    assert_eq!(other.apply(FULL, APPLY).await, ["~ client wiki: secret"], "the second secret was not in the file");
    let only = BTreeSet::from(["groups".to_owned()]);
    let groups = declared::writing::write(&server.engine.export(&server.host, &only).await.unwrap());
    assert!(groups.contains("[[groups]]\nname = \"staff\"") && !groups.contains("[[users]]"));
}

#[tokio::test]
async fn an_access_key_comes_through_a_file_and_stays_where_a_file_says_nothing() {
    let server = Server::new().await;
    let service = "[[clients]]\nid = 'robot'\nname = 'Robot'\ntype = 'service'\ndialects = ['laserfiche']\n\
                   account_id = 'acc-7'\nsecret = 'a secret of more than thirty-two characters'\n";
    server.apply(service, APPLY).await;
    let id = countersign::base::ids::ClientId::from_text("robot");
    let made = server.engine.export_access_key(&server.host, &server.caller, &id).await.unwrap();
    let none = Vec::<String>::new();
    assert_eq!(server.apply(service, APPLY).await, none, "a key made by hand stays");
    let text = server.export().await;
    assert!(text.contains(&made.kept.kid) && !text.contains(made.text.expose()), "{text}");
    assert_eq!(server.apply(&text, APPLY).await, none);
    let other = Server::new().await;
    other.apply(&text, APPLY).await;
    assert_eq!(other.export().await, text, "a fresh store becomes the same");
    assert_eq!(other.apply(&text, APPLY).await, none);
    let crooked = text.replace(&format!("x = \"{}", &made.kept.x[..4]), "x = \"AAAA");
    assert!(declared::read(Path::new("state.toml"), &crooked, &System).is_err(), "no point on the curve");
    let without = format!("{service}access_keys = []\n");
    assert_eq!(server.apply(&without, APPLY).await, ["~ client robot: access_keys"]);
}

#[tokio::test]
async fn what_a_file_declares_is_nobodys_own_and_called_as_nobody() {
    let server = Server::new().await;
    let user = |name: &str| NewUser { username: name.to_owned(), changes: vec![UserChange::MayRegisterClients(true)] };
    let rex = server.engine.create_user(&server.host, &server.caller, &user("rex")).await.unwrap();
    server.apply("[settings]\nname = \"Example\"\nclient_registration = \"permitted\"\n", APPLY).await;
    server.chooses("rex", "a lamp and seven quiet herons").await;
    let rex_here = server.signs_in("rex", "a lamp and seven quiet herons").await.unwrap();
    let fresh = server.engine.fresh(&rex_here).await.unwrap();
    let keeper = Keeper::of(&rex_here).unwrap().proved_by(&fresh);
    let wanted = NewClient {
        id: None,
        name: "Rex's".to_owned(),
        kind: ClientType::Service,
        faces: vec![Face::named("oidc")],
        changes: Vec::new(),
    };
    let made = server.engine.create_client(&keeper, &server.caller, &wanted).await.unwrap().client;
    assert!(server.engine.client_detail(&keeper, &made.id).await.is_ok());
    let client =
        |id: &str| format!("[[clients]]\nid = \"{id}\"\nname = \"Robot\"\ntype = \"service\"\ndialects = [\"oidc\"]\n");
    let told = server.apply(&client(made.id.as_str()), APPLY).await;
    assert!(told[0].contains("owner"), "{told:?}");
    assert!(server.engine.client_detail(&keeper, &made.id).await.is_err(), "it is the operator's now");
    let client_now = server.engine.client_detail(&server.host, &made.id).await.unwrap().client;
    assert_eq!((client_now.owner, client_now.owner_place), (None, None));
    assert!(server.apply(&client(made.id.as_str()), APPLY).await.is_empty());

    let wrong = server.wrong(&client(rex.id.as_str()), APPLY).await;
    assert!(wrong[0].contains("the id of a person"), "{wrong:?}");
}

#[tokio::test]
async fn pruning_takes_only_what_a_file_made() {
    let server = Server::new().await;
    let (engine, host, caller) = (&server.engine, &server.host, &server.caller);
    server.apply(FULL, APPLY).await;
    let by_hand = NewClient {
        id: Some(countersign::base::ids::ClientId::from_text("by-hand")),
        name: "By hand".to_owned(),
        kind: ClientType::Web,
        faces: vec![Face::named("oidc")],
        changes: vec![ClientChange::AddRedirectUri(RedirectUri::parse("https://a.test/cb").unwrap())],
    };
    engine.create_client(host, caller, &by_hand).await.unwrap();
    let user = NewUser { username: "by-hand".to_owned(), changes: vec![] };
    engine.create_user(host, caller, &user).await.unwrap();
    let rest = "[[users]]\nusername = 'sample'\nadmin = true\n";
    let gone = ["~ user sample: email email_verified may_register_clients roles groups attributes external_ids"];
    assert_eq!(server.apply(rest, APPLY).await, gone);
    let gone = ["- client wiki", "- scope projects_read", "- group staff"];
    assert_eq!(server.apply(rest, ApplyOptions { dry_run: true, prune: true }).await, gone);
    assert_eq!(server.apply(rest, PRUNE).await, gone);
    assert_eq!(server.apply(rest, PRUNE).await.len(), 0);
    let text = server.export().await;
    assert!(text.contains("\"by-hand\"") && !text.contains("wiki"));
}

#[tokio::test]
async fn what_is_still_used_is_not_pruned() {
    let server = Server::new().await;
    let groups = "[[groups]]\nname = 'staff'\n";
    server.apply(groups, APPLY).await;
    let user = NewUser {
        username: "ana".to_owned(),
        changes: vec![countersign::engine::admin::user_change::UserChange::AddGroup("staff".to_owned())],
    };
    server.engine.create_user(&server.host, &server.caller, &user).await.unwrap();
    let wrong = server.wrong("[[groups]]\nname = 'other'\n", PRUNE).await;
    assert_eq!(
        wrong,
        ["1: groups: \"staff\" would be pruned, but the user \"ana\" still uses it: declare it, or take it away there"]
    );
    server.apply(groups, PRUNE).await;
}

#[tokio::test]
async fn what_does_not_fit_the_store_is_told_by_line_and_changes_nothing() {
    let server = Server::new().await;
    server.apply(FULL, APPLY).await;
    let text = "[[groups]]\nname = 'fresh'\n\n[[users]]\nusername = 'ana'\n\
                groups = ['stuff']\npassword = 'short'\n\n[[users]]\nusername = 'sample'\nid = 'somebody-else'\n\n\
                [[users]]\nusername = 'sample@example.org'\nemail = 'sample@example.org'\n\n\
                [[clients]]\nid = 'b'\nclient_key = 'wiki-key'\nname = 'B'\ntype = 'service'\nscopes = ['unheard']\n";
    let wrong = server.wrong(text, APPLY).await;
    let sample = server.engine.user_called(&server.host, "sample").await.unwrap().unwrap();
    insta::assert_snapshot!(wrong.join("\n").replace(sample.id.as_str(), "ID"));
}

#[tokio::test]
async fn a_file_cannot_lock_everybody_out() {
    let server = Server::new().await;
    server.apply(FULL, APPLY).await;
    let demoted = FULL.replace("admin = true", "admin = false");
    let told =
        "1: users: would leave the server without an administrator: declare one with admin = true and a password";
    assert_eq!(server.wrong(&demoted, APPLY).await, [told]);
    let disabled = FULL.replace("admin = true", "admin = true\ndisabled = true");
    assert_eq!(server.wrong(&disabled, APPLY).await, [told]);
    assert_eq!(server.wrong("[settings]\nname = 'x'\n", PRUNE).await, [told]);
    let another = format!("{demoted}\n[[users]]\nusername = 'ana'\nadmin = true\n");
    assert_eq!(server.wrong(&another, APPLY).await, [told], "who cannot sign in administers nothing");
    let another = format!("{another}password = 'plum kettle orbits vase'\n");
    server.apply(&another, APPLY).await;
}

#[tokio::test]
async fn an_administrator_from_a_file_closes_the_set_up() {
    let server = Server::new().await;
    let link = server.engine.open_set_up().await.unwrap().unwrap();
    server.engine.look_at_set_up(&server.caller, &link).await.unwrap();
    server.apply("[[users]]\nusername = 'bare'\nadmin = true\n", APPLY).await;
    let stays = server.engine.look_at_set_up(&server.caller, &link).await;
    stays.expect("an administrator who cannot sign in has set up nothing");
    server.apply(FULL, APPLY).await;
    assert!(server.engine.look_at_set_up(&server.caller, &link).await.is_err());
    assert!(server.engine.open_set_up().await.unwrap().is_none());
}
