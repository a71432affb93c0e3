//! What the claims of a profile may hold (OpenID Connect Core, section 5.1).

use url::Url;

use crate::model::refusal::{FieldProblem, Refusal};
use crate::model::user::{Address, Profile};

use super::names::{is_invisible, is_readable};

/// The longest claim, in characters.
const LONGEST: usize = 200;

/// A profile as somebody wants it: trimmed, empty values absent, every claim within its grammar.
///
/// # Errors
/// [`Refusal::FieldInvalid`], named after the first claim that is wrong, with a sentence that says what to do.
pub fn accept(wanted: &Profile) -> Result<Profile, Refusal> {
    let (profile, problems) = read(wanted);
    match problems.into_iter().next() {
        Some(problem) => Err(Refusal::FieldInvalid(problem)),
        None => Ok(profile),
    }
}

/// All that [`accept`] would refuse, claim by claim, for whoever fills in a form.
pub fn problems(wanted: &Profile) -> Vec<FieldProblem> {
    read(wanted).1
}

fn read(wanted: &Profile) -> (Profile, Vec<FieldProblem>) {
    let mut problems = Vec::new();
    let address = wanted.address.clone().unwrap_or_default();
    let mut line = |claim, value: &Option<String>| shaped(&mut problems, claim, value, is_readable, LINE);
    let address = Address {
        locality: line("locality", &address.locality),
        region: line("region", &address.region),
        postal_code: line("postal_code", &address.postal_code),
        country: line("country", &address.country),
        ..address
    };
    let profile = Profile {
        name: line("name", &wanted.name),
        given_name: line("given_name", &wanted.given_name),
        family_name: line("family_name", &wanted.family_name),
        middle_name: line("middle_name", &wanted.middle_name),
        nickname: line("nickname", &wanted.nickname),
        gender: line("gender", &wanted.gender),
        ..Profile::default()
    };
    let mut shaped = |claim, value: &Option<String>, fits: fn(&str) -> bool, sentence: &str| {
        shaped(&mut problems, claim, value, fits, sentence)
    };
    let address = Address {
        formatted: shaped("formatted", &unix_lines(&address.formatted), are_readable, LINES),
        street_address: shaped("street_address", &unix_lines(&address.street_address), are_readable, LINES),
        ..address
    };
    let profile = Profile {
        profile: shaped("profile", &wanted.profile, is_web_address, &web("The profile page")),
        picture: shaped("picture", &wanted.picture, is_web_address, &web("The picture")),
        website: shaped("website", &wanted.website, is_web_address, &web("The website")),
        birthdate: shaped("birthdate", &wanted.birthdate, is_birthdate, BIRTHDATE),
        zoneinfo: shaped("zoneinfo", &wanted.zoneinfo, is_zone, ZONE),
        locale: shaped("locale", &wanted.locale, is_locale, LOCALE),
        phone_number: shaped("phone_number", &wanted.phone_number, is_phone, PHONE),
        phone_number_verified: wanted.phone_number_verified,
        address: (address != Address::default()).then_some(address),
        ..profile
    };
    (profile, problems)
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

const LINE: &str = "Use characters that can be seen, on one line.";
const LINES: &str = "Use characters that can be seen.";
const BIRTHDATE: &str = "Write a day there is, such as 1984-05-17; only the year, such as 1984; or leave the year out, as in \
                         0000-05-17.";
const ZONE: &str = "Write a time zone such as Europe/Kyiv.";
const LOCALE: &str = "Write a language tag such as en or uk-UA.";
const PHONE: &str = "Write the number with its country code, such as +44 20 7946 0000.";

fn web(what: &str) -> String {
    format!("{what} needs a whole web address that begins with https:// or http://.")
}

/// Some claims have several lines; they are kept with `\n` between them (section 5.1.1).
fn unix_lines(value: &Option<String>) -> Option<String> {
    value.as_ref().map(|text| text.replace("\r\n", "\n"))
}

fn are_readable(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() && !line.chars().any(is_invisible) || is_readable(line))
}

fn is_web_address(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || is_invisible(c));
    let web =
        |url: Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.username().is_empty();
    plain && Url::parse(text).is_ok_and(web)
}

/// The value, trimmed, if there is one and it fits.
fn shaped(
    problems: &mut Vec<FieldProblem>,
    field: &'static str,
    value: &Option<String>,
    fits: impl Fn(&str) -> bool,
    sentence: &str,
) -> Option<String> {
    let text = value.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    let sentence = match text.chars().count() > LONGEST {
        true => format!("Use at most {LONGEST} characters."),
        false if fits(text) => return Some(text.to_owned()),
        false => sentence.to_owned(),
    };
    problems.push(FieldProblem { field, sentence });
    None
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
#[path = "profile_tests.rs"]
mod tests;
