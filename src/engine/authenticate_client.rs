//! The one place that authenticates clients (RFC 6749, section 2.3).
