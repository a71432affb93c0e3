//! This deployment as browsers and authenticators know it: the relying party (Web Authentication Level 3, section 4).
//!
//! What is asked and how answers are checked is the library's business; this is the only file that knows it. A passkey
//! checks its owner, so it is two factors in one. A security key that does not is what the library calls by that name: it
//! keeps with each whether its owner was verified when it was enrolled, and takes nothing less of it ever after.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    self as library, CreationChallengeResponse, CredentialID, DiscoverableAuthentication, PublicKeyCredential,
    RegisterPublicKeyCredential, SecurityKey, SecurityKeyRegistration, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::base::digest::sha256;
use crate::base::ids::UserId;
use crate::model::factors::Passkey;
use crate::model::user::User;
use crate::model::verification::UserVerification;
use crate::store::Fault;

use super::ceremony::LIFETIME;

/// The cause of a refusal for which there are words of its own, where somebody is known already.
pub(super) const UNVERIFIED: &str = "user not verified";

/// What is asked of an authenticator.
pub(super) struct Asked {
    /// What the browser shall ask.
    pub options: Value,
    /// What to remember until the answer comes, as the library writes it.
    pub state: String,
    /// Whether the authenticator is told to check its owner.
    pub verification: UserVerification,
}

/// One deployment, for the length of one ceremony.
pub(super) struct RelyingParty {
    library: Webauthn,
    origin: String,
    /// What its passkeys belong to: the RP ID.
    pub host: String,
}

/// A passkey as its enrolment or its latest use leaves it.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    /// Its id, base64url.
    pub id: String,
    /// As the library writes it.
    pub json: String,
    /// Whether it is kept in more than one place now.
    pub backed_up: bool,
    /// Whether its owner was verified this time.
    pub verified: bool,
    /// Whether its authenticator finds it by itself, as far as the browser says so.
    pub discoverable: bool,
}

/// What a browser sends, as far as it says whose passkey it is, before anything of it was checked.
pub(super) struct Claimed {
    credential: PublicKeyCredential,
}

impl Claimed {
    /// Reads an answer; `None` if it is none.
    pub fn read(json: &str) -> Option<Claimed> {
        let credential: PublicKeyCredential = serde_json::from_str(json).ok()?;
        (credential.type_ == "public-key").then_some(Claimed { credential })
    }

    /// The id of the passkey that answers, base64url.
    pub fn id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.credential.raw_id)
    }

    /// Whether it says that it belongs to `user`; `None` when it does not say.
    pub fn is_of(&self, user: &UserId) -> Option<bool> {
        self.credential.get_user_unique_id().map(|handle| handle == handle_of(user).as_bytes())
    }
}

/// What passkeys know a person by: nothing that says who they are (Web Authentication Level 3, section 14.6.1).
fn handle_of(user: &UserId) -> Uuid {
    let digest = sha256(format!("passkey user handle\0{user}").as_bytes());
    let mut handle = [0; 16];
    handle.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(handle)
}

impl RelyingParty {
    /// The relying party of `issuer`, shown by browsers as `name`. `None` where the issuer has a network address for a host:
    /// passkeys belong to names.
    pub fn of(issuer: &str, name: &str) -> Option<RelyingParty> {
        let issuer = Url::parse(issuer).ok()?;
        let host = issuer.domain()?;
        let origin = issuer.origin().ascii_serialization();
        let at = Url::parse(&origin).ok()?;
        let builder = WebauthnBuilder::new(host, &at).ok()?.rp_name(name).timeout(LIFETIME);
        Some(RelyingParty { library: builder.build().ok()?, origin, host: host.to_owned() })
    }

    /// What to ask for a new passkey of `user`, who has `known` ones already; where verification is but preferred, for a
    /// security key.
    ///
    /// # Errors
    /// A passkey that was kept cannot be read.
    pub fn ask_for_new(&self, user: &User, known: &[Passkey], verification: UserVerification) -> Result<Asked, Fault> {
        let known: Vec<CredentialID> =
            known.iter().map(|passkey| Ok(library_s(passkey)?.cred_id().clone())).collect::<Result<_, Fault>>()?;
        let (id, name, shown) = (handle_of(&user.id), &user.username, user.display_name());
        match verification {
            UserVerification::Required => {
                let begun = self.library.start_passkey_registration(id, name, &shown, Some(known));
                new_one(begun.map_err(Fault::new)?, verification)
            }
            UserVerification::Preferred => {
                let begun = self.library.start_securitykey_registration(id, name, &shown, Some(known), None, None);
                new_one(begun.map_err(Fault::new)?, verification)
            }
        }
    }

    /// Checks the answer of a new passkey (section 7.1) that was `asked` for like this. The cause of a refusal is for the log.
    pub fn check_new(&self, state: &str, asked: UserVerification, answer: &str) -> Result<Credential, &'static str> {
        // To the library both questions are one kind of state, in which it notes whether the owner must be verified.
        let state: SecurityKeyRegistration = serde_json::from_str(state).map_err(|_| "unreadable challenge")?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| "unreadable answer")?;
        self.check_page(&answer.response.client_data_json)?;
        let key = self.library.finish_securitykey_registration(&answer, &state).map_err(|error| cause(&error))?;
        let key = library::Credential::from(key);
        // Browsers say what became of a wish (section 10.1.3). Where they do not, what was demanded was done, and what may be
        // kept in several places can be found: it is only ever kept that way.
        let said = answer.extensions.cred_props.and_then(|properties| properties.rk);
        let discoverable = said.unwrap_or(key.backup_eligible || asked == UserVerification::Required);
        let (verified, backed_up) = (key.user_verified, key.backup_state);
        let (id, json) = written(&key.into())?;
        Ok(Credential { id, json, backed_up, verified, discoverable })
    }

    /// What to ask of any passkey, to sign in with nothing else: that it verifies its owner, always.
    ///
    /// # Errors
    /// The library's.
    pub fn ask_any(&self) -> Result<Asked, Fault> {
        let (ask, state) = self.library.start_discoverable_authentication().map_err(Fault::new)?;
        asked(options_of(&ask)?, &state, UserVerification::Required)
    }

    /// What to ask of one of these. Where verification is but preferred it is still required of people all of whose keys can
    /// do it: else a browser may leave it out, and the answer be refused for it.
    ///
    /// # Errors
    /// A passkey that was kept cannot be read.
    pub fn ask_one_of(&self, known: &[Passkey], verification: UserVerification) -> Result<Asked, Fault> {
        let unverified = verification == UserVerification::Preferred && known.iter().any(|one| !one.verifies);
        let known = known.iter().map(library_s).collect::<Result<Vec<_>, _>>()?;
        if unverified {
            let keys: Vec<_> = known.into_iter().map(|key| SecurityKey::from(library::Credential::from(key))).collect();
            let (ask, state) = self.library.start_securitykey_authentication(&keys).map_err(Fault::new)?;
            let mut options = options_of(&ask)?;
            options["hints"] = json!([]);
            return asked(options, &state, UserVerification::Preferred);
        }
        // The library writes the list; the answer is checked against the one passkey that gives it, as it is kept then.
        let (listed, _) = self.library.start_passkey_authentication(&known).map_err(Fault::new)?;
        let mut any = self.ask_any()?;
        any.options["allowCredentials"] = options_of(&listed)?["allowCredentials"].take();
        Ok(any)
    }

    /// Checks the answer of `passkey` (section 7.2). The cause of a refusal is for the log.
    pub fn check(&self, state: &str, answer: &Claimed, passkey: &Passkey) -> Result<Credential, &'static str> {
        // Again one kind of state for both questions, of which this name checks against the key as it is kept now.
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(|_| "unreadable challenge")?;
        let mut kept = library_s(passkey).map_err(|_| "unreadable passkey")?;
        self.check_page(&answer.credential.response.client_data_json)?;
        let checked = self.library.finish_discoverable_authentication_v2(&answer.credential, state, &kept);
        let checked = checked.map_err(|error| cause(&error))?;
        kept.update_credential(&checked);
        let (verified, backed_up) = (checked.user_verified(), checked.backup_state());
        let (id, json) = written(&kept)?;
        Ok(Credential { id, json, backed_up, verified, discoverable: passkey.discoverable })
    }

    /// Whether it was a page of ours, at its top, that asked: the library compares origins more kindly, and does not look
    /// at frames when somebody signs in.
    fn check_page(&self, client_data: &[u8]) -> Result<(), &'static str> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Said {
            origin: String,
            cross_origin: Option<bool>,
            top_origin: Option<String>,
        }
        let said: Said = serde_json::from_slice(client_data).map_err(|_| "unreadable answer")?;
        match said {
            Said { origin, .. } if origin != self.origin => Err("another origin"),
            Said { cross_origin: Some(true), .. } | Said { top_origin: Some(_), .. } => Err("within another page"),
            _ => Ok(()),
        }
    }
}

/// The options as browsers read them from JSON (section 5.1.8 and following).
fn options_of(ask: &impl serde::Serialize) -> Result<Value, Fault> {
    Ok(serde_json::to_value(ask).map_err(Fault::new)?["publicKey"].take())
}

/// A new passkey shall sign in alone. A security key is not asked to: one without a PIN could not, and browsers would insist.
fn new_one(
    (ask, state): (CreationChallengeResponse, impl serde::Serialize),
    verification: UserVerification,
) -> Result<Asked, Fault> {
    let mut options = options_of(&ask)?;
    if verification == UserVerification::Required {
        // What its authenticator cannot find by itself does not sign anybody in with nothing else.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
    } else {
        // The library would have it answer nobody without verifying them, which a key without a PIN never does.
        options["extensions"]["credentialProtectionPolicy"] = json!("userVerificationOptionalWithCredentialIDList");
    }
    asked(options, &state, verification)
}

fn asked(options: Value, state: &impl serde::Serialize, verification: UserVerification) -> Result<Asked, Fault> {
    Ok(Asked { options, state: serde_json::to_string(state).map_err(Fault::new)?, verification })
}

fn library_s(passkey: &Passkey) -> Result<library::Passkey, Fault> {
    serde_json::from_str(&passkey.credential)
        .map_err(|error| Fault::new(format_args!("the passkey {} cannot be read: {error}", passkey.id)))
}

/// Its id, and all of it as it is kept.
fn written(passkey: &library::Passkey) -> Result<(String, String), &'static str> {
    let json = serde_json::to_string(passkey).map_err(|_| "unwritable passkey")?;
    Ok((BASE64URL_NOPAD.encode(passkey.cred_id()), json))
}

/// Why the library said no, in few words for the log.
fn cause(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::MismatchedChallenge => "another challenge",
        WebauthnError::InvalidClientDataType => "another purpose",
        WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => "another origin",
        WebauthnError::InvalidRPIDHash => "another relying party",
        WebauthnError::UserNotVerified => UNVERIFIED,
        WebauthnError::UserNotPresent => "user not present",
        WebauthnError::AuthenticationFailure => "wrong signature",
        WebauthnError::CredentialPossibleCompromise => "passkey may be copied",
        WebauthnError::CredentialNotFound => "unknown passkey",
        _ => "invalid answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_passkeys_and_a_network_address_has_none() {
        for (issuer, origin) in [
            ("https://id.example.org", "https://id.example.org"),
            ("https://id.example.org:8443/team", "https://id.example.org:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(RelyingParty::of(issuer, "Harbour").unwrap().origin, origin);
        }
        for issuer in ["http://127.0.0.1:8080", "http://[::1]:8080", "https://192.0.2.7", "nonsense"] {
            assert!(RelyingParty::of(issuer, "Harbour").is_none(), "{issuer}");
        }
    }

    #[test]
    fn a_handle_says_nothing_about_its_person_and_is_theirs_alone() {
        let (alice, bob) = (UserId::from_text("alice"), UserId::from_text("bob"));
        assert_eq!(handle_of(&alice), handle_of(&alice));
        assert_ne!(handle_of(&alice), handle_of(&bob));
    }
}
