//! Second floor: the verbs.
