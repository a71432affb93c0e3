//! Whoever uses a browser: somebody who signed in there, or an administrator who acts for them.

use crate::model::acting::Acting;
use crate::model::audit::AuditActor;
use crate::model::session::Session;
use crate::model::user::User;

use super::SignedIn;

/// Evidence: a browser whose session is open and whose person is enabled, in whoever's hands it is. Enough to be signed in to
/// applications and for nothing else: verbs that see or change anything of an account ask for [`SignedIn`], which there is
/// only of people in their own browsers.
#[derive(Clone, Debug)]
pub struct Visitor(SignedIn);

impl Visitor {
    /// The session.
    pub fn session(&self) -> &Session {
        self.0.session()
    }

    /// Whom applications see.
    pub fn user(&self) -> &User {
        self.0.user()
    }

    /// The person in their own hands; `None` where somebody acts for them.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        self.acting().is_none().then_some(&self.0)
    }

    /// Who acts, if somebody does.
    pub fn acting(&self) -> Option<&Acting> {
        self.session().acting.as_ref()
    }

    /// Who the activity log names for what is done in this browser.
    pub(crate) fn audited(&self) -> AuditActor {
        self.session().audited()
    }
}

impl From<SignedIn> for Visitor {
    fn from(who: SignedIn) -> Visitor {
        Visitor(who)
    }
}

impl Session {
    /// Who the activity log names for what is done in it: its person, or whoever acts for them.
    pub(crate) fn audited(&self) -> AuditActor {
        let who = self.acting.as_ref().map_or(&self.user, |acting| &acting.administrator);
        AuditActor::User(who.clone())
    }
}
