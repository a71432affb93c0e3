//! Wire → engine: what is sent to the server's own endpoints, for their description.

use poem_openapi::Object;

/// The parameters of an introspection or revocation request (RFC 7662, section 2.1; RFC 7009, section 2.1).
#[derive(Object)]
#[oai(rename = "TokenReference")]
pub struct TokenReference {
    /// The token.
    token: String,
    /// `access_token` or `refresh_token`; only a hint.
    token_type_hint: Option<String>,
    /// The client, unless the Authorization header names it.
    client_id: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
}

/// The parameters of an authorization request (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1).
#[derive(Object)]
#[oai(rename = "AuthorizationRequest")]
pub struct AuthorizationForm {
    /// The client.
    client_id: String,
    /// Where the answer goes; exactly as registered.
    redirect_uri: String,
    /// `code`.
    response_type: String,
    /// `query` (the default) or `form_post`.
    response_mode: Option<String>,
    /// Scopes separated by spaces.
    scope: Option<String>,
    /// Returned byte for byte.
    state: Option<String>,
    /// The PKCE challenge.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// Returned in the ID token.
    nonce: Option<String>,
    /// `none`, or any of `login`, `consent` and `select_account`, separated by spaces.
    prompt: Option<String>,
    /// How many seconds ago the person may have proved who they are.
    max_age: Option<String>,
    /// An ID token of the person the client expects.
    id_token_hint: Option<String>,
    /// The name the person signs in with.
    login_hint: Option<String>,
    /// Claims asked for one by one, as a JSON object.
    claims: Option<String>,
    /// Classes of authentication the client would like, most wanted first.
    acr_values: Option<String>,
    /// `page`; others are shown as a page too.
    display: Option<String>,
    /// Languages for the pages, most wanted first.
    ui_locales: Option<String>,
    /// Languages for the claims, most wanted first.
    claims_locales: Option<String>,
}

/// The parameters of a sign-out (OpenID Connect RP-Initiated Logout, section 2).
#[derive(Object)]
#[oai(rename = "SignOutRequest")]
pub struct SignOutForm {
    /// An ID token or access token of this server.
    id_token_hint: Option<String>,
    /// Where to go afterwards; exactly as registered.
    post_logout_redirect_uri: Option<String>,
    /// Returned byte for byte.
    state: Option<String>,
    /// The client.
    client_id: Option<String>,
    /// Whom the client wants signed out.
    logout_hint: Option<String>,
}
