use super::*;
use crate::model::lifetime::Lifetime;

struct Elsewhere;

impl Outside for Elsewhere {
    fn env(&self, name: &str) -> Option<String> {
        (name == "SET").then(|| "from the environment".to_owned())
    }

    fn file(&self, path: &Path) -> std::io::Result<String> {
        match path.to_str() {
            Some("/etc/cs/secret") => Ok("from a file\n".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

fn wrong<T: std::fmt::Debug>(text: &str, reader: impl FnOnce(&Section<'_>) -> T) -> String {
    read(Path::new("/etc/cs/x.toml"), text, &Elsewhere, reader).unwrap_err().to_string()
}

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let text = "nmae = 'a'\ncolour = 'rde'\nspan = '1 week'\ncount = 12\n\n[[things]]\nlist = ['1h', 5]\nextra = 1\n";
    let told = wrong(text, |root| {
        root.required("name");
        root.choice("colour", &[(1, "red"), (2, "green")]);
        root.parsed("span", Lifetime::parse);
        root.number("count", 1..=10);
        for thing in root.sections("things") {
            thing.list("list", Lifetime::parse);
            thing.close();
        }
    });
    insta::assert_snapshot!(told, @r#"
    /etc/cs/x.toml:1: name: is missing
    /etc/cs/x.toml:1: nmae: unknown key; did you mean "name"?
    /etc/cs/x.toml:2: colour: expected red or green, found "rde"; did you mean "red"?
    /etc/cs/x.toml:3: span: expected a span of time such as 60s, 10min, 1h or 30d, at most 3650d
    /etc/cs/x.toml:4: count: expected a whole number between 1 and 10, found 12
    /etc/cs/x.toml:7: things[0].list[1]: expected a string, { env = "NAME" } or { file = "path" }, found a number
    /etc/cs/x.toml:8: things[0].extra: unknown key; expected one of list
    "#);
}

#[test]
fn what_is_no_toml_is_told_by_line() {
    insta::assert_snapshot!(wrong("a = 1\nb = = 2\n", |_| ()), @"/etc/cs/x.toml:2: extra `=`, expected nothing");
}

#[test]
fn strings_may_lie_elsewhere() {
    let text = "a = { env = 'SET' }\nb = { file = 'secret' }\nc = 'here'\n";
    let read = |root: &Section<'_>| (root.string("a"), root.string("b"), root.string("c"));
    let (a, b, c) = super::read(Path::new("/etc/cs/x.toml"), text, &Elsewhere, read).unwrap();
    let all = (a.as_deref(), b.as_deref(), c.as_deref());
    assert_eq!(all, (Some("from the environment"), Some("from a file"), Some("here")));
    let text = "a = { env = 'UNSET' }\nb = { file = '/none' }\nc = { evn = 'SET' }\n";
    insta::assert_snapshot!(wrong(text, |root| (root.string("a"), root.string("b"), root.string("c"))), @r#"
    /etc/cs/x.toml:1: a: the environment variable UNSET is not set
    /etc/cs/x.toml:2: b: the file /none cannot be read: entity not found
    /etc/cs/x.toml:3: c: expected a string, { env = "NAME" } or { file = "path" }, found a table
    "#);
}
