use crate::engine::house::{House, cause, redeem};

#[tokio::test]
async fn a_code_is_redeemed_once() {
    let house = House::new().await;
    let code = house.code("web", "openid profile").await;
    let issued = house.token(redeem("web", &code)).await.unwrap();
    assert_eq!(issued.expires_in, 3600);
    assert_eq!(issued.scopes.to_string(), "openid profile");
    assert!(issued.id_token.is_some() && issued.refresh_token.is_some());
    assert_eq!(cause(house.token(redeem("web", &code)).await), "code_used_before");
}
