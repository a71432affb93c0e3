//! The authorization endpoint's law: validate, what is still missing, answer.
