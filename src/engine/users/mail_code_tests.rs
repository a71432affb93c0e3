use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::base::secret::Kind;
use crate::engine::admin::Actor;
use crate::engine::outbox::DueLetter;
use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal, relay};
use crate::engine::users::{GivenMailedCode, NewSession, SignIn, SignInStep, mailed_code};
use crate::model::factors::{Factors, Totp};
use crate::model::mail::OutboxLetter;
use crate::model::session::{Authentication, Method};
use crate::model::settings::{SelfRegistration, Settings};
use crate::model::sign_in::RequiredFactor;

/// Where people sign in by mail.
async fn open() -> House {
    demanding(RequiredFactor::None).await
}

async fn demanding(required_factor: RequiredFactor) -> House {
    let house = House::new().await;
    let settings = Settings { smtp: Some(relay()), sign_in_by_mail: true, required_factor, ..Settings::default() };
    house.keep(&settings).await;
    house
}

/// Somebody whose address is verified.
async fn reader(house: &House, username: &str) -> User {
    let user = house.person(username).await;
    house.change::<User>(user.id.as_str(), |user| user.email_verified = true).await;
    house.find(user.id.as_str()).await.unwrap()
}

fn asked(username: &str, browser: &Secret) -> AskedCode {
    AskedCode {
        username: username.to_owned(),
        browser: browser.clone(),
        interaction: None,
        next: None,
        current: None,
        known: None,
        familiar: None,
    }
}

fn given(id: &SignInId, browser: &Secret, code: &str) -> GivenMailedCode {
    GivenMailedCode {
        sign_in: id.clone(),
        browser: browser.clone(),
        code: Secret::new(code),
        current: None,
        known: None,
        familiar: None,
        device: None,
    }
}

impl House {
    fn browser(&self) -> Secret {
        Kind::Browser.generate(&*self.engine.rng)
    }

    async fn asks(&self, username: &str, browser: &Secret, network: &str) -> Result<SignInId, Denied> {
        self.engine.mail_code(&caller(network), &asked(username, browser)).await
    }

    /// Asks for a code and reads it: the sign-in, the browser, and the code.
    async fn reads(&self, username: &str) -> (SignInId, Secret, String) {
        let browser = self.browser();
        let id = self.asks(username, &browser, "192.0.2.1").await.unwrap();
        let code = self.code_of(&id).await;
        (id, browser, code)
    }

    /// The code that was sent for a sign-in: letters of one second have no order.
    async fn code_of(&self, id: &SignInId) -> String {
        let all: Vec<_> = letters(self).await.iter().map(read).collect();
        all.into_iter().find(|(_, link)| link.contains(id.as_str())).expect("a letter").0
    }

    async fn gives(&self, (id, browser, code): &(SignInId, Secret, String)) -> Result<NewSession, Denied> {
        self.engine.give_mailed_code(&caller("192.0.2.1"), &given(id, browser, code)).await?.done()
    }

    async fn guesses(&self, id: &SignInId, browser: &Secret, network: &str) -> Refusal {
        refusal(self.engine.give_mailed_code(&caller(network), &given(id, browser, "2222-2222")).await)
    }
}

async fn letters(house: &House) -> Vec<DueLetter> {
    let all = house.engine.due_letters(1_000).await.unwrap().letters;
    all.into_iter().filter(|one| matches!(one.letter, Letter::SignInCode { .. })).collect()
}

fn read(letter: &DueLetter) -> (String, String) {
    let Letter::SignInCode { code, link, .. } = &letter.letter else { panic!("{letter:?}") };
    (code.clone(), link.clone())
}

#[tokio::test]
async fn the_code_that_was_sent_signs_its_reader_in_once() {
    let house = open().await;
    let alice = reader(&house, "alice").await;
    let browser = house.browser();
    let id = house.asks(" Alice@Example.net ", &browser, "192.0.2.1").await.unwrap();
    let posted = letters(&house).await;
    assert_eq!((posted.len(), posted[0].to.as_str()), (1, "alice@example.net"));
    let (code, link) = read(&posted[0]);
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
    let (linked, shown) = mailed_code::read_link(link.split_once("/login/mail/code?token=").unwrap().1).unwrap();
    assert_eq!((&linked, shown.expose()), (&id, code.as_str()));

    let bare = code.replace('-', "");
    let kept = house.find::<MailedSignIn>(id.as_str()).await.unwrap();
    let outbox = house.find::<OutboxLetter>(posted[0].id.as_str()).await.unwrap();
    let written = format!("{} {outbox:?} {:?}", serde_json::to_string(&kept).unwrap(), house.log().await);
    for form in [code.as_str(), &bare, Digest::of(&code).as_str(), Digest::of(&bare).as_str()] {
        assert!(!written.contains(form), "{form} is nowhere but in the letter");
    }
    assert_eq!(outbox.expires_at, kept.expires_at, "later it would be of no use");

    for _ in 0..3 {
        house.engine.mailed_sign_in(&id, &browser).await.unwrap();
    }
    let typed = format!(" {} ", bare.to_lowercase());
    let new = house.gives(&(id.clone(), browser.clone(), typed)).await.unwrap();
    assert_eq!(new.signed_in.user().id, alice.id);
    let proved = &new.signed_in.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("1", "email".to_owned()));
    assert_eq!(refusal(house.gives(&(id, browser, code)).await), Refusal::SignInGone);
    for kind in [AuditKind::SignInCodeMailed, AuditKind::SignInCodeUsed, AuditKind::SignIn] {
        let log = house.log().await;
        let record = log.iter().find(|record| record.kind == kind).unwrap();
        assert_eq!(record.details["mailed_to"], "alice@example.net", "{kind:?}");
    }
}

#[tokio::test]
async fn sixty_four_at_once_use_it_once() {
    let house = open().await;
    reader(&house, "alice").await;
    let code = house.reads("alice").await;
    let all = futures_util::future::join_all((0..64).map(|_| house.gives(&code))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(house.logged(AuditKind::SignInCodeUsed).await, 1);
}

#[tokio::test]
async fn it_works_in_the_browser_that_asked_and_nowhere_else() {
    let house = open().await;
    reader(&house, "alice").await;
    let (id, browser, code) = house.reads("alice").await;
    let other = house.browser();
    assert_eq!(refusal(house.gives(&(id.clone(), other.clone(), code.clone())).await), Refusal::SignInGone);
    assert_eq!(refusal(house.engine.mailed_sign_in(&id, &other).await), Refusal::SignInGone);
    for _ in 0..20 {
        assert_eq!(house.guesses(&id, &other, "203.0.113.9").await, Refusal::SignInGone, "nor is it ended from there");
    }
    let (theirs, mine, _) = house.reads("alice").await;
    assert_eq!(refusal(house.gives(&(theirs, mine, code.clone())).await), Refusal::MailedCodeWrong, "another letter’s");
    house.gives(&(id, browser, code)).await.unwrap();
}

#[tokio::test]
async fn it_works_for_ten_minutes_to_the_second() {
    let house = open().await;
    reader(&house, "alice").await;
    let (early, late) = (house.reads("alice").await, house.reads("alice").await);
    house.clock.advance(MailedSignIn::LIFETIME - Duration::from_secs(1));
    house.gives(&early).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(house.gives(&late).await), Refusal::SignInGone);
    house.engine.maintain().await.unwrap();
    let left = house.engine.ledger.list::<MailedSignIn>(Order::Ascending, None, 10).await.unwrap();
    assert!(left.items.is_empty(), "what is over is swept away");
}

#[tokio::test]
async fn five_wrong_ones_end_it_also_at_the_same_moment() {
    let house = open().await;
    reader(&house, "alice").await;
    for at_once in [false, true] {
        let (id, browser, code) = house.reads("alice").await;
        let networks: Vec<String> = (0..20).map(|n| format!("203.0.113.{n}")).collect();
        let refused = match at_once {
            true => {
                let all = networks.iter().map(|network| house.guesses(&id, &browser, network));
                futures_util::future::join_all(all).await
            }
            false => {
                let mut all = Vec::new();
                for network in &networks {
                    all.push(house.guesses(&id, &browser, network).await);
                }
                all
            }
        };
        let wrong = refused.iter().filter(|one| **one == Refusal::MailedCodeWrong).count();
        assert_eq!(wrong, 5, "{refused:?}");
        assert_eq!(refusal(house.gives(&(id, browser, code)).await), Refusal::SignInGone);
    }
}

/// Whatever the name, the same is answered to whoever asks and guesses.
#[tokio::test]
async fn nobody_learns_who_can_be_reached() {
    let house = open().await;
    reader(&house, "alice").await;
    house.person("unverified").await;
    let bare = reader(&house, "bare").await;
    house.change::<User>(bare.id.as_str(), |user| user.email = None).await;
    let off = reader(&house, "off").await;
    house.engine.disable_user(&Actor::host(), &caller("host"), &off.id, true).await.unwrap();
    let mut answers = Vec::new();
    for (nth, name) in ["alice", "unverified", "bare", "off", "nobody", "nobody@example.net", "\0"].iter().enumerate() {
        let mut told = Vec::new();
        for _ in 0..8 {
            let (browser, network) = (house.browser(), format!("203.0.113.{nth}"));
            let id = house.asks(name, &browser, &network).await.unwrap();
            house.engine.mailed_sign_in(&id, &browser).await.unwrap();
            for _ in 0..7 {
                told.push(house.guesses(&id, &browser, &network).await);
            }
        }
        answers.push(told);
    }
    assert!(answers.iter().all(|told| *told == answers[0]), "{answers:?}");
    assert!(answers[0].iter().any(|one| matches!(one, Refusal::TooManyTries(_))), "and guessing is slowed down");
    assert_eq!(letters(&house).await.len(), 3, "letters to alice alone, and no more than one network gets");
    assert!(letters(&house).await.iter().all(|letter| letter.to == "alice@example.net"));
    let log = format!("{:?}", house.log().await);
    assert!(!log.contains("nobody"), "what may be a mistyped password is not kept");
}

/// A code helps nobody but whoever asked for it: it uses up nothing that helps others.
#[tokio::test]
async fn codes_that_strangers_ask_for_keep_no_letter_from_coming() {
    let house = open().await;
    house.change::<Settings>("only", |settings| settings.self_registration = SelfRegistration::Open).await;
    reader(&house, "alice").await;
    let ask = async |network: &str| {
        for name in ["alice", "new@example.net"].repeat(10) {
            house.asks(name, &house.browser(), network).await.unwrap();
        }
    };
    ask("203.0.113.1").await;
    assert_eq!(letters(&house).await.len(), 3);
    house.asks("alice", &house.browser(), "192.0.2.8").await.unwrap();
    assert_eq!(letters(&house).await.len(), 4, "one network leaves room for the codes of others");
    ask("203.0.113.2").await;
    assert_eq!(letters(&house).await.len(), MOST_CODES, "many do not, but for everything else");
    let elsewhere = caller("192.0.2.8");
    house.engine.request_reset(&elsewhere, "alice").await.unwrap();
    house.engine.ask_to_register(&elsewhere, "new@example.net").await.unwrap();
    let all = house.engine.due_letters(1_000).await.unwrap().letters;
    let kinds: BTreeSet<&str> = all.iter().map(|one| one.letter.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["registration", "reset_password", "sign_in_code"]);
}

#[tokio::test]
async fn strangers_who_ask_and_guess_keep_nobody_out_of_a_browser_of_theirs() {
    let house = open().await;
    reader(&house, "alice").await;
    let mine = house.sign_in("alice", PASSWORD).await.unwrap();
    for n in 0..40 {
        let (browser, network) = (house.browser(), format!("203.0.113.{n}"));
        let id = house.asks("alice", &browser, &network).await.unwrap();
        house.guesses(&id, &browser, &network).await;
    }
    assert_eq!(letters(&house).await.len(), MOST_CODES);
    let browser = house.browser();
    let ask = AskedCode { familiar: Some(mine.familiar.clone()), ..asked("alice", &browser) };
    let id = house.engine.mail_code(&caller("192.0.2.8"), &ask).await.unwrap();
    assert_eq!(letters(&house).await.len(), MOST_CODES + 1);
    let code = house.code_of(&id).await;
    let mine = GivenMailedCode { familiar: Some(mine.familiar.clone()), ..given(&id, &browser, &code) };
    house.engine.give_mailed_code(&caller("192.0.2.8"), &mine).await.unwrap().done().unwrap();
}

#[tokio::test]
async fn what_changes_in_between_ends_it() {
    type Change = fn(&mut User);
    let changes: [(&str, Change); 5] = [
        ("disabled", |user| user.disabled_at = Some(user.created_at)),
        ("another password", |user| user.password = None),
        ("another address", |user| user.email = Some("alice@example.com".to_owned())),
        ("not verified", |user| user.email_verified = false),
        ("all access ended", User::end_access),
    ];
    for (what, change) in changes {
        let house = open().await;
        let alice = reader(&house, "alice").await;
        let code = house.reads("alice").await;
        house.change::<User>(alice.id.as_str(), change).await;
        assert_eq!(house.guesses(&code.0, &code.1, "192.0.2.1").await, Refusal::MailedCodeWrong, "{what}");
        assert_eq!(refusal(house.gives(&code).await), Refusal::SignInGone, "{what}");
    }
    let house = open().await;
    reader(&house, "alice").await;
    let code = house.reads("alice").await;
    house.change::<Settings>("only", |settings| settings.sign_in_by_mail = false).await;
    assert_eq!(refusal(house.gives(&code).await), Refusal::SignInGone);
    assert_eq!(refusal(house.asks("alice", &code.1, "192.0.2.1").await), Refusal::NotFound("page"));
    house.change::<Settings>("only", |settings| (settings.sign_in_by_mail, settings.smtp) = (true, None)).await;
    assert_eq!(refusal(house.gives(&code).await), Refusal::SignInGone, "without mail nobody comes by mail");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_as_after_a_password() {
    let house = open().await;
    let alice = reader(&house, "alice").await;
    let seed = house.engine.seal_seed(&alice.id, &[7; 20]);
    let totp = Totp { seed, since: house.engine.now(), last_step: 0, last_used_at: None };
    house.keep(&Factors { totp: Some(totp), ..Factors::none(&alice.id) }).await;
    let code = house.reads("alice").await;
    let step = house.engine.give_mailed_code(&caller("192.0.2.1"), &given(&code.0, &code.1, &code.2)).await.unwrap();
    let SignInStep::More(more) = step else { panic!("{step:?}") };
    assert!(!more.fresh && more.proved == Authentication::by(&[Method::Mail], house.engine.now()));
    assert_eq!(refusal(house.gives(&code).await), Refusal::SignInGone, "it is used up by that");
}

#[tokio::test]
async fn nothing_is_enrolled_on_the_strength_of_a_mailbox() {
    for demanded in [RequiredFactor::SecondFactor, RequiredFactor::Passkey] {
        let house = demanding(demanded).await;
        let alice = reader(&house, "alice").await;
        let code = house.reads("alice").await;
        assert_eq!(refusal(house.gives(&code).await), Refusal::EnrolmentRequired);
        let seed = house.engine.seal_seed(&alice.id, &[7; 20]);
        let totp = Totp { seed, since: house.engine.now(), last_step: 0, last_used_at: None };
        house.keep(&Factors { totp: Some(totp), ..Factors::none(&alice.id) }).await;
        let answer = house.gives(&house.reads("alice").await).await;
        let expected = match demanded {
            RequiredFactor::Passkey => Refusal::EnrolmentRequired,
            _ => Refusal::SecondFactorRequired,
        };
        assert_eq!(refusal(answer), expected, "a code of the authenticator would lead to a new passkey");
    }
    let house = open().await;
    let alice = reader(&house, "alice").await;
    house.keep(&Factors { short_password: true, ..Factors::none(&alice.id) }).await;
    assert_eq!(refusal(house.gives(&house.reads("alice").await).await), Refusal::EnrolmentRequired);
}

#[tokio::test]
async fn it_is_no_fresh_proof_and_a_password_after_it_is() {
    let house = open().await;
    reader(&house, "alice").await;
    let new = house.gives(&house.reads("alice").await).await.unwrap();
    assert_eq!(refusal(house.engine.fresh(&new.signed_in).await), Refusal::FreshSignInRequired);
    let confirm = SignIn { current: Some(new.signed_in.clone().into()), confirms: true, ..ask("alice", PASSWORD) };
    let again = house.engine.sign_in(&caller("192.0.2.1"), &confirm).await.unwrap().done().unwrap();
    assert_eq!(again.signed_in.session().id, new.signed_in.session().id);
    house.engine.fresh(&again.signed_in).await.unwrap();
}

#[test]
fn the_link_of_a_letter_is_read_or_is_none() {
    let id = SignInId::from_text("0".repeat(26));
    let token = link_token(&id, "K3M9TX4B");
    let (read, code) = mailed_code::read_link(token.expose()).unwrap();
    assert_eq!((read, code.expose()), (id, "K3M9-TX4B"));
    let zeros = "0".repeat(26);
    for wrong in ["", "mc_", "mc_-", &zeros, &format!("mc_{zeros}"), &format!("mc_{zeros}-"), "mc_é-é"] {
        assert!(mailed_code::read_link(wrong).is_none(), "{wrong}");
    }
    for code in ["K3M9TX4", "K3M9TX4BB", "K3M9-X4B", "<b>bold<"] {
        assert!(mailed_code::read_link(&format!("mc_{zeros}-{code}")).is_none(), "{code}");
    }
}
