//! Wire → engine: what was sent, parsed once.

use poem::Request;
use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{self, presented, required};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

use super::people::registration;

/// The parameters of a token request (RFC 6749, sections 4.1.3, 4.3.2, 4.4.2 and 6; RFC 7636, section 4.5), and of making an
/// account with it.
#[derive(Object)]
#[oai(rename = "TokenRequest")]
pub struct TokenForm {
    /// `authorization_code`, `refresh_token` or `client_credentials`; for clients that were given them also `password`,
    /// `register`, `register_minor` and `anonymous`.
    grant_type: String,
    /// The authorization code.
    code: Option<String>,
    /// The redirect URI the code was sent to.
    redirect_uri: Option<String>,
    /// The PKCE verifier, 43 to 128 characters.
    code_verifier: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
    /// Scopes separated by spaces; may only narrow what was granted.
    scope: Option<String>,
    /// The client, unless the Authorization header names it.
    client_id: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
    /// A UUID that names the user's device.
    device_id: Option<String>,
    /// For `password`: the username or e-mail address.
    username: Option<String>,
    /// For `password`, `register` and `register_minor`: the password.
    password: Option<String>,
    /// For `password`: the code of a second factor, once `mfa_required` has asked for it.
    otp: Option<String>,
    /// For `register` and `register_minor`: the e-mail address, also the name to sign in with.
    email: Option<String>,
    /// For `register` and `register_minor`: the given name.
    first_name: Option<String>,
    /// For `register` and `register_minor`: the family name.
    last_name: Option<String>,
    /// More of the profile, for `register` and `register_minor`.
    middle_name: Option<String>,
    /// More of the profile.
    nickname: Option<String>,
    /// More of the profile.
    gender: Option<String>,
    /// More of the profile: `YYYY-MM-DD`.
    birthdate: Option<String>,
    /// More of the profile: a time zone.
    zoneinfo: Option<String>,
    /// More of the profile: a language tag.
    locale: Option<String>,
    /// More of the profile.
    phone_number: Option<String>,
    /// More of the profile: a web address.
    picture: Option<String>,
    /// More of the profile: a web address.
    website: Option<String>,
    /// More of the profile: part of the postal address.
    street_address: Option<String>,
    /// More of the profile: part of the postal address.
    locality: Option<String>,
    /// More of the profile: part of the postal address.
    region: Option<String>,
    /// More of the profile: part of the postal address.
    postal_code: Option<String>,
    /// More of the profile: part of the postal address.
    country: Option<String>,
    /// For `register_minor`: an access token of the guardian, who proved who they are in the last ten minutes.
    guardian_token: Option<String>,
    /// For `register`: an access token of the guest who becomes this person.
    guest_token: Option<String>,
}

/// An access token in a form (RFC 6750, section 2.2).
#[derive(Object)]
#[oai(rename = "UserInfoRequest")]
pub struct UserInfoForm {
    /// The access token, unless the Authorization header has it.
    access_token: Option<String>,
}

/// A token request.
///
/// # Errors
/// A missing parameter, or a grant type this server does not have.
pub fn token(face: &Face, request: &Request, fields: &Params) -> Result<TokenRequest, Refusal> {
    let grant = match GrantType::parse(required(fields, "grant_type")?) {
        None => return Err(Refusal::GrantTypeUnknown),
        Some(GrantType::AuthorizationCode) => GrantRequest::AuthorizationCode {
            code: Secret::new(required(fields, "code")?),
            redirect_uri: fields.get("redirect_uri").map(str::to_owned),
            verifier: fields.get("code_verifier").map(Secret::new),
        },
        Some(GrantType::RefreshToken) => {
            GrantRequest::RefreshToken { token: Secret::new(required(fields, "refresh_token")?) }
        }
        Some(GrantType::ClientCredentials) => GrantRequest::ClientCredentials,
        Some(GrantType::Password) => GrantRequest::Password {
            username: required(fields, "username")?.to_owned(),
            password: Secret::new(required(fields, "password")?),
            otp: fields.get("otp").map(Secret::new),
        },
        Some(GrantType::Register) => {
            GrantRequest::Register { who: registration(fields)?, guest: fields.get("guest_token").map(Secret::new) }
        }
        Some(GrantType::RegisterMinor) => GrantRequest::RegisterMinor {
            who: registration(fields)?,
            guardian: Secret::new(required(fields, "guardian_token")?),
        },
        Some(GrantType::Anonymous) => GrantRequest::Anonymous,
    };
    Ok(TokenRequest {
        face: face.clone(),
        client: presented(request, fields),
        grant,
        scope: fields.get("scope").map(str::to_owned),
        device_id: fields.get("device_id").map(str::to_owned),
    })
}

/// The access token of a UserInfo request: in the header or in the form, not in both (RFC 6750, section 2).
///
/// # Errors
/// None came, two came, or it cannot be read.
pub fn access_token(request: &Request, fields: &Params) -> Result<Secret, Refusal> {
    match (extract::bearer(request), fields.get("access_token")) {
        (Some(_), Some(_)) => Err(Refusal::CredentialsTwice),
        (Some(token), None) => token.ok_or(Refusal::TokenInvalid),
        (None, Some(token)) => Ok(Secret::new(token)),
        (None, None) => Err(Refusal::TokenMissing),
    }
}
