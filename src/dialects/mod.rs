//! Third floor: the wire dialects. Each translates one published interface and decides nothing.
