//! What forgers try. Each token here differs in one way from one that is accepted.

use aws_lc_rs::hmac;
use data_encoding::{BASE64URL, BASE64URL_NOPAD as B};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Algorithm;
use super::jws;
use super::jwt::{Cause, Expect, MAX_LENGTH, Token, decode};
use super::key::SigningKey;
use super::verify::VerifyingKey;
use crate::base::clock::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000);

#[derive(Debug, Deserialize, PartialEq)]
struct Claims {
    sub: String,
}

/// A signer, and a verifier that knows its public key.
struct House {
    key: SigningKey,
    verifying: VerifyingKey,
}

impl House {
    fn with(algorithm: Algorithm) -> House {
        let key = SigningKey::generate(algorithm);
        House { verifying: VerifyingKey::from_jwk(key.public()).unwrap(), key }
    }

    fn reads(&self, token: &str) -> Result<Token<Claims>, Cause> {
        decode(token, |kid| (kid == self.key.kid()).then_some(&self.verifying), &Expect::ours(NOW))
    }

    fn header(&self) -> Value {
        json!({ "alg": self.key.algorithm(), "kid": self.key.kid(), "typ": "at+jwt" })
    }

    /// A token with this very header and payload, signed by the house's own key.
    fn signs(&self, header: impl ToString, payload: impl ToString) -> String {
        let signed = unsigned(header, payload);
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", B.encode(&signature))
    }

    fn refuses_header(&self, change: impl FnOnce(&mut Value), cause: Cause) {
        let mut header = self.header();
        change(&mut header);
        assert_eq!(self.reads(&self.signs(&header, claims())), Err(cause), "{header}");
    }

    fn refuses(&self, header: &str, payload: &str, cause: Cause) {
        assert_eq!(self.reads(&self.signs(header, payload)), Err(cause), "{header} {payload}");
    }
}

fn claims() -> Value {
    json!({ "sub": "alice", "exp": NOW.0 + 60 })
}

fn unsigned(header: impl ToString, payload: impl ToString) -> String {
    format!("{}.{}", B.encode(header.to_string().as_bytes()), B.encode(payload.to_string().as_bytes()))
}

#[test]
fn an_honest_token_is_accepted() {
    for algorithm in Algorithm::ALL {
        let house = House::with(algorithm);
        let token = house.reads(&jws::encode(&house.key, Some("at+jwt"), &claims()).unwrap()).unwrap();
        assert_eq!(token.claims, Claims { sub: "alice".to_owned() });
        assert_eq!(token.kid, house.key.kid());
        assert!(house.reads(&house.signs(house.header(), claims())).is_ok());
    }
}

#[test]
fn unsigned_tokens_and_foreign_algorithms() {
    for algorithm in Algorithm::ALL {
        let house = House::with(algorithm);
        for alg in
            ["none", "None", "NONE", "", "HS256", "HS512", "PS256", "RS512", "ES384", "Ed25519", "eddsa", "rs256"]
        {
            house.refuses_header(|header| header["alg"] = json!(alg), Cause::AlgorithmDiffers);
        }
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            house.refuses_header(|header| header["alg"] = json!(other), Cause::AlgorithmDiffers);
        }
        for bad in [json!(null), json!(1), json!(["RS256"])] {
            house.refuses_header(|header| header["alg"] = bad, Cause::Malformed);
        }
        let mut header = house.header();
        header["alg"] = json!("none");
        assert_eq!(house.reads(&format!("{}.", unsigned(&header, claims()))), Err(Cause::AlgorithmDiffers));
        assert_eq!(house.reads(&format!("{}.", unsigned(house.header(), claims()))), Err(Cause::SignatureWrong));
        assert_eq!(house.reads(&unsigned(&header, claims())), Err(Cause::Malformed));
    }
}

#[test]
fn the_public_key_as_a_shared_secret() {
    for algorithm in Algorithm::ALL {
        let house = House::with(algorithm);
        let jwk = serde_json::to_string(house.key.public()).unwrap();
        let raw = serde_json::from_str::<Value>(&jwk).unwrap();
        let raw = raw.get("n").or(raw.get("x")).and_then(Value::as_str).unwrap().to_owned();
        for secret in [jwk.as_bytes().to_vec(), B.decode(raw.as_bytes()).unwrap(), raw.into_bytes(), vec![]] {
            for alg in ["HS256", algorithm.name()] {
                let mut header = house.header();
                header["alg"] = json!(alg);
                let signed = unsigned(&header, claims());
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
                let refused = house.reads(&format!("{signed}.{}", B.encode(tag.as_ref()))).unwrap_err();
                assert!(matches!(refused, Cause::AlgorithmDiffers | Cause::SignatureWrong));
            }
        }
    }
}

#[test]
fn keys_brought_along_in_the_header_are_not_read() {
    for algorithm in Algorithm::ALL {
        let house = House::with(algorithm);
        let forger = House::with(algorithm);
        let mut header = house.header();
        header["jwk"] = serde_json::to_value(forger.key.public()).unwrap();
        header["jku"] = json!("https://forger.example/keys");
        header["x5u"] = json!("https://forger.example/certificate");
        header["x5c"] = json!(["AAAA"]);
        assert_eq!(house.reads(&forger.signs(&header, claims())), Err(Cause::SignatureWrong));
        assert!(house.reads(&house.signs(&header, claims())).is_ok());

        header["kid"] = json!(forger.key.kid());
        assert_eq!(house.reads(&forger.signs(&header, claims())), Err(Cause::UnknownKey));
        for kid in ["", "../../dev/null", "' or 1=1"] {
            header["kid"] = json!(kid);
            assert_eq!(house.reads(&forger.signs(&header, claims())), Err(Cause::UnknownKey));
        }
        header.as_object_mut().unwrap().remove("kid");
        assert_eq!(house.reads(&house.signs(&header, claims())), Err(Cause::UnknownKey));
    }
}

#[test]
fn altered_signatures_and_parts() {
    for algorithm in Algorithm::ALL {
        let house = House::with(algorithm);
        let token = house.signs(house.header(), claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let raw = B.decode(signature.as_bytes()).unwrap();
        let with = |signature: &[u8]| format!("{signed}.{}", B.encode(signature));

        let mut flipped = raw.clone();
        flipped[raw.len() / 2] ^= 1;
        let forged = [&[], &raw[..raw.len() - 1], &raw[1..], &vec![0; raw.len()], &[&raw[..], &[0]].concat(), &flipped];
        for signature in forged {
            assert_eq!(house.reads(&with(signature)), Err(Cause::SignatureWrong));
        }

        let other = house.signs(house.header(), json!({ "sub": "bob", "exp": NOW.0 + 60 }));
        let parts: Vec<&str> = token.split('.').collect();
        let mixed = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
        assert_eq!(house.reads(&mixed), Err(Cause::SignatureWrong));
    }
}

#[test]
fn ecdsa_signatures_have_one_form() {
    let house = House::with(Algorithm::Es256);
    let signed = unsigned(house.header(), claims());
    let asn1 = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &house.key.to_pkcs8_der(),
    );
    let asn1 = asn1.unwrap().sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes()).unwrap();
    assert_eq!(house.reads(&format!("{signed}.{}", B.encode(asn1.as_ref()))), Err(Cause::SignatureWrong));
    assert_eq!(house.reads(&format!("{signed}.{}", B.encode(&[0; 64]))), Err(Cause::SignatureWrong));
}

#[test]
fn texts_that_are_almost_a_token() {
    let house = House::with(Algorithm::EdDsa);
    let token = house.signs(house.header(), claims());
    let parts: Vec<&str> = token.split('.').collect();
    let pad = |part: &str| BASE64URL.encode(&B.decode(part.as_bytes()).unwrap());
    let stray_bits = format!("{}x", &parts[2][..parts[2].len() - 1]);
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}.{}==", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], stray_bits),
        format!("{}.{}\n.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], pad(parts[2])),
        format!("{}.{}.{}+", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}é", parts[0], parts[1], parts[2]),
        format!(".{}.{}", parts[1], parts[2]),
    ] {
        let refused = house.reads(&text).unwrap_err();
        assert!(matches!(refused, Cause::Malformed | Cause::SignatureWrong), "{text}: {refused}");
    }
    let long = house.signs(house.header(), json!({ "sub": "a".repeat(MAX_LENGTH), "exp": NOW.0 + 60 }));
    assert_eq!(house.reads(&long), Err(Cause::TooLong));
}

#[test]
fn critical_extensions_are_refused() {
    let house = House::with(Algorithm::EdDsa);
    for crit in [json!(["b64"]), json!([]), json!(["exp"]), json!(null), json!("b64")] {
        house.refuses_header(|header| header["crit"] = crit, Cause::Critical);
    }
    house.refuses_header(|header| (header["crit"], header["b64"]) = (json!(["b64"]), json!(false)), Cause::Critical);
}

#[test]
fn repeated_members_are_refused() {
    let house = House::with(Algorithm::EdDsa);
    let kid = house.key.kid().to_owned();
    let header = house.header().to_string();
    let exp = NOW.0 + 60;
    house.refuses(&format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}"}}"#), &claims().to_string(), Cause::Malformed);
    house.refuses(&format!(r#"{{"alg":"EdDSA","kid":"{kid}","x":1,"x":2}}"#), &claims().to_string(), Cause::Malformed);
    for payload in [
        format!(r#"{{"sub":"alice","sub":"bob","exp":{exp}}}"#),
        format!(r#"{{"sub":"alice","s\u0075b":"bob","exp":{exp}}}"#),
        format!(r#"{{"sub":"alice","exp":1,"exp":{exp}}}"#),
        format!(r#"{{"sub":"alice","exp":{exp},"unread":1,"unread":2}}"#),
        format!(r#"{{"sub":"alice","exp":{exp},"deep":{{"a":1,"a":2}}}}"#),
        format!(r#"["alice",{exp}]"#),
        format!(r#"{{"sub":["alice"],"exp":{exp}}}"#),
        format!(r#"{{"sub":null,"exp":{exp}}}"#),
        format!(r#"{{"exp":{exp}}}"#),
        r#"{"sub":"alice"}"#.to_owned(),
        r#"{"sub":"alice","exp":"never"}"#.to_owned(),
        r#"{"sub":"alice","exp":null}"#.to_owned(),
        r#"{"sub":"alice""#.to_owned(),
        String::new(),
    ] {
        house.refuses(&header, &payload, Cause::ClaimsMalformed);
    }
    for header in ["", "[]", "null", "{}", r#""EdDSA""#, r#"["EdDSA","kid"]"#] {
        house.refuses(header, &claims().to_string(), Cause::Malformed);
    }
}

#[test]
fn moments_are_checked() {
    let house = House::with(Algorithm::EdDsa);
    let header = house.header().to_string();
    let at = |exp: i64, nbf: i64, iat: i64| {
        json!({ "sub": "alice", "exp": NOW.0 + exp, "nbf": NOW.0 + nbf, "iat": NOW.0 + iat }).to_string()
    };
    assert!(house.reads(&house.signs(&header, at(1, 0, 0))).is_ok());
    house.refuses(&header, &at(0, -60, -60), Cause::Expired);
    house.refuses(&header, &at(3600, 60, 0), Cause::NotYetValid);
    house.refuses(&header, &at(3600, 0, 60), Cause::NotYetValid);
    // The signature comes first: what is wrong with a stranger's token is nobody's business.
    let stranger = House::with(Algorithm::EdDsa).signs(&header, at(0, -60, -60));
    assert_eq!(house.reads(&stranger), Err(Cause::SignatureWrong));
}

#[test]
fn kinds_are_compared_in_any_spelling() {
    let house = House::with(Algorithm::EdDsa);
    let typ = |typ: Value| {
        let mut header = house.header();
        header["typ"] = typ;
        house.reads(&house.signs(header, claims()))
    };
    for spelling in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(typ(json!(spelling)).unwrap().is("at+jwt"), "{spelling}");
    }
    for other in ["JWT", "at+jwt ", "x-at+jwt", "text/at+jwt", "application/application/at+jwt", "at", ""] {
        assert!(!typ(json!(other)).unwrap().is("at+jwt"), "{other}");
    }
    assert!(typ(json!("JWT")).unwrap().is("jwt"));
    assert_eq!(typ(Value::Null).unwrap().typ(), None);
    assert_eq!(typ(json!(["at+jwt"])).unwrap_err(), Cause::Malformed);
}
