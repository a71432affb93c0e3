//! What administrators may do, each verb taking an Actor.
