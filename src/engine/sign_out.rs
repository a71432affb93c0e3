//! Signing out, asked by a client (OpenID Connect RP-Initiated Logout).
