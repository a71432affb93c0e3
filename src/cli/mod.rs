//! Roof: the command line, one verb a file.
