//! Sessions: a browser in which somebody signed in, or a client that signed somebody in by itself.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, SessionId, UserId};

use super::acting::Acting;
use super::user::User;

/// How and when somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When (OpenID Connect Core, section 2: `auth_time`).
    pub at: Timestamp,
    /// How strongly: the authentication context class reference (`acr`).
    pub acr: String,
    /// By which methods (RFC 8176: `amr`).
    pub amr: Vec<String>,
}

impl Authentication {
    /// The class of none at all (OpenID Connect Core, section 2).
    pub const ACR_NOTHING: &str = "0";
    /// The class of one factor.
    pub const ACR_ONE_FACTOR: &str = "1";
    /// The class of two factors.
    pub const ACR_TWO_FACTORS: &str = "2";
    /// The class of two factors of which one is a passkey, which cannot be phished.
    pub const ACR_PASSKEY: &str = "3";

    /// Nobody proved anything; a guest came at `at`.
    pub fn by_nothing(at: Timestamp) -> Authentication {
        Authentication::by(&[], at)
    }

    /// Somebody gave their password at `at`.
    pub fn by_password(at: Timestamp) -> Authentication {
        Authentication::by(&[Method::Password], at)
    }

    /// Somebody proved who they are at `at`, by all of `methods`.
    pub fn by(methods: &[Method], at: Timestamp) -> Authentication {
        let passkey = methods.iter().any(|method| matches!(method, Method::Passkey { .. }));
        let verified = methods.contains(&Method::Passkey { verified: true });
        // A mailbox stands in for a password, which is mailed there when it is lost: both are one factor still.
        let twice = methods.contains(&Method::Password) && methods.contains(&Method::Mail);
        let two = methods.len() - usize::from(twice) > 1 || verified;
        let acr = match (methods.is_empty(), two, passkey) {
            (true, ..) => Authentication::ACR_NOTHING,
            (_, false, _) => Authentication::ACR_ONE_FACTOR,
            (_, true, false) => Authentication::ACR_TWO_FACTORS,
            (_, true, true) => Authentication::ACR_PASSKEY,
        };
        let mut amr: Vec<String> = methods.iter().flat_map(Method::amr).map(|name| (*name).to_owned()).collect();
        if two {
            amr.push("mfa".to_owned());
        }
        Authentication { at, acr: acr.to_owned(), amr }
    }

    /// The same proof and one more, now. Who has shown a passkey that verified them has, whatever they touch afterwards.
    pub fn and(&self, method: Method, at: Timestamp) -> Authentication {
        let mut methods = self.methods();
        let method = match method {
            Method::Passkey { verified } => {
                Method::Passkey { verified: verified || methods.contains(&Method::Passkey { verified: true }) }
            }
            other => other,
        };
        methods.retain(|known| std::mem::discriminant(known) != std::mem::discriminant(&method));
        methods.push(method);
        Authentication::by(&methods, at)
    }

    /// By what they proved it.
    pub fn methods(&self) -> Vec<Method> {
        let has = |name: &str| self.amr.iter().any(|known| known == name);
        let all = [
            (has("pwd"), Method::Password),
            (has("email"), Method::Mail),
            (has("otp"), Method::Totp),
            (has("recovery"), Method::RecoveryCode),
            (has("pop"), Method::Passkey { verified: has("user") }),
        ];
        all.into_iter().filter(|(given, _)| *given).map(|(_, method)| method).collect()
    }

    /// Whether it rests on a mailbox: a code by mail, and neither the password nor a passkey that verified its owner. That is
    /// enough to come in, and not enough to change what the account is protected with.
    pub fn rests_on_mail(&self) -> bool {
        let methods = self.methods();
        let own = |method: &Method| matches!(method, Method::Password | Method::Passkey { verified: true });
        methods.contains(&Method::Mail) && !methods.iter().any(own)
    }

    /// Whether the proof is of class `acr` or a stronger one. Of a class nobody knows here nothing is.
    pub fn reaches(&self, acr: &str) -> bool {
        Authentication::CLASSES.contains(&acr) && self.acr.as_str() >= acr
    }

    /// The classes that can be asked for, the weakest first.
    pub const CLASSES: [&str; 3] =
        [Authentication::ACR_ONE_FACTOR, Authentication::ACR_TWO_FACTORS, Authentication::ACR_PASSKEY];
}

/// One way of proving who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The password.
    Password,
    /// A code that was sent to their address.
    Mail,
    /// A code of the authenticator.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey.
    Passkey {
        /// Whether the authenticator checked that it was its owner: by PIN, finger or face.
        verified: bool,
    },
}

impl Method {
    /// Its names as authentication method references (RFC 8176, section 2; a code by mail and a recovery code have none there).
    fn amr(&self) -> &'static [&'static str] {
        match self {
            Method::Password => &["pwd"],
            Method::Mail => &["email"],
            Method::Totp => &["otp"],
            Method::RecoveryCode => &["recovery"],
            Method::Passkey { verified: false } => &["pop"],
            Method::Passkey { verified: true } => &["pop", "user"],
        }
    }
}

/// Where somebody is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// In a browser, which holds its cookie.
    #[default]
    Browser,
    /// In a client of ours that sent what they prove themselves with. Nobody holds its cookie; it ends with the grant it was
    /// opened for. Where the client signs its person in elsewhere, grants of other clients hang on it too.
    Grant {
        /// The client.
        client: ClientId,
        /// What people called it then.
        name: String,
    },
}

impl SessionKind {
    fn is_browser(&self) -> bool {
        *self == SessionKind::Browser
    }
}

/// A signed-in browser. Its id (`sid`) stays when the person confirms who they are; the cookie changes each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The `sid` of ID tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The locator of the cookie that holds it now.
    pub cookie: String,
    /// What that cookie must digest to.
    pub digest: Digest,
    /// How they last proved who they are.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// What the browser called itself, at most 256 characters.
    pub user_agent: String,
    /// The network address it last came from.
    pub address: String,
    /// Whether it still holds.
    pub life: SessionLife,
    /// Its person's count of the events that end all access, when it was begun or renewed.
    #[serde(default)]
    pub access_epoch: u32,
    /// Where they are signed in.
    #[serde(default, skip_serializing_if = "SessionKind::is_browser")]
    pub kind: SessionKind,
    /// The note among its person's factors ([`RememberedDevice`](super::factors::RememberedDevice), by locator) that spared
    /// them the second factor, if one did: it spares them nothing once it has ended.
    #[serde(default)]
    pub remembered: Option<String>,
    /// The administrator in whose hands it is, if somebody acts for its person in it. What is said of how its person proved
    /// who they are is said of the administrator then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting: Option<Acting>,
}

/// Whether a session still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionLife {
    /// It does.
    Open,
    /// It was ended.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl Session {
    /// How long a session lasts, used or not (NIST SP 800-63B-4, section 2.1.3).
    pub const ABSOLUTE: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);
    /// How long a session lasts unused.
    pub const IDLE: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);

    /// Whether it holds at `now`: open, not past its end, and no browser that was idle for too long.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let idle = self.kind.is_browser() && now >= self.last_seen_at.plus(Session::IDLE);
        self.life == SessionLife::Open && now < self.expires_at && !idle
    }

    /// Whether it is of `user` and none of the events that end all their access came after it.
    pub fn is_of(&self, user: &User) -> bool {
        self.user == user.id && self.access_epoch == user.access_epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [Method; 6] = [
        Method::Password,
        Method::Mail,
        Method::Totp,
        Method::RecoveryCode,
        Method::Passkey { verified: false },
        Method::Passkey { verified: true },
    ];

    /// Every set of methods that can be told apart.
    fn sets() -> impl Iterator<Item = Vec<Method>> {
        let chosen = |bits: usize| (0..METHODS.len()).filter(move |nth| bits & (1 << nth) != 0).map(|nth| METHODS[nth]);
        let both = |set: &Vec<Method>| set.contains(&METHODS[4]) && set.contains(&METHODS[5]);
        (0..1 << METHODS.len()).map(move |bits| chosen(bits).collect()).filter(move |set| !both(set))
    }

    #[test]
    fn what_was_proved_is_read_back_as_it_was_written() {
        let at = Timestamp(1_800_000_000);
        for set in sets() {
            let proved = Authentication::by(&set, at);
            assert_eq!(proved.methods(), set);
            assert_eq!(Authentication::by(&proved.methods(), at), proved);
            for method in METHODS {
                let more = proved.and(method, at);
                // Who was verified stays so, whatever they touch afterwards.
                let verified = method == METHODS[4] && set.contains(&METHODS[5]);
                let counts = if verified { METHODS[5] } else { method };
                assert!(more.methods().contains(&counts) && more.reaches(Authentication::ACR_ONE_FACTOR));
                assert!(more.acr >= proved.acr, "{set:?} and {method:?} is no less");
                assert_eq!(more.and(method, at), more, "{set:?} and {method:?}");
            }
        }
    }

    #[test]
    fn a_mailbox_counts_for_what_a_password_counts_for() {
        let at = Timestamp(1_800_000_000);
        for set in sets().filter(|set| !set.contains(&Method::Password) && !set.contains(&Method::Mail)) {
            let with = |more: &[Method]| Authentication::by(&[more, &set].concat(), at);
            let (password, mail) = (with(&[Method::Password]), with(&[Method::Mail]));
            let both = with(&[Method::Password, Method::Mail]);
            assert_eq!((&password.acr, &password.acr), (&mail.acr, &both.acr), "{set:?}");
            assert!(!password.rests_on_mail() && !both.rests_on_mail());
            assert_eq!(mail.rests_on_mail(), !set.contains(&Method::Passkey { verified: true }), "{set:?}");
        }
    }
}
