//! Where secrets must not be: in the store, in the log, in what is counted.

use std::cell::RefCell;

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{AccessTokenForm, ClientType};
use countersign::model::lifetime::Lifetime;

use super::house::{House, PASSWORD, host};
use super::wire::{Ask, with_query};
use super::worksection_refusals;

/// Lives through everything that has to do with secrets, well and badly; gives back all of them.
async fn everything_happens(house: &House) -> Vec<(&'static str, String)> {
    let opaque =
        vec![ClientChange::AccessToken(AccessTokenForm::Opaque), ClientChange::RefreshGrace(Lifetime::seconds(10))];
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (board, dark) = (house.page_app("board").await, house.app_with("dark", ClientType::Web, opaque).await);
    let mut secrets = vec![("password", PASSWORD.to_owned())];
    for app in [&shop, &board, &dark] {
        let answer = alice.lets(app, "openid email offline_access").await;
        let tokens = app.redeems(&answer).await.tokens();
        let renewed = app.refreshes(&tokens.refresh).await.tokens();
        app.userinfo(&renewed.access).await;
        house.asks(Ask::post("/oauth/userinfo", &[("access_token", &renewed.access)])).await;
        app.introspects(&renewed.refresh).await;
        // The grace gives the successor again; without one this is a replay.
        app.refreshes(&tokens.refresh).await;
        app.redeems(&answer).await;
        let live = alice.gives(app, "openid email").await;
        app.revokes(&live.access).await;
        alice.goes(&app.asks("openid").with("prompt", "none").with("id_token_hint", &live.id)).await;
        secrets.extend([("code", answer.code().to_owned()), ("verifier", answer.asking.verifier.clone())]);
        secrets.extend([("nonce-free state", answer.asking.get("state").to_owned() + "&")]);
        for tokens in [tokens, renewed, live] {
            secrets.extend([
                ("access token", tokens.access),
                ("refresh token", tokens.refresh),
                ("ID token", tokens.id),
            ]);
        }
        secrets.extend(app.secret.clone().map(|secret| ("client secret", secret)));
    }
    secrets.extend(alice.browser.cookies().into_values().map(|cookie| ("cookie", cookie)));
    secrets.push(("unused code", alice.lets(&shop, "openid").await.code().to_owned()));
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap().expose().to_owned();
    house.gets(&with_query("/recover", &[("token", &link)])).await;
    secrets.push(("recovery link", link));
    let page = alice.browser.wants_a_code("alice").await;
    let mailed = house.code_for(&page).await.expect("a letter");
    house.gets(&mailed.link).await;
    alice.browser.submits(&page, &[("code", &mailed.code)]).await;
    let token = mailed.link.split_once("token=").expect("a token").1.to_owned();
    secrets.extend([
        ("mailed code", mailed.code.replace('-', "")),
        ("mailed code", mailed.code),
        ("mailed link", token),
    ]);

    secrets.extend(worksection_refusals::everything_happens(house, &alice).await);

    // What goes wrong: typed wrong, sent to the wrong place, in the wrong way.
    let wrong = |n: usize| format!("canary-which-nobody-may-find-anywhere-{n:02}");
    let browser = house.browser();
    let page = browser.opens("/login").await;
    browser.submits(&page, &[("username", "alice"), ("password", &wrong(1))]).await;
    browser.submits(&page, &[("username", &wrong(2)), ("password", PASSWORD)]).await;
    let token = |fields: &[(&str, &str)]| Ask::post("/oauth/token", fields);
    for ask in [
        token(&[("grant_type", "authorization_code"), ("code", &wrong(3)), ("code_verifier", &wrong(4))])
            .basic("shop", &wrong(5)),
        token(&[("grant_type", &wrong(6)), ("client_id", "shop"), ("client_secret", &wrong(7))]),
        token(&[("refresh_token", &wrong(8)), ("refresh_token", &wrong(9))]),
        token(&[("grant_type", "refresh_token"), ("refresh_token", &wrong(10)), ("scope", &wrong(11))])
            .basic("shop", shop.secret.as_deref().unwrap()),
        Ask::get(with_query("/oauth/token", &[("client_secret", &wrong(12))])),
        Ask::get("/oauth/userinfo").bearer(&wrong(13)),
        Ask::get("/oauth/userinfo").header("authorization", wrong(14)),
        Ask::get(with_query("/oauth/authorize", &[("client_id", &wrong(15)), ("state", &wrong(16))])),
        Ask::get(with_query("/oauth/logout", &[("id_token_hint", &wrong(17))])),
        Ask::get(format!("/recover/rc_{}", wrong(18))),
        Ask::get(format!("/nowhere?{}", wrong(19)))
            .header("cookie", format!("__Host-countersign-session={}", wrong(20))),
        Ask::get(with_query("/setup", &[("token", &wrong(21))])),
        Ask::get(with_query("/recover", &[("token", &wrong(22))])),
    ] {
        house.asks(ask).await;
    }
    house.store.refuses_writes();
    let again = shop.asks("openid").with("state", &wrong(23));
    alice.goes(&again).await;
    shop.revokes(&secrets.iter().find(|(what, _)| *what == "refresh token").unwrap().1).await;
    house.store.recovers();
    house.engine.maintain().await.unwrap();
    secrets.extend((1..=23).map(|n| ("what was typed or sent wrong", wrong(n))));
    secrets
}

/// Insists that none of `secrets`, nor the part of one that is random, is in `text`.
fn nothing_of(secrets: &[(&'static str, String)], place: &str, text: &[u8]) {
    let contains = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    for (what, secret) in secrets {
        let random = match secret.rsplit_once('.') {
            Some((_, signature)) => signature,
            None => &secret[secret.len().saturating_sub(30)..],
        };
        assert!(!contains(secret.as_bytes()) && !contains(random.as_bytes()), "the {what} {secret} is in {place}");
    }
}

#[tokio::test]
async fn the_store_holds_no_secret_that_opens_anything() {
    let house = House::reading_mail().await;
    let secrets = everything_happens(&house).await;
    assert!(secrets.len() > 60, "{}", secrets.len());
    let mut bytes = Vec::new();
    for (key, value) in house.store.everything().await {
        bytes.extend_from_slice(&key);
        bytes.push(b'\n');
        bytes.extend_from_slice(&value);
        bytes.push(b'\n');
    }
    assert!(bytes.windows(17).any(|window| window == b"alice@example.org"), "what is looked through is the store");
    nothing_of(&secrets, "the store", &bytes);
    nothing_of(&secrets, "the metrics", house.server.metrics.text().as_bytes());
    let der = b"PRIVATE";
    assert!(!bytes.windows(der.len()).any(|window| window == der), "private keys are sealed");
}

thread_local! {
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Keeps what is logged on a thread that listens. One ear for all threads: what a single thread listens to alone, others
/// may have switched off for everybody before.
struct Ear;

impl std::io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HEARD.with_borrow_mut(|heard| heard.iter_mut().for_each(|heard| heard.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_holds_no_secret_even_when_it_says_everything() {
    let everything = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
    everything.with_writer(|| Ear).try_init().expect("nobody else listens");
    HEARD.set(Some(Vec::new()));
    let house = House::reading_mail().await;
    let secrets = everything_happens(&house).await;
    let heard = HEARD.take().unwrap();
    let readable = String::from_utf8(heard.clone()).unwrap();
    for said in ["/oauth/token", "client_secret_wrong", "password_wrong", "the store cannot answer", "status=401"] {
        assert!(readable.contains(said), "{said} is missing: {readable}");
    }
    nothing_of(&secrets, "the log", &heard);
}
