//! Many at once, over every engine of the store: never two successes, never a forked grant.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::house::{House, redeem, renew};
use crate::engine::token::{Issued, TokenRequest};
use crate::model::client::Client;
use crate::model::grant::{Grant, GrantLife};
use crate::model::lifetime::Lifetime;
use crate::store::Store;
use crate::store::memory::Memory;
use crate::store::redb::{Options, Redb};

const CROWD: usize = 64;

async fn all_at_once(house: &House, request: TokenRequest) -> Vec<Result<Issued, Denied>> {
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let (engine, request) = (Arc::clone(&house.engine), request.clone());
        crowd.spawn(async move { engine.token(&crate::engine::house::caller(), &request).await });
    }
    crowd.join_all().await
}

fn successes(answers: &[Result<Issued, Denied>], refusal: &str) -> Vec<Secret> {
    for answer in answers {
        let expected = match answer {
            Ok(_) => true,
            Err(Denied::Refused(cause)) => cause.name() == refusal || cause.name() == "grant_ended",
            Err(_) => false,
        };
        assert!(expected, "{answer:?}");
    }
    answers.iter().flatten().map(|issued| issued.refresh_token.clone().unwrap()).collect()
}

async fn laws(store: Arc<dyn Store>) {
    let house = House::over(store).await;
    for _ in 0..5 {
        one_code(&house).await;
        one_refresh_token(&house).await;
    }
    house.change::<Client>("web", |web| web.refresh_grace = Lifetime::seconds(10)).await;
    for _ in 0..5 {
        one_refresh_token_with_grace(&house).await;
    }
}

async fn one_code(house: &House) {
    let code = house.code("web", "openid").await;
    let answers = all_at_once(house, redeem("web", &code)).await;
    assert_eq!(successes(&answers, "code_used_before").len(), 1);
    assert_eq!(live_grants(house).await, 0, "a replay ends the grant");
}

async fn one_refresh_token(house: &House) {
    let first = house.sign_in("openid").await.refresh_token.unwrap();
    let answers = all_at_once(house, renew("web", &first)).await;
    let [second] = &successes(&answers, "refresh_used_before")[..] else { panic!("one success") };
    assert_eq!(live_grants(house).await, 0, "a replay ends the grant");
    assert!(house.token(renew("web", second)).await.is_err());
}

async fn one_refresh_token_with_grace(house: &House) {
    let before = house.live_refresh_tokens().await;
    let first = house.sign_in("openid").await.refresh_token.unwrap();
    let answers = all_at_once(house, renew("web", &first)).await;
    let second = successes(&answers, "");
    assert_eq!(second.len(), CROWD);
    assert!(second.iter().all(|token| token.is(second[0].expose())), "all carry the same successor");
    assert_eq!(house.live_refresh_tokens().await, before + 1);
    house.token(renew("web", &second[0])).await.unwrap();
}

async fn live_grants(house: &House) -> usize {
    house.all::<Grant>().await.iter().filter(|grant| grant.life == GrantLife::Live).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory() {
    laws(Arc::new(Memory::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_disk() {
    let dir = tempfile::tempdir().unwrap();
    laws(Arc::new(Redb::open(dir.path(), &Options { create: true, ..Options::default() }).unwrap())).await;
}
