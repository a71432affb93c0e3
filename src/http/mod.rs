//! Third floor: what every face shares of HTTP.
