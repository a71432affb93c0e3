use super::*;
use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
use crate::model::settings::Settings;

/// The code an application shows that was told this enrolment, `steps` away from now.
fn code(house: &House, enrolment: &Enrolment, steps: i64) -> String {
    let seed = BASE32_NOPAD.decode(enrolment.key.expose().replace(' ', "").as_bytes()).unwrap();
    let generator = totp_rs::Builder::new().with_secret(seed).build_noncompliant();
    let at = u64::try_from(house.engine.now().0 + 30 * steps).unwrap();
    generator.generate(at).to_string()
}

async fn alice(house: &House) -> Fresh {
    house.person("alice").await;
    let signed_in = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
    house.engine.fresh(&signed_in).await.unwrap()
}

/// Whether the authenticator that counts takes this code.
async fn takes(house: &House, user: &UserId, typed: &str) -> bool {
    let totp = house.find::<Factors>(user.as_str()).await.unwrap().totp.unwrap();
    let generator = house.engine.generator(user, &totp.seed).unwrap();
    house.engine.step_of(&generator, typed, totp.last_step, house.engine.now()).is_some()
}

async fn confirm(house: &House, who: &Fresh, code: &str) -> Result<Option<Vec<Secret>>, Denied> {
    house.engine.confirm_authenticator(&caller("192.0.2.1"), who, code).await.map(|new| new.codes)
}

#[tokio::test]
async fn an_authenticator_counts_once_it_has_shown_a_code_and_that_code_is_used_up() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let id = &mine.user().id;
    let enrolment = house.engine.begin_authenticator(&mine).await.unwrap();
    let seed = BASE32_NOPAD.decode(enrolment.key.expose().replace(' ', "").as_bytes()).unwrap();
    assert_eq!(seed.len(), 20, "160 bits");
    assert!(!house.engine.enrolled(id).await.unwrap().has_second());
    let written = serde_json::to_string(&house.find::<Factors>(id.as_str()).await.unwrap()).unwrap();
    assert!(!written.contains(&BASE32_NOPAD.encode(&seed)), "the seed is sealed");

    for wrong in ["", "12345", "1234567", "abcdef", "+12345", &code(&house, &enrolment, 5), &"1".repeat(100_000)] {
        assert_eq!(refusal(confirm(&house, &mine, wrong).await), Refusal::SecondFactorWrong, "{wrong:.20}");
    }
    let right = code(&house, &enrolment, 0);
    let codes = confirm(&house, &mine, &format!(" {} {} ", &right[..3], &right[3..])).await.unwrap();
    assert_eq!(codes.unwrap().len(), 10, "recovery codes come with the first factor");
    let view = house.engine.enrolled(id).await.unwrap();
    assert_eq!(view.authenticator.unwrap().since, house.engine.now());
    assert_eq!(view.recovery_codes.unwrap().left, 10);

    assert!(!takes(&house, id, &right).await, "the first code is used up");
    assert!(!takes(&house, id, &code(&house, &enrolment, -1)).await, "and all before it");
    assert!(takes(&house, id, &code(&house, &enrolment, 1)).await, "clocks may be off by a step");
    for kind in [AuditKind::SecondFactorAdded, AuditKind::RecoveryCodesMade] {
        assert_eq!(house.logged(kind).await, 1);
    }
}

#[tokio::test]
async fn whoever_has_shown_a_first_code_has_proved_both_from_the_moment_of_their_password() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let enrolment = house.engine.begin_authenticator(&mine).await.unwrap();
    house.clock.advance(Duration::from_secs(120));
    let first = code(&house, &enrolment, 0);
    let new = house.engine.confirm_authenticator(&caller("192.0.2.1"), &mine, &first).await.unwrap().session;
    let now = house.engine.session(&new.cookie).await.unwrap().unwrap();
    assert_eq!(now.session().id, mine.session().id, "it is the same session");
    let proved = &now.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("2", "pwd otp mfa".to_owned()));
    assert_eq!(proved.at, mine.session().authentication.at, "the password is as old as it was");
    house.engine.fresh(&now).await.unwrap();
    house.clock.advance(Fresh::LIFE - Duration::from_secs(120));
    assert_eq!(refusal(house.engine.fresh(&now).await), Refusal::FreshSignInRequired);
}

#[tokio::test]
async fn enrolment_can_begin_again_and_ends_by_itself() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let first = house.engine.begin_authenticator(&mine).await.unwrap();
    let shown = house.engine.authenticator_enrolment(&mine).await.unwrap().unwrap();
    assert_eq!((shown.key.expose(), &shown.picture), (first.key.expose(), &first.picture), "looking changes nothing");
    let second = house.engine.begin_authenticator(&mine).await.unwrap();
    assert_ne!(first.key.expose(), second.key.expose());
    assert_eq!(refusal(confirm(&house, &mine, &code(&house, &first, 0)).await), Refusal::SecondFactorWrong);
    house.clock.advance(ENROLMENT);
    assert!(house.engine.authenticator_enrolment(&mine).await.unwrap().is_none());
    assert_eq!(refusal(confirm(&house, &mine, &code(&house, &second, 0)).await), Refusal::NotFound("enrolment"));
}

#[tokio::test]
async fn the_old_authenticator_counts_until_the_new_one_has_shown_a_code() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let id = mine.user().id.clone();
    let old = house.engine.begin_authenticator(&mine).await.unwrap();
    confirm(&house, &mine, &code(&house, &old, 0)).await.unwrap();
    house.clock.advance(Duration::from_secs(300));
    let new = house.engine.begin_authenticator(&mine).await.unwrap();
    let takes = async |enrolment: &Enrolment| takes(&house, &id, &code(&house, enrolment, 0)).await;
    assert!(takes(&old).await && !takes(&new).await);
    assert_eq!(confirm(&house, &mine, &code(&house, &new, 0)).await.unwrap().map(|codes| codes.len()), None);
    house.clock.advance(Duration::from_secs(60));
    assert!(takes(&new).await && !takes(&old).await);
}

#[tokio::test]
async fn a_seed_is_shown_to_nobody_but_the_session_it_was_made_for() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let other = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
    let other = house.engine.fresh(&other).await.unwrap();
    let theirs = house.engine.begin_authenticator(&other).await.unwrap();
    assert!(house.engine.authenticator_enrolment(&mine).await.unwrap().is_none());
    let theirs = code(&house, &theirs, 0);
    assert_eq!(refusal(confirm(&house, &mine, &theirs).await), Refusal::NotFound("enrolment"));

    let user = mine.user();
    let (_, mut factors) = house.engine.factors_kept(&user.id).await.unwrap();
    let first = house.engine.enrolment_of(user, &mut factors, "s1").await.unwrap();
    let again = house.engine.enrolment_of(user, &mut factors, "s1").await.unwrap();
    assert_eq!(first.key.expose(), again.key.expose(), "a page may be shown again");
    let second = house.engine.enrolment_of(user, &mut factors, "s2").await.unwrap();
    assert_ne!(first.key.expose(), second.key.expose());
}

#[tokio::test]
async fn sixty_four_first_codes_at_once_enrol_once() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let enrolment = house.engine.begin_authenticator(&mine).await.unwrap();
    let right = code(&house, &enrolment, 0);
    let all = futures_util::future::join_all((0..64).map(|_| confirm(&house, &mine, &right))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(house.logged(AuditKind::SecondFactorAdded).await, 1);
}

#[tokio::test]
async fn what_stands_in_for_a_factor_ends_with_the_last() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let enrolment = house.engine.begin_authenticator(&mine).await.unwrap();
    confirm(&house, &mine, &code(&house, &enrolment, 0)).await.unwrap();
    house.engine.remove_authenticator(&caller("192.0.2.1"), &mine).await.unwrap();
    assert_eq!(house.engine.enrolled(&mine.user().id).await.unwrap(), Default::default());
    assert_eq!(house.logged(AuditKind::SecondFactorRemoved).await, 1);
    let again = house.engine.remove_authenticator(&caller("192.0.2.1"), &mine).await;
    assert_eq!(refusal(again), Refusal::NotFound("authenticator"));
}

#[tokio::test]
async fn whoever_was_signed_out_enrols_nothing() {
    let house = House::new().await;
    let mine = alice(&house).await;
    let enrolment = house.engine.begin_authenticator(&mine).await.unwrap();
    house.engine.sign_out(&caller("192.0.2.1"), &mine.signed_in().clone().into()).await.unwrap();
    assert_eq!(refusal(house.engine.begin_authenticator(&mine).await), Refusal::SessionEnded);
    assert_eq!(refusal(confirm(&house, &mine, &code(&house, &enrolment, 0)).await), Refusal::SessionEnded);
}

#[tokio::test]
async fn applications_are_told_whose_code_it_is_whatever_the_names() {
    let house = House::new().await;
    let person = house.person("a:b c@example.net").await;
    let shown = async |name: &str| {
        let settings = Settings { name: name.to_owned(), ..Settings::default() };
        match house.find::<Settings>("only").await {
            Some(_) => house.change::<Settings>("only", |kept| *kept = settings).await,
            None => house.keep(&settings).await,
        }
        house.engine.enrolment_of(&person, &mut Factors::none(&person.id), "s1").await.unwrap()
    };
    let uri = shown("Example: ID").await.uri;
    let (label, rest) = uri.expose().strip_prefix("otpauth://totp/").unwrap().split_once('?').unwrap();
    assert_eq!(label, "Example%20ID:a%20b%20c%40example.net");
    let fields: Vec<_> = form_urlencoded::parse(rest.as_bytes()).collect();
    assert_eq!(fields[1], ("issuer".into(), "Example ID".into()));
    assert_eq!((fields[0].0.as_ref(), fields[0].1.len()), ("secret", 32));
    assert!(shown(":").await.uri.expose().contains("issuer=Countersign"));
    let long = shown(&"🦊".repeat(200)).await;
    assert!(long.picture.size > 30 && long.uri.expose().len() < 2_000, "it still fits a QR code");
}
