//! A browser: keeps cookies, sends forms with what they hide, goes where it is told only when asked to.

use std::collections::BTreeMap;

use crate::jar::Jar;

use super::house::House;
use super::wire::{Ask, Reply};

/// One browser with its cookies.
pub struct Browser<'h> {
    house: &'h House,
    jar: Jar,
}

impl<'h> Browser<'h> {
    pub fn of(house: &'h House) -> Browser<'h> {
        Browser { house, jar: Jar::default() }
    }

    /// Where it goes.
    pub fn house(&self) -> &'h House {
        self.house
    }

    /// The same browser with the cookies it has now, as a thief would copy it.
    pub fn copy(&self) -> Browser<'h> {
        Browser { house: self.house, jar: self.jar.clone() }
    }

    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.jar.cookies()
    }

    /// The cookie of somebody who is signed in.
    pub fn session(&self) -> Option<String> {
        self.cookies().into_iter().find(|(name, _)| name.ends_with("countersign-session")).map(|(_, value)| value)
    }

    /// Sends a request with this browser's cookies and keeps those that come back.
    pub async fn sends(&self, ask: Ask) -> Reply {
        let cookies = self.jar.header();
        let ask = if cookies.is_empty() { ask } else { ask.header("cookie", cookies) };
        let reply = self.house.asks(ask).await;
        self.jar.keep(&reply.headers);
        reply
    }

    pub async fn opens(&self, path: &str) -> Reply {
        self.sends(Ask::get(path)).await
    }

    /// Posts a form of ours, as a browser does that is on one of our pages.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.sends(self.form(path, fields)).await
    }

    /// Follows redirects as long as they lead to ourselves.
    pub async fn follows(&self, reply: Reply) -> Reply {
        let mut reply = reply;
        for _ in 0..10 {
            match reply.header("location") {
                Some(path) if reply.status == 303 && path.starts_with('/') && !path.starts_with("//") => {
                    let path = path.to_owned();
                    reply = self.opens(&path).await;
                }
                _ => return reply,
            }
        }
        panic!("led around in circles: {reply}");
    }

    /// Sends the first form on `page` with what it hides and with `filled`; where it says.
    pub async fn submits(&self, page: &Reply, filled: &[(&str, &str)]) -> Reply {
        self.sends(self.filled(page, filled)).await
    }

    /// The same from another network.
    pub async fn submits_from(&self, address: &str, page: &Reply, filled: &[(&str, &str)]) -> Reply {
        self.sends(self.filled(page, filled).coming_from(address)).await
    }

    fn filled(&self, page: &Reply, filled: &[(&str, &str)]) -> Ask {
        let form = Form::on(page);
        let mut fields: Vec<(&str, &str)> = form.hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.retain(|(name, _)| !filled.iter().any(|(other, _)| other == name));
        fields.extend(filled);
        self.form(&form.action, &fields)
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Ask {
        let ask = Ask::post(path, fields).header("origin", origin(self.house.issuer));
        ask.header("sec-fetch-site", "same-origin")
    }
}

/// Scheme, host and port of an issuer.
fn origin(issuer: &str) -> &str {
    let after = issuer.find("://").map_or(0, |at| at + 3);
    issuer[after..].find('/').map_or(issuer, |at| &issuer[..after + at])
}

/// A form on a page.
#[derive(Debug)]
pub struct Form {
    pub action: String,
    pub hidden: Vec<(String, String)>,
}

impl Form {
    /// The first form of the page's own matter that shows without a script.
    #[track_caller]
    pub fn on(page: &Reply) -> Form {
        assert!(page.is_page(), "{page}");
        let (_, main) = page.body.split_once("<main").expect("a page has a main part");
        let mut forms = main.split("<form").skip(1).filter_map(|form| form.split_once('>'));
        let shown = forms.find(|(tag, _)| !tag.ends_with(" hidden"));
        let (tag, rest) = shown.unwrap_or_else(|| panic!("no form: {page}"));
        let (inside, _) = rest.split_once("</form>").expect("a whole form");
        assert_eq!(attribute(tag, "method").as_deref(), Some("post"));
        let inputs = inside.split("<input").skip(1).filter_map(|input| input.split('>').next());
        let hidden = inputs.filter(|input| attribute(input, "type").as_deref() == Some("hidden"));
        let pair = |input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()));
        Form { action: attribute(tag, "action").expect("an action"), hidden: hidden.filter_map(pair).collect() }
    }

    pub fn hidden(&self, name: &str) -> &str {
        self.hidden.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// An attribute of a tag, unescaped.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// HTML's escapes undone, numeric ones included.
pub fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').expect("every & is escaped");
        out.push_str(before);
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => {
                let number = other.strip_prefix('#').and_then(|number| number.parse().ok()).and_then(char::from_u32);
                number.unwrap_or_else(|| panic!("an unknown entity: {other}"))
            }
        });
        rest = after;
    }
    out + rest
}
