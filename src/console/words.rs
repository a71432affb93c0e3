//! Small words and paths that the console's pages share.

use crate::engine::admin::Listed;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::views::Pager;

/// How many rows a page of a list has.
pub(super) const PAGE: usize = 50;
/// Up to how many groups or scopes are offered as check boxes; a form has at most a hundred fields.
pub(super) const OFFERED: usize = 80;

/// `/admin/<noun>/<id>`, and `rest` below it.
pub(super) fn at(noun: &str, id: &str, rest: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/admin/{noun}/{}{rest}", id.replace('+', "%20"))
}

/// Where in the list at `path` a page is that begins after `after`. `filters` are what the list was asked for.
pub(super) fn pager<T>(
    path: &str,
    filters: &[(&str, &str)],
    after: &str,
    listed: &Listed<T>,
    one: &str,
    many: &str,
) -> Pager {
    let shown = counted(listed.items.len(), one, many);
    let words = match (after.is_empty(), listed.next.is_some()) {
        (true, false) => shown,
        (true, true) => format!("The first {shown}"),
        (false, true) => format!("The next {shown}"),
        (false, false) => format!("The last {shown}"),
    };
    Pager {
        words,
        first: (!after.is_empty()).then(|| with_query(path, filters)),
        next: listed.next.as_deref().map(|next| with_query(path, &[filters, &[("after", next)]].concat())),
    }
}

/// `path` with a query of these parts; empty ones are left out.
fn with_query(path: &str, parts: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parts.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// `1 person`, `1,204 people`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `1,204`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `staff, finance and 3 more`.
pub(super) fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    const SHOWN: usize = 3;
    let count = names.len();
    let shown = names.take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if count > SHOWN { format!("{shown} and {} more", count - SHOWN) } else { shown }
}

/// A cause in the middle of a sentence as a sentence of its own.
pub(super) fn sentence(cause: impl ToString) -> String {
    let cause = cause.to_string();
    // The name of a scheme is written small, wherever it stands.
    if cause.starts_with("http") {
        return format!("{cause}.");
    }
    let mut letters = cause.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    format!("{}.", first.chain(letters).collect::<String>())
}

/// A field as it was typed; empty when it was not.
pub(super) fn typed(form: &Params, field: &str) -> String {
    form.get(field).unwrap_or_default().to_owned()
}

/// A field without the space around it; `None` when nothing is left.
pub(super) fn filled(form: &Params, field: &str) -> Option<String> {
    form.get(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The lines of a field, without empty ones.
pub(super) fn lines(form: &Params, field: &str) -> Vec<String> {
    form.get(field)
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The same problems, each at the field a page has for it.
pub(super) fn renamed(problems: Problems, names: &[(&str, &str)]) -> Problems {
    let mut problems = problems;
    for problem in &mut problems.list {
        if let Some((_, to)) = names.iter().find(|(from, _)| *from == problem.field) {
            problem.field = (*to).to_owned();
        }
    }
    problems
}

/// What is wrong with a confirmation that was to be `wanted`; nothing when it is.
pub(super) fn confirmation(form: &Params, wanted: &str) -> Problems {
    // Pages show every run of white space as one space.
    let shown = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if shown(form.get("typed").unwrap_or_default()) == shown(wanted) {
        return Problems::none();
    }
    Problems::of("typed", "What you typed is different. Copy the name as it is shown.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, words) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), words);
        }
        assert_eq!(counted(1, "person", "people"), "1 person");
    }

    #[test]
    fn ids_keep_their_place_in_a_path() {
        assert_eq!(at("groups", "a/b c?", "/delete"), "/admin/groups/a%2Fb%20c%3F/delete");
    }

    #[test]
    fn a_name_is_confirmed_as_it_is_shown() {
        let form = |text: &str| Params::parse(format!("typed={text}").as_bytes()).unwrap();
        assert!(!confirmation(&form("+Team+wiki"), "Team  wiki ").any());
        for other in ["", "team+wiki", "Teamwiki"] {
            assert!(confirmation(&form(other), "Team  wiki ").any(), "{other}");
        }
    }

    #[test]
    fn a_list_says_where_it_is() {
        let listed = |next: Option<&str>| Listed { items: vec![(); 50], next: next.map(str::to_owned) };
        let first = pager("/admin/people", &[("q", "a b")], "", &listed(Some("x\0y")), "person", "people");
        assert_eq!((first.words.as_str(), first.first.as_deref()), ("The first 50 people", None));
        assert_eq!(first.next.as_deref(), Some("/admin/people?q=a+b&after=x%00y"));
        let last = pager("/admin/people", &[("q", "")], "x\0y", &listed(None), "person", "people");
        assert_eq!((last.words.as_str(), last.first.as_deref()), ("The last 50 people", Some("/admin/people")));
        assert_eq!(last.next, None);
    }
}
