//! People: signing in, passwords, sessions, setting up, the way back in.
