//! What a username and an e-mail address may be, and that no two people share one.

use crate::base::ids::UserId;
use crate::engine::Engine;
use crate::model::refusal::Refusal;
use crate::model::user::{User, login_key};
use crate::store::Fault;

/// How somebody is called when signing in: checked, without surrounding space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The username.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
}

impl Names {
    /// Checks both. An empty address is none.
    ///
    /// # Errors
    /// What is wrong with `username` or `email`, in a sentence.
    pub fn parse(username: &str, email: Option<&str>) -> Result<Names, Refusal> {
        let email = email.map(str::trim).filter(|email| !email.is_empty()).map(address).transpose()?;
        let username = name(username)?;
        let is_address = email.as_ref().is_some_and(|email| login_key(email) == login_key(&username));
        if username.contains('@') && !is_address {
            return Err(Refusal::field("username", "A username has no @ in it, unless it is the e-mail address."));
        }
        Ok(Names { username, email })
    }
}

/// The longest a name may become when it is compared, in bytes: some characters become many.
const LONGEST_KEY: usize = 512;

fn name(text: &str) -> Result<String, Refusal> {
    let wrong = |sentence: &str| Err(Refusal::field("username", sentence));
    let text = text.trim();
    match text.chars().count() {
        0 => return wrong("Enter a username."),
        65.. => return wrong("Use at most 64 characters."),
        _ if login_key(text).is_empty() || login_key(text).len() > LONGEST_KEY => {
            return wrong("Use letters and digits for the username.");
        }
        _ => {}
    }
    if text.chars().any(is_invisible) {
        return wrong("The username has a character in it that cannot be seen. Type it again.");
    }
    Ok(text.to_owned())
}

/// An address as people use them: something, an @, and a host name (RFC 5321, section 4.1.2, without quoted parts;
/// characters beyond ASCII as in RFC 6531).
///
/// # Errors
/// [`Refusal::FieldInvalid`] for `email`.
pub(crate) fn address(text: &str) -> Result<String, Refusal> {
    let whole = text.rsplit_once('@').is_some_and(|(local, domain)| {
        let local_fits = |c: char| !c.is_whitespace() && !is_invisible(c) && !"@\"(),:;<>[\\]".contains(c);
        let label_fits = |label: &str| {
            let inner = |c: char| c.is_alphanumeric() || c == '-';
            (1..=63).contains(&label.len())
                && label.chars().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        (1..=64).contains(&local.len())
            && local.chars().all(local_fits)
            && !(local.starts_with('.') || local.ends_with('.') || local.contains(".."))
            && domain.split('.').all(label_fits)
    });
    if whole && text.len() <= 254 && login_key(text).len() <= LONGEST_KEY {
        return Ok(text.to_owned());
    }
    Err(Refusal::field("email", "Enter a whole e-mail address, such as name@example.org."))
}

/// Control characters, and those that change how text around them looks.
pub(crate) fn is_invisible(c: char) -> bool {
    let steers = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || steers
}

/// Whether a name can be read: no character in it is invisible, but for those that join or part letters as some languages and
/// pictures write them (ZWNJ and ZWJ, between characters that can be seen), and one at least can be seen.
pub(crate) fn is_readable(text: &str) -> bool {
    let seen = |c: Option<&char>| c.is_some_and(|c| !is_invisible(*c) && !c.is_whitespace());
    let all: Vec<char> = text.chars().collect();
    let fits = |(at, c): (usize, &char)| match c {
        '\u{200c}' | '\u{200d}' => seen(at.checked_sub(1).and_then(|before| all.get(before))) && seen(all.get(at + 1)),
        c => !is_invisible(*c),
    };
    all.iter().enumerate().all(fits) && all.iter().any(|c| !is_invisible(*c) && !c.is_whitespace() && !is_blank(*c))
}

/// Characters that are drawn as nothing by themselves, though some are part of what is beside them.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl Engine {
    /// The person who signs in with this username or address.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn find_login(&self, login: &str) -> Result<Option<crate::records::Kept<User>>, Fault> {
        let key = login_key(login);
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Ok(None);
        }
        self.ledger.find_unique::<User>("login", &key).await
    }

    /// Which of these names somebody other than `user` has already.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn name_taken(&self, user: Option<&UserId>, names: &Names) -> Result<Option<Refusal>, Fault> {
        let wanted = [("username", Some(&names.username)), ("email", names.email.as_ref())];
        for (field, name) in wanted {
            let Some(name) = name else { continue };
            let holder = self.find_login(name).await?;
            if holder.is_some_and(|holder| Some(&holder.id) != user) {
                return Ok(Some(Refusal::Taken(field)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_short_visible_and_no_addresses_of_others() {
        let fits = |name: &str| Names::parse(name, None).map(|names| names.username);
        assert_eq!(fits("  alice "), Ok("alice".to_owned()));
        assert_eq!(fits("Zoë 王"), Ok("Zoë 王".to_owned()));
        assert!(fits(&"x".repeat(64)).is_ok() && fits(&"x".repeat(65)).is_err());
        for wrong in ["", "   ", "a\0b", "a\nb", "a\u{202e}b", "a\u{200b}", "alice@example.org", &"\u{fdfa}".repeat(64)]
        {
            assert!(fits(wrong).is_err(), "{wrong:?}");
        }
        assert!(Names::parse("alice@example.org", Some("Alice@Example.org")).is_ok());
        assert!(Names::parse("bob@example.org", Some("alice@example.org")).is_err());
    }

    #[test]
    fn addresses_are_whole() {
        let fits = |email: &str| Names::parse("x", Some(email));
        for right in ["a@b", "alice@example.org", "a.b+c@mail.example.org", "jürgen@müller.de", "o'hara@example.ie"] {
            assert_eq!(fits(right).unwrap().email.as_deref(), Some(right));
        }
        assert_eq!(fits("  ").unwrap().email, None);
        for wrong in ["a", "@b", "a@", "a@b..c", "a@-b", ".a@b", "a..b@c", "a b@c", "a@b@c", "a@b c", "<a@b>", "a\0@b"]
        {
            assert!(fits(wrong).is_err(), "{wrong:?}");
        }
    }
}
