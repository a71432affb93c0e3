//! Links with which people make their accounts, used in every wrong way.

use super::*;
use crate::engine::admin::Actor;
use crate::engine::admin::invitations::{Invited, NewInvitations};
use crate::engine::users::NewSession;
use crate::engine::users::testing::{House, PASSWORD, caller, refusal, relay};
use crate::model::mail::Letter;
use crate::model::settings::Settings;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use std::time::Duration;

async fn house() -> House {
    let house = House::new().await;
    house.keep(&Settings { self_registration: SelfRegistration::Invited, ..Settings::default() }).await;
    house
}

async fn invite_all(house: &House, addresses: &str, groups: &[&str]) -> Invited {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let wanted = NewInvitations { addresses: addresses.to_owned(), groups, lifetime: Invitation::LIFETIME };
    house.engine.invite(&Actor::host(), &caller("host"), &wanted).await.unwrap()
}

async fn invite(house: &House, address: &str) -> Secret {
    match invite_all(house, address, &[]).await {
        Invited::All(links) => links.into_iter().next().unwrap(),
        Invited::Nobody(problems) => panic!("{problems:?}"),
    }
}

async fn only(house: &House) -> Invitation {
    let reader = Actor::host();
    house.engine.list_invitations(&reader, None, 10).await.unwrap().items.remove(0)
}

fn ask(token: &Secret, username: &str) -> Arrival {
    Arrival {
        token: token.clone(),
        username: username.to_owned(),
        profile: Profile::default(),
        password: Secret::new(PASSWORD),
        seat: Seat::default(),
    }
}

async fn accept(house: &House, token: &Secret, username: &str) -> Result<NewSession, Denied> {
    house.engine.arrive(&caller("192.0.2.1"), Way::Invitation, &ask(token, username)).await?.done()
}

async fn user(house: &House, login: &str) -> Option<User> {
    house.engine.user_called(&Actor::host(), login).await.unwrap()
}

#[tokio::test]
async fn an_invitation_makes_one_account_in_its_groups_with_its_address() {
    let house = house().await;
    for name in ["staff", "gone"] {
        house.engine.create_group(&Actor::host(), &caller("host"), name).await.unwrap();
    }
    let Invited::All(links) = invite_all(&house, "sam@example.org", &["staff", "gone"]).await else { panic!() };
    house.engine.delete_group(&Actor::host(), &caller("host"), "gone").await.unwrap();
    for _ in 0..3 {
        let view = house.engine.look_at_arrival(Way::Invitation, &links[0]).await.unwrap();
        assert_eq!((view.by.as_str(), view.email.as_deref()), ("whoever runs this server", Some("sam@example.org")));
    }
    let new = accept(&house, &links[0], "sam").await.unwrap();
    assert!(house.engine.session(&new.cookie).await.unwrap().is_some());
    let sam = user(&house, "sam@example.org").await.unwrap();
    assert_eq!((sam.username.as_str(), sam.email_verified, sam.admin), ("sam", false, false));
    assert_eq!(sam.groups, ["staff".to_owned()].into());
    assert_eq!(only(&house).await.state, InvitationState::Accepted { user: sam.id, at: house.engine.now() });
    assert_eq!(refusal(accept(&house, &links[0], "other").await), Refusal::LinkGone);
    house.sign_in("sam", PASSWORD).await.unwrap();
    assert_eq!(house.logged(AuditKind::InvitationAccepted).await, 1);
}

#[tokio::test]
async fn sixty_four_at_once_make_one_account() {
    let house = house().await;
    let link = invite(&house, "").await;
    let all = (0..64).map(|n| {
        let (house, link) = (&house, &link);
        async move {
            let from = caller(&format!("192.0.2.{n}"));
            house.engine.arrive(&from, Way::Invitation, &ask(link, &format!("p{n}"))).await
        }
    });
    let all = futures_util::future::join_all(all).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    let people = house.engine.overview(&Actor::host()).await.unwrap().users;
    assert_eq!((people.number, house.logged(AuditKind::InvitationAccepted).await), (1, 1));
}

#[tokio::test]
async fn a_link_works_for_its_time_to_the_second() {
    let house = house().await;
    let link = invite(&house, "").await;
    house.clock.advance(Invitation::LIFETIME - Duration::from_secs(1));
    house.engine.look_at_arrival(Way::Invitation, &link).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(house.engine.look_at_arrival(Way::Invitation, &link).await), Refusal::LinkGone);
    assert_eq!(refusal(accept(&house, &link, "sam").await), Refusal::LinkGone);
}

#[tokio::test]
async fn revoked_it_opens_nothing_and_sent_again_only_the_newest_link_does() {
    let house = house().await;
    let (host, from) = (Actor::host(), caller("host"));
    let first = invite(&house, "sam@example.org").await;
    house.clock.advance(Invitation::LIFETIME);
    let id = only(&house).await.id;
    let second = house.engine.resend_invitation(&host, &from, &id).await.unwrap();
    assert_eq!(refusal(accept(&house, &first, "sam").await), Refusal::LinkGone);
    house.clock.advance(Invitation::LIFETIME - Duration::from_secs(1));
    house.engine.look_at_arrival(Way::Invitation, &second).await.unwrap();

    house.engine.revoke_invitation(&host, &from, &id).await.unwrap();
    assert_eq!(refusal(accept(&house, &second, "sam").await), Refusal::LinkGone);
    assert_eq!(refusal(house.engine.resend_invitation(&host, &from, &id).await), Refusal::NotFound("invitation"));
    assert_eq!(refusal(house.engine.revoke_invitation(&host, &from, &id).await), Refusal::NotFound("invitation"));
    assert!(user(&house, "sam").await.is_none());
}

#[tokio::test]
async fn a_link_serves_its_own_purpose_only() {
    let house = house().await;
    let alice = house.person("alice").await;
    let open = Settings { self_registration: SelfRegistration::Open, ..Settings::default() };
    house.change::<Settings>("only", |settings| *settings = open).await;
    let invitation = invite(&house, "").await;
    let recovery = house.engine.start_recovery(&Actor::host(), &caller("host"), &alice.id).await.unwrap();
    let swapped = |prefix: &str, link: &Secret| Secret::new(format!("{prefix}{}", &link.expose()[3..]));
    let cut = |link: &Secret| Secret::new(&link.expose()[..link.expose().len() - 1]);
    for wrong in [
        recovery.clone(),
        swapped("iv_", &recovery),
        swapped("rc_", &invitation),
        cut(&invitation),
        Secret::new(format!("{}x", cut(&invitation).expose())),
        Secret::new(""),
    ] {
        for way in [Way::Invitation, Way::Registration] {
            let looked = house.engine.look_at_arrival(way, &wrong).await;
            assert_eq!(refusal(looked), Refusal::LinkGone);
            let came = house.engine.arrive(&caller("192.0.2.1"), way, &ask(&wrong, "sam")).await;
            assert_eq!(refusal(came), Refusal::LinkGone);
        }
    }
    for wrong in [invitation.clone(), swapped("rc_", &invitation)] {
        let recovered = house.engine.finish_recovery(&caller("192.0.2.1"), &wrong, &Secret::new("x")).await;
        assert_eq!(refusal(recovered), Refusal::LinkGone);
    }
    let other = house.engine.look_at_arrival(Way::Registration, &swapped("rg_", &invitation)).await;
    assert_eq!(refusal(other), Refusal::LinkGone);
    accept(&house, &invitation, "sam").await.unwrap();
}

#[tokio::test]
async fn what_will_not_do_leaves_the_link_as_it_is() {
    let house = house().await;
    let link = invite(&house, "sam@example.org").await;
    house.person("alice").await;
    assert_eq!(refusal(accept(&house, &link, "Alice").await), Refusal::Taken("username"));
    assert_eq!(refusal(accept(&house, &link, "alice@example.net").await).name(), "field_invalid");
    let short = Arrival { password: Secret::new("short"), ..ask(&link, "sam") };
    let refused = house.engine.arrive(&caller("192.0.2.1"), Way::Invitation, &short).await;
    assert_eq!(refusal(refused).name(), "field_invalid");
    // Somebody took the address on another way.
    let id = house.person("max").await.id;
    house.change::<User>(id.as_str(), |max| max.email = Some("SAM@example.org".to_owned())).await;
    assert_eq!(refusal(accept(&house, &link, "sam").await), Refusal::Taken("email"));
    house.change::<User>(id.as_str(), |max| max.email = None).await;
    accept(&house, &link, "sam@example.org").await.unwrap();
}

#[tokio::test]
async fn nobody_comes_where_nobody_may() {
    let house = house().await;
    let link = invite(&house, "").await;
    house.change::<Settings>("only", |settings| settings.self_registration = SelfRegistration::Closed).await;
    assert_eq!(refusal(house.engine.look_at_arrival(Way::Invitation, &link).await), Refusal::RegistrationClosed);
    assert_eq!(refusal(accept(&house, &link, "sam").await), Refusal::RegistrationClosed);
    let wanted = NewInvitations { addresses: String::new(), groups: BTreeSet::new(), lifetime: Invitation::LIFETIME };
    let invited = house.engine.invite(&Actor::host(), &caller("host"), &wanted).await;
    assert_eq!(refusal(invited).name(), "field_invalid");
    house.change::<Settings>("only", |settings| settings.self_registration = SelfRegistration::Open).await;
    accept(&house, &link, "sam").await.unwrap();
}

#[tokio::test]
async fn of_many_everybody_is_invited_or_nobody() {
    let house = house().await;
    house.person("alice").await;
    invite(&house, "nia@example.org").await;
    let text = "nobody, sam@example.org\nAlice@Example.net\nwho\nnia@example.org\nmax@example.org";
    let Invited::Nobody(problems) = invite_all(&house, text, &[]).await else { panic!() };
    assert_eq!(problems.iter().map(|problem| problem.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(house.engine.list_invitations(&Actor::host(), None, 10).await.unwrap().items.len(), 1);
    let Invited::All(links) = invite_all(&house, "sam@example.org, max@example.org", &[]).await else { panic!() };
    assert_eq!(links.len(), 2);
    let lifetime = Duration::from_secs(8 * 86_400);
    let long = NewInvitations { addresses: String::new(), groups: BTreeSet::new(), lifetime };
    assert_eq!(refusal(house.engine.invite(&Actor::host(), &caller("host"), &long).await).name(), "field_invalid");
}

#[tokio::test]
async fn whoever_comes_into_a_group_that_demands_more_is_not_in_before_they_gave_it() {
    let house = house().await;
    house.engine.create_group(&Actor::host(), &caller("host"), "staff").await.unwrap();
    house.change::<Group>("staff", |staff| staff.required_factor = RequiredFactor::SecondFactor).await;
    let Invited::All(links) = invite_all(&house, "sam@example.org", &["staff"]).await else { panic!() };
    // Without a browser the rest could never be given: nothing is made.
    assert_eq!(refusal(accept(&house, &links[0], "sam").await), Refusal::SecondFactorRequired);
    assert!(user(&house, "sam").await.is_none());
    let seat = Seat { browser: Some(Secret::new("br_x")), current: None };
    let step =
        house.engine.arrive(&caller("192.0.2.1"), Way::Invitation, &Arrival { seat, ..ask(&links[0], "sam") }).await;
    let SignInStep::More(unfinished) = step.unwrap() else { panic!("no second factor is asked for") };
    let sam = user(&house, "sam").await.unwrap();
    assert_eq!(unfinished.user, sam.id);
    assert_eq!(house.engine.user_sessions(&Actor::host(), &sam.id).await.unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_was_signed_in_there_is_not_any_more() {
    let house = house().await;
    house.person("alice").await;
    let alice = house.sign_in("alice", PASSWORD).await.unwrap();
    let link = invite(&house, "").await;
    let seat = Seat { browser: None, current: Some(alice.signed_in.clone().into()) };
    let arrival = Arrival { seat, ..ask(&link, "sam") };
    house.engine.arrive(&caller("192.0.2.1"), Way::Invitation, &arrival).await.unwrap().done().unwrap();
    assert!(house.engine.session(&alice.cookie).await.unwrap().is_none());
}

#[tokio::test]
async fn only_the_secret_that_was_mailed_proves_the_address() {
    let house = house().await;
    house.change::<Settings>("only", |settings| settings.smtp = Some(relay())).await;
    let Invited::All(handed) = invite_all(&house, "sam@example.org\nmax@example.org", &[]).await else { panic!() };
    let mailed = async |to: &str| {
        let letters = house.engine.due_letters(10).await.unwrap().letters;
        let last = letters.into_iter().rfind(|due| due.to == to).expect("a letter");
        let Letter::Invitation { link, .. } = last.letter else { panic!("{:?}", last.letter) };
        Secret::new(link.split_once("token=").unwrap().1)
    };
    let (to_sam, to_max) = (mailed("sam@example.org").await, mailed("max@example.org").await);
    assert!(handed.iter().all(|link| ![to_sam.expose(), to_max.expose()].contains(&link.expose())), "nobody saw them");
    accept(&house, &to_sam, "sam").await.unwrap();
    assert_eq!(refusal(accept(&house, &handed[0], "again").await), Refusal::LinkGone, "both are used up");
    accept(&house, &handed[1], "max").await.unwrap();
    assert_eq!(refusal(accept(&house, &to_max, "again").await), Refusal::LinkGone);
    let verified = async |name: &str| user(&house, name).await.unwrap().email_verified;
    assert_eq!((verified("sam").await, verified("max").await), (true, false));

    invite(&house, "nia@example.org").await;
    let (before, id) = (mailed("nia@example.org").await, only(&house).await.id);
    house.engine.resend_invitation(&Actor::host(), &caller("host"), &id).await.unwrap();
    assert_eq!(refusal(accept(&house, &before, "nia").await), Refusal::LinkGone, "the one before has ended");
    accept(&house, &mailed("nia@example.org").await, "nia").await.unwrap();
    assert!(verified("nia").await);
}
