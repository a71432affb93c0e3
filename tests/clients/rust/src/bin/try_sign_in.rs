//! `try_sign_in ISSUER CLIENT_ID SECRET`: the smallest application there is.
//!
//! Prints an address to open in a browser, waits on http://localhost:7777/callback for whoever comes back, redeems the
//! code, verifies the ID token and prints who signed in. All of it is the crate openidconnect, as it comes.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};

const CALLBACK: &str = "http://localhost:7777/callback";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, id, secret] = arguments.as_slice() else {
        eprintln!("usage: try_sign_in ISSUER CLIENT_ID SECRET");
        std::process::exit(2);
    };
    let issuer = IssuerUrl::new(issuer.clone()).expect("the issuer is an address");
    let metadata = CoreProviderMetadata::discover(&issuer, &http).expect("the server describes itself");
    let secret = ClientSecret::new(secret.clone());
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id.clone()), Some(secret))
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).expect("the callback is an address"));

    let listener = TcpListener::bind("127.0.0.1:7777").expect("port 7777 is free");
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    println!("Open this in your browser:\n\n  {address}\n\nWaiting on {CALLBACK} …");

    let back = somebody_comes_back(&listener);
    let parameter =
        |wanted: &str| back.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    if let Some(error) = parameter("error") {
        println!("\nNobody signed in: {error}: {}", parameter("error_description").unwrap_or_default());
        std::process::exit(1);
    }
    assert_eq!(parameter("state").as_ref(), Some(state.secret()), "the state comes back unchanged");
    let code = AuthorizationCode::new(parameter("code").expect("there is a code"));
    let tokens = client
        .exchange_code(code)
        .expect("there is a token endpoint")
        .set_pkce_verifier(verifier)
        .request(&http)
        .expect("the code is redeemed");
    let id_token = tokens.id_token().expect("there is an ID token");
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).expect("the ID token is right");
    let person: CoreUserInfoClaims = client
        .user_info(tokens.access_token().to_owned(), Some(claims.subject().clone()))
        .expect("there is a userinfo endpoint")
        .request(&http)
        .expect("the access token opens it");

    let name = person.preferred_username().map_or("somebody", |name| name.as_str());
    let email = person.email().map_or("no address", |email| email.as_str());
    println!("\nSigned in: {name} ({email}), subject {}", claims.subject().as_str());
}

/// The address somebody's browser asks for, once it is the callback; anything else is answered with 404.
fn somebody_comes_back(listener: &TcpListener) -> Url {
    loop {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).expect("a request line");
        let path = line.split(' ').nth(1).unwrap_or_default();
        let found = path.starts_with("/callback?");
        let (status, text) = if found {
            ("200 OK", "You are signed in. Close this page and look at the terminal.")
        } else {
            ("404 Not Found", "Nothing is here.")
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            text.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(text.as_bytes()))
            .expect("the browser listens");
        if found {
            return Url::parse(CALLBACK).and_then(|base| base.join(path)).expect("an address");
        }
    }
}

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
