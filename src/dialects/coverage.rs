//! What can be done through which dialect: the table committed as `openapi/coverage.txt`.

use std::fmt::Write;

/// One operation, and where each dialect has it.
pub struct Operation {
    /// What is done.
    pub name: &'static str,
    /// Dialect, method and path. A dialect without an endpoint of its own uses the server's, or has no such operation.
    pub at: &'static [(&'static str, &'static str, &'static str)],
}

const fn operation(name: &'static str, at: &'static [(&'static str, &'static str, &'static str)]) -> Operation {
    Operation { name, at }
}

/// The server's own column.
pub const SERVER: &str = "server";

/// Every operation. That each is described, and that nothing else is, a test sees to.
pub const OPERATIONS: &[Operation] = &[
    operation(
        "begin a sign-in",
        &[
            (SERVER, "GET", "/oauth/authorize"),
            (SERVER, "POST", "/oauth/authorize"),
            ("worksection", "GET", "/oauth2/authorize"),
            ("laserfiche", "GET", "/oauth/Authorize"),
        ],
    ),
    operation(
        "redeem a code",
        &[
            ("oidc", "POST", "/oauth/token"),
            ("worksection", "POST", "/oauth2/token"),
            ("laserfiche", "POST", "/oauth/Token"),
            ("chat", "POST", "/authorize"),
        ],
    ),
    operation(
        "refresh",
        &[
            ("oidc", "POST", "/oauth/token"),
            ("worksection", "POST", "/oauth2/refresh"),
            ("laserfiche", "POST", "/oauth/Token"),
            ("chat", "POST", "/refresh"),
            ("machine", "POST", "/v1/oauth/token"),
        ],
    ),
    operation(
        "act as a client",
        &[
            ("oidc", "POST", "/oauth/token"),
            ("laserfiche", "POST", "/oauth/Token"),
            ("machine", "POST", "/v1/oauth/token"),
        ],
    ),
    operation("sign in by password", &[("oidc", "POST", "/oauth/token")]),
    operation("register a person", &[("oidc", "POST", "/oauth/token")]),
    operation("register a minor", &[("oidc", "POST", "/oauth/token")]),
    operation("begin as a guest", &[("oidc", "POST", "/oauth/token")]),
    operation("register a client", &[("machine", "POST", "/v1/clients"), ("machine", "POST", "/v1/register")]),
    operation(
        "say who it is",
        &[
            ("oidc", "GET", "/oauth/userinfo"),
            ("oidc", "POST", "/oauth/userinfo"),
            ("worksection", "POST", "/oauth2/resource"),
            ("chat", "GET", "/me"),
            ("machine", "GET", "/v1/resource"),
        ],
    ),
    operation("introspect a token", &[(SERVER, "POST", "/oauth/introspect")]),
    operation("revoke a token", &[(SERVER, "POST", "/oauth/revoke")]),
    operation("sign out", &[(SERVER, "GET", "/oauth/logout"), (SERVER, "POST", "/oauth/logout")]),
    operation("fetch the keys", &[(SERVER, "GET", "/oauth/keys")]),
    operation(
        "read the metadata",
        &[
            (SERVER, "GET", "/.well-known/openid-configuration"),
            (SERVER, "GET", "/.well-known/oauth-authorization-server"),
        ],
    ),
];

/// The table: operations down, dialects across, each cell the endpoint at its place by default.
pub fn text() -> String {
    let columns: Vec<&str> = std::iter::once(SERVER).chain(super::documents()).collect();
    let mut rows = vec![std::iter::once("").chain(columns.iter().copied()).map(str::to_owned).collect::<Vec<_>>()];
    for operation in OPERATIONS {
        let deepest = columns.iter().map(|column| cells(operation, column).len()).max().unwrap_or_default();
        for line in 0..deepest {
            let name = if line == 0 { operation.name } else { "" };
            let each = columns.iter().map(|column| {
                let nothing = if line == 0 { "-" } else { "" };
                cells(operation, column).get(line).cloned().unwrap_or_else(|| nothing.to_owned())
            });
            rows.push(std::iter::once(name.to_owned()).chain(each).collect());
        }
    }
    aligned(&rows)
}

fn cells(operation: &Operation, column: &str) -> Vec<String> {
    let own = operation.at.iter().filter(|(dialect, ..)| *dialect == column);
    own.map(|(_, method, path)| format!("{method} {path}")).collect()
}

/// Columns of even width, two spaces between.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |nth: usize| rows.iter().filter_map(|row| row.get(nth)).map(String::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::from(
        "Operations down, dialects across, each at its place by default. What the server has serves clients of all.\n\n",
    );
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
