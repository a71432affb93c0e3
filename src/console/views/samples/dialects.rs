//! Dialects, for the pages that show them.

use super::*;
use crate::http::views::Fact;

fn row(name: &str, title: &str, sentence: &str) -> DialectRow {
    DialectRow { name: name.into(), title: title.into(), sentence: sentence.into(), ..DialectRow::default() }
}

/// One that is spoken as is customary, one that is off and spoken in another way, one that is not spoken.
pub(super) fn rows() -> Vec<DialectRow> {
    let example = |words: &str, text: &str, command| ExampleText { words: words.into(), text: text.into(), command };
    let change = |field: &str, now: &str, customary: &str| CustomChange {
        field: field.into(),
        now: now.into(),
        customary: customary.into(),
    };
    let open = "https://id.example.org/oauth/authorize?client_id=wiki&response_type=code&scope=openid&state=try";
    let redeem = "curl https://id.example.org/oauth/token \\\n  -u \"wiki:$SECRET\" \\\n  -d \"code=$CODE\"";
    let oidc = row("oidc", "OpenID Connect", "The standard, which nearly every library and product speaks.");
    let worksection = row("worksection", "Worksection", "For programs written for Worksection.");
    vec![
        DialectRow {
            chosen: true,
            endpoints: vec![
                Fact::new("Sign-in", "https://id.example.org/oauth/authorize"),
                Fact::new("Tokens", "https://id.example.org/oauth/token"),
            ],
            examples: vec![
                example("Open this address, sign in, and take the code.", open, false),
                example("Redeem the code.", redeem, true),
            ],
            ..oidc
        },
        DialectRow {
            chosen: true,
            off: true,
            changes: vec![change("Codes live", "60s", "10min"), change("Audience", "", "wiki")],
            ..worksection
        },
        row("machine", "Machine", "For programs that act for themselves."),
    ]
}

/// The same on the settings page.
pub(super) fn placed() -> Vec<PlacedDialect> {
    let places = [("/oauth", true), ("/oauth2", false), ("/v1", true)];
    let placed = rows().into_iter().zip(places).map(|(row, (prefix, on))| PlacedDialect {
        name: row.name,
        title: row.title,
        sentence: row.sentence,
        on,
        prefix: prefix.into(),
        hint: format!("Before its paths. The default is {prefix}."),
    });
    placed.collect()
}
