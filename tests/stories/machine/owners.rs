//! Who registers a program, how many, and how each ends with its owner.

use countersign::model::settings::SelfRegistration;
use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn either_path_registers_and_id_and_key_both_name_the_program() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let one = house.program(&alice).await;
    let two = Program::told(&house, &house.registers_at("/v1/register", "ALICE@example.org", PASSWORD).await);
    assert!(one.id != two.id && one.key != two.key && one.secret != two.secret && one.id != one.key);
    let body = |id: &str| {
        let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", one.secret.as_str())];
        Ask::post("/v1/oauth/token", &fields)
    };
    let beside = |pair: String, id: &str| {
        Ask::post("/v1/oauth/token", &[("grant_type", "client_credentials"), ("client_id", id)]).basic_as_it_is(&pair)
    };
    for (what, ask) in [
        ("the key", beside(one.pair(), "")),
        ("the id", beside(format!("{}:{}", one.id, one.secret), "")),
        ("the key, and the key again", beside(one.pair(), &one.key)),
        ("the key, and the id in the body", beside(one.pair(), &one.id)),
        ("in the body", body(&one.id)),
        ("by key in the body", body(&one.key)),
    ] {
        let reply = house.asks(ask).await;
        assert_eq!(reply.status, 200, "{what}: {reply}");
    }
    house.asks(beside(one.pair(), &two.id)).await.refuses(400, "invalid_request");
    house.asks(beside(format!("{}:{}", two.key, one.secret), "")).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn whoever_may_not_is_told_what_a_wrong_password_is_told() {
    let house = House::fresh().await;
    let (bob, alice) = (house.person("bob").await, house.maker("alice").await);
    let wrong = house.registers("alice", "not her password").await;
    wrong.refuses(401, "access_denied");
    let same = |reply: &Reply| assert_eq!((reply.status, &reply.body), (401, &wrong.body), "{reply}");
    same(&house.registers("bob", PASSWORD).await);
    same(&house.registers("nobody@example.org", PASSWORD).await);
    house.lets_make_programs(ClientRegistration::Nobody).await;
    same(&house.registers("alice", PASSWORD).await);
    house.lets_make_programs(ClientRegistration::Everyone).await;
    same(&house.registers("nobody@example.org", PASSWORD).await);
    assert_eq!(house.registers("bob", PASSWORD).await.status, 201);
    house.engine.disable_user(&Actor::host(), &host(), &alice.id, true).await.unwrap();
    same(&house.registers("alice", PASSWORD).await);
    assert_eq!(house.clients().await.len(), 1);
    assert_eq!(house.clients().await[0].owner.as_ref(), Some(&bob.id));
}

#[tokio::test]
async fn a_right_password_that_may_not_is_counted_like_a_wrong_one() {
    let house = House::fresh().await;
    house.person("bob").await;
    for password in [PASSWORD, "not his password"] {
        let mut statuses = Vec::new();
        for _ in 0..8 {
            let reply = house.registers("bob", password).await;
            assert_eq!(reply.header("retry-after").is_some(), reply.status == 429, "{reply}");
            statuses.push(reply.status);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429], "{password}");
        house.later(86_400);
    }
}

#[tokio::test]
async fn an_unknown_address_becomes_somebody_only_where_both_doors_are_open() {
    let house = House::fresh().await;
    let opens = async |who, open| {
        let settings = house.engine.settings().await.expect("the settings");
        let wanted = Settings { client_registration: who, self_registration: open, ..settings };
        house.engine.change_settings(&Actor::host(), &host(), &wanted).await.expect("sound settings");
    };
    for (who, open) in [
        (ClientRegistration::Everyone, SelfRegistration::Closed),
        (ClientRegistration::Permitted, SelfRegistration::Open),
        (ClientRegistration::Nobody, SelfRegistration::Open),
    ] {
        opens(who, open).await;
        house.registers("eve@example.org", PASSWORD).await.refuses(401, "access_denied");
    }
    opens(ClientRegistration::Everyone, SelfRegistration::Open).await;
    for (name, password) in [("eve@example.org", "short"), ("eve", PASSWORD), ("eve@example.org", "eve@example.org")] {
        house.registers(name, password).await.refuses(401, "access_denied");
    }
    assert!(house.clients().await.is_empty());
    let eve = Program::told(&house, &house.registers("eve@example.org", PASSWORD).await);
    let again = Program::told(&house, &house.registers("Eve@example.org", PASSWORD).await);
    house.registers("eve@example.org", "not her password").await.refuses(401, "access_denied");
    let clients = house.clients().await;
    assert!(clients.len() == 2 && clients[0].owner.is_some() && clients[0].owner == clients[1].owner);
    for program in [eve, again] {
        program.is_given().await;
    }
}

#[tokio::test]
async fn nobody_has_more_than_twenty_however_many_ask_at_once() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    for _ in 0..10 {
        house.program(&alice).await;
    }
    // The gate lets thirty-two passwords of one person be checked at once; the others are told to wait.
    let replies = join_all((0..64).map(|_| house.registers("alice", PASSWORD))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 10);
    assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 401 | 429 | 503)));
    house.later(86_400);
    house.registers("alice", PASSWORD).await.refuses(401, "access_denied");
    assert_eq!(house.clients().await.len(), 20);
    // Whoever deletes one may have another.
    let signed_in = alice.is_signed_in().await;
    let fresh = house.engine.fresh(&signed_in).await.unwrap();
    let own = house.engine.own_clients(&signed_in).await.unwrap();
    assert_eq!(own.len(), 20);
    house.engine.delete_own_client(&host(), &fresh, &own[7].id).await.unwrap();
    assert_eq!(house.registers("alice", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn its_owner_deletes_it_and_nobody_elses() {
    let house = House::fresh().await;
    let (alice, bob) = (house.maker("alice").await, house.maker("bob").await);
    let (hers, his) = (house.program(&alice).await, house.program(&bob).await);
    let given = hers.is_given().await;
    let signed_in = alice.is_signed_in().await;
    let fresh = house.engine.fresh(&signed_in).await.unwrap();
    let own = house.engine.own_clients(&signed_in).await.unwrap();
    assert_eq!(own.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), [hers.id.as_str()]);
    let id = |program: &Program<'_>| ClientId::from_text(program.id.as_str());
    assert!(house.engine.delete_own_client(&host(), &fresh, &id(&his)).await.is_err());
    house.engine.delete_own_client(&host(), &fresh, &id(&hers)).await.unwrap();
    assert_eq!(hers.looks(&given.access).await.status, 401);
    hers.asks(&CREDENTIALS).await.refuses(401, "invalid_client");
    assert_eq!(his.asks(&CREDENTIALS).await.status, 200);
}

#[tokio::test]
async fn a_program_ends_with_its_owner() {
    let house = House::fresh().await;
    let (alice, bob) = (house.maker("alice").await, house.maker("bob").await);
    let (hers, his) = (house.program(&alice).await, house.program(&bob).await);
    let (given_her, given_him) = (hers.is_given().await, his.is_given().await);
    let disable = async |off| house.engine.disable_user(&Actor::host(), &host(), &alice.id, off).await.unwrap();

    disable(true).await;
    assert_eq!(hers.looks(&given_her.access).await.status, 401);
    hers.asks(&CREDENTIALS).await.refuses(401, "invalid_client");
    hers.renews(&given_her.refresh).await.refuses(401, "invalid_client");
    assert_eq!(his.looks(&given_him.access).await.status, 200);
    disable(false).await;
    assert_eq!(hers.looks(&given_her.access).await.status, 200);

    house.engine.delete_user(&Actor::host(), &host(), &alice.id).await.unwrap();
    assert_eq!(hers.looks(&given_her.access).await.status, 401);
    hers.renews(&given_her.refresh).await.refuses(401, "invalid_client");
    let left: Vec<String> = house.clients().await.iter().map(|client| client.id.to_string()).collect();
    assert_eq!(left, std::slice::from_ref(&his.id));
    given(&his.renews(&given_him.refresh).await);
    let found = house.engine.examine().await.unwrap();
    assert!(found.problems.is_empty(), "{found:?}");
}

/// It has a secret: deleting it is as much as any other change of one.
#[tokio::test]
async fn its_owner_proves_who_they_are_before_it_is_deleted() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let hers = house.program(&alice).await;
    alice.signs_in().await;
    house.later(601);
    let page = alice.browser.opens("/account/applications").await;
    let csrf = crate::browser::Form::on(&page).hidden("csrf").to_owned();
    let sent = [("csrf", csrf.as_str()), ("client", hers.id.as_str())];
    let asked = alice.browser.posts("/account/programs/delete", &sent).await;
    assert!(asked.location().starts_with("/login?confirm=1&next=%2Faccount%2Fapplications"), "{asked}");
    assert_eq!(hers.asks(&CREDENTIALS).await.status, 200, "it is there still");
    let page = alice.browser.follows(asked).await;
    let confirmed = alice.gives_password(&page).await;
    let page = alice.browser.follows(confirmed).await;
    let csrf = crate::browser::Form::on(&page).hidden("csrf").to_owned();
    let sent = [("csrf", csrf.as_str()), ("client", hers.id.as_str())];
    let deleted = alice.browser.posts("/account/programs/delete", &sent).await;
    assert!(deleted.location().starts_with("/account/applications"), "{deleted}");
    hers.asks(&CREDENTIALS).await.refuses(401, "invalid_client");
}
