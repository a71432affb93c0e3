//! The token endpoint's law (RFC 6749, section 3.2).
