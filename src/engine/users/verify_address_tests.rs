//! Who confirms an address, and what that ends.

use super::*;
use crate::engine::admin::Actor;
use crate::engine::users::testing::{House, PASSWORD, caller, refusal, relay};
use crate::model::factors::{Factors, Passkey, RecoveryCodes, Totp};
use crate::model::session::{Authentication, Method, Session};
use crate::model::settings::Settings;

/// A house that sends letters, with somebody who has shown nothing yet, and the link that was mailed when they asked.
async fn unproved() -> (House, SignedIn, Secret) {
    let house = House::new().await;
    house.keep(&Settings { smtp: Some(relay()), ..Settings::default() }).await;
    house.person("eve").await;
    let eve = house.sign_in("eve", PASSWORD).await.unwrap().signed_in;
    house.engine.verify_my_address(&eve).await.unwrap();
    let link = link_to(&house, "eve@example.net").await;
    (house, eve, link)
}

async fn link_to(house: &House, address: &str) -> Secret {
    let letters = house.engine.due_letters(20).await.unwrap().letters;
    let mut links = letters.iter().filter(|due| due.to == address).filter_map(|due| match &due.letter {
        Letter::VerifyAddress { link, .. } => link.split_once("token=").map(|(_, token)| Secret::new(token)),
        _ => None,
    });
    links.next_back().expect("a letter with a link")
}

async fn confirms(house: &House, link: &Secret, current: Option<&SignedIn>) -> Result<Confirmed, Denied> {
    house.engine.confirm_address(&caller("192.0.2.1"), link, current).await
}

#[tokio::test]
async fn the_owner_of_the_mailbox_ends_what_a_stranger_made_with_it() {
    let (house, eve, link) = unproved().await;
    let other = house.sign_in("eve", PASSWORD).await.unwrap();
    house.person("bob").await;
    let recovery = house.engine.start_recovery(&Actor::host(), &caller("host"), &eve.user().id).await.unwrap();
    let elsewhere = house.sign_in("bob", PASSWORD).await.unwrap().signed_in;
    for current in [None, Some(&elsewhere)] {
        let view = house.engine.look_at_address(&link, current).await.unwrap();
        assert_eq!(view.confirming, Confirming::EndsAccess, "looking ends nothing");
    }
    let done = confirms(&house, &link, Some(&elsewhere)).await.unwrap();
    assert!(done.ended && done.user.email_verified && done.user.password.is_none());
    assert!(house.engine.session(&other.cookie).await.unwrap().is_none());
    assert!(house.engine.sessions(&eve).await.map_or(0, |open| open.len()) == 0);
    assert_eq!(refusal(house.sign_in("eve", PASSWORD).await), Refusal::PasswordWrong);
    assert_eq!(refusal(house.engine.look_at_recovery(&recovery).await), Refusal::LinkGone);
    assert_eq!(refusal(confirms(&house, &link, None).await), Refusal::LinkGone);
    // They come back by mail.
    house.engine.request_reset(&caller("192.0.2.1"), "eve@example.net").await.unwrap();
}

#[tokio::test]
async fn whoever_is_signed_in_there_goes_on_and_so_does_whoever_proved_an_address_before() {
    let (house, eve, link) = unproved().await;
    assert_eq!(house.engine.look_at_address(&link, Some(&eve)).await.unwrap().confirming, Confirming::AddressOnly);
    assert!(!confirms(&house, &link, Some(&eve)).await.unwrap().ended);
    let eve = house.sign_in("eve", PASSWORD).await.unwrap().signed_in;
    let fresh = house.engine.fresh(&eve).await.unwrap();
    house.engine.change_my_address(&caller("192.0.2.1"), &fresh, "new@example.net").await.unwrap();
    let link = link_to(&house, "new@example.net").await;
    let moved = confirms(&house, &link, None).await.unwrap();
    assert!(!moved.ended && moved.user.email.as_deref() == Some("new@example.net"));
    house.sign_in("eve", PASSWORD).await.unwrap();
}

/// Whoever came in by reading their mail is out when that is somebody else's to read.
#[tokio::test]
async fn what_rested_on_the_mail_of_before_ends_with_it() {
    let (house, eve, link) = unproved().await;
    confirms(&house, &link, Some(&eve)).await.unwrap();
    let thief = house.sign_in("eve", PASSWORD).await.unwrap();
    let by_mail = Authentication::by(&[Method::Mail], house.engine.now());
    house.change::<Session>(thief.signed_in.session().id.as_str(), |session| session.authentication = by_mail).await;
    let fresh = house.engine.fresh(&eve).await.unwrap();
    house.engine.change_my_address(&caller("192.0.2.1"), &fresh, "new@example.net").await.unwrap();
    let link = link_to(&house, "new@example.net").await;
    assert!(house.engine.session(&thief.cookie).await.unwrap().is_some(), "nothing has moved yet");
    confirms(&house, &link, None).await.unwrap();
    assert!(house.engine.session(&thief.cookie).await.unwrap().is_none());
    assert!(house.engine.still_signed_in(&eve).await.unwrap().is_some(), "who gave the password stays");
}

/// A key that counts for nothing as things are set, and the codes that came with it, are a stranger's too.
#[tokio::test]
async fn what_counts_for_nothing_now_goes_with_the_password() {
    let (house, eve, link) = unproved().await;
    let mut factors = Factors::none(&eve.user().id);
    factors.passkeys.push(Passkey {
        id: "old".to_owned(),
        credential: "{}".to_owned(),
        name: "Old key".to_owned(),
        created_at: house.engine.now(),
        last_used_at: None,
        backed_up: false,
        verifies: false,
        discoverable: false,
    });
    factors.recovery_codes = Some(RecoveryCodes { made_at: house.engine.now(), codes: vec![] });
    house.keep(&factors).await;
    assert!(confirms(&house, &link, None).await.unwrap().ended);
    assert!(house.find::<Factors>(eve.user().id.as_str()).await.is_none());
}

#[tokio::test]
async fn a_session_that_has_ended_is_nobodys() {
    let (house, eve, link) = unproved().await;
    let other = house.sign_in("eve", PASSWORD).await.unwrap().signed_in;
    house.engine.end_other_sessions(&caller("192.0.2.1"), &other).await.unwrap();
    assert!(confirms(&house, &link, Some(&eve)).await.unwrap().ended);
}

#[tokio::test]
async fn mail_alone_undoes_no_second_factor() {
    let (house, eve, link) = unproved().await;
    let mut factors = Factors::none(&eve.user().id);
    let seed = house.engine.sealing.seal("seed", b"seed");
    factors.totp = Some(Totp { seed, since: house.engine.now(), last_step: 0, last_used_at: None });
    house.keep(&factors).await;
    assert_eq!(house.engine.look_at_address(&link, None).await.unwrap().confirming, Confirming::AfterSignIn);
    assert_eq!(refusal(confirms(&house, &link, None).await), Refusal::FreshSignInRequired);
    assert!(house.find::<User>(eve.user().id.as_str()).await.unwrap().password.is_some());
    assert!(!confirms(&house, &link, Some(&eve)).await.unwrap().ended);
}
