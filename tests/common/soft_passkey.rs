//! A passkey in software: what an authenticator and a browser say together (Web Authentication Level 3, section 6), honest
//! unless told otherwise.

#![allow(dead_code)] // every test uses its own part of this

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const CAN_BE_BACKED_UP: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_KEY: u8 = 0x40;

/// One passkey. Its public fields can be bent to see who notices.
pub struct SoftPasskey {
    /// The credential id.
    pub id: Vec<u8>,
    /// Whose it says it is.
    pub handle: Vec<u8>,
    /// The page it says it was asked by.
    pub origin: String,
    /// The host it belongs to.
    pub host: String,
    /// How often it has signed; nothing is counted when `None`.
    pub counter: Option<u32>,
    /// Whether it checks its owner.
    pub verifies: bool,
    /// Whether it finds itself without being told its id: else it does not know whose it is either, as old security keys do not.
    pub discoverable: bool,
    /// Whether it is kept in more than one place.
    pub backed_up: bool,
    /// Whether it says that it was asked from within another page.
    pub framed: bool,
    /// Its private key.
    pub key: EcdsaKeyPair,
}

impl SoftPasskey {
    /// One that has no owner yet, for pages at `origin`.
    pub fn blank(origin: &str) -> SoftPasskey {
        let mut id = vec![0; 20];
        SystemRandom::new().fill(&mut id).expect("chance");
        let host = origin.split("://").nth(1).expect("an origin").split(':').next().expect("a host").to_owned();
        SoftPasskey {
            id,
            handle: Vec::new(),
            origin: origin.to_owned(),
            host,
            counter: Some(0),
            verifies: true,
            discoverable: true,
            backed_up: false,
            framed: false,
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
        }
    }

    /// An old security key: it is touched, and knows nothing else.
    pub fn old_key(origin: &str) -> SoftPasskey {
        SoftPasskey { verifies: false, discoverable: false, ..SoftPasskey::blank(origin) }
    }

    /// Becomes a passkey of whoever `options` names, and says so.
    pub fn enrol(&mut self, options: &Value) -> String {
        self.handle = bytes(&options["user"]["id"]);
        let mut data = self.data(HAS_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        // COSE_Key: EC2, ES256, P-256 (RFC 9053, section 7.1.1).
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);

        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.extend([0x64]);
        object.extend(b"none");
        object.extend([0x67]);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.extend([0x59]);
        object.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend(data);
        let client = self.client_data("webauthn.create", options);
        let response = json!({ "clientDataJSON": text(client.as_bytes()), "attestationObject": text(&object) });
        // What browsers tell of the credential, where they are asked (section 10.1.3).
        let asked = options["extensions"]["credProps"] == true;
        let told = if asked { json!({ "credProps": { "rk": self.discoverable } }) } else { json!({}) };
        self.credential(response, told)
    }

    /// Answers: it is who it says.
    pub fn answer(&mut self, options: &Value) -> String {
        if let Some(counter) = &mut self.counter {
            *counter += 1;
        }
        let data = self.data(0);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let response = json!({
            "clientDataJSON": text(client.as_bytes()),
            "authenticatorData": text(&data),
            "signature": text(signature.as_ref()),
            "userHandle": self.discoverable.then(|| text(&self.handle)),
        });
        self.credential(response, json!({}))
    }

    fn credential(&self, response: Value, told: Value) -> String {
        let id = text(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": told })
            .to_string()
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let challenge = options["challenge"].as_str().expect("a challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.framed }).to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let backed_up = if self.backed_up { CAN_BE_BACKED_UP | BACKED_UP } else { 0 };
        let mut data = digest(&SHA256, self.host.as_bytes()).as_ref().to_vec();
        data.push(PRESENT | verified | backed_up | more);
        data.extend(self.counter.unwrap_or(0).to_be_bytes());
        data
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn bytes(text: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_str().unwrap_or_default().as_bytes()).expect("base64url")
}
