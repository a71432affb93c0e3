//! A client's access keys: it signs its own authentication with the private half, which is handed out once and kept nowhere.

use data_encoding::BASE64;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::jose::Algorithm;
use crate::jose::key::SigningKey;
use crate::model::audit::AuditKind;
use crate::model::client::{AccessKey, Client};
use crate::model::refusal::Refusal;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::{Keeper, rules};

/// An access key that was just made; it is shown this once.
#[derive(Clone, Debug)]
pub struct ExportedKey {
    /// What the client program is given: base64 of a JSON object with the private key.
    pub text: Secret,
    /// What is kept of it.
    pub kept: AccessKey,
}

/// What client programs read out of an exported key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export<'a> {
    customer_id: &'a str,
    client_id: &'a str,
    domain: &'a str,
    jwk: PrivateJwk<'a>,
}

/// A private key (RFC 7517, section 4; RFC 7518, section 6.2.2).
#[derive(Serialize)]
struct PrivateJwk<'a> {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: &'a str,
    x: &'a str,
    y: &'a str,
    d: &'a str,
}

impl Engine {
    /// Makes an access key for a client and keeps the public half.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`]; [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] for a client that keeps no
    /// secret, or has too many keys.
    pub async fn export_access_key(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
    ) -> Result<ExportedKey, Denied> {
        let pair = SigningKey::generate(Algorithm::Es256);
        self.settle(|| async {
            by.as_ref().is_proved()?;
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            let kept = public_half(&pair, self.now())?;
            client.access_keys.push(kept.clone());
            rules::refuse(rules::client(&client, &self.faces))?;
            let text = self.exported(&pair, &kept, &client)?;
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            let record = self.client_record(by, caller, AuditKind::AccessKeyAdded, &client).with("kid", &kept.kid);
            changes.update(&was, &client);
            changes.create(&record);
            Ok(Decision { answer: Ok(ExportedKey { text, kept }), changes })
        })
        .await
    }

    /// Removes one of a client's access keys: what it signed is refused from this moment on.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`]; [`Refusal::NotFound`] for the client or the key.
    pub async fn remove_access_key(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
        kid: &str,
    ) -> Result<Client, Denied> {
        self.settle(|| async {
            by.as_ref().is_proved()?;
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            client.access_keys.retain(|key| key.kid != kid);
            if client.access_keys.len() == was.access_keys.len() {
                return Err(Refusal::NotFound("access key").into());
            }
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            let record = self.client_record(by, caller, AuditKind::AccessKeyRemoved, &client).with("kid", kid);
            changes.update(&was, &client);
            changes.create(&record);
            Ok(Decision { answer: Ok(client), changes })
        })
        .await
    }

    /// The name from which client programs make the address of this server: its host without a leading `signin.`.
    pub fn access_key_domain(&self) -> &str {
        let host = host_of(&self.identity.issuer);
        host.strip_prefix("signin.").unwrap_or(host)
    }

    fn exported(&self, pair: &SigningKey, kept: &AccessKey, client: &Client) -> Result<Secret, Refusal> {
        let private = pair.p256_private().ok_or(Refusal::NotFound("access key"))?;
        let jwk = PrivateJwk {
            kty: "EC",
            crv: "P-256",
            alg: "ES256",
            usage: "sig",
            kid: &kept.kid,
            x: &kept.x,
            y: &kept.y,
            d: private.expose(),
        };
        let export = Export {
            customer_id: &client.account_id,
            client_id: client.id.as_str(),
            domain: self.access_key_domain(),
            jwk,
        };
        // Plain data with text keys: JSON can always hold it.
        let json = Zeroizing::new(serde_json::to_vec(&export).unwrap_or_default());
        Ok(Secret::new(BASE64.encode(&json)))
    }
}

fn public_half(pair: &SigningKey, now: Timestamp) -> Result<AccessKey, Refusal> {
    let (x, y) = pair.public().coordinates().ok_or(Refusal::NotFound("access key"))?;
    Ok(AccessKey { kid: pair.kid().to_owned(), x: x.to_owned(), y: y.to_owned(), created_at: now })
}

/// The host of an issuer, without scheme, port and path.
fn host_of(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::admin::Actor;
    use crate::engine::house::{House, caller};
    use crate::model::client::{ClientType, GrantType};

    #[tokio::test]
    async fn what_is_exported_is_shown_once_and_only_its_public_half_is_kept() {
        let house = House::new().await;
        house
            .change::<Client>("web", |web| {
                (web.kind, web.grants) = (ClientType::Service, [GrantType::ClientCredentials].into());
                web.account_id = "acc-7".to_owned();
            })
            .await;
        let id = ClientId::from_text("web");
        let made = house.engine.export_access_key(&Actor::host(), &caller(), &id).await.unwrap();
        let json = BASE64.decode(made.text.expose().as_bytes()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!((&json["customerId"], &json["clientId"]), (&"acc-7".into(), &"web".into()));
        assert_eq!(json["domain"], "id.example");
        let jwk = &json["jwk"];
        assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["alg"]), (&"EC".into(), &"P-256".into(), &"ES256".into()));
        assert_eq!(jwk["kid"], made.kept.kid.as_str());
        let private = jwk["d"].as_str().unwrap();
        let kept: Client = house.find("web").await;
        assert_eq!(kept.access_keys, std::slice::from_ref(&made.kept));
        assert!(!serde_json::to_string(&kept).unwrap().contains(private));
        let [record] = &house.audit(AuditKind::AccessKeyAdded).await[..] else { panic!("one record") };
        assert_eq!(record.details["kid"], made.kept.kid);
        assert!(!serde_json::to_string(record).unwrap().contains(private));

        let gone = house.engine.remove_access_key(&Actor::host(), &caller(), &id, &made.kept.kid).await.unwrap();
        assert!(gone.access_keys.is_empty());
        assert_eq!(house.audit(AuditKind::AccessKeyRemoved).await.len(), 1);
        let again = house.engine.remove_access_key(&Actor::host(), &caller(), &id, &made.kept.kid).await;
        assert!(matches!(again, Err(Denied::Refused(Refusal::NotFound(_)))));
    }

    #[test]
    fn a_domain_is_the_host_alone() {
        for (issuer, host) in [
            ("https://signin.id.example", "signin.id.example"),
            ("https://id.example:8443/team", "id.example"),
            ("http://localhost:8080", "localhost"),
            ("http://[::1]:8080", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(issuer), host);
        }
    }
}
