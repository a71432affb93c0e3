//! Stories from the console: an administrator in a browser, over HTTP in one process, with a clock and a chance that stand
//! still.

#[path = "../common/indoors.rs"]
mod indoors;
#[path = "../common/jar.rs"]
mod jar;
#[path = "../common/smtp.rs"]
mod smtp;

mod applications;
mod arriving;
mod dialects;
mod doors;
mod groups;
mod house;
mod mail;
mod people;
mod proof;
mod registrar;
mod rest;
