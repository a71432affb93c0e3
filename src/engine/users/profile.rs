//! What the claims of a profile may hold (OpenID Connect Core, section 5.1).

use url::Url;

use crate::model::refusal::Refusal;
use crate::model::user::{Address, Profile};

use super::names::is_invisible;

/// The longest claim, in characters.
const LONGEST: usize = 200;

/// A profile as somebody wants it: trimmed, empty values absent, every claim within its grammar.
///
/// # Errors
/// [`Refusal::FieldInvalid`], named after the claim, with a sentence that says what to do.
pub fn accept(wanted: &Profile) -> Result<Profile, Refusal> {
    let address = wanted.address.clone().unwrap_or_default();
    let address = Address {
        formatted: lines("formatted", &address.formatted)?,
        street_address: lines("street_address", &address.street_address)?,
        locality: line("locality", &address.locality)?,
        region: line("region", &address.region)?,
        postal_code: line("postal_code", &address.postal_code)?,
        country: line("country", &address.country)?,
    };
    Ok(Profile {
        name: line("name", &wanted.name)?,
        given_name: line("given_name", &wanted.given_name)?,
        family_name: line("family_name", &wanted.family_name)?,
        middle_name: line("middle_name", &wanted.middle_name)?,
        nickname: line("nickname", &wanted.nickname)?,
        gender: line("gender", &wanted.gender)?,
        profile: web_address("profile", &wanted.profile)?,
        picture: web_address("picture", &wanted.picture)?,
        website: web_address("website", &wanted.website)?,
        birthdate: shaped("birthdate", &wanted.birthdate, is_birthdate, BIRTHDATE)?,
        zoneinfo: shaped("zoneinfo", &wanted.zoneinfo, is_zone, ZONE)?,
        locale: shaped("locale", &wanted.locale, is_locale, LOCALE)?,
        phone_number: shaped("phone_number", &wanted.phone_number, is_phone, PHONE)?,
        phone_number_verified: wanted.phone_number_verified,
        address: (address != Address::default()).then_some(address),
    })
}

/// The wanted profile, with what its person cannot decide as it was.
pub(super) fn keep_what_is_not_theirs(was: &Profile, wanted: Profile) -> Profile {
    let same_number = was.phone_number == wanted.phone_number;
    Profile { phone_number_verified: was.phone_number_verified.filter(|_| same_number), ..wanted }
}

/// The names of the claims in which two profiles differ. Their values are nobody else's business.
pub(super) fn differences(was: &Profile, now: &Profile) -> Vec<String> {
    let claims = |profile: &Profile| match serde_json::to_value(profile) {
        Ok(serde_json::Value::Object(claims)) => claims,
        // A profile is plain data with text keys: JSON can always hold it, as an object.
        _ => serde_json::Map::new(),
    };
    let (was, now) = (claims(was), claims(now));
    let mut names: Vec<String> =
        was.keys().chain(now.keys()).filter(|name| was.get(*name) != now.get(*name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

const BIRTHDATE: &str = "Write the date as YYYY-MM-DD, only the year as YYYY, or leave the year out as 0000-MM-DD.";
const ZONE: &str = "Write a time zone such as Europe/Kyiv.";
const LOCALE: &str = "Write a language tag such as en or uk-UA.";
const PHONE: &str = "Write the number with its country code, such as +44 20 7946 0000.";

fn line(claim: &'static str, value: &Option<String>) -> Result<Option<String>, Refusal> {
    shaped(claim, value, |text| !text.chars().any(is_invisible), "Use characters that can be seen, on one line.")
}

/// Some claims have several lines; they are kept with `\n` between them (section 5.1.1).
fn lines(claim: &'static str, value: &Option<String>) -> Result<Option<String>, Refusal> {
    let value = value.as_ref().map(|text| text.replace("\r\n", "\n"));
    let seen = |text: &str| !text.chars().any(|c| c != '\n' && is_invisible(c));
    shaped(claim, &value, seen, "Use characters that can be seen.")
}

fn web_address(claim: &'static str, value: &Option<String>) -> Result<Option<String>, Refusal> {
    let fits = |text: &str| {
        let plain = !text.chars().any(|c| c.is_whitespace() || is_invisible(c));
        let web = |url: Url| {
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.username().is_empty()
        };
        plain && Url::parse(text).is_ok_and(web)
    };
    shaped(claim, value, fits, "Write a whole web address that begins with https:// or http://.")
}

fn shaped(
    claim: &'static str,
    value: &Option<String>,
    fits: impl Fn(&str) -> bool,
    sentence: &str,
) -> Result<Option<String>, Refusal> {
    let Some(text) = value.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST {
        return Err(Refusal::field(claim, format!("Use at most {LONGEST} characters.")));
    }
    if !fits(text) {
        return Err(Refusal::field(claim, sentence));
    }
    Ok(Some(text.to_owned()))
}

fn is_birthdate(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit())).and_then(|part| part.parse().ok())
    };
    match text.len() {
        4 => number(0..4).is_some_and(|year| year > 0),
        10 if text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => {
            let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
                return false;
            };
            // Without a year it may have been a leap year.
            let year = if year == 0 { 2_000 } else { year };
            let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let days = match month {
                4 | 6 | 9 | 11 => 30,
                2 if leap => 29,
                2 => 28,
                1..=12 => 31,
                _ => 0,
            };
            (1..=days).contains(&day)
        }
        _ => false,
    }
}

/// The shape of a name in the time zone database; which names it has changes every year.
fn is_zone(text: &str) -> bool {
    let part = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
        !part.is_empty() && part.bytes().all(plain) && part.as_bytes()[0].is_ascii_alphabetic()
    };
    text.len() <= 64 && text.split('/').count() <= 3 && text.split('/').all(part)
}

/// The shape of a language tag (RFC 5646, section 2.1); some programs write an underscore for the hyphen (OpenID Connect
/// Core, section 5.1).
fn is_locale(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    text.len() <= 35
        && (2..=8).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(subtag)
}

/// E.164, as people write it; an extension as in RFC 3966 (OpenID Connect Core, section 5.1).
fn is_phone(text: &str) -> bool {
    let (number, extension) = match text.split_once(";ext=") {
        Some((number, extension)) => (number, Some(extension)),
        None => (text, None),
    };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'/');
    let extends = |text: &str| (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    number.strip_prefix('+').is_some_and(|rest| rest.bytes().all(plain) && rest.as_bytes().first() != Some(&b'0'))
        && (5..=15).contains(&digits)
        && extension.is_none_or(extends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Profile)) -> Result<Profile, &'static str> {
        let mut profile = Profile::default();
        change(&mut profile);
        accept(&profile).map_err(|refusal| match refusal {
            Refusal::FieldInvalid(problem) => problem.field,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn values_are_trimmed_and_empty_ones_are_absent() {
        let kept = with(|p| {
            p.given_name = Some("  Zoë ".to_owned());
            p.family_name = Some("   ".to_owned());
            p.address = Some(Address { locality: Some(" ".to_owned()), ..Address::default() });
        });
        let kept = kept.unwrap();
        assert_eq!((kept.given_name.as_deref(), kept.family_name, kept.address), (Some("Zoë"), None, None));
    }

    #[test]
    fn every_claim_has_its_length_and_no_invisible_characters() {
        let wrong = ["x".repeat(201), "a\0b".to_owned(), "a\nb".to_owned(), "a\u{202e}b".to_owned()];
        for text in wrong {
            let some = || Some(text.clone());
            assert_eq!(with(|p| p.name = some()), Err("name"));
            assert_eq!(with(|p| p.given_name = some()), Err("given_name"));
            assert_eq!(with(|p| p.gender = some()), Err("gender"));
            assert_eq!(with(|p| p.website = some()), Err("website"));
            assert_eq!(with(|p| p.locale = some()), Err("locale"));
            let address = Address { country: some(), ..Address::default() };
            assert_eq!(with(|p| p.address = Some(address)), Err("country"));
        }
        assert!(with(|p| p.name = Some("x".repeat(200))).is_ok());
        let street = |text: &str| Address { street_address: Some(text.to_owned()), ..Address::default() };
        let kept = with(|p| p.address = Some(street("Flat 4\r\n12 Hill Road"))).unwrap();
        assert_eq!(kept.address.unwrap().street_address.as_deref(), Some("Flat 4\n12 Hill Road"));
        assert_eq!(with(|p| p.address = Some(street("a\0b"))), Err("street_address"));
    }

    #[test]
    fn addresses_of_pages_are_http_ones() {
        let picture = |text: &str| with(|p| p.picture = Some(text.to_owned())).is_ok();
        assert!(picture("https://example.org/a.png") && picture("http://example.org"));
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.org",
            "example.org",
            "https://",
            "https://u:p@x.org",
            "https://x.org/a b",
        ] {
            assert!(!picture(wrong), "{wrong}");
        }
    }

    #[test]
    fn dates_zones_languages_and_numbers_have_their_shapes() {
        for right in ["1984-02-29", "1984", "0000-02-29", "2001-12-31"] {
            assert!(is_birthdate(right), "{right}");
        }
        for wrong in [
            "1985-02-29",
            "1984-13-01",
            "1984-00-10",
            "1984-01-32",
            "84-01-01",
            "0000",
            "1984-1-1",
            "+984-01-01",
            "19840101",
        ] {
            assert!(!is_birthdate(wrong), "{wrong}");
        }
        for right in ["Europe/Kyiv", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+3"] {
            assert!(is_zone(right), "{right}");
        }
        for wrong in ["Europe/", "/", "../etc/passwd", "Europe/Kyiv;", "a/b/c/d", "Європа/Київ"] {
            assert!(!is_zone(wrong), "{wrong}");
        }
        for right in ["en", "uk-UA", "en_GB", "zh-Hant-TW", "de-CH-1996"] {
            assert!(is_locale(right), "{right}");
        }
        for wrong in ["e", "en-", "en--GB", "12", "en-GB-waytoolong1", "en GB"] {
            assert!(!is_locale(wrong), "{wrong}");
        }
        for right in ["+44 20 7946 0000", "+15550100", "+1 (555) 010-0000", "+14255550100;ext=5678"] {
            assert!(is_phone(right), "{right}");
        }
        for wrong in
            ["020 7946 0000", "+", "+44", "+0 20 7946 0000", "+44 20 7946 000a", "+1234567890123456", "+15550100;ext="]
        {
            assert!(!is_phone(wrong), "{wrong}");
        }
    }
}
