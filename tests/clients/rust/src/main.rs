//! `relying-party ISSUER CLIENT_ID SECRET REDIRECT_URI SIGNED_OUT_URI`
//!
//! Prints the address that a person has to visit, reads from standard input the address that person came back to, and
//! then does what an application does: redeems the code, verifies the ID token, asks who it is, refreshes, introspects,
//! and prints the address at which the person signs out. Panics when anything is not as it should be.

use std::io::stdin;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreUserInfoClaims};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IntrospectionUrl,
    IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, TokenIntrospectionResponse, TokenResponse,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, id, secret, redirect_uri, signed_out_uri] = arguments.as_slice() else {
        panic!("ISSUER CLIENT_ID SECRET REDIRECT_URI SIGNED_OUT_URI");
    };
    let issuer = IssuerUrl::new(issuer.clone()).expect("the issuer is an address");
    let metadata = ProviderMetadataWithLogout::discover(&issuer, &http).expect("the metadata is found and right");
    let end_session = metadata.additional_metadata().end_session_endpoint.clone().expect("there is a way to sign out");
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(id.clone()),
        Some(ClientSecret::new(secret.clone())),
    )
    .set_redirect_uri(RedirectUrl::new(redirect_uri.clone()).expect("the redirect URI is an address"))
    .set_introspection_url(introspection_endpoint(&issuer));

    // The person leaves.
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    println!("{address}");

    // The person comes back.
    let mut line = String::new();
    stdin().read_line(&mut line).expect("somebody comes back");
    let back = Url::parse(line.trim()).expect("the person came back to an address");
    let parameter =
        |wanted: &str| back.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("state").as_ref(), Some(state.secret()), "the state comes back unchanged");
    assert_eq!(parameter("iss").as_deref(), Some(issuer.as_str()), "the answer names its issuer");

    let code = AuthorizationCode::new(parameter("code").expect("there is a code"));
    let tokens = client
        .exchange_code(code)
        .expect("the metadata names a token endpoint")
        .set_pkce_verifier(verifier)
        .request(&http)
        .expect("the code is redeemed");

    // Who is it?
    let id_token = tokens.id_token().expect("there is an ID token");
    let checks = client.id_token_verifier().set_allowed_algs([
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EdDsa,
    ]);
    let claims = id_token.claims(&checks, &nonce).expect("the ID token is right");
    let expected = claims.access_token_hash().expect("the ID token is bound to the access token");
    let key = id_token.signing_key(&checks).expect("the key is published");
    let algorithm = id_token.signing_alg().expect("the token is signed");
    let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).expect("a hash");
    assert_eq!(&actual, expected, "the access token is the one that belongs to the ID token");

    let person: CoreUserInfoClaims = client
        .user_info(tokens.access_token().to_owned(), Some(claims.subject().clone()))
        .expect("the metadata names a userinfo endpoint")
        .request(&http)
        .expect("the access token opens userinfo");
    assert_eq!(person.email().map(|email| email.as_str()), Some("ana@example.org"));
    assert_eq!(person.preferred_username().map(|name| name.as_str()), Some("ana"));

    // It stays signed in.
    let fresh = client
        .exchange_refresh_token(tokens.refresh_token().expect("there is a refresh token"))
        .expect("the metadata names a token endpoint")
        .request(&http)
        .expect("the refresh token is good for new tokens");
    let introspection = client.introspect(fresh.access_token()).request(&http).expect("the token is introspected");
    assert!(introspection.active(), "a new access token counts");
    assert_eq!(introspection.sub(), Some(claims.subject().as_str()));

    // It goes.
    let farewell = LogoutRequest::from(end_session)
        .set_id_token_hint(id_token)
        .set_client_id(ClientId::new(id.clone()))
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(signed_out_uri.clone()).expect("an address"))
        .set_state(CsrfToken::new("left".to_owned()));
    println!("{}", farewell.http_get_url());
}

/// The library's metadata does not carry it; the document does.
fn introspection_endpoint(issuer: &IssuerUrl) -> IntrospectionUrl {
    let document = ureq::get(format!("{}/.well-known/openid-configuration", issuer.as_str()))
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string())
        .expect("the metadata can be fetched");
    let document: serde_json::Value = serde_json::from_str(&document).expect("the metadata is JSON");
    let endpoint = document["introspection_endpoint"].as_str().expect("the metadata names it");
    IntrospectionUrl::new(endpoint.to_owned()).expect("the endpoint is an address")
}

/// One request, without following redirects.
fn http(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let (parts, body) = request.into_parts();
    // A GET has no body to send, not even an empty one.
    let answer = match body.is_empty() {
        true => agent.run(ureq::http::Request::from_parts(parts, ()))?,
        false => agent.run(ureq::http::Request::from_parts(parts, body))?,
    };
    let (parts, mut body) = answer.into_parts();
    Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
}
