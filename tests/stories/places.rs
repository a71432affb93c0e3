//! Where the dialects lie: switched off, moved, and back again, without a restart.

use std::collections::BTreeMap;

use countersign::engine::admin::Actor;
use countersign::model::settings::{Placement, Settings};

use super::house::{House, host};

impl House {
    /// An administrator moves this dialect, and leaves the others where they are.
    pub async fn places(&self, dialect: &str, placement: Placement) {
        let settings = self.engine.settings().await.expect("the settings");
        let mut dialects: BTreeMap<String, Placement> = settings.dialects.clone();
        dialects.insert(dialect.to_owned(), placement);
        let wanted = Settings { dialects, ..settings };
        self.engine.change_settings(&Actor::host(), &host(), &wanted).await.expect("sound settings");
    }
}

#[tokio::test]
async fn switched_off_the_canonical_dialect_is_gone_and_what_all_share_stays() {
    let house = House::fresh().await;
    house.places("oidc", Placement::Switched(false)).await;
    for path in ["/oauth/token", "/oauth/userinfo"] {
        house.gets(path).await.refuses(404, "not_found");
    }
    assert_ne!(house.gets("/oauth/authorize?client_id=x").await.status, 404);
    assert_eq!(house.gets("/oauth/keys").await.status, 200);
    let metadata = house.gets("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("token_endpoint").is_none() && metadata.get("userinfo_endpoint").is_none());
    assert_eq!(metadata["authorization_endpoint"], format!("{}/oauth/authorize", house.issuer));
    house.places("oidc", Placement::Switched(true)).await;
    assert_eq!(house.gets("/oauth/userinfo").await.status, 401);
}

#[tokio::test]
async fn moved_a_dialect_answers_at_its_new_place_alone() {
    let house = House::fresh().await;
    house.places("oidc", Placement::Below("/team/id".to_owned())).await;
    house.gets("/oauth/userinfo").await.refuses(404, "not_found");
    assert_eq!(house.gets("/team/id/userinfo").await.status, 401);
    house.gets("/team/id/nowhere").await.refuses(404, "not_found");
    let metadata = house.gets("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["token_endpoint"], format!("{}/team/id/token", house.issuer));
}

#[tokio::test]
async fn no_dialect_is_moved_onto_what_is_there_already() {
    let house = House::fresh().await;
    for place in ["/admin", "/login", "no-slash", "/a//b", "/../x", "/a b", "/static/x"] {
        let dialects = [("oidc".to_owned(), Placement::Below(place.to_owned()))].into();
        let wanted = Settings { dialects, ..house.engine.settings().await.expect("the settings") };
        let refused = house.engine.change_settings(&Actor::host(), &host(), &wanted).await;
        assert!(refused.is_err(), "{place}");
    }
    assert_eq!(house.gets("/oauth/userinfo").await.status, 401);
}

/// Settings are judged when they are saved; a later version may bring a dialect that wants what was free until then.
#[tokio::test]
async fn two_dialects_that_want_one_path_do_not_stop_the_server() {
    let house = House::fresh().await;
    for (dialect, place) in [("oidc", "/v1/oauth"), ("worksection", "/oauth"), ("machine", "")] {
        let dialects = [(dialect.to_owned(), Placement::Below(place.to_owned()))].into();
        let settings = Settings { dialects, ..Settings::default() };
        for issuer_path in ["", "/id", "/v1"] {
            let _ = countersign::dialects::mount(poem::Route::new(), &house.server.desk, issuer_path, &settings);
        }
    }
}
