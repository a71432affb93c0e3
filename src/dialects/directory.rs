//! Where every dialect lies, in words, with examples that work: what the console shows.

use crate::http::directory::{Directory, Example, Listing, Speaker};
use crate::model::settings::Settings;

use super::{ALL, Dialect, endpoints};

const OPEN: &str = "Open this address, sign in, and take the code from the address you come back to.";
const REDEEM: &str = "Redeem the code. It works once, and not for long.";
const ALONE: &str = "Get a token.";
const SIGNED: &str = "Get a token. $ASSERTION is what client programs sign with an access key of this application.";

/// What lies where under `issuer`.
pub fn directory(issuer: &str, settings: &Settings) -> Directory {
    let endpoints = endpoints(issuer, settings);
    let dialects = ALL.iter().map(|dialect| listing(dialect, issuer, settings, &endpoints.authorization)).collect();
    Directory { endpoints, dialects }
}

fn listing(dialect: &Dialect, issuer: &str, settings: &Settings, shared: &str) -> Listing {
    let customs = &dialect.customs;
    let base = settings.prefix_of(customs).map(|prefix| format!("{issuer}{prefix}"));
    let (title, sentence, examples) = in_words(customs.name);
    let at = |(path, methods): &(&'static str, &str)| {
        base.as_ref().map(|base| (purpose(path, methods), format!("{base}{path}")))
    };
    let endpoints: Vec<_> = customs.paths.iter().filter_map(at).collect();
    let own = endpoints.iter().find(|(purpose, _)| *purpose == SIGN_IN).map(|(_, url)| url.clone());
    Listing {
        name: customs.name,
        title,
        sentence,
        default_prefix: customs.prefix,
        base,
        endpoints,
        examples,
        authorization: own.unwrap_or_else(|| shared.to_owned()),
    }
}

type Examples = fn(&Listing, &Speaker) -> Vec<Example>;

fn in_words(name: &str) -> (&'static str, &'static str, Examples) {
    match name {
        "oidc" => ("OpenID Connect", "The standard, which nearly every library and product speaks.", oidc),
        "worksection" => (
            "Worksection",
            "For programs written for Worksection: parameters in the query, scopes separated by commas.",
            worksection,
        ),
        "laserfiche" => (
            "Laserfiche",
            "For programs written for Laserfiche Cloud: problem documents, and access keys for services.",
            laserfiche,
        ),
        "chat" => {
            ("Hosted chat", "For a hosted chat that signs in the visitors of a site: token requests in JSON.", chat)
        }
        "machine" => {
            ("Machine", "For programs that act for themselves. They renew their tokens, and go by a key.", machine)
        }
        _ => ("Another interface", "An interface of this server.", |_, _| Vec::new()),
    }
}

const SIGN_IN: &str = "Sign-in";

fn purpose(path: &str, methods: &str) -> &'static str {
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    match last.as_str() {
        "authorize" if methods.contains("GET") => SIGN_IN,
        "authorize" | "token" => "Tokens",
        "refresh" => "Renewal",
        "clients" | "register" => "Registration",
        "resource" | "userinfo" | "me" => "Who holds a token",
        _ => "More",
    }
}

/// The first endpoint for this purpose; empty while the dialect is switched off.
fn url<'l>(listing: &'l Listing, purpose: &str) -> &'l str {
    listing.endpoints.iter().find(|(known, _)| *known == purpose).map_or("", |(_, url)| url)
}

fn oidc(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    let token = url(listing, "Tokens");
    let alone = || vec![form(ALONE, token, speaker, &[("grant_type", "client_credentials")])];
    if speaker.service && speaker.acts_alone { alone() } else { by_code(listing, speaker) }
}

fn laserfiche(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    if !(speaker.service && speaker.acts_alone) {
        return by_code(listing, speaker);
    }
    let url = url(listing, "Tokens");
    let signed = "-H \"Authorization: Bearer $ASSERTION\"";
    vec![Example { words: SIGNED, text: format!("curl {url} \\\n  {signed} \\\n  -d grant_type=client_credentials") }]
}

fn machine(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    // Here a client goes by its key.
    let speaker = Speaker { id: speaker.key.clone(), ..speaker.clone() };
    let grant = [("grant_type", "client_credentials")];
    let may = speaker.acts_alone && !speaker.public;
    may.then(|| form(ALONE, url(listing, "Tokens"), &speaker, &grant)).into_iter().collect()
}

fn worksection(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    let Some(redirect_uri) = speaker.redirect_uri.as_ref().filter(|_| speaker.signs_people_in && !speaker.public)
    else {
        return Vec::new();
    };
    let query = query(&[
        ("client_id", &speaker.id),
        ("redirect_uri", redirect_uri),
        ("grant_type", "authorization_code"),
        ("code_verifier", &speaker.verifier),
    ]);
    let token = url(listing, "Tokens");
    let redeem = format!("curl -X POST \"{token}?{query}&client_secret=$SECRET&code=$CODE\"");
    vec![start(listing, speaker, redirect_uri), Example { words: REDEEM, text: redeem }]
}

fn chat(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    let Some(redirect_uri) = speaker.redirect_uri.as_ref().filter(|_| speaker.signs_people_in && !speaker.public)
    else {
        return Vec::new();
    };
    let members = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", "$CODE".to_owned()),
        ("client_id", speaker.id.clone()),
        ("client_secret", "$SECRET".to_owned()),
        ("redirect_uri", in_quotes(redirect_uri)),
        ("code_verifier", speaker.verifier.clone()),
    ];
    let json: Vec<String> = members.iter().map(|(name, value)| format!("\\\"{name}\\\":\\\"{value}\\\"")).collect();
    let redeem = format!(
        "curl {} \\\n  -H \"Content-Type: application/json\" \\\n  -d \"{{{}}}\"",
        url(listing, "Tokens"),
        json.join(",")
    );
    vec![start(listing, speaker, redirect_uri), Example { words: REDEEM, text: redeem }]
}

fn by_code(listing: &Listing, speaker: &Speaker) -> Vec<Example> {
    let Some(redirect_uri) = speaker.redirect_uri.as_ref().filter(|_| speaker.signs_people_in) else {
        return Vec::new();
    };
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", "$CODE"),
        ("redirect_uri", redirect_uri),
        ("code_verifier", &speaker.verifier),
    ];
    let redeem = form(REDEEM, url(listing, "Tokens"), speaker, &fields);
    vec![start(listing, speaker, redirect_uri), redeem]
}

/// The address that begins a sign-in.
fn start(listing: &Listing, speaker: &Speaker, redirect_uri: &str) -> Example {
    let fields = [
        ("client_id", speaker.id.as_str()),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", &speaker.scope),
        ("state", &speaker.state),
        ("code_challenge", &speaker.challenge),
        ("code_challenge_method", "S256"),
    ];
    Example { words: OPEN, text: format!("{}?{}", listing.authorization, query(&fields)) }
}

/// A form by curl, with the client's secret in a header, or the name of a client that has none in the form.
fn form(words: &'static str, url: &str, speaker: &Speaker, fields: &[(&str, &str)]) -> Example {
    let mut parts = vec![format!("curl {url}")];
    match speaker.public {
        true => parts.push(format!("-d client_id={}", speaker.id)),
        false => parts.push(format!("-u \"{}:$SECRET\"", speaker.id)),
    }
    parts.extend(fields.iter().map(|(name, value)| match value.starts_with('$') {
        true => format!("-d \"{name}={value}\""),
        false => format!("-d {}", query(&[(name, value)])),
    }));
    Example { words, text: parts.join(" \\\n  ") }
}

fn query(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The text of a JSON string inside the double quotes of a shell.
fn in_quotes(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '$' | '`' | '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
