//! What the activity log tells people.

use std::collections::BTreeMap;

use super::*;
use crate::base::ids::{AuditId, ClientId, UserId};

const NOW: Timestamp = Timestamp(1_795_269_720);

fn record(kind: AuditKind) -> AuditRecord {
    AuditRecord {
        id: AuditId::from_text("a1"),
        at: NOW,
        kind,
        actor: AuditActor::User(UserId::from_text("ada")),
        user: Some(UserId::from_text("sam")),
        client: Some(ClientId::from_text("wiki")),
        address: Some("203.0.113.7".into()),
        request: Some("r1".into()),
        by_request: true,
        details: BTreeMap::from([("username".into(), "sample".into()), ("name".into(), "Team wiki".into())]),
    }
}

fn names() -> Names {
    let users = [("ada", "Ada Keeper"), ("sam", "Sam Ple")];
    Names {
        users: users.map(|(id, name)| (UserId::from_text(id), name.to_owned())).into(),
        clients: [(ClientId::from_text("wiki"), "The wiki".to_owned())].into(),
    }
}

#[test]
fn every_kind_has_a_sentence_and_a_name() {
    for kind in AuditKind::ALL {
        let row = row(&record(*kind), &names(), NOW);
        assert!(!row.sentence.is_empty() && !row.sentence.contains("gone") && !row.sentence.ends_with('.'));
        assert!(!kind_in_words(*kind).is_empty());
    }
}

#[test]
fn people_and_applications_are_called_as_they_are_now_else_as_they_were() {
    let told = |kind, names: &Names| row(&record(kind), names, NOW).sentence;
    assert_eq!(told(AuditKind::SecretAdded, &names()), "Ada Keeper added a secret to The wiki");
    assert_eq!(told(AuditKind::UserDeleted, &names()), "Ada Keeper deleted Sam Ple");
    let nobody = Names::default();
    assert_eq!(told(AuditKind::UserDeleted, &nobody), "Somebody who is gone deleted sample");
    assert_eq!(told(AuditKind::ClientDeleted, &nobody), "Somebody who is gone deleted Team wiki");
}

#[test]
fn details_are_told_in_words() {
    let mut record = record(AuditKind::UserUpdated);
    let details = [("email_verified", "true"), ("methods", "pwd otp mfa"), ("access_keys", "2")];
    record.details = details.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    record.actor = AuditActor::Host;
    record.address = Some("host".to_owned());
    let facts = row(&record, &names(), NOW).details;
    let told: Vec<_> = facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect();
    assert_eq!(told[0], ("Access keys", "2"));
    assert_eq!(told[1], ("Email address verified", "yes"));
    assert_eq!(told[2], ("Proved by", "password, code, several factors"));
    assert!(!told.iter().any(|(name, _)| *name == "Network address"), "{told:?}");
}

#[test]
fn a_way_in_that_removes_factors_says_so() {
    let told = |kind, name: &str, value: &str| {
        let mut record = record(kind);
        record.details = [(name.to_owned(), value.to_owned())].into();
        row(&record, &names(), NOW).sentence
    };
    let way = told(AuditKind::RecoveryStarted, "without", "second factor");
    assert_eq!(way, "Ada Keeper made a way in for Sam Ple that removes their second factors");
    let removed = told(AuditKind::SecondFactorRemoved, "by", "link");
    assert_eq!(removed, "The authenticator of Sam Ple was removed by a one-time link");
}

#[test]
fn moments_among_the_details_are_read_as_such() {
    let mut record = record(AuditKind::KeyRotated);
    record.details = [("signs_from".to_owned(), NOW.0.to_string())].into();
    let facts = row(&record, &names(), NOW).details;
    assert_eq!((facts[0].name.as_str(), facts[0].value.as_str()), ("Signs from", "21 November 2026, 14:02 UTC"));
    assert!(facts.iter().any(|fact| fact.name == "Reference" && fact.value == "r1"));
}
