//! An application that people sign in to: it sends them to the server, and redeems what they bring back.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, BASE64URL_NOPAD};

use super::visitor::{Answer, Visitor};

/// Where the application says people return to. Nobody is there; codes are read off the redirect.
pub const REDIRECT_URI: &str = "https://app.example.org/cb";

/// The verifier of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An application with a secret.
#[derive(Clone)]
pub struct RelyingParty {
    id: String,
    secret: String,
    authorization: String,
    tongue: Tongue,
}

/// The dialect an application speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tongue {
    Oidc,
    Worksection,
    Laserfiche,
    Chat,
    Machine,
}

/// How a request ended that may be lost on the way.
#[derive(Debug)]
pub enum Answered {
    /// Tokens.
    Granted {
        /// The access token.
        access: String,
        /// The refresh token, empty when there is none.
        refresh: String,
    },
    /// A refusal: status, and the error word.
    Refused(u16, String),
    /// No answer came: it may have happened or not.
    Lost,
}

impl Answered {
    /// The refresh token that came with tokens.
    pub fn refresh(&self) -> Option<&str> {
        match self {
            Answered::Granted { refresh, .. } => Some(refresh),
            _ => None,
        }
    }

    /// The access token that came with tokens.
    pub fn access(&self) -> Option<&str> {
        match self {
            Answered::Granted { access, .. } => Some(access),
            _ => None,
        }
    }

    /// Whether this is the refusal of a code or token that is used up or unknown.
    pub fn is_invalid_grant(&self) -> bool {
        matches!(self, Answered::Refused(400, word) if word == "invalid_grant")
    }
}

impl RelyingParty {
    /// The application with this client id and secret.
    pub fn new(id: &str, secret: &str) -> RelyingParty {
        RelyingParty::speaking(Tongue::Oidc, id, secret)
    }

    /// The application with this client id and secret, which speaks this dialect.
    pub fn speaking(tongue: Tongue, id: &str, secret: &str) -> RelyingParty {
        let authorization = format!("Basic {}", BASE64.encode(format!("{id}:{secret}").as_bytes()));
        RelyingParty { id: id.to_owned(), secret: secret.to_owned(), authorization, tongue }
    }

    /// Sends a signed-in visitor to the server, who comes back with a code.
    pub fn code(&self, visitor: &Visitor, scope: &str) -> String {
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, VERIFIER.as_bytes()).as_ref());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("response_type", "code")
            .append_pair("scope", scope)
            .append_pair("state", "st")
            .append_pair("prompt", "none");
        // Its clients know of no challenge.
        if self.tongue != Tongue::Worksection {
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        let query = query.finish();
        let mut answer = visitor.get(&format!("/oauth/authorize?{query}")).expect("the server answers");
        // Steps on the server itself, as long as nobody is asked anything.
        for _ in 0..3 {
            if answer.status == 200 || answer.location().starts_with(REDIRECT_URI) {
                break;
            }
            answer = visitor.get(answer.location()).expect("the server answers");
        }
        let location = answer.location().to_owned();
        let query = location.split_once('?').unwrap_or_else(|| panic!("a code, not {answer:?}")).1;
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("a code, not {location}")).1.into_owned()
    }

    /// Redeems a code.
    pub fn redeem(&self, wire: &Visitor, code: &str) -> Answered {
        let mut fields = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        if self.tongue != Tongue::Worksection {
            fields.push(("code_verifier", VERIFIER));
        }
        self.ask_for_tokens(wire, &fields)
    }

    /// Redeems a refresh token.
    pub fn refresh(&self, wire: &Visitor, token: &str) -> Answered {
        self.ask_for_tokens(wire, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Asks for tokens of its own.
    pub fn act_alone(&self, wire: &Visitor) -> Answered {
        self.ask_for_tokens(wire, &[("grant_type", "client_credentials")])
    }

    /// Whether the server says that a token counts.
    pub fn counts(&self, wire: &Visitor, token: &str) -> bool {
        let answer = self.send(wire, "/oauth/introspect", &[("token", token)]).expect("the server answers");
        assert_eq!(answer.status, 200, "introspection answers: {}", answer.body);
        answer.json()["active"].as_bool().unwrap_or_else(|| panic!("active is said: {}", answer.body))
    }

    /// Revokes a token; panics unless it is acknowledged.
    pub fn revoke(&self, wire: &Visitor, token: &str) {
        let answer = self.send(wire, "/oauth/revoke", &[("token", token)]).expect("the server answers");
        assert_eq!(answer.status, 200, "revocation is acknowledged: {}", answer.body);
    }

    fn ask_for_tokens(&self, wire: &Visitor, fields: &[(&str, &str)]) -> Answered {
        let renews = fields.iter().any(|(_, value)| *value == "refresh_token");
        let answer = match self.tongue {
            Tongue::Oidc => self.send(wire, "/oauth/token", fields),
            Tongue::Machine => self.send(wire, "/v1/oauth/token", fields),
            Tongue::Laserfiche => {
                self.send(wire, "/oauth/Token", &[fields, &[("client_id", self.id.as_str())]].concat())
            }
            Tongue::Worksection => {
                let path = if renews { "/oauth2/refresh" } else { "/oauth2/token" };
                let own = [("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())];
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(own).extend_pairs(fields);
                wire.post_nothing(&format!("{path}?{}", query.finish()))
            }
            Tongue::Chat => {
                let own = [("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())];
                let body: serde_json::Map<String, serde_json::Value> =
                    own.iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
                let path = if renews { "/refresh" } else { "/authorize" };
                wire.post_body(path, &[], "application/json", serde_json::Value::Object(body).to_string())
            }
        };
        match answer {
            Ok(answer) => self.read(&answer),
            Err(_) => Answered::Lost,
        }
    }

    /// What came back, the refusal of a grant in the words of RFC 6749 whatever the dialect calls it.
    fn read(&self, answer: &Answer) -> Answered {
        let json = answer.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let bad_grant = match self.tongue {
            Tongue::Worksection => answer.status == 200 && text("error") == "invalid_request",
            Tongue::Chat => answer.status == 401 && text("message") == "Unauthorized",
            _ => answer.status == 400 && text("error") == "invalid_grant",
        };
        match answer.status {
            _ if bad_grant => Answered::Refused(400, "invalid_grant".to_owned()),
            200 if json["access_token"].is_string() => {
                Answered::Granted { access: text("access_token"), refresh: text("refresh_token") }
            }
            status => Answered::Refused(status, text("error")),
        }
    }

    fn send(&self, wire: &Visitor, path: &str, form: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        wire.post_with(path, &[("authorization", &self.authorization)], form)
    }
}
