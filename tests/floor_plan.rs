//! The floor plan: which room of `src/` reaches into which.
//!
//! The plan is drawn from the source and compared with `tests/floor_plan.txt`. A new arrow is a decision: look at it,
//! then write it down with `UPDATE=1 cargo test --test floor_plan`. An arrow that points upward is refused, written
//! down or not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up. A room may use the rooms below it; rooms of one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["jose"],
    &["store"],
    &["model"],
    &["records"],
    &["engine"],
    &["http"],
    &["mail"],
    &["dialects", "pages", "console"],
    &["toml_file"],
    &["declared"],
    &["server"],
    &["config"],
    &["cli"],
];

/// Rooms that are below, and yet none of a face's business: it asks the engine.
const NOT_FOR_FACES: &[&str] = &["store", "records"];
const FACES: &[&str] = &["dialects", "pages", "console"];

type Plan = BTreeMap<String, BTreeSet<String>>;

#[test]
fn arrows_point_downward() {
    let upward: Vec<String> = draw().iter().flat_map(|(from, to)| forbidden(from, to)).collect();
    assert!(upward.is_empty(), "these arrows are not allowed: {upward:#?}");
}

#[test]
fn dialects_do_not_know_each_other() {
    let mut strangers = Vec::new();
    // What the server shares among them is known to all, and speaks as the canonical one does.
    let dialects = || folders(&source().join("dialects")).into_iter().filter(|name| name != "shared");
    for dialect in dialects() {
        for (file, code) in files(&source().join("dialects").join(&dialect)) {
            let others = dialects().filter(|other| *other != dialect);
            strangers.extend(
                others
                    .filter(|other| code.contains(&format!("dialects::{other}")))
                    .map(|other| format!("{} uses {other}", file.display())),
            );
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
}

#[test]
fn the_plan_is_the_one_written_down() {
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/floor_plan.txt");
    let drawn = on_paper(&draw());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&snapshot, &drawn).unwrap();
    }
    let written = fs::read_to_string(&snapshot).unwrap_or_default();
    assert!(
        drawn == written,
        "the floor plan changed. If that is meant: UPDATE=1 cargo test --test floor_plan\n\nwritten down:\n{written}\ndrawn now:\n{drawn}"
    );
}

#[test]
fn a_plan_with_a_wrong_arrow_would_be_noticed() {
    let rooms = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(forbidden("engine", &rooms(&["model", "http"])), ["engine -> http"]);
    assert_eq!(forbidden("pages", &rooms(&["engine", "console"])), ["pages -> console"]);
    assert_eq!(forbidden("console", &rooms(&["engine", "records"])), ["console -> records"]);
    assert_eq!(forbidden("base", &rooms(&["attic"])), ["base -> attic"]);
    assert_eq!(used("use crate::{\n    base::clock,\n    model::user};\n// crate::http\n"), rooms(&["base", "model"]));
    assert_eq!(used("/// See [`crate::cli`].\nfn f() { crate::jose::x() }"), rooms(&["jose"]));
    assert_eq!(used("use crate::base::ids;\n#[cfg(test)]\nmod tests {\n    use crate::server;\n}\n"), rooms(&["base"]));
}

/// The arrows from one room that may not be.
fn forbidden(from: &str, to: &BTreeSet<String>) -> Vec<String> {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    to.iter()
        .filter(|room| match (floor(from), floor(room)) {
            (Some(here), Some(there)) if there < here => {
                FACES.contains(&from) && NOT_FOR_FACES.contains(&room.as_str())
            }
            _ => true,
        })
        .map(|room| format!("{from} -> {room}"))
        .collect()
}

/// Every room, and the rooms that its files name.
fn draw() -> Plan {
    let mut plan = Plan::new();
    for (file, code) in files(&source()) {
        let inside = file.strip_prefix(source()).unwrap().to_path_buf();
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if matches!(room.as_str(), "lib" | "main") {
            continue;
        }
        let arrows = plan.entry(room.clone()).or_default();
        arrows.extend(used(&code).into_iter().filter(|used| *used != room));
    }
    plan
}

/// The rooms that a file names in `crate::…` paths, outside comments and its own tests.
fn used(code: &str) -> BTreeSet<String> {
    let code = code.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => rooms.extend(first_words_of_list(list)),
            None => rooms.extend(first_word(after)),
        }
    }
    // `crate::Something` names what lib.rs shows to the world, not a room.
    rooms.retain(|room| room.starts_with(|first: char| first.is_ascii_lowercase()));
    rooms
}

fn first_word(path: &str) -> Option<String> {
    let word: String = path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first word of each item of `a::b, c::{d, e}, f}`.
fn first_words_of_list(list: &str) -> Vec<String> {
    let (mut depth, mut words, mut fresh) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if c.is_whitespace() => {}
            _ if fresh => {
                words.extend(first_word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    words
}

/// One line for each room, from the roof to the ground.
fn on_paper(plan: &Plan) -> String {
    let mut paper = String::from("# room -> the rooms below that it uses. Drawn by tests/floor_plan.rs.\n");
    for room in FLOORS.iter().rev().flat_map(|floor| floor.iter()) {
        if let Some(arrows) = plan.get(*room) {
            let arrows: Vec<&str> = arrows.iter().map(String::as_str).collect();
            paper += format!("{room:8} -> {}", arrows.join(" ")).trim_end();
            paper += "\n";
        }
    }
    for stranger in plan.keys().filter(|room| !FLOORS.iter().any(|floor| floor.contains(&room.as_str()))) {
        paper += &format!("{stranger} has no floor\n");
    }
    paper
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below a folder that is not a file of tests, with its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "tests" | "laws") {
            found.extend(files(&path));
        } else if name.ends_with(".rs") && !name.starts_with("tests") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}
