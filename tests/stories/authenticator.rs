//! Somebody's authenticator and recovery codes, enrolled before the story begins.

use aws_lc_rs::hmac;
use countersign::base::clock::Clock;
use countersign::base::digest::Digest;
use countersign::base::ids::UserId;
use countersign::model::factors::{Factors, Passkey, RecoveryCode, RecoveryCodes, Totp};
use countersign::records::{Ledger, RecordChanges};
use countersign::store::Changes;
use totp_rs::Builder;

use crate::indoors::sealing;

use super::browser::Browser;
use super::house::House;
use super::person::Person;
use super::wire::Reply;

const SEED: &[u8; 20] = b"twenty bytes of seed";
pub const RECOVERY: [&str; 2] = ["ABCD-EFGH-JKLM-NPQR", "STUV-WXYZ-2345-67AB"];

/// What somebody has at hand beside their password.
pub struct Authenticator<'h> {
    house: &'h House,
}

impl<'h> Authenticator<'h> {
    /// Gives `person` an authenticator and recovery codes.
    pub async fn of(house: &'h House, person: &Person<'_>) -> Authenticator<'h> {
        let now = house.clock.now();
        let user = person.id.clone();
        let seed = sealing().seal(&format!("totp/{user}"), SEED);
        let code = |code: &&str| RecoveryCode { digest: recovery_digest(&user, code), used_at: None };
        let codes = RecoveryCodes { made_at: now, codes: RECOVERY.iter().map(code).collect() };
        let factors = Factors {
            totp: Some(Totp { seed, since: now, last_step: 0, last_used_at: None }),
            recovery_codes: Some(codes),
            ..Factors::none(&user)
        };
        let (ledger, mut changes) = (Ledger::new(house.store.clone()), Changes::new());
        match ledger.find::<Factors>(user.as_str()).await.expect("a store") {
            Some(before) => changes.update(&before, &factors),
            None => changes.create(&factors),
        };
        ledger.commit(changes).await.expect("a place to keep it");
        Authenticator { house }
    }

    /// Gives `person` recovery codes and a passkey, which is nowhere any more.
    pub async fn lost_passkey(house: &'h House, person: &Person<'_>) {
        Authenticator::of(house, person).await;
        let (ledger, mut changes) = (Ledger::new(house.store.clone()), Changes::new());
        let before = ledger.find::<Factors>(person.id.as_str()).await.expect("a store").expect("factors");
        let passkey = Passkey {
            id: "lost".to_owned(),
            name: "Laptop".to_owned(),
            credential: "{}".to_owned(),
            created_at: house.clock.now(),
            last_used_at: None,
            backed_up: false,
            verifies: true,
            discoverable: true,
        };
        let factors = Factors { totp: None, passkeys: vec![passkey], ..before.record().clone() };
        changes.update(&before, &factors);
        ledger.commit(changes).await.expect("a place to keep it");
    }

    /// The code it shows now.
    pub fn shows(&self) -> String {
        let now = u64::try_from(self.house.now()).expect("after 1970");
        Builder::new().with_secret(*SEED).build_noncompliant().generate(now).to_string()
    }
}

impl Person<'_> {
    /// Gives name and password in `browser`, and then `code` on the page that asks for it.
    pub async fn signs_in_with(&self, code: &str, browser: &Browser<'_>) -> Reply {
        let page = self.meets_second_factor(browser).await;
        browser.submits(&page, &[("otp", code)]).await
    }

    /// Gives name and password in `browser`: the page that asks for more.
    pub async fn meets_second_factor(&self, browser: &Browser<'_>) -> Reply {
        let page = browser.opens("/login").await;
        let sent = browser.submits(&page, &[("username", &self.name), ("password", super::house::PASSWORD)]).await;
        assert!(sent.location().starts_with("/login/second-factor?sign_in="), "{sent}");
        assert_eq!(browser.session(), None, "nobody is signed in yet");
        browser.follows(sent).await
    }
}

fn recovery_digest(user: &UserId, code: &str) -> Digest {
    let tag = hmac::sign(&sealing().mac_key("recovery code"), format!("{user} {}", code.replace('-', "")).as_bytes());
    Digest::of(tag)
}
