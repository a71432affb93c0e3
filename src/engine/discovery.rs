//! What this server says about itself (OpenID Connect Discovery; RFC 8414).
