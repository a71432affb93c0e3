//! This deployment as browsers and authenticators know it: the relying party (Web Authentication Level 3, section 4).
//!
//! What is asked and how answers are checked is the library's business; this is the only file that knows it. Every
//! ceremony demands that the authenticator checks its owner, so a passkey is two factors in one.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::base::digest::sha256;
use crate::base::ids::UserId;
use crate::model::factors::Passkey;
use crate::model::user::User;
use crate::store::Fault;

use super::ceremony::LIFETIME;

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

    /// What to ask for a new passkey of `user`, who has `known` ones already, and what to remember until the answer comes.
    ///
    /// # Errors
    /// A passkey that was kept cannot be read.
    pub fn ask_for_new(&self, user: &User, known: &[Passkey]) -> Result<(Value, String), Fault> {
        let known: Vec<CredentialID> =
            known.iter().map(|passkey| Ok(library_s(passkey)?.cred_id().clone())).collect::<Result<_, Fault>>()?;
        let (name, shown) = (&user.username, user.display_name());
        let begun = self.library.start_passkey_registration(handle_of(&user.id), name, &shown, Some(known));
        let (ask, state) = begun.map_err(Fault::new)?;
        let mut options = options_of(&ask)?;
        // A passkey that its authenticator cannot find by itself would not sign anybody in with nothing else.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok((options, serde_json::to_string(&state).map_err(Fault::new)?))
    }

    /// Checks the answer of a new passkey (section 7.1). The cause of a refusal is for the log.
    pub fn check_new(&self, state: &str, answer: &str) -> Result<Credential, &'static str> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(|_| "unreadable challenge")?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| "unreadable answer")?;
        self.check_page(&answer.response.client_data_json)?;
        let passkey = self.library.finish_passkey_registration(&answer, &state).map_err(|error| cause(&error))?;
        credential_of(&passkey)
    }

    /// What to ask of any passkey, or of one of these, and what to remember until the answer comes.
    ///
    /// # Errors
    /// A passkey that was kept cannot be read.
    pub fn ask_one_of(&self, known: Option<&[Passkey]>) -> Result<(Value, String), Fault> {
        let (ask, state) = self.library.start_discoverable_authentication().map_err(Fault::new)?;
        let mut options = options_of(&ask)?;
        if let Some(known) = known {
            let known = known.iter().map(library_s).collect::<Result<Vec<_>, _>>()?;
            // The library writes the list; the answer is checked against the one passkey that gives it, as it is kept then.
            let (listed, _) = self.library.start_passkey_authentication(&known).map_err(Fault::new)?;
            options["allowCredentials"] = options_of(&listed)?["allowCredentials"].take();
        }
        Ok((options, serde_json::to_string(&state).map_err(Fault::new)?))
    }

    /// Checks the answer of `passkey` (section 7.2). The cause of a refusal is for the log.
    pub fn check(&self, state: &str, answer: &Claimed, passkey: &Passkey) -> Result<Credential, &'static str> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(|_| "unreadable challenge")?;
        let mut kept = library_s(passkey).map_err(|_| "unreadable passkey")?;
        self.check_page(&answer.credential.response.client_data_json)?;
        let checked = self.library.finish_discoverable_authentication_v2(&answer.credential, state, &kept);
        let checked = checked.map_err(|error| cause(&error))?;
        if !checked.user_verified() {
            return Err("user not verified");
        }
        kept.update_credential(&checked);
        Ok(Credential { backed_up: checked.backup_state(), ..credential_of(&kept)? })
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

fn library_s(passkey: &Passkey) -> Result<webauthn_rs::prelude::Passkey, Fault> {
    serde_json::from_str(&passkey.credential)
        .map_err(|error| Fault::new(format_args!("the passkey {} cannot be read: {error}", passkey.id)))
}

fn credential_of(passkey: &webauthn_rs::prelude::Passkey) -> Result<Credential, &'static str> {
    let json = serde_json::to_value(passkey).map_err(|_| "unwritable passkey")?;
    Ok(Credential {
        id: BASE64URL_NOPAD.encode(passkey.cred_id()),
        backed_up: json["cred"]["backup_state"].as_bool().unwrap_or(false),
        json: json.to_string(),
    })
}

/// Why the library said no, in few words for the log.
fn cause(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::MismatchedChallenge => "another challenge",
        WebauthnError::InvalidClientDataType => "another purpose",
        WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => "another origin",
        WebauthnError::InvalidRPIDHash => "another relying party",
        WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => "user not verified",
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
