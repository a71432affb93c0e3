//! What is said about a person, and to whom (OpenID Connect Core, section 5).
