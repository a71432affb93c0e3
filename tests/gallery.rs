//! The gallery: every template with every sample, drawn twice, and looked at the way a careful reader would.
//!
//! With `GALLERY_OUT=folder` the drawn pages and their files are written there, for screenshots and for axe
//! (`tests/browser/gallery.mjs`).

use std::collections::HashSet;
use std::path::PathBuf;

use askama::Template;
use countersign::console::views as console;
use countersign::http::assets::asset_url;
use countersign::http::page::Samples;
use countersign::http::views::{FormPost, Problem};
use countersign::mail::Words;
use countersign::mail::words::{Html, Plain};
use countersign::pages::views::*;

#[test]
fn people_can_read_every_page() {
    draw::<SignIn>("sign-in");
    draw::<SecondFactor>("second-factor");
    draw::<NewCodes>("new-codes");
    draw::<MailCode>("mail-code");
    draw::<MailedCode>("mailed-code");
    draw::<MailCodeNote>("mail-code-note");
    draw::<ChooseAccount>("choose-account");
    draw::<FlowExpired>("flow-expired");
    draw::<Consent>("consent");
    draw::<Setup>("setup");
    draw::<Recover>("recover");
    draw::<Arrive>("arrive");
    draw::<Register>("register");
    draw::<RegisterSent>("register-sent");
    draw::<LinkClosed>("link-closed");
    draw::<Reset>("reset");
    draw::<ResetSent>("reset-sent");
    draw::<Verify>("verify");
    draw::<OwnAddress>("account-address");
    draw::<SignOut>("sign-out");
    draw::<SignedOut>("signed-out");
    draw::<Home>("home");
    draw::<Overview>("account");
    draw::<Profile>("account-profile");
    draw::<Preferences>("account-preferences");
    draw::<OwnData>("account-data");
    draw::<Deletion>("account-delete");
    draw::<Password>("account-password");
    draw::<Authenticator>("account-authenticator");
    draw::<RecoveryCodes>("account-recovery-codes");
    draw::<Sessions>("account-sessions");
    draw::<Grants>("account-applications");
    draw::<Care>("account-care");
    draw::<Passkeys>("account-passkeys");
    draw::<AddPasskey>("account-passkeys-add");
    draw::<OwnActivity>("account-activity");
    draw::<Problem>("problem");
    draw::<FormPost>("form-post");
}

#[test]
fn administrators_can_read_every_page() {
    draw::<console::Overview>("admin");
    draw::<console::Applications>("admin-applications");
    draw::<console::NewApplication>("admin-applications-new");
    draw::<console::Application>("admin-application");
    draw::<console::Confirm>("admin-confirm");
    draw::<console::People>("admin-people");
    draw::<console::NewPerson>("admin-people-new");
    draw::<console::Person>("admin-person");
    draw::<console::Invitations>("admin-invitations");
    draw::<console::OneGroup>("admin-group");
    draw::<console::Groups>("admin-groups");
    draw::<console::Scopes>("admin-scopes");
    draw::<console::ScopeForm>("admin-scope");
    draw::<console::Keys>("admin-keys");
    draw::<console::Activity>("admin-activity");
    draw::<console::Settings>("admin-settings");
    draw::<console::Mail>("admin-mail");
    draw::<console::MailServer>("admin-mail-server");
}

#[test]
fn people_can_read_every_letter() {
    for (name, words) in Words::samples() {
        let (plain, html) = (Plain { words: &words }.render().unwrap(), Html { words: &words }.render().unwrap());
        let tags = tags(&html);
        assert!(html.starts_with("<!doctype html>") && html.contains("<html lang=\"en\">"), "{name}");
        assert_eq!((count(&tags, "h1"), count(&tags, "main")), (1, 1), "{name}");
        for alien in ["table", "img", "script", "form", "link", "iframe"] {
            assert_eq!(count(&tags, alien), 0, "{name}: a letter needs no {alien}");
        }
        for tag in &tags {
            let bad =
                |(key, value): &(&str, &str)| *key == "style" || key.starts_with("on") || value.contains("javascript:");
            assert!(!tag.attributes.iter().any(bad), "{name}: {tag:?}");
        }
        assert!(!plain.contains("&#") && !plain.contains("\n\n\n"), "{name}: {plain}");
        if let Some(folder) = out_folder() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("letter.{name}.html")), &html).unwrap();
        }
    }
}

#[test]
fn files_are_written_beside_the_pages() {
    let Some(folder) = out_folder() else { return };
    for name in ["app.css", "app.js", "form-post.js", "icon.svg", "passkeys.js"] {
        let to = folder.join(asset_url(name).trim_start_matches('/'));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(format!("{}/static/{name}", env!("CARGO_MANIFEST_DIR")), to).unwrap();
    }
}

fn out_folder() -> Option<PathBuf> {
    std::env::var_os("GALLERY_OUT").map(PathBuf::from)
}

fn draw<T: Samples>(view: &str) {
    let first: Vec<_> = T::samples().iter().map(|(name, sample)| (*name, sample.render().unwrap())).collect();
    let second: Vec<_> = T::samples().iter().map(|(name, sample)| (*name, sample.render().unwrap())).collect();
    assert_eq!(first, second, "{view}: the same data gives the same page");
    let names: HashSet<_> = first.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), first.len(), "{view}: two samples share a name");

    for (name, html) in &first {
        let faults = look(html);
        assert!(faults.is_empty(), "{view}.{name}: {faults:#?}\n{html}");
        if let Some(folder) = out_folder() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{view}.{name}.html")), html).unwrap();
        }
    }
}

/// One tag of a page. Text is escaped everywhere, so `<` always begins a tag.
#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    /// The text up to the next tag.
    text: &'a str,
}

impl<'a> Tag<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    html.split('<').skip(1).map(tag).collect()
}

fn tag(source: &str) -> Tag<'_> {
    let name_end = source.find([' ', '\n', '>']).unwrap_or(source.len());
    let (name, mut rest) = source.split_at(name_end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n', '/']);
        if rest.starts_with('>') || rest.is_empty() {
            return Tag { name, attributes, text: rest.trim_start_matches('>') };
        }
        let key_end = rest.find(['=', ' ', '\n', '>']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(key_end);
        match after.strip_prefix("=\"") {
            Some(after) => {
                let (value, after) = after.split_once('"').expect("every attribute value is quoted");
                attributes.push((key, value));
                rest = after;
            }
            None => {
                assert!(!after.starts_with('='), "every attribute value is quoted: {source}");
                attributes.push((key, ""));
                rest = after;
            }
        }
    }
}

/// Everything that is wrong with a page.
fn look(html: &str) -> Vec<String> {
    let tags = tags(html);
    let mut faults = Vec::new();
    let mut fault = |wrong: bool, words: String| wrong.then(|| faults.push(words));

    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    let unique: HashSet<&str> = ids.iter().copied().collect();
    fault(ids.len() != unique.len(), format!("an id comes twice: {ids:?}"));
    fault(count(&tags, "h1") != 1, "there is not exactly one h1".into());
    fault(count(&tags, "main") != 1, "there is not exactly one main".into());
    let title = tags.iter().find(|tag| tag.name == "title").map_or("", |tag| tag.text);
    fault(title.starts_with(' ') || title.len() < 5, format!("the title is empty: {title:?}"));
    fault(!html.starts_with("<!doctype html>"), "the doctype does not come first".into());
    fault(tags.iter().any(|tag| tag.name == "html" && tag.get("lang") != Some("en")), "no language".into());
    fault(html.contains("{{") && !html.contains("7*7"), "a template tag was left over".into());

    let labels: HashSet<&str> = tags.iter().filter(|t| t.name == "label").filter_map(|t| t.get("for")).collect();
    for tag in &tags {
        for (key, value) in &tag.attributes {
            fault(*key == "style" || key.starts_with("on"), format!("{} has {key}", tag.name));
            fault(value.contains("javascript:"), format!("{} has a script address", tag.name));
            let named: Vec<&str> = match *key {
                "for" | "aria-controls" | "data-copy" | "data-reveal" | "popovertarget" => vec![value],
                "aria-describedby" | "aria-labelledby" => value.split_whitespace().collect(),
                "href" if value.starts_with('#') => vec![&value[1..]],
                _ => vec![],
            };
            for id in named {
                fault(!unique.contains(id), format!("{} {key} names {id:?}, which is not there", tag.name));
            }
            if matches!(*key, "href" | "src") && value.starts_with("/static/") {
                let known = ["app.css", "app.js", "form-post.js", "icon.svg", "passkeys.js"].map(asset_url);
                fault(!known.contains(value), format!("{value} is not a file of ours"));
            }
        }
        match tag.name {
            "style" => drop(fault(true, "there is an inline style".into())),
            "script" => drop(fault(tag.get("src").is_none() || !tag.text.trim().is_empty(), "inline script".into())),
            "img" => drop(fault(tag.get("alt").is_none(), "an image without words".into())),
            "input" | "select" | "textarea" => {
                let kind = tag.get("type").unwrap_or("text");
                let labelled = tag.get("id").is_some_and(|id| labels.contains(id)) || tag.get("aria-label").is_some();
                fault(kind != "hidden" && !labelled, format!("{tag:?} has no label"));
                let text = tag.name == "input" && !matches!(kind, "hidden" | "radio" | "checkbox" | "search");
                fault(text && tag.get("autocomplete").is_none(), format!("{tag:?} does not say what completes it"));
                let own = tag.get("value").is_some_and(|value| Some(value) == tag.get("name"));
                fault(own, format!("{tag:?} holds its own name: a macro's argument hides a field of the view"));
                fault(kind == "password" && tag.get("value").is_some(), "a password was sent back".into());
            }
            _ => {}
        }
    }
    faults.extend(look_at_forms(html));
    faults
}

fn count(tags: &[Tag<'_>], name: &str) -> usize {
    tags.iter().filter(|tag| tag.name == name).count()
}

/// Forms that change something stay here and carry the token; forms that leave this server never do.
fn look_at_forms(html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for piece in html.split("<form").skip(1) {
        let form = piece.split("</form>").next().unwrap();
        let head = tag(form);
        let here = head.get("action").is_some_and(|action| action.starts_with('/') && !action.starts_with("//"));
        let post = head.get("method") == Some("post");
        let has_token = form.contains("name=\"csrf\"");
        if (post && here) != has_token {
            faults.push(format!("form {:?}: the token is missing, or goes where it should not", head.get("action")));
        }
        if post && !form.contains("<button") {
            faults.push(format!("form {:?} has no button", head.get("action")));
        }
    }
    faults
}
