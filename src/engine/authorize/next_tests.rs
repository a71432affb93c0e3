use super::*;
use crate::base::ids::ClientId;
use crate::engine::house::{START, alice, client, consent, session};
use crate::model::face::Face;
use crate::model::factors::Factors;
use crate::model::interaction::{Prompt, ResponseMode};
use crate::model::redirect_uri::{self, RedirectUri};
use crate::model::scope::Scopes;
use crate::model::verification::UserVerification;

/// One situation, changed for each question.
struct Scene {
    request: AuthorizationRequest,
    client: Client,
    user: User,
    session: Option<Session>,
    consent: Option<Consent>,
    signed_in: Option<SessionId>,
    chosen: Option<SessionId>,
    consented: Option<UserId>,
    declined: Option<UserId>,
    enrolled: Factors,
    demanded: RequiredFactor,
    /// Seconds since the person proved who they are.
    age: i64,
}

impl Scene {
    /// Alice is signed in for a minute and agreed to everything before.
    fn new() -> Scene {
        Scene {
            request: request(),
            client: client("web"),
            user: alice(),
            session: Some(session()),
            consent: Some(consent("web")),
            signed_in: None,
            chosen: None,
            consented: None,
            declined: None,
            enrolled: Factors::none(&alice().id),
            demanded: RequiredFactor::None,
            age: 60,
        }
    }

    fn next(&self) -> Next {
        next(&Situation {
            request: &self.request,
            client: &self.client,
            person: self.session.as_ref().map(|session| Person { user: &self.user, session }),
            enrolled: self.enrolled.under(UserVerification::Required),
            demanded: self.demanded,
            progress: Progress {
                signed_in: self.signed_in.as_ref(),
                chosen: self.chosen.as_ref(),
                consented: self.consented.as_ref(),
                declined: self.declined.as_ref(),
            },
            consent: self.consent.as_ref(),
            now: Timestamp(START.0 + self.age),
        })
    }
}

fn request() -> AuthorizationRequest {
    let address = "https://app.example/callback";
    let registered = [RedirectUri::parse(address).unwrap()];
    AuthorizationRequest {
        client: ClientId::from_text("web"),
        face: Face::named("front"),
        redirect_uri: redirect_uri::find(&registered, client("web").kind, address).unwrap(),
        state: None,
        response_mode: ResponseMode::Query,
        scopes: Scopes::parse("openid profile").unwrap(),
        challenge: None,
        nonce: None,
        prompt: Prompt::default(),
        max_age: None,
        expected_user: None,
        login_hint: None,
        claims: Default::default(),
        ui_locales: vec![],
        essential_factor: Default::default(),
        wanted_factor: Default::default(),
    }
}

fn at(change: impl FnOnce(&mut Scene)) -> Next {
    let mut scene = Scene::new();
    change(&mut scene);
    scene.next()
}

fn here() -> Option<SessionId> {
    Some(session().id)
}

fn elsewhere() -> Option<SessionId> {
    Some(SessionId::from_text("another"))
}

fn somebody() -> Option<UserId> {
    Some(UserId::from_text("bob-id"))
}

#[test]
fn whoever_is_signed_in_and_agreed_before_is_asked_nothing() {
    assert_eq!(at(|_| ()), Next::Ready);
    assert_eq!(at(|scene| scene.session = None), Next::SignIn);
    assert_eq!(at(|scene| scene.consent = None), Next::Consent);
}

#[test]
fn prompt_none_asks_nothing_and_says_what_is_missing() {
    let none = |change: fn(&mut Scene)| {
        at(|scene| {
            scene.request.prompt.none = true;
            change(scene);
        })
    };
    assert_eq!(none(|_| ()), Next::Ready);
    assert_eq!(none(|scene| scene.session = None), Next::Refuse(Refusal::LoginRequired));
    assert_eq!(none(|scene| scene.consent = None), Next::Refuse(Refusal::ConsentRequired));
    assert_eq!(none(|scene| scene.request.max_age = Some(59)), Next::Refuse(Refusal::LoginRequired));
    assert_eq!(none(|scene| scene.request.max_age = Some(0)), Next::Refuse(Refusal::LoginRequired));
    assert_eq!(none(|scene| scene.request.max_age = Some(60)), Next::Ready);
    assert_eq!(none(|scene| scene.request.expected_user = somebody()), Next::Refuse(Refusal::LoginRequired));
    let other_group: fn(&mut Scene) = |scene| scene.client.groups = ["board".to_owned()].into();
    assert_eq!(none(other_group), Next::Refuse(Refusal::UserNotAllowed));
}

#[test]
fn prompt_login_wants_a_sign_in_during_this_interaction_and_session() {
    let login = |signed_in: Option<SessionId>| {
        at(|scene| {
            scene.request.prompt.login = true;
            scene.age = 0;
            scene.signed_in = signed_in;
        })
    };
    assert_eq!(login(None), Next::SignIn);
    assert_eq!(login(elsewhere()), Next::SignIn);
    assert_eq!(login(here()), Next::Ready);
}

#[test]
fn max_age_counts_from_the_last_proof() {
    let aged = |max_age: u64, age: i64, signed_in: Option<SessionId>| {
        at(|scene| {
            scene.request.max_age = Some(max_age);
            scene.age = age;
            scene.signed_in = signed_in;
        })
    };
    assert_eq!(aged(60, 60, None), Next::Ready);
    assert_eq!(aged(60, 61, None), Next::SignIn);
    assert_eq!(aged(0, 0, None), Next::SignIn, "zero means again, however recent");
    assert_eq!(aged(0, 0, here()), Next::Ready);
    assert_eq!(aged(0, 5, here()), Next::Ready, "who reads the consent page for a while is not asked again");
    assert_eq!(aged(0, 0, elsewhere()), Next::SignIn);
    assert_eq!(aged(0, 300, here()), Next::Ready);
    assert_eq!(aged(0, 301, here()), Next::SignIn, "but not for as long as the interaction lives");
    assert_eq!(aged(60, 301, here()), Next::SignIn);
    assert_eq!(aged(600, 600, here()), Next::Ready);
    assert_eq!(aged(600, 601, here()), Next::SignIn);
    assert_eq!(aged(u64::MAX, 60, None), Next::Ready);
}

#[test]
fn select_account_is_answered_by_choosing_or_by_signing_in() {
    let select = |chosen: Option<SessionId>, signed_in: Option<SessionId>| {
        at(|scene| {
            scene.request.prompt.select_account = true;
            scene.chosen = chosen;
            scene.signed_in = signed_in;
        })
    };
    assert_eq!(select(None, None), Next::SelectAccount);
    assert_eq!(select(elsewhere(), elsewhere()), Next::SelectAccount);
    assert_eq!(select(here(), None), Next::Ready);
    assert_eq!(select(None, here()), Next::Ready);
    let nobody = at(|scene| {
        scene.request.prompt.select_account = true;
        scene.session = None;
    });
    assert_eq!(nobody, Next::SignIn);
    let then_login = |chosen: Option<SessionId>, signed_in: Option<SessionId>| {
        at(|scene| {
            (scene.request.prompt.select_account, scene.request.prompt.login) = (true, true);
            (scene.chosen, scene.signed_in) = (chosen, signed_in);
        })
    };
    assert_eq!(then_login(None, None), Next::SelectAccount);
    assert_eq!(then_login(here(), None), Next::SignIn);
    assert_eq!(then_login(None, here()), Next::Ready);
}

#[test]
fn prompt_consent_asks_even_where_nobody_would_be_asked() {
    let consent = |policy: ConsentPolicy, prompt: bool, before: bool, now: Option<UserId>| {
        at(|scene| {
            scene.client.consent = policy;
            scene.request.prompt.consent = prompt;
            scene.consent = before.then(|| consent("web"));
            scene.consented = now;
        })
    };
    use ConsentPolicy::{Ask, Skip};
    assert_eq!(consent(Skip, false, false, None), Next::Ready);
    assert_eq!(consent(Skip, true, true, None), Next::Consent);
    assert_eq!(consent(Skip, true, false, Some(alice().id)), Next::Ready);
    assert_eq!(consent(Ask, true, true, None), Next::Consent);
    assert_eq!(consent(Ask, true, true, somebody()), Next::Consent, "somebody else's word is not hers");
    assert_eq!(consent(Ask, true, true, Some(alice().id)), Next::Ready);
    assert_eq!(consent(Ask, false, false, Some(alice().id)), Next::Ready);
}

#[test]
fn consent_holds_until_more_is_asked_for() {
    let asking = |scopes: &str, claims: &str| {
        at(|scene| {
            scene.request.scopes = Scopes::parse(scopes).unwrap();
            scene.request.claims = crate::model::claims::ClaimsRequest::parse(claims).unwrap();
        })
    };
    assert_eq!(asking("openid profile email", "{}"), Next::Ready);
    assert_eq!(asking("openid phone", "{}"), Next::Consent);
    assert_eq!(asking("openid", r#"{"userinfo":{"phone_number":{"essential":true}}}"#), Next::Consent);
    assert_eq!(asking("openid", r#"{"id_token":{"phone_number":null}}"#), Next::Consent, "voluntary claims count too");
    assert_eq!(asking("openid email", r#"{"id_token":{"email":{"essential":true}}}"#), Next::Ready);
}

#[test]
fn a_client_for_some_groups_is_for_nobody_else() {
    let groups =
        |names: &[&str]| at(|scene| scene.client.groups = names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(groups(&[]), Next::Ready);
    assert_eq!(groups(&["board", "staff"]), Next::Ready);
    assert_eq!(groups(&["board"]), Next::Refuse(Refusal::UserNotAllowed));
}

#[test]
fn the_person_a_client_expects_is_the_only_one_it_gets() {
    assert_eq!(at(|scene| scene.request.expected_user = Some(alice().id)), Next::Ready);
    assert_eq!(at(|scene| scene.request.expected_user = somebody()), Next::SignIn);
    let wrong_again = at(|scene| {
        scene.request.expected_user = somebody();
        scene.signed_in = here();
    });
    assert_eq!(wrong_again, Next::SignIn);
}

#[test]
fn who_declined_is_not_asked_again() {
    let declined = |who: Option<UserId>| {
        at(|scene| {
            scene.consent = None;
            scene.declined = who;
        })
    };
    assert_eq!(declined(Some(alice().id)), Next::Refuse(Refusal::AccessDenied));
    assert_eq!(declined(somebody()), Next::Consent);
}
