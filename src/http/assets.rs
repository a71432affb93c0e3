//! Static files: embedded in the binary, served under names that change with their content.
//!
//! `/static/app.<12 hex digits>.css` never changes its meaning, so it may be kept for ever (RFC 8246).

use std::sync::LazyLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{HeaderMap, Method, StatusCode, header};
use poem::{Endpoint, Request, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Embedded;

/// One embedded file, ready to be served.
#[derive(Debug)]
struct Asset {
    /// The name templates use: `app.css`.
    name: String,
    /// Where it is served: `/static/app.0123456789ab.css`.
    url: String,
    etag: String,
    content_type: &'static str,
    body: Bytes,
}

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| Embedded::iter().filter_map(|name| Asset::load(&name)).collect());

impl Asset {
    fn load(name: &str) -> Option<Asset> {
        let file = Embedded::get(name)?;
        let hash = &HEXLOWER.encode(&file.metadata.sha256_hash())[..12];
        let (stem, extension) = name.rsplit_once('.')?;
        Some(Asset {
            name: name.to_owned(),
            url: format!("/static/{stem}.{hash}.{extension}"),
            etag: format!("\"{hash}\""),
            content_type: content_type(extension),
            body: Bytes::from(file.data.into_owned()),
        })
    }
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "ico" => "image/x-icon",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The URL of an embedded file, by its plain name (`"app.css"`); for templates.
///
/// A name that does not exist gives a URL that answers 404; the gallery test resolves every one that a page uses.
pub fn asset_url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/static/unknown", |asset| &asset.url)
}

/// The endpoint behind `/static/*`. Answers GET and HEAD, and nothing but the exact hashed names.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaticFiles;

impl Endpoint for StaticFiles {
    type Output = Response;

    async fn call(&self, req: Request) -> poem::Result<Response> {
        // Under `nest` the path comes without its prefix.
        let path = req.uri().path();
        let file = path.strip_prefix("/static/").or_else(|| path.strip_prefix('/')).unwrap_or(path);
        let found = ASSETS.iter().find(|asset| asset.url.strip_prefix("/static/") == Some(file));
        Ok(serve(found, req.method(), req.headers(), "public, max-age=31536000, immutable"))
    }
}

/// The endpoint behind `/favicon.ico`, which browsers ask for by that name whatever the page says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Favicon;

impl Endpoint for Favicon {
    type Output = Response;

    async fn call(&self, req: Request) -> poem::Result<Response> {
        let found = ASSETS.iter().find(|asset| asset.name == "favicon.ico");
        Ok(serve(found, req.method(), req.headers(), "public, max-age=86400"))
    }
}

fn serve(found: Option<&'static Asset>, method: &Method, headers: &HeaderMap, keep: &'static str) -> Response {
    let answer = Response::builder().header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let plain = "text/plain; charset=utf-8";
    let Some(asset) = found else {
        return answer
            .status(StatusCode::NOT_FOUND)
            .header(header::CONTENT_TYPE, plain)
            .body("There is no such file.\n");
    };
    if method != Method::GET && method != Method::HEAD {
        let answer = answer.status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, "GET, HEAD");
        return answer.header(header::CONTENT_TYPE, plain).body("This file can only be read.\n");
    }
    let answer = answer.header(header::ETAG, &asset.etag).header(header::CACHE_CONTROL, keep);
    if matches_etag(headers, &asset.etag) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    let answer = answer.header(header::CONTENT_TYPE, asset.content_type);
    if method == Method::HEAD {
        return answer.header(header::CONTENT_LENGTH, asset.body.len()).finish();
    }
    answer.body(asset.body.clone())
}

/// Whether `If-None-Match` names `etag` (RFC 9110, section 13.1.2: weak comparison, a list, or `*`).
fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use poem::test::TestClient;

    use super::*;

    fn client() -> TestClient<impl Endpoint> {
        TestClient::new(poem::Route::new().nest("/static", StaticFiles).at("/favicon.ico", Favicon))
    }

    #[test]
    fn urls_carry_twelve_hex_digits() {
        let url = asset_url("app.css");
        let hash = url.strip_prefix("/static/app.").and_then(|rest| rest.strip_suffix(".css")).unwrap();
        assert!(hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(asset_url("missing.css"), "/static/unknown");
    }

    #[tokio::test]
    async fn files_are_kept_for_ever_under_their_hashed_name() {
        let answer = client().get(asset_url("app.css")).send().await;
        answer.assert_status_is_ok();
        answer.assert_header(header::CONTENT_TYPE, "text/css; charset=utf-8");
        answer.assert_header(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        answer.assert_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let etag = answer.0.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'));

        let client = client();
        let again = client.get(asset_url("app.css")).header(header::IF_NONE_MATCH, format!("\"x\", W/{etag}"));
        again.send().await.assert_status(StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn head_tells_the_length_and_sends_nothing() {
        let answer = client().head(asset_url("app.js")).send().await;
        answer.assert_status_is_ok();
        assert_ne!(answer.0.headers()[header::CONTENT_LENGTH], "0");
        answer.assert_text("").await;
    }

    #[tokio::test]
    async fn other_methods_and_other_names_are_refused() {
        let answer = client().post(asset_url("app.css")).send().await;
        answer.assert_status(StatusCode::METHOD_NOT_ALLOWED);
        answer.assert_header(header::ALLOW, "GET, HEAD");
        for path in ["/static/app.css", "/static/", "/static/app.000000000000.css", "/static/..%2fapp.css"] {
            client().get(path).send().await.assert_status(StatusCode::NOT_FOUND);
        }
    }

    #[tokio::test]
    async fn the_icon_is_found_where_browsers_look() {
        let answer = client().get("/favicon.ico").send().await;
        answer.assert_status_is_ok();
        answer.assert_header(header::CONTENT_TYPE, "image/x-icon");
    }
}
