//! What the claims of a profile may hold.

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
fn names_are_spelt_as_their_people_spell_them() {
    let name = |text: &str| with(|p| p.name = Some(text.to_owned()));
    let rights = ["علی\u{200c}رضا", "क्\u{200d}ष", "👩\u{200d}🚀", "👩\u{200d}❤\u{fe0f}\u{200d}👨 Ada", "O\u{ad}Neill"];
    for right in rights {
        assert_eq!(name(right).unwrap().name.as_deref(), Some(right), "as it was written");
    }
    let lone = ["\u{200c}", "\u{200d}", "a\u{200d}", "\u{200c}a", "a \u{200d}b", "a\u{200c}\u{200d}b", "a\u{200d} b"];
    let blank = ["\u{ad}", "\u{3164}", "\u{2800}\u{2800}", "\u{fe0f}", "\u{115f}\u{200d}\u{1160}"];
    let steering = ["a\u{202e}b", "a\u{2066}b\u{2069}", "a\u{200f}b", "a\u{61c}b", "a\u{200b}b", "a\u{feff}b"];
    for wrong in lone.into_iter().chain(blank).chain(steering) {
        assert_eq!(name(wrong), Err("name"), "{wrong:?}");
    }
    let street = Address { street_address: Some("خانه\u{200c}ها\n\n12".to_owned()), ..Address::default() };
    assert!(with(|p| p.address = Some(street)).is_ok());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = |text: &str| Some(text.to_owned());
    let address = Address { region: text("\0"), ..Address::default() };
    let wanted = Profile {
        name: text("Ada"),
        website: text("here"),
        picture: text("there"),
        birthdate: text("17 May"),
        phone_number: text("555"),
        address: Some(address),
        ..Profile::default()
    };
    let told = problems(&wanted);
    let mut fields: Vec<&str> = told.iter().map(|problem| problem.field).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["birthdate", "phone_number", "picture", "region", "website"]);
    assert!(told.iter().any(|problem| problem.sentence.starts_with("The website needs a whole web address")));
    assert_eq!(problems(&Profile { birthdate: text("0000-05-17"), ..Profile::default() }), []);
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
