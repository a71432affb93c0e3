//! Whether what is demanded of everybody who signs in can be met here at all.

use crate::engine::Engine;
use crate::model::refusal::FieldProblem;
use crate::model::sign_in::RequiredFactor;

const NO_PASSKEYS: &str = "Passkeys belong to a host name, and people reach this server by a network address: nobody could \
                           sign in any more. Give it a name first.";

impl Engine {
    /// Why `factor` cannot be demanded of anybody, if it cannot: it would lock everybody out.
    pub(super) fn unmet(&self, factor: RequiredFactor) -> Vec<FieldProblem> {
        let impossible = factor == RequiredFactor::Passkey && !self.has_passkeys();
        let problem = || FieldProblem { field: "required_factor", sentence: NO_PASSKEYS.to_owned() };
        impossible.then(problem).into_iter().collect()
    }
}
