//! What a token is worth now (RFC 7662).
