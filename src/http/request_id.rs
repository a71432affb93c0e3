//! Each request's own name: shown as the reference on error pages, found again in the log.

use data_encoding::{Encoding, Specification};
use poem::Request;
use poem::http::{HeaderName, HeaderValue};
use std::sync::LazyLock;

use crate::base::ids::RequestId;
use crate::base::rng::{self, Rng};

/// The header that carries the id back.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Digits and capitals without I, L, O and U, which are misread or misspoken.
static READABLE: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    // Thirty-two different ASCII characters are a valid alphabet.
    specification.encoding().expect("an alphabet of 32 characters")
});

/// A new id: fifty random bits as ten characters in three groups, to be read aloud, such as `K3QX-9M2P-7H`.
pub fn new(rng: &dyn Rng) -> RequestId {
    let text = READABLE.encode(&rng::bytes::<10>(rng)[..7]);
    RequestId::from_text(format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..10]))
}

/// The id of `request`; the [`edge`](super::edge) gives every request one.
pub fn of(request: &Request) -> RequestId {
    request.data::<RequestId>().cloned().unwrap_or_else(|| RequestId::from_text("none"))
}

/// The id as a header's value.
pub fn header_value(id: &RequestId) -> HeaderValue {
    HeaderValue::from_str(id.as_str()).unwrap_or(HeaderValue::from_static("none"))
}

/// The path as it may be logged: without the query, no longer than 200 characters, and with every segment that could be
/// a secret (long, or wearing a secret's prefix) left out.
pub fn loggable(path: &str) -> String {
    let shown = |segment: &str| {
        let handle =
            segment.len() > 3 && segment.as_bytes()[2] == b'_' && segment.bytes().all(|b| b.is_ascii_graphic());
        if segment.len() > 40 || handle && segment.len() > 20 { "…".to_owned() } else { segment.to_owned() }
    };
    path.split('/').map(shown).collect::<Vec<_>>().join("/").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::SeededRng;

    #[test]
    fn ids_can_be_read_aloud_and_differ() {
        let rng = SeededRng::new(1);
        let id = new(&rng);
        assert_eq!(id.as_str().len(), 12);
        assert!(id.as_str().chars().all(|c| c == '-' || c.is_ascii_digit() || c.is_ascii_uppercase()));
        assert!(!id.as_str().contains(['I', 'L', 'O', 'U']));
        assert_ne!(id, new(&rng));
        assert_eq!(header_value(&id), id.as_str());
    }

    #[test]
    fn a_path_is_logged_without_what_could_be_a_secret() {
        assert_eq!(loggable("/admin/clients/wiki"), "/admin/clients/wiki");
        assert_eq!(loggable("/recover/rc_0123456789abcdefghijklmnopqrstuvwxyz"), "/recover/…");
        assert_eq!(loggable(&format!("/x/{}", "a".repeat(41))), "/x/…");
        assert_eq!(loggable("/admin/users/0123456789abcdefghijklmnop"), "/admin/users/0123456789abcdefghijklmnop");
        assert!(loggable(&"/a".repeat(500)).len() <= 200);
    }
}
