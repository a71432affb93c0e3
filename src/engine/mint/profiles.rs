//! The shapes of JWT access tokens: one set of facts, written the way the client's profile wants it.

use serde::Serialize;

use crate::base::clock::Timestamp;
use crate::model::client::{AccessTokenForm, ClaimsProfile, Client};
use crate::model::scope::{Scope, Scopes};
use crate::model::user::User;

use super::{Act, Authorization, Person};

/// Everything a profile may say.
pub(super) struct Facts<'a> {
    pub issuer: &'a str,
    pub right: &'a Authorization,
    pub audience: &'a [String],
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub jti: &'a str,
}

/// A JWT's `typ` and its claims.
pub(super) struct Shaped<'a> {
    pub typ: &'static str,
    pub claims: Claims<'a>,
}

/// The claims in one of the shapes.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Claims<'a> {
    Rfc9068(Rfc9068<'a>),
    Incrowd(Incrowd<'a>),
    Worksection(Worksection<'a>),
    Laserfiche(Laserfiche<'a>),
}

/// What every shape says of the token itself.
#[derive(Serialize)]
struct Token<'a> {
    sub: &'a str,
    aud: Audience<'a>,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act>,
}

/// The claims of RFC 9068, section 2.2.
#[derive(Serialize)]
pub(super) struct Rfc9068<'a> {
    iss: &'a str,
    #[serde(flatten)]
    token: Token<'a>,
    client_id: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<&'a str>>,
}

/// Names and authorities of the person, the scope as an array.
#[derive(Serialize)]
pub(super) struct Incrowd<'a> {
    iss: &'a str,
    #[serde(flatten)]
    token: Token<'a>,
    nbf: Timestamp,
    client_id: &'a str,
    token_use: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minor_id: Option<&'a str>,
    scope: Vec<&'a str>,
    authorities: Vec<&'static str>,
}

/// The scopes as an array, and hardly more.
#[derive(Serialize)]
pub(super) struct Worksection<'a> {
    #[serde(flatten)]
    token: Token<'a>,
    nbf: Timestamp,
    scopes: Vec<&'a str>,
    token_use: &'static str,
}

/// RFC 9068 with the ids of account and user.
#[derive(Serialize)]
pub(super) struct Laserfiche<'a> {
    #[serde(flatten)]
    standard: Rfc9068<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    csid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trid: Option<&'a str>,
}

/// One audience is written as a string, several as an array (RFC 7519, section 4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Many(&'a [String]),
}

/// What tells an access token from an ID token where the `typ` does not.
pub(crate) const TOKEN_USE: &str = "access";
/// The `typ` of a JWT access token (RFC 9068, section 2.1).
pub(crate) const TYP: &str = "at+jwt";
const PLAIN_TYP: &str = "JWT";
/// What a person may do, as the incrowd profile has it.
const AUTHORITIES: &str = "ROLE_USER_*";
/// What a guest may do there.
const OF_GUESTS: &str = "ROLE_ANONYMOUS";

/// The claims about a person that `client`'s access tokens carry whatever their scopes, by the names they have at UserInfo:
/// people are told of them before they agree.
pub(crate) fn always_told(client: &Client) -> &'static [&'static str] {
    match client.claims_profile {
        _ if client.access_token == AccessTokenForm::Opaque => &[],
        ClaimsProfile::Incrowd => &["given_name", "family_name", "email"],
        ClaimsProfile::Laserfiche => &["name"],
        ClaimsProfile::Rfc9068 | ClaimsProfile::Worksection => &[],
    }
}

impl<'a> Facts<'a> {
    /// The token in the shape of the client's profile.
    pub fn shaped(&self) -> Shaped<'a> {
        match self.right.client.claims_profile {
            ClaimsProfile::Rfc9068 => Shaped { typ: TYP, claims: Claims::Rfc9068(self.rfc9068()) },
            ClaimsProfile::Incrowd => Shaped { typ: PLAIN_TYP, claims: Claims::Incrowd(self.incrowd()) },
            ClaimsProfile::Worksection => Shaped { typ: PLAIN_TYP, claims: Claims::Worksection(self.worksection()) },
            ClaimsProfile::Laserfiche => Shaped { typ: TYP, claims: Claims::Laserfiche(self.laserfiche()) },
        }
    }

    fn token(&self) -> Token<'a> {
        let aud = if let [one] = self.audience { Audience::One(one) } else { Audience::Many(self.audience) };
        let act = self.person().and_then(|person| Act::of(&person.grant));
        Token { sub: self.right.sub(), aud, iat: self.issued_at, exp: self.expires_at, jti: self.jti, act }
    }

    fn rfc9068(&self) -> Rfc9068<'a> {
        let person = self.person();
        let authentication = person.map(|person| &person.grant.authentication);
        let groups = person.filter(|_| self.scopes().has(Scope::GROUPS)).map(|person| &person.user.groups);
        let roles = person.filter(|_| self.scopes().has(Scope::ROLES)).map(|person| &person.user.roles);
        Rfc9068 {
            iss: self.issuer,
            token: self.token(),
            client_id: self.right.client.id.as_str(),
            scope: self.scopes().to_string(),
            auth_time: authentication.map(|how| how.at),
            acr: authentication.map(|how| how.acr.as_str()),
            amr: authentication.map(|how| how.amr.as_slice()),
            groups: groups.map(|groups| groups.iter().map(String::as_str).collect()),
            roles: roles.map(|roles| roles.iter().map(String::as_str).collect()),
        }
    }

    fn incrowd(&self) -> Incrowd<'a> {
        let user = self.user();
        Incrowd {
            iss: self.issuer,
            token: self.token(),
            nbf: self.issued_at,
            client_id: self.right.client.id.as_str(),
            token_use: TOKEN_USE,
            first_name: user.and_then(|user| user.profile.given_name.as_deref()),
            last_name: user.and_then(|user| user.profile.family_name.as_deref()),
            email: user.and_then(|user| user.email.as_deref()),
            minor_id: user.filter(|user| user.is_minor()).map(|user| user.id.as_str()),
            scope: array(self.scopes()),
            authorities: user.map(|user| if user.is_guest() { OF_GUESTS } else { AUTHORITIES }).into_iter().collect(),
        }
    }

    fn worksection(&self) -> Worksection<'a> {
        Worksection { token: self.token(), nbf: self.issued_at, scopes: array(self.scopes()), token_use: TOKEN_USE }
    }

    fn laserfiche(&self) -> Laserfiche<'a> {
        Laserfiche {
            standard: self.rfc9068(),
            csid: &self.right.client.account_id,
            name: self.user().map(User::display_name),
            trid: self.user().map(|user| user.id.as_str()),
        }
    }

    fn scopes(&self) -> &'a Scopes {
        &self.right.scopes
    }

    fn person(&self) -> Option<&'a Person> {
        self.right.subject.person()
    }

    fn user(&self) -> Option<&'a User> {
        self.person().map(|person| &person.user)
    }
}

fn array(scopes: &Scopes) -> Vec<&str> {
    scopes.iter().map(Scope::as_str).collect()
}
