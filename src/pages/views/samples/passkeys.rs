//! Passkeys.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{hostile_frame, person_frame};
use crate::http::views::lists::sample::ago;

fn rows(names: &[&str]) -> Vec<PasskeyRow> {
    let row = |(nth, name): (usize, &&str)| PasskeyRow {
        id: format!("k3jd8sPq0vXyZ1mBn4tR7{nth}"),
        name: (*name).into(),
        added: ago(9_000_000),
        used: (nth == 0).then(|| ago(7_200)),
        synced: nth == 0,
        kind: KeyKind::Passkey,
    };
    names.iter().enumerate().map(row).collect()
}

impl Samples for Passkeys {
    fn samples() -> Vec<(&'static str, Passkeys)> {
        let plain = Passkeys {
            frame: person_frame(),
            possible: true,
            rows: rows(&["Safari on iPhone", "Blue key on my key ring"]),
            ..Passkeys::default()
        };
        let alone = Passkeys { rows: rows(&["Chrome on Windows"]), last: true, ..plain.clone() };
        let renaming = Passkeys { renaming: plain.rows.first().cloned(), ..plain.clone() };
        let faulty = Passkeys {
            renaming: plain.rows.first().cloned().map(|row| PasskeyRow { name: String::new(), ..row }),
            problems: Problems::of("name", "Enter a name."),
            ..plain.clone()
        };
        let with = |kind| {
            let key = |row| PasskeyRow { kind, ..row };
            let rows = plain.rows.iter().cloned().enumerate().map(|(nth, row)| if nth == 1 { key(row) } else { row });
            Passkeys { rows: rows.collect(), last: true, ..plain.clone() }
        };
        let (beside, idle) = (with(KeyKind::SecurityKey), with(KeyKind::Idle));
        let hostile = Passkeys { frame: hostile_frame(), rows: rows(&[LONG, MARKUP, RTL]), ..plain.clone() };
        vec![
            ("removing", Passkeys { removing: plain.rows.first().cloned(), ..plain.clone() }),
            ("removing-last", Passkeys { removing: alone.rows.first().cloned(), ..alone.clone() }),
            ("plain", plain.clone()),
            (
                "removed",
                Passkeys {
                    frame: person_frame().saying(Some("The passkey is removed. It signs nobody in any more.".into())),
                    removed: Some(("id.example.org".into(), "q83vEjRWeJA".into())),
                    ..plain.clone()
                },
            ),
            ("alone", alone),
            ("security-key", beside.clone()),
            ("removing-security-key", Passkeys { removing: beside.rows.last().cloned(), ..beside }),
            ("idle-security-key", idle),
            ("renaming", renaming),
            ("faulty", faulty),
            ("empty", Passkeys { rows: vec![], ..plain.clone() }),
            ("impossible", Passkeys { rows: vec![], possible: false, ..plain }),
            ("hostile-removing", Passkeys { removing: hostile.rows.get(1).cloned(), ..hostile.clone() }),
            ("hostile", Passkeys { removed: Some((MARKUP.into(), MARKUP.into())), ..hostile }),
        ]
    }
}

impl Samples for AddPasskey {
    fn samples() -> Vec<(&'static str, AddPasskey)> {
        let of = |frame, security_keys, adds_key| AddPasskey { frame, security_keys, adds_key };
        vec![
            ("plain", of(person_frame(), false, false)),
            ("or-a-key", of(person_frame(), true, false)),
            ("security-key", of(person_frame(), true, true)),
            ("hostile", of(hostile_frame(), true, false)),
        ]
    }
}
