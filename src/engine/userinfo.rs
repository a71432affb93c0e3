//! What a bearer may know about a person (OpenID Connect Core, section 5.3).
