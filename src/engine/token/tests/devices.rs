//! The device a grant is bound to.

use crate::base::secret::Secret;
use crate::engine::house::{House, cause, redeem, renew, request};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::model::client::Client;
use crate::model::grant::Grant;

const PHONE: &str = "acb93057-1b6b-4152-9990-6d078b74335a";
const TABLET: &str = "00000000-0000-4000-8000-000000000000";

fn on(device: &str, request: TokenRequest) -> TokenRequest {
    TokenRequest { device_id: Some(device.to_owned()), ..request }
}

#[tokio::test]
async fn a_grant_stays_with_its_device() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    let issued = house.token(on(PHONE, redeem("web", &code))).await.unwrap();
    assert_eq!(house.all::<Grant>().await[0].device_id.as_deref(), Some(PHONE));
    let token = issued.refresh_token.unwrap();
    assert_eq!(cause(house.token(on(TABLET, renew("web", &token))).await), "device_differs");
    let token = house.token(on(&PHONE.to_uppercase(), renew("web", &token))).await.unwrap().refresh_token.unwrap();
    let token = house.token(renew("web", &token)).await.unwrap().refresh_token.unwrap();

    house.change::<Client>("web", |web| web.require_device_id = true).await;
    assert_eq!(cause(house.token(renew("web", &token)).await), "device_missing");
    assert_eq!(cause(house.token(on("", renew("web", &token))).await), "device_missing");
    house.token(on(PHONE, renew("web", &token))).await.unwrap();
}

#[tokio::test]
async fn a_device_named_late_is_bound_then() {
    let house = House::new().await;
    let token = house.sign_in("openid").await.refresh_token.unwrap();
    let token = house.token(on(PHONE, renew("web", &token))).await.unwrap().refresh_token.unwrap();
    assert_eq!(cause(house.token(on(TABLET, renew("web", &token))).await), "device_differs");
}

#[tokio::test]
async fn a_device_is_a_uuid_and_can_be_required() {
    let house = House::new().await;
    for wrong in
        ["phone", "acb93057-1b6b-4152-9990-6d078b74335", "acb930571b6b415299906d078b74335a", "{}", &format!("{PHONE}-")]
    {
        let code = house.code("web", "openid").await;
        assert_eq!(cause(house.token(on(wrong, redeem("web", &code))).await), "parameter_malformed", "{wrong}");
    }
    house.change::<Client>("web", |web| web.require_device_id = true).await;
    let code: Secret = house.code("web", "openid").await;
    assert_eq!(cause(house.token(redeem("web", &code)).await), "device_missing");
    let machine = request("web", GrantRequest::ClientCredentials);
    assert_eq!(cause(house.token(machine.clone()).await), "device_missing");
    house.token(on(PHONE, machine)).await.unwrap();
}
