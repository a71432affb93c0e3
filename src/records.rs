//! First floor: the whole data layout on one page.
