//! Every way that ends in a session or a token, against everything that can happen to somebody meanwhile: who was let in
//! before is not, where what they rested on is gone.

use std::collections::BTreeMap;

use countersign::base::ids::ClientId;
use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::ClientType;
use countersign::model::settings::{ClientRegistration, Settings};
use countersign::model::sign_in::RequiredFactor;
use poem::http::Method;

use super::app::{Answer, App, Asking, Tokens};
use super::authenticator::{Authenticator, RECOVERY};
use super::browser::Browser;
use super::house::{House, PASSWORD, host};
use super::person::Person;
use super::wire::{Ask, Reply};

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

/// What can happen, in the order of the columns.
const CHANGES: [&str; 7] = [
    "nothing",
    "she is disabled",
    "a passkey is demanded, and she has none",
    "her sessions are ended",
    "she withdraws her consent",
    "she leaves the group",
    "her password is changed",
];

/// Who comes in by each way after each change: `+` in, `-` not.
const EXPECTED: [(&str, &str); 17] = [
    ("a password", "+--+++-"),
    ("a password in a browser that remembers the code", "+---++-"),
    ("a code, its sign-in begun before", "+---++-"),
    ("a recovery code, its sign-in begun before", "+---++-"),
    ("a code by mail", "+--++++"),
    ("a code by mail, asked for before", "+---++-"),
    ("a code redeemed", "+------"),
    ("a refresh token", "+------"),
    ("an access token at userinfo", "+-+----"),
    ("a silent authorization", "+------"),
    ("the password grant", "+--++--"),
    ("a token of ours at the authorization endpoint", "+------"),
    ("registering a program", "+--+++-"),
    ("a program of hers", "+-+++++"),
    ("the cookie of a session", "+---++-"),
    ("an administrator who acts for her, at an application", "+------"),
    ("what an administrator was given who acts for her", "+-+----"),
];

/// Alice, her applications, and what she had before anything happened.
struct Before<'h> {
    house: &'h House,
    alice: Person<'h>,
    shop: App<'h>,
    ours: App<'h>,
    /// Where she gave her password and was asked for a code.
    halfway: Reply,
    halfway_browser: Browser<'h>,
    authenticator: Option<Authenticator<'h>>,
    /// The code that was sent to her.
    mailed: String,
    asking: Asking,
    answer: Option<Answer>,
    tokens: Option<Tokens>,
    front: Option<Tokens>,
    program: BTreeMap<String, String>,
    /// Her, in the browser of an administrator who acts for her, and what was given there.
    acted: Option<(Person<'h>, Tokens)>,
}

/// Whether a way needs her to have an authenticator.
fn has_authenticator(way: &str) -> bool {
    way.contains("code,") || way.contains("remembers")
}

impl<'h> Before<'h> {
    async fn anything_happens(house: &'h House, way: &str) -> Before<'h> {
        house.group("staff").await;
        let settings = Settings {
            client_registration: ClientRegistration::Everyone,
            ..house.engine.settings().await.expect("settings")
        };
        house.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
        let alice = house.person_with("alice", vec![UserChange::AddGroup("staff".to_owned())]).await;
        let staff = || ClientChange::Groups(["staff".to_owned()].into());
        let shop = house.app_with("shop", ClientType::Web, vec![staff()]).await;
        let ours = house.ours_with("ours", vec![staff(), super::ours::scopes("openid profile email authorize")]).await;
        let (mut answer, mut tokens, mut front) = (None, None, None);
        let asking = shop.asks("openid email offline_access");
        if !has_authenticator(way) {
            alice.signs_in().await;
            tokens = Some(alice.gives(&shop, "openid email offline_access").await);
            answer = Some(alice.answers(&asking).await);
            front = Some(ours.signs_in("alice", PASSWORD).await.tokens());
        }
        let mut acted = None;
        if way.contains("administrator") {
            super::acting::allows(house, true).await;
            let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
            ada.signs_in().await;
            super::acting::acts(&ada, &alice).await;
            let hands = alice.elsewhere(ada.browser.copy());
            let given = hands.gives(&shop, "openid email").await;
            acted = Some((hands, given));
        }
        let program = registers(house).await;
        let program = serde_json::from_str(&program.body).expect("a program");
        let (halfway_browser, mut halfway) = (house.browser(), house.gets("/login").await);
        let (mut authenticator, mut mailed) = (None, String::new());
        if way.ends_with("asked for before") {
            halfway = halfway_browser.wants_a_code("alice").await;
            mailed = house.code_for(&halfway).await.expect("a letter").code;
        }
        if has_authenticator(way) {
            authenticator = Some(Authenticator::of(house, &alice).await);
            if way.contains("remembers") {
                let page = alice.meets_second_factor(&halfway_browser).await;
                let code = authenticator.as_ref().expect("one").shows();
                halfway_browser.submits(&page, &[("otp", &code), ("remember", "yes")]).await;
                let page = halfway_browser.opens("/sign-out").await;
                halfway_browser.submits(&page, &[("answer", "sign-out")]).await;
                house.later(60);
            } else {
                halfway = alice.meets_second_factor(&halfway_browser).await;
            }
        }
        Before {
            house,
            alice,
            shop,
            ours,
            halfway,
            halfway_browser,
            authenticator,
            mailed,
            asking,
            answer,
            tokens,
            front,
            program,
            acted,
        }
    }

    async fn happens(&self, what: &str) {
        let (engine, actor, id) = (&self.house.engine, Actor::host(), &self.alice.id);
        match what {
            "nothing" => {}
            "she is disabled" => drop(engine.disable_user(&actor, &host(), id, true).await.expect("a user")),
            "a passkey is demanded, and she has none" => {
                let before = engine.settings().await.expect("settings");
                let settings = Settings { required_factor: RequiredFactor::Passkey, ..before };
                engine.change_settings(&actor, &host(), &settings).await.expect("sound settings");
            }
            "her sessions are ended" => drop(engine.end_user_sessions(&actor, &host(), id).await.expect("a user")),
            "she withdraws her consent" => self.withdraws().await,
            "she leaves the group" => {
                let leaves = [UserChange::RemoveGroup("staff".to_owned())];
                engine.change_user(&actor, &host(), id, &leaves).await.expect("a user");
            }
            "her password is changed" => {
                let link = engine.start_recovery(&actor, &host(), id).await.expect("a link");
                engine.finish_recovery(&host(), &link, &Secret::new(NEW_PASSWORD)).await.expect("a password");
            }
            other => panic!("{other}?"),
        }
    }

    async fn withdraws(&self) {
        let Some(cookie) = self.alice.browser.session() else { return };
        let found = self.house.engine.session(&Secret::new(cookie)).await.expect("a store");
        for app in [&self.shop, &self.ours] {
            let client = ClientId::from_text(app.id.as_str());
            let _ = self.house.engine.revoke_application(&host(), found.as_ref().expect("a session"), &client).await;
        }
    }

    /// Whether she comes in this way now.
    async fn comes_in(&self, way: &str) -> bool {
        let house = self.house;
        match way {
            "a password" => self.signs_in(&house.browser()).await,
            "a password in a browser that remembers the code" => self.signs_in(&self.halfway_browser).await,
            "a code, its sign-in begun before" => {
                let code = self.authenticator.as_ref().expect("one").shows();
                self.finishes("otp", &code).await
            }
            "a recovery code, its sign-in begun before" => self.finishes("recovery", RECOVERY[0]).await,
            "a code by mail" => {
                let browser = house.browser();
                let page = browser.wants_a_code("alice").await;
                // Who is not sent one has none to give.
                let code = house.code_for(&page).await.map_or_else(String::new, |mailed| mailed.code);
                browser.submits(&page, &[("code", &code)]).await;
                browser.session().is_some()
            }
            "a code by mail, asked for before" => self.finishes("code", &self.mailed).await,
            "a code redeemed" => self.shop.redeems(self.answer.as_ref().expect("one")).await.status == 200,
            "a refresh token" => self.shop.refreshes(&self.tokens.as_ref().expect("some").refresh).await.status == 200,
            "an access token at userinfo" => {
                self.shop.userinfo(&self.tokens.as_ref().expect("some").access).await.status == 200
            }
            "a silent authorization" => {
                let asking = self.asking.clone().with("prompt", "none");
                self.alice.goes(&asking).await.location().contains("code=")
            }
            "the password grant" => self.ours.signs_in("alice", PASSWORD).await.status == 200,
            "a token of ours at the authorization endpoint" => {
                let token = &self.front.as_ref().expect("some").access;
                let ask = Ask::post("/oauth/authorize", &self.asking.pairs()).bearer(token);
                house.asks(ask.header("origin", &self.ours.origin)).await.status == 200
            }
            "registering a program" => registers(house).await.status == 201,
            "a program of hers" => {
                let ask = Ask::post("/v1/oauth/token", &[("grant_type", "client_credentials")]);
                let (id, secret) = (&self.program["client_id"], &self.program["client_secret"]);
                house.asks(ask.basic(id, secret)).await.status == 200
            }
            "an administrator who acts for her, at an application" => {
                let (hands, _) = self.acted.as_ref().expect("somebody");
                hands.goes(&self.asking).await.location().contains("code=")
            }
            "what an administrator was given who acts for her" => {
                let (_, given) = self.acted.as_ref().expect("somebody");
                self.shop.userinfo(&given.access).await.status == 200
            }
            "the cookie of a session" => self.alice.browser.opens("/account").await.status == 200,
            other => panic!("{other}?"),
        }
    }

    async fn signs_in(&self, browser: &Browser<'_>) -> bool {
        let page = browser.opens("/login").await;
        browser.submits(&page, &[("username", "alice"), ("password", PASSWORD)]).await;
        browser.session().is_some()
    }

    async fn finishes(&self, field: &str, code: &str) -> bool {
        self.halfway_browser.submits(&self.halfway, &[(field, code)]).await;
        self.halfway_browser.session().is_some()
    }
}

async fn registers(house: &House) -> Reply {
    let body = serde_json::json!({ "username": "alice", "password": PASSWORD }).to_string();
    house.asks(Ask::new(Method::POST, "/v1/clients").typed("application/json", body)).await
}

#[tokio::test]
async fn nobody_comes_in_by_a_way_whose_ground_is_gone() {
    let mut wrong = Vec::new();
    for (way, expected) in EXPECTED {
        let mut seen = String::new();
        for change in CHANGES {
            let house = House::reading_mail().await;
            let before = Before::anything_happens(&house, way).await;
            before.happens(change).await;
            seen.push(if before.comes_in(way).await { '+' } else { '-' });
        }
        if seen != expected {
            wrong.push(format!("{way}: {seen} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
