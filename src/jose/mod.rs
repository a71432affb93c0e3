//! Ground: keys in, signatures out.
