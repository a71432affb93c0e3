//! Ending a token before its time (RFC 7009).
