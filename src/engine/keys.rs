//! The signing keys: made, published, rotated, retired.
