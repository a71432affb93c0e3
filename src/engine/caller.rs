//! Where a request came from, for limits and for the activity log.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::ids::{AuditId, RequestId};
use crate::base::rng::Rng;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};

/// Who is on the other end of the wire, as far as the network tells.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The request's reference.
    pub request: RequestId,
    /// The network address, as text.
    pub address: String,
    /// What limits count by: an IPv4 address, or the /64 of an IPv6 address.
    pub network: String,
    /// What the browser or program calls itself; at most 256 characters.
    pub user_agent: String,
}

impl Caller {
    /// Somebody on this computer: the command line, the declared-state file, maintenance.
    pub fn host(rng: &dyn Rng) -> Caller {
        let request = RequestId::random(rng);
        Caller { request, address: "host".to_owned(), network: "host".to_owned(), user_agent: String::new() }
    }

    /// The beginning of a record of what this caller did.
    pub(crate) fn record(&self, at: Timestamp, rng: &dyn Rng, actor: AuditActor, kind: AuditKind) -> AuditRecord {
        AuditRecord {
            id: AuditId::in_order(at, rng),
            at,
            kind,
            actor,
            user: None,
            client: None,
            address: Some(self.address.clone()),
            request: Some(self.request.to_string()),
            by_request: true,
            details: BTreeMap::new(),
        }
    }
}

impl AuditRecord {
    /// The same record, about this user.
    pub(crate) fn about_user(mut self, user: &crate::base::ids::UserId) -> AuditRecord {
        self.user = Some(user.clone());
        self
    }

    /// The same record, about this client.
    pub(crate) fn about_client(mut self, client: &crate::base::ids::ClientId) -> AuditRecord {
        self.client = Some(client.clone());
        self
    }

    /// The same record, naming the administrator who acts in `session`, if one does.
    pub(crate) fn with_acting(self, session: &crate::model::session::Session) -> AuditRecord {
        match &session.acting {
            Some(acting) => self.with("administrator", &acting.name),
            None => self,
        }
    }

    /// The same record, with one more detail. Never a secret.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> AuditRecord {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }
}
