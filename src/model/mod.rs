//! First floor: the nouns. No I/O, no clock.
