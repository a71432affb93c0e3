//! Stories from the console: an administrator in a browser, over HTTP in one process, with a clock and a chance that stand
//! still.

mod applications;
mod doors;
mod house;
mod people;
mod rest;
