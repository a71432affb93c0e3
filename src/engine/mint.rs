//! The one place that makes tokens.
