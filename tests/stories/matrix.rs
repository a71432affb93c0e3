//! What ends access, and where that is felt: every change against every way to use what was granted.

use countersign::base::ids::ClientId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::{AccessTokenForm, ClientType, GrantType};
use countersign::model::scope::Scopes;

use super::app::{App, Tokens};
use super::house::{House, PASSWORD, host};
use super::person::Person;
use super::wire::Ask;

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

/// Something that happens, and what is left of what was granted before.
struct Change {
    what: &'static str,
    /// How a refresh is answered; empty: with tokens.
    refresh: &'static str,
    /// The same for a grant with `offline_access`.
    offline: &'static str,
    /// How a silent authorization is answered; empty: with a code.
    silent: &'static str,
}

const fn change(what: &'static str, refresh: &'static str, offline: &'static str, silent: &'static str) -> Change {
    Change { what, refresh, offline, silent }
}

const CHANGES: &[Change] = &[
    change("nothing", "", "", ""),
    change("the user is disabled", "invalid_grant", "invalid_grant", "login_required"),
    change("the user is disabled and enabled", "invalid_grant", "invalid_grant", "login_required"),
    change("the user is deleted", "invalid_grant", "invalid_grant", "login_required"),
    change("the application is disabled", "invalid_client", "invalid_client", "page"),
    change("the application is deleted", "invalid_client", "invalid_client", "page"),
    change("she signs out", "invalid_grant", "", "login_required"),
    change("an administrator ends her sessions", "invalid_grant", "invalid_grant", "login_required"),
    change("the session lasted its thirty days", "invalid_grant", "invalid_grant", "login_required"),
    change("the session lay idle for a week", "invalid_grant", "", "login_required"),
    change("she withdraws her consent", "invalid_grant", "invalid_grant", "consent_required"),
    change("she withdraws and agrees again", "invalid_grant", "invalid_grant", ""),
    change("she leaves the group", "invalid_grant", "invalid_grant", "access_denied"),
    change("a scope is taken from the application", "invalid_grant", "invalid_grant", "invalid_scope"),
    change("the application may not refresh any more", "unauthorized_client", "unauthorized_client", ""),
    change(
        "the application may not sign people in any more",
        "unauthorized_client",
        "unauthorized_client",
        "unauthorized_client",
    ),
    change("she changes her password here", "invalid_grant", "invalid_grant", ""),
    change("she changes her password elsewhere", "invalid_grant", "invalid_grant", "login_required"),
    change("she comes back by a recovery link", "invalid_grant", "invalid_grant", "login_required"),
];

async fn happens(what: &str, house: &House, alice: &Person<'_>, shop: &App<'_>) {
    let (actor, client) = (Actor::host(), ClientId::from_text(shop.id.as_str()));
    let engine = &house.engine;
    match what {
        "nothing" => {}
        "the user is disabled" => drop(engine.disable_user(&actor, &host(), &alice.id, true).await.unwrap()),
        "the user is disabled and enabled" => {
            engine.disable_user(&actor, &host(), &alice.id, true).await.unwrap();
            engine.disable_user(&actor, &host(), &alice.id, false).await.unwrap();
        }
        "the user is deleted" => engine.delete_user(&actor, &host(), &alice.id).await.unwrap(),
        "the application is disabled" => shop.is_disabled().await,
        "the application is deleted" => engine.delete_client(&actor, &host(), &client).await.unwrap(),
        "she signs out" => drop(alice.signs_out().await),
        "an administrator ends her sessions" => {
            engine.end_user_sessions(&actor, &host(), &alice.id).await.unwrap();
        }
        "the session lasted its thirty days" => house.later(30 * 86_400),
        "the session lay idle for a week" => house.later(7 * 86_400),
        "she withdraws her consent" => withdraws(alice).await,
        "she withdraws and agrees again" => {
            withdraws(alice).await;
            house.later(1);
            alice.lets(shop, "openid email offline_access").await.code();
        }
        "she leaves the group" => {
            let leaves = [UserChange::RemoveGroup("staff".to_owned())];
            engine.change_user(&actor, &host(), &alice.id, &leaves).await.unwrap();
        }
        "a scope is taken from the application" => {
            let fewer = Scopes::parse("openid offline_access").unwrap();
            shop.becomes(&[ClientChange::Scopes(fewer)]).await;
        }
        "the application may not refresh any more" => {
            shop.becomes(&[ClientChange::Grants([GrantType::AuthorizationCode].into())]).await;
        }
        "the application may not sign people in any more" => {
            shop.becomes(&[ClientChange::Grants([GrantType::ClientCredentials].into())]).await;
        }
        "she changes her password here" => changes_password(alice).await,
        "she changes her password elsewhere" => {
            let elsewhere = alice.elsewhere(house.browser());
            elsewhere.signs_in().await;
            changes_password(&elsewhere).await;
        }
        "she comes back by a recovery link" => {
            let link = engine.start_recovery(&actor, &host(), &alice.id).await.unwrap();
            let browser = house.browser();
            let page = browser.opens(&super::wire::with_query("/recover", &[("token", link.expose())])).await;
            let done = browser.submits(&page, &[("password", NEW_PASSWORD)]).await;
            assert!(done.location().starts_with("/login"), "{done}");
        }
        other => panic!("{other}?"),
    }
}

async fn withdraws(alice: &Person<'_>) {
    let page = alice.browser.opens("/account/applications").await;
    assert_eq!(alice.browser.submits(&page, &[]).await.status, 303);
}

async fn changes_password(alice: &Person<'_>) {
    let page = alice.browser.opens("/account/password").await;
    let changed = alice.browser.submits(&page, &[("current", PASSWORD), ("new", NEW_PASSWORD)]).await;
    assert!(changed.location().starts_with("/account/password"), "{changed}");
}

/// Insists that `tokens` are worth exactly what `refresh` says.
async fn are_worth(what: &str, house: &House, shop: &App<'_>, tokens: &Tokens, refresh: &str) {
    let long_after = house.now() > super::house::START.0 + 3_600;
    let alive = matches!(refresh, "" | "unauthorized_client") && !long_after;
    let status = shop.userinfo(&tokens.access).await.status;
    assert_eq!(status, if alive { 200 } else { 401 }, "userinfo after: {what}");
    if refresh == "invalid_client" {
        shop.introspects(&tokens.access).await.refuses(401, "invalid_client");
        shop.revokes(&tokens.refresh).await.refuses(401, "invalid_client");
    } else {
        assert_eq!(shop.finds_active(&tokens.access).await, alive, "introspection after: {what}");
        assert_eq!(
            shop.finds_active(&tokens.refresh).await,
            refresh.is_empty(),
            "introspection of refresh after: {what}"
        );
    }
    let reply = shop.refreshes(&tokens.refresh).await;
    match refresh {
        "" => drop(reply.tokens()),
        error => assert_eq!(reply.refusal().1, error, "refresh after: {what}"),
    }
}

#[tokio::test]
async fn refuses_what_was_granted_once_what_it_rests_on_has_gone() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        for Change { what, refresh, offline, silent } in CHANGES {
            let house = House::fresh().await;
            house.group("staff").await;
            let alice = house.person_with("alice", vec![UserChange::AddGroup("staff".to_owned())]).await;
            let for_staff = ClientChange::Groups(["staff".to_owned()].into());
            let changes = vec![for_staff, ClientChange::AccessToken(form)];
            let shop = house.app_with("shop", ClientType::Web, changes).await;
            let lasting = alice.gives(&shop, "openid email offline_access").await;
            let brief = alice.gives(&shop, "openid email").await;
            let unused = alice.lets(&shop, "openid email").await;
            assert_ne!(lasting.refresh, brief.refresh);

            happens(what, &house, &alice, &shop).await;

            if !matches!(*refresh, "" | "unauthorized_client") && house.now() < super::house::START.0 + 60 {
                assert_ne!(shop.redeems(&unused).await.status, 200, "a code after: {what}");
            }
            are_worth(what, &house, &shop, &brief, refresh).await;
            are_worth(what, &house, &shop, &lasting, offline).await;
            let quietly = shop.asks("openid email").with("prompt", "none");
            match *silent {
                "page" => drop(alice.browser.sends(Ask::get(quietly.path())).await.stays_here(400).clone()),
                error => assert_eq!(alice.answers(&quietly).await.error(), error, "silent authorization after: {what}"),
            }
        }
    }
}
