//! Data for the samples of views: a calm frame, and names that try to break a page.

use super::page::{ActingNote, Frame};
use super::when::{Reference, When};
use crate::base::clock::Timestamp;

/// A name of 200 letters without a space.
pub const LONG: &str = "DonaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorsitzenderWolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepflegeundso";
/// A name written from right to left, with an override that would turn the line around, and an emoji family.
pub const RTL: &str = "فاطمة الزهراء \u{202e}مدير\u{202c} 👩🏽‍🚀👨‍👩‍👧‍👦";
/// A name that is markup.
pub const MARKUP: &str = "<script>alert(\"1\")</script><img src=x onerror=alert(1)>'&amp;{{ 7*7 }}";

/// The frame of someone not signed in.
pub fn frame() -> Frame {
    Frame::new("Example ID", "csrf-token").at_host("id.example.org")
}

/// The frame of someone signed in.
pub fn person_frame() -> Frame {
    frame().for_person("Sam Ple", false)
}

/// The frame of an administrator.
pub fn admin_frame() -> Frame {
    frame().for_person("Ada Keeper", true)
}

/// A frame whose every word is hostile.
pub fn hostile_frame() -> Frame {
    Frame::new(LONG, MARKUP)
        .at_host(LONG)
        .for_person(&format!("{RTL} {LONG}"), true)
        .saying(Some(format!("{MARKUP} {LONG}")))
}

/// The frame of an administrator who acts for somebody.
pub fn acting_frame() -> Frame {
    let until = When::exactly(Timestamp(1_795_271_520));
    person_frame().acting(Some(ActingNote { name: "Sam Ple".into(), until }))
}

/// The same with hostile words.
pub fn hostile_acting_frame() -> Frame {
    let until = When::exactly(Timestamp(1_795_271_520));
    hostile_frame().acting(Some(ActingNote { name: format!("{RTL} {LONG}"), until }))
}

/// Where a failure is found in the log.
pub fn about() -> Reference {
    Reference::new("4k1v0q8m2d", Timestamp(1_795_269_720))
}
