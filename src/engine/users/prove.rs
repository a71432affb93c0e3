//! Checking a name and a password, for whatever they open.
//!
//! Who does not exist, has no password, is disabled or gives the wrong one meets the same refusal after the same time.

use crate::base::secret::Secret;
use crate::engine::{Caller, Denied, Engine};
use crate::model::credential::PasswordHash;
use crate::model::refusal::Refusal;
use crate::model::user::{User, login_key};
use crate::records::Kept;

use super::hasher::Turn;
use super::passwords;
use super::tries::{self, Try, Who};

/// A name and a password that were right a moment ago. Only [`Engine::prove_password`] makes one.
pub(in crate::engine) struct Proved<'e> {
    /// Whose they are, enabled then.
    pub user: Kept<User>,
    /// The hash the password was checked against; whatever is committed must find it still so.
    pub checked: PasswordHash,
    /// A hash as they are made now, if that one is of an older making and not too many wait.
    pub rehash: Option<PasswordHash>,
    /// The try, to be told how it went.
    pub attempt: Try<'e>,
}

impl Engine {
    /// Checks `password` for `username`, which names `user`. `known` says that the person has signed in with this browser
    /// before: then strangers' failures elsewhere do not keep them out.
    ///
    /// # Errors
    /// [`Refusal::PasswordWrong`], the same for every cause; [`Refusal::TooManyTries`], the same for every name;
    /// [`Denied::Busy`] when too many passwords wait to be checked; the store's fault.
    pub(in crate::engine) async fn prove_password(
        &self,
        caller: &Caller,
        username: &str,
        user: Option<Kept<User>>,
        password: &Secret,
        known: bool,
    ) -> Result<Proved<'_>, Denied> {
        // 1. May somebody try that name from here now? Whoever can be named in two ways is still guessed at as one; what
        // names nobody counts as it was typed.
        let name = user.as_ref().map_or_else(|| login_key(username), |user| tries::account(&user.id));
        let who = Who { name: &name, network: &caller.network, known };
        let attempt = match self.gate.tries.begin(&who, self.now()) {
            Ok(attempt) => attempt,
            Err(refusal) => return Err(self.sign_in_failed(caller, user.as_deref(), refusal).await),
        };

        // 2. Is it their password? Nobody has one that takes as long to be wrong.
        let stored = user.as_ref().and_then(|user| user.password.clone());
        let (password, stored) = match passwords::as_compared(password) {
            Some(password) => (password, stored),
            None => (Secret::new(""), None),
        };
        let turn = if known { Turn::Known } else { Turn::Ordinary };
        let verified = self.gate.hasher.verify_at(turn, &password, stored.as_ref()).await?;
        let right = user.as_ref().is_some_and(|user| verified.matches && user.is_enabled());
        let (Some(user), Some(checked), true) = (user.clone(), stored, right) else {
            attempt.failed(self.now());
            return Err(self.sign_in_failed(caller, user.as_deref(), Refusal::PasswordWrong).await);
        };

        // 3. Whoever comes in brings the hash up to date, unless too many wait.
        let rehash = match verified.needs_rehash {
            true => self.gate.hasher.hash(&password).await.ok(),
            false => None,
        };
        Ok(Proved { user, checked, rehash, attempt })
    }
}
