//! Writing signed tokens: JWS in compact serialisation (RFC 7515, section 3.1).
//!
//! Assembled by hand, because the key is parsed already: that more than halves the price of an RS256 token.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::Algorithm;
use super::key::{SignError, SigningKey};

/// A token's protected header (RFC 7515, section 4). Algorithm and name are always the key's own.
#[derive(Serialize)]
struct Header<'a> {
    alg: Algorithm,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
}

/// Writes `payload` as JSON, signs it with `key`, and gives the token: `header.payload.signature`.
///
/// `typ` is the kind of token (`at+jwt`, `JWT`, …; RFC 8725, section 3.11); the header's `alg` and `kid` are the key's.
/// Fails when the payload cannot be JSON or the key cannot sign.
pub fn encode(key: &SigningKey, typ: Option<&str>, payload: &impl Serialize) -> Result<String, SignError> {
    let mut token = String::with_capacity(1024);
    append(&mut token, &json(&Header { alg: key.algorithm(), kid: key.kid(), typ })?);
    token.push('.');
    append(&mut token, &json(payload)?);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    append(&mut token, &signature);
    Ok(token)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, SignError> {
    serde_json::to_vec(value).map_err(|_| SignError)
}

fn append(token: &mut String, bytes: &[u8]) {
    BASE64URL_NOPAD.encode_append(bytes, token);
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde_json::{Value, json};

    use super::*;

    /// Another implementation, given nothing but what we publish, accepts what we sign.
    #[test]
    fn an_unrelated_library_verifies_our_tokens() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm);
            let claims =
                json!({ "iss": "https://id.example", "sub": "alice", "exp": 4_102_444_800_i64, "note": "ä\"{" });
            let token = encode(&key, Some("at+jwt"), &claims).unwrap();

            let header = decode_header(&token).unwrap();
            assert_eq!((header.kid.as_deref(), header.typ.as_deref()), (Some(key.kid()), Some("at+jwt")));
            let published = serde_json::to_string(key.public()).unwrap();
            let published: jsonwebtoken::jwk::Jwk = serde_json::from_str(&published).unwrap();
            let theirs = DecodingKey::from_jwk(&published).unwrap();
            let read = decode::<Value>(&token, &theirs, &Validation::new(header.alg)).unwrap();
            assert_eq!(read.claims, claims);
        }
    }

    #[test]
    fn the_header_says_what_is_needed_and_no_more() {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let header = |typ| {
            let token = encode(&key, typ, &json!({})).unwrap();
            String::from_utf8(BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(header(None), format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, key.kid()));
        assert_eq!(header(Some("JWT")), format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"JWT"}}"#, key.kid()));
    }
}
