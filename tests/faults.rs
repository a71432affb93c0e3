//! Once means once: while many ask at the same moment, and while the program is killed under them.
//!
//! Each story is told in every dialect that has the operation, and runs [`ROUNDS`] rounds against the real program. In
//! a round [`CROWD`] threads present the same code or the same refresh token; every [`EVERY`]th round the program is
//! killed (`kill -9`) at a random moment while somebody still waits, and started again on the same data. A ledger holds
//! what the server acknowledged; after every restart it is compared with what the server says, over public HTTP only.
//!
//! The random moments come from a seed that is printed; `SEED=… cargo test --test faults` repeats them.

mod common;

use std::thread;
use std::time::Duration;

use common::crowd::{Chance, Kill, at_once};
use common::program::Start;
use common::relying_party::{Answered, RelyingParty, Tongue};
use common::{Program, Visitor};

const ROUNDS: usize = 200;
const CROWD: usize = 64;
const EVERY: usize = 20;
/// How often the program is killed under an administrator.
const KILLS: usize = 12;

const PASSWORD: &str = "cobalt lantern harbour 27";
const SECRET: &str = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0";
const SCOPE: &str = "openid offline_access";

const DECLARED: &str = r#"
[[users]]
username = "ana"
email = "ana@example.org"
password = "cobalt lantern harbour 27"
admin = true

[[clients]]
id = "strict"
name = "Strict"
type = "web"
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
redirect_uris = ["https://app.example.org/cb"]
scopes = ["openid", "offline_access"]
consent = "skip"
refresh_grace = "0s"

[[clients]]
id = "graceful"
name = "Graceful"
type = "web"
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
redirect_uris = ["https://app.example.org/cb"]
scopes = ["openid", "offline_access"]
consent = "skip"
refresh_grace = "60s"

[[clients]]
id = "worksection"
name = "Worksection"
type = "web"
dialects = ["worksection"]
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
redirect_uris = ["https://app.example.org/cb"]
scopes = ["openid", "offline_access"]
consent = "skip"
refresh_grace = "0s"

[[clients]]
id = "laserfiche"
name = "Laserfiche"
type = "web"
dialects = ["laserfiche"]
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
redirect_uris = ["https://app.example.org/cb"]
scopes = ["openid", "offline_access"]
consent = "skip"
refresh_grace = "0s"

[[clients]]
id = "chat"
name = "Chat"
type = "web"
dialects = ["chat"]
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
redirect_uris = ["https://app.example.org/cb"]
scopes = ["openid", "offline_access"]
consent = "skip"
refresh_grace = "0s"

[[clients]]
id = "machine"
client_key = "machine"
name = "Machine"
type = "service"
dialects = ["machine"]
secret = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0"
refresh_grace = "0s"
"#;

macro_rules! told_in {
    ($story:ident: $($name:ident = $tongue:ident),* $(,)?) => { $(
        #[test]
        fn $name() {
            $story(Tongue::$tongue);
        }
    )* };
}

told_in! { a_code_is_redeemed_once:
    a_code_is_redeemed_once_in_oidc = Oidc,
    a_code_is_redeemed_once_in_worksection = Worksection,
    a_code_is_redeemed_once_in_laserfiche = Laserfiche,
    a_code_is_redeemed_once_in_chat = Chat,
}

told_in! { a_refresh_token_is_used_once:
    a_refresh_token_is_used_once_in_oidc = Oidc,
    a_refresh_token_is_used_once_in_worksection = Worksection,
    a_refresh_token_is_used_once_in_laserfiche = Laserfiche,
    a_refresh_token_is_used_once_in_chat = Chat,
    a_refresh_token_is_used_once_in_machine = Machine,
}

fn a_code_is_redeemed_once(tongue: Tongue) {
    let mut house = House::speaking(tongue);
    for round in 0..ROUNDS {
        let code = house.party.code(&house.ana, SCOPE);
        let fault = house.fault(round);
        let mut answers = house.crowd(fault, |party, wire| party.redeem(wire, &code));
        if fault != Fault::None {
            answers.push(house.party.redeem(&house.ana, &code));
        }
        let winners = winners(&answers);
        assert!(winners.len() <= 1, "round {round}: redeemed {} times", winners.len());
        assert!(fault == Fault::During || winners.len() == 1, "round {round}: nobody got tokens: {answers:?}");

        // The others were replays, and a replay ends the grant.
        assert!(house.party.redeem(&house.ana, &code).is_invalid_grant(), "round {round}: a used code");
        assert_eq!(house.live(&winners), 0, "round {round}: tokens outlived a replayed code");
        house.ledger.ended(&winners);
        house.live_a_little(round);
    }
    house.examine_everything();
}

fn a_refresh_token_is_used_once(tongue: Tongue) {
    let mut house = House::speaking(tongue);
    for round in 0..ROUNDS {
        let first = house.grant();
        let fault = house.fault(round);
        let mut answers = house.crowd(fault, |party, wire| party.refresh(wire, &first));
        if fault != Fault::None {
            answers.push(house.party.refresh(&house.ana, &first));
        }
        let winners = winners(&answers);
        assert!(winners.len() <= 1, "round {round}: rotated {} times", winners.len());
        assert!(fault == Fault::During || winners.len() == 1, "round {round}: nobody got tokens: {answers:?}");

        // Using a rotated token again ends the whole grant: no leaf of it lives.
        assert!(house.party.refresh(&house.ana, &first).is_invalid_grant(), "round {round}: a rotated token");
        assert_eq!(house.live(&winners), 0, "round {round}: a leaf outlived the reuse of its root");
        house.ledger.ended(&winners);
        house.live_a_little(round);
    }
    house.examine_everything();
}

#[test]
fn within_the_grace_everybody_gets_the_same_successor() {
    let mut house = House::quiet("graceful");
    for round in 0..ROUNDS {
        let first = house.grant();
        let fault = house.fault(round);
        let mut answers = house.crowd(fault, |party, wire| party.refresh(wire, &first));
        answers.push(house.party.refresh(&house.ana, &first));
        let winners = winners(&answers);
        let lost = answers.iter().filter(|answer| matches!(answer, Answered::Lost)).count();
        assert_eq!(winners.len() + lost, answers.len(), "round {round}: nobody is refused: {answers:?}");
        let second = winners[0].1.clone();
        assert!(winners.iter().all(|(_, refresh)| *refresh == second), "round {round}: the grant forked");
        assert!(second != first && !second.is_empty(), "round {round}: it is a successor");

        // Once the successor was used, its predecessor is a stolen one.
        let third = house.party.refresh(&house.ana, &second);
        let third =
            third.refresh().unwrap_or_else(|| panic!("round {round}: the successor works: {third:?}")).to_owned();
        assert!(house.party.counts(&house.ana, &third), "round {round}: one leaf lives");
        if round.is_multiple_of(2) {
            assert!(house.party.refresh(&house.ana, &first).is_invalid_grant(), "round {round}: reuse is noticed");
            assert!(!house.party.counts(&house.ana, &third), "round {round}: and ends the grant");
            house.ledger.dead.push(third);
        } else {
            house.ledger.living.push(third);
        }
        house.live_a_little(round);
    }
    house.examine_everything();
}

/// An administrator registers applications, one after the other, while the program is killed again and again. Each
/// that was acknowledged is there, with its record; the one nobody knows about is there entirely or not at all.
#[test]
fn what_was_acknowledged_is_there() {
    let mut house = House::quiet("strict");
    let (mut made, mut in_doubt) = (Vec::new(), Vec::new());
    for cycle in 0..KILLS {
        let moment = Duration::from_micros(30_000 + house.chance.below(300_000));
        let (acknowledged, doubtful) = thread::scope(|scope| {
            let registering = scope.spawn(|| register_until_it_dies(&house.ana, cycle));
            thread::sleep(moment);
            house.program.kill();
            registering.join().expect("no thread dies")
        });
        house.come_back();
        made.extend(acknowledged);
        in_doubt.push(doubtful);
        let lost: Vec<&String> = made.iter().filter(|id| !is_registered(&house.ana, id)).collect();
        assert!(lost.is_empty(), "after kill {cycle}: {lost:?} were acknowledged and are gone");
    }
    // Twice as many records as applications, or none, would show here.
    let half_done = in_doubt.iter().filter(|id| is_registered(&house.ana, id)).count();
    println!("{} applications acknowledged and there, {half_done} of {KILLS} in doubt are there entirely", made.len());
    assert!(made.len() > KILLS, "the program was killed before it did anything");
}

/// Registers applications until the program is gone: those acknowledged, and the one that may or may not be there.
fn register_until_it_dies(ana: &Visitor, cycle: usize) -> (Vec<String>, String) {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let id = format!("app-{cycle}-{number}");
        let fields = [("type", "web"), ("id", &id), ("name", &id), ("redirect_uri", &redirect_of(&id))];
        match ana.fill_in("/admin/applications/new", &fields) {
            Ok(answer) => {
                assert_eq!(answer.status, 303, "{id} is registered: {}", answer.body);
                acknowledged.push(id);
            }
            Err(_) => return (acknowledged, id),
        }
    }
    unreachable!("the program is killed before the numbers end")
}

/// Whether an application is there with everything that was registered in one act: its address, its secret, its record.
fn is_registered(ana: &Visitor, id: &str) -> bool {
    let shown = ana.get(&format!("/admin/applications/{id}")).expect("the server answers");
    let activity = ana.get(&format!("/admin/activity?application={id}")).expect("the server answers");
    let records = activity.body.matches("<li>\n<div class=\"event\">").count();
    if shown.status == 404 {
        assert_eq!(records, 0, "{id} is not there, and a record says it is");
        return false;
    }
    assert_eq!(shown.status, 200, "{id}: {}", shown.body);
    assert!(shown.body.contains(&redirect_of(id)), "{id} is there without its address");
    assert!(shown.body.contains("Remove the secret "), "{id} is there without its secret");
    assert_eq!(records, 1, "{id} is there, and its record is not there once: {}", activity.body);
    true
}

fn redirect_of(id: &str) -> String {
    format!("https://{id}.example.org/cb")
}

#[test]
fn secrets_do_not_reach_the_log() {
    let house = House::open("strict", &["--log-filter", "trace"]);
    let code = house.party.code(&house.ana, SCOPE);
    let answer = house.party.redeem(&house.ana, &code);
    let again = house.party.redeem(&house.ana, &code);
    assert!(again.is_invalid_grant());
    house.ana.get(&format!("/nowhere?code={code}")).unwrap();
    let in_query = ["authorize", "token", "refresh", "resource", "nowhere"].map(|path| {
        let secret = format!("canary-in-the-query-of-{path}");
        let at = format!("/oauth2/{path}?client_id=x&client_secret={secret}&code={secret}&refresh_token={secret}");
        assert_ne!(house.ana.get(&at).unwrap().status, 500);
        assert_ne!(house.ana.post(&at, &[]).unwrap().status, 500);
        assert_ne!(house.ana.post(&format!("{at}%zz"), &[("code", &secret)]).unwrap().status, 500);
        secret
    });
    let fields = [("current", "a wrong canary of words"), ("new", "another canary of more words")];
    let wrong = house.ana.fill_in("/account/password", &fields).unwrap();
    assert_eq!(wrong.status, 400, "the wrong password is refused");
    let log = house.program.errors();
    let access = answer.access().unwrap();
    for canary in [PASSWORD, SECRET, &code, access, answer.refresh().unwrap(), fields[0].1, fields[1].1] {
        assert!(!log.contains(canary), "the log holds {canary}");
    }
    for canary in in_query {
        assert!(!log.contains(&canary), "the log holds {canary}");
    }
}

/// When the program is killed in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    /// Between what was acknowledged and the crowd.
    Before,
    /// Shortly after the crowd was let loose.
    During,
}

/// The program, somebody signed in, an application, and what was acknowledged so far.
struct House {
    program: Program,
    ana: Visitor,
    party: RelyingParty,
    tongue: Tongue,
    ledger: Ledger,
    chance: Chance,
    restarts: usize,
    /// Answers that never came, because the program was killed first.
    lost: usize,
}

/// What the server acknowledged, and what must therefore be so after any restart.
#[derive(Default)]
struct Ledger {
    living: Vec<String>,
    dead: Vec<String>,
}

impl Ledger {
    fn ended(&mut self, tokens: &[(String, String)]) {
        self.dead.extend(tokens.iter().flat_map(|(access, refresh)| [access.clone(), refresh.clone()]));
    }
}

impl House {
    /// A house where nobody reads the log of every request.
    fn quiet(client: &str) -> House {
        House::open(client, &["--log-filter", "warn"])
    }

    fn open(client: &str, args: &[&str]) -> House {
        let program =
            Program::try_start(Start { declared: Some(DECLARED), args }).unwrap_or_else(|why| panic!("{why}"));
        let ana = Visitor::new(&program.address);
        ana.sign_in("ana", PASSWORD);
        let chance = Chance::new();
        let party = RelyingParty::new(client, SECRET);
        let tongue = Tongue::Oidc;
        House { program, ana, party, tongue, ledger: Ledger::default(), chance, restarts: 0, lost: 0 }
    }

    /// A quiet house with an application that speaks this dialect.
    fn speaking(tongue: Tongue) -> House {
        let client = match tongue {
            Tongue::Oidc => "strict",
            Tongue::Worksection => "worksection",
            Tongue::Laserfiche => "laserfiche",
            Tongue::Chat => "chat",
            Tongue::Machine => "machine",
        };
        let house = House::quiet(client);
        House { party: RelyingParty::speaking(tongue, client, SECRET), tongue, ..house }
    }

    /// A grant of its own: its refresh token.
    fn grant(&self) -> String {
        if self.tongue == Tongue::Machine {
            let answer = self.party.act_alone(&self.ana);
            return answer.refresh().unwrap_or_else(|| panic!("tokens: {answer:?}")).to_owned();
        }
        let code = self.party.code(&self.ana, SCOPE);
        let answer = self.party.redeem(&self.ana, &code);
        answer.refresh().unwrap_or_else(|| panic!("a fresh code is redeemed: {answer:?}")).to_owned()
    }

    /// What happens to the program in this round.
    fn fault(&mut self, round: usize) -> Fault {
        match round % EVERY {
            last if last + 1 == EVERY => Fault::During,
            middle if middle + 1 == EVERY / 2 => Fault::Before,
            _ => Fault::None,
        }
    }

    /// Lets everybody do the same thing at the same moment, with the fault; afterwards the program runs.
    fn crowd(&mut self, fault: Fault, act: impl Fn(&RelyingParty, &Visitor) -> Answered + Sync) -> Vec<Answered> {
        if fault == Fault::Before {
            self.come_back();
        }
        let kill = (fault == Fault::During).then(|| Kill::among(&mut self.chance, CROWD));
        let one = || act(&self.party, &self.ana);
        let answers = at_once(&[&one as &(dyn Fn() -> Answered + Sync); CROWD], &self.program, kill);
        if fault == Fault::During {
            self.come_back();
        }
        let honest = |answer: &Answered| match answer {
            Answered::Lost => fault == Fault::During,
            Answered::Refused(..) => answer.is_invalid_grant(),
            Answered::Granted { .. } => true,
        };
        assert!(answers.iter().all(honest), "with {fault:?}: {answers:?}");
        self.lost += answers.iter().filter(|answer| matches!(answer, Answered::Lost)).count();
        answers
    }

    /// The program is killed and started again, and must remember.
    fn come_back(&mut self) {
        self.program.restart();
        self.ana.reconnect();
        self.restarts += 1;
        self.compare_ledger();
    }

    /// Something ordinary beside the crowd: a grant that stays, or one that is revoked.
    fn live_a_little(&mut self, round: usize) {
        let refresh = self.grant();
        if round.is_multiple_of(2) {
            self.party.revoke(&self.ana, &refresh);
            self.ledger.dead.push(refresh);
        } else {
            self.ledger.living.push(refresh);
        }
    }

    fn compare_ledger(&self) {
        let (restarts, counts) = (self.restarts, |token: &String| self.party.counts(&self.ana, token));
        let lost = self.ledger.living.iter().filter(|token| !counts(token)).count();
        let risen = self.ledger.dead.iter().filter(|token| counts(token)).count();
        assert_eq!((lost, risen), (0, 0), "after restart {restarts}: acknowledged grants lost, ended ones alive again");
    }

    fn examine_everything(&mut self) {
        self.come_back();
        let (living, dead) = (self.ledger.living.len(), self.ledger.dead.len());
        let (restarts, lost) = (self.restarts, self.lost);
        println!("{restarts} restarts; {living} grants kept, {dead} tokens stayed ended; {lost} answers never came");
        assert!(living >= ROUNDS / 2 - 1 && dead >= ROUNDS / 2 - 1 && restarts > 2 * (ROUNDS / EVERY));
        assert!(lost > 0, "the program was never killed while somebody waited for an answer");
    }

    fn live(&self, tokens: &[(String, String)]) -> usize {
        tokens
            .iter()
            .flat_map(|(access, refresh)| [access, refresh])
            .filter(|t| self.party.counts(&self.ana, t))
            .count()
    }
}

/// The tokens of everybody who got some: access and refresh.
fn winners(answers: &[Answered]) -> Vec<(String, String)> {
    answers.iter().filter_map(|answer| Some((answer.access()?.to_owned(), answer.refresh()?.to_owned()))).collect()
}
