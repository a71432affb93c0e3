//! What lets a person in works once: a code of the authenticator, a recovery code, a code by mail, a link that brings somebody
//! back, an invitation. While sixty-four use it at the same moment, and while the program is killed under them.
//!
//! Against the real program. The random moments come from a seed that is printed; `SEED=… cargo test --test once` repeats them.

mod common;

use common::crowd::{Chance, Kill, at_once};
use common::program::Start;
use common::smtp::Postbox;
use common::{Program, Visitor, program};
use countersign::base::clock::{Clock, SystemClock};
use data_encoding::BASE32_NOPAD;
use totp_rs::Builder;

/// How many sign-ins wait for a code at the same moment, and how many times each sends it.
const SIGN_INS: usize = 8;
const EACH: usize = 8;
/// In how many rounds each is tried; in every second one the program is killed.
const ROUNDS: usize = 8;
const PASSWORD: &str = "cobalt lantern harbour 27";

/// A server with an administrator, and somebody for each round.
struct House {
    program: Program,
    chance: Chance,
}

impl House {
    fn open() -> House {
        let mut declared = String::from("[settings]\nself_registration = \"invited\"\n");
        let one =
            |name: &str, more: &str| format!("[[users]]\nusername = \"{name}\"\npassword = \"{PASSWORD}\"\n{more}");
        declared.push_str(&one("ana", "admin = true\n"));
        for round in 0..ROUNDS {
            declared.push_str(&one(&format!("bob{round}"), ""));
        }
        House { program: Program::start(&declared), chance: Chance::new() }
    }

    /// One whose people sign in by mail, which goes to `postbox`.
    fn writing_to(postbox: &Postbox) -> House {
        let mut declared = String::from("[settings]\nsign_in_by_mail = true\n");
        for round in 0..ROUNDS {
            let email = format!("bob{round}@example.org");
            declared.push_str(&format!(
                "[[users]]\nusername = \"bob{round}\"\nemail = \"{email}\"\nemail_verified = true\n"
            ));
        }
        let home = tempfile::tempdir().expect("a temporary directory").keep();
        let config = home.join("countersign.toml");
        let smtp = format!("port = {}\nsecurity = \"none\"\nfrom = \"id@example.org\"\n", postbox.address.port());
        std::fs::write(&config, format!("[smtp]\nhost = \"localhost\"\n{smtp}")).expect("a file");
        let args = ["--config", config.to_str().expect("a path")];
        let started = Program::try_start(Start { declared: Some(&declared), args: &args });
        House { program: started.unwrap_or_else(|why| panic!("{why}")), chance: Chance::new() }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(&self.program.address)
    }

    /// Lets all of `acts` happen at the same moment; in every second round the program is killed meanwhile and started again.
    /// How many succeeded, as far as somebody was told.
    fn at_once(&mut self, round: usize, acts: &[&(dyn Fn() -> bool + Sync)]) -> usize {
        let kill = (round % 2 == 1).then(|| Kill::among(&mut self.chance, acts.len()));
        let told = at_once(acts, &self.program, kill).into_iter().filter(|in_| *in_).count();
        if round % 2 == 1 {
            self.program.restart();
        }
        told
    }
}

/// Insists that it worked at most once, and once where nobody was killed.
fn once(what: &str, round: usize, told: usize, afterwards: usize) {
    assert!(told + afterwards <= 1, "{what}, round {round}: {told} were let in, and {afterwards} later");
    assert!(round % 2 == 1 || told == 1, "{what}, round {round}: nobody was let in");
}

/// Whether an answer signs somebody in.
fn lets_in(answer: &Result<common::visitor::Answer, ureq::Error>) -> bool {
    let Ok(answer) = answer else { return false };
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    answer.status == 303 && cookies.into_iter().any(|cookie| cookie.contains("countersign-session=s"))
}

/// Gives the password in a browser of its own: the browser, and the page that asks for more.
fn halfway(house: &House, username: &str) -> (Visitor, String) {
    let visitor = house.visitor();
    let sent = visitor.fill_in("/login", &[("username", username), ("password", PASSWORD)]).expect("an answer");
    assert!(sent.location().starts_with("/login/second-factor"), "{sent:?}");
    let page = sent.location().to_owned();
    (visitor, page)
}

/// Sets up an authenticator: its seed, and the recovery codes that come with it.
fn enrols(house: &House, username: &str) -> (Vec<u8>, Vec<String>) {
    let visitor = house.visitor();
    visitor.sign_in(username, PASSWORD);
    let page = visitor.get("/account/authenticator").expect("an answer");
    let token = between(&page.body, "name=\"csrf\" value=\"", "\"");
    let begun = visitor.post("/account/authenticator/begin", &[("csrf", token)]).expect("an answer");
    assert_eq!(begun.status, 303, "{begun:?}");
    let page = visitor.get(begun.location()).expect("an answer");
    let key = between(&page.body, "id=\"key\"", "</code>");
    let key = key.split_once('>').expect("a tag").1.replace(' ', "");
    let seed = BASE32_NOPAD.decode(key.as_bytes()).expect("base32");
    // The code of the step before, so that those of this one and the next are left.
    let confirmed = visitor.fill_in(begun.location(), &[("otp", &code(&seed, -1))]).expect("an answer");
    assert_eq!(confirmed.status, 303, "{confirmed:?}");
    let shown = visitor.get(confirmed.location()).expect("an answer");
    let list = between(&shown.body, "<ol class=\"codes\"", "</ol>");
    let codes: Vec<String> = list.split("<code>").skip(1).map(|rest| between(rest, "", "</code>").to_owned()).collect();
    assert_eq!(codes.len(), 10, "{}", shown.body);
    (seed, codes)
}

/// The code so many steps from now.
fn code(seed: &[u8], steps: i64) -> String {
    let at = u64::try_from(SystemClock.now().0 + 30 * steps).expect("after 1970");
    Builder::new().with_secret(seed.to_vec()).build_noncompliant().generate(at).to_string()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is missing: {text}"));
    rest.split_once(after).map_or(rest, |(found, _)| found)
}

/// Eight sign-ins that wait for a code each send this one eight times.
fn sixty_four_give(house: &mut House, round: usize, username: &str, field: &str, code: &str) -> (usize, usize) {
    let waiting: Vec<(Visitor, String)> = (0..SIGN_INS).map(|_| halfway(house, username)).collect();
    let give = |(visitor, page): &(Visitor, String)| lets_in(&visitor.fill_in_if_there(page, &[(field, code)]));
    let acts: Vec<_> = waiting.iter().flat_map(|one| std::iter::repeat_n(move || give(one), EACH)).collect();
    let acts: Vec<&(dyn Fn() -> bool + Sync)> = acts.iter().map(|act| act as _).collect();
    let told = house.at_once(round, &acts);
    let (visitor, page) = halfway(house, username);
    (told, usize::from(lets_in(&visitor.fill_in_if_there(&page, &[(field, code)]))))
}

#[test]
fn a_code_of_the_authenticator_works_once() {
    let mut house = House::open();
    let mut let_in = 0;
    for round in 0..ROUNDS {
        let username = format!("bob{round}");
        let (seed, _) = enrols(&house, &username);
        let (told, later) = sixty_four_give(&mut house, round, &username, "otp", &code(&seed, 0));
        once("a code", round, told, if round % 2 == 1 { 0 } else { later });
        // Who was killed before anybody was told may have another try, but then no more.
        assert!(told + later <= 1, "round {round}: {told} and {later}");
        let_in += told + later;
    }
    assert!(let_in >= ROUNDS / 2, "codes do let people in");
}

#[test]
fn a_recovery_code_works_once() {
    let mut house = House::open();
    for round in 0..ROUNDS {
        // Each time somebody else: sixty-three wrong codes make an account pause.
        let username = format!("bob{round}");
        let (_, codes) = enrols(&house, &username);
        let (told, later) = sixty_four_give(&mut house, round, &username, "recovery", &codes[0]);
        assert!(told + later <= 1, "round {round}: {told} were let in, and {later} later");
        once("a recovery code", round, told, 0);
    }
}

#[test]
fn a_code_by_mail_works_once() {
    let postbox = Postbox::open();
    let mut house = House::writing_to(&postbox);
    let mut let_in = 0;
    for round in 0..ROUNDS {
        let mut bob = house.visitor();
        let asked = bob.fill_in("/login/mail", &[("username", &format!("bob{round}"))]).expect("an answer");
        let page = asked.location().to_owned();
        let sign_in = page.split_once("sign_in=").expect("a page for the code").1.to_owned();
        let code = code_by_mail(&postbox, &sign_in);
        let give = |bob: &Visitor| lets_in(&bob.fill_in_if_there(&page, &[("code", &code)]));
        let told = {
            let (give, bob) = (&give, &bob);
            let acts: Vec<_> = (0..SIGN_INS * EACH).map(|_| move || give(bob)).collect();
            let acts: Vec<&(dyn Fn() -> bool + Sync)> = acts.iter().map(|act| act as _).collect();
            house.at_once(round, &acts)
        };
        bob.reconnect();
        let later = usize::from(give(&bob));
        assert!(told + later <= 1, "round {round}: {told} were let in, and {later} later");
        once("a code by mail", round, told, 0);
        let_in += told + later;
    }
    assert!(let_in >= ROUNDS / 2, "codes do let people in");
}

/// The code that was mailed for this sign-in, once it is there.
fn code_by_mail(postbox: &Postbox, sign_in: &str) -> String {
    let token = format!("?token=mc_{sign_in}-");
    let mut count = 1;
    loop {
        let letters = postbox.waits_for(count);
        if let Some(text) = letters.iter().map(|letter| letter.text()).find(|text| text.contains(&token)) {
            return between(&text, &token, "\n").trim().to_owned();
        }
        count = letters.len() + 1;
    }
}

#[test]
fn a_link_that_brings_somebody_back_works_once() {
    let mut house = House::open();
    for round in 0..ROUNDS {
        let username = format!("bob{round}");
        let data = house.program.data();
        let made = program::run(&["user", "recover", &username, "--data", data.to_str().expect("a path")]);
        let said = String::from_utf8(made.stdout).expect("text");
        let link = format!("/recover?token={}", between(&said, "/recover?token=", "\n").trim());
        let visitors: Vec<Visitor> = (0..SIGN_INS).map(|_| house.visitor()).collect();
        let sets = |visitor: &Visitor, n: usize| {
            let password = format!("quiet otters skate at noon {n}");
            let answer = visitor.fill_in_if_there(&link, &[("password", &password)]);
            answer.is_ok_and(|answer| answer.status == 303 && answer.location().starts_with("/login"))
        };
        let (sets, visitors) = (&sets, &visitors);
        let acts: Vec<_> = (0..SIGN_INS * EACH).map(|n| move || sets(&visitors[n % SIGN_INS], n)).collect();
        let acts: Vec<&(dyn Fn() -> bool + Sync)> = acts.iter().map(|act| act as _).collect();
        let told = house.at_once(round, &acts);
        let later = usize::from(sets(&house.visitor(), 99));
        assert!(told + later <= 1, "round {round}: {told} passwords were set, and {later} later");
        once("a link", round, told, 0);
    }
}

#[test]
fn an_invitation_makes_one_account() {
    let mut house = House::open();
    for round in 0..ROUNDS {
        let ana = house.visitor();
        ana.sign_in("ana", PASSWORD);
        let made = ana.fill_in("/admin/invitations", &[("addresses", ""), ("lifetime", "7")]).expect("an answer");
        let page = if made.status == 303 { ana.get(made.location()).expect("an answer") } else { made };
        let token = between(&page.body, "/invitation?token=", "<").to_owned();
        let link = format!("/invitation?token={token}");
        let visitors: Vec<Visitor> = (0..SIGN_INS * EACH).map(|_| house.visitor()).collect();
        let accepts = |visitor: &Visitor, n: usize| {
            let fields =
                [("username", format!("new{round}x{n}")), ("password", "quiet otters skate at noon".to_owned())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            lets_in(&visitor.fill_in_if_there(&link, &fields))
        };
        let (accepts, visitors) = (&accepts, &visitors);
        let acts: Vec<_> = (0..SIGN_INS * EACH).map(|n| move || accepts(&visitors[n], n)).collect();
        let acts: Vec<&(dyn Fn() -> bool + Sync)> = acts.iter().map(|act| act as _).collect();
        let told = house.at_once(round, &acts);
        let later = usize::from(accepts(&house.visitor(), 99));
        assert!(told + later <= 1, "round {round}: {told} accounts, and {later} later");
        once("an invitation", round, told, 0);
    }
}
