//! What cannot be read, and what cannot be answered, in the shape of the dialect.

use super::*;

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_shape_of_the_dialect() {
    let house = House::fresh().await;
    house.maker("alice").await;
    let json = |body: &str| Ask::new(Method::POST, "/v1/clients").typed("application/json", body);
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{}",
        r#"{"username":"alice"}"#,
        r#"{"username":"alice","password":""}"#,
        r#"{"username":"alice","password":1}"#,
        r#"{"username":"alice","username":"bob","password":"x"}"#,
        r#"{"username":{"a":[[[[[[]]]]]]},"password":"x"}"#,
        &format!("{}{}", "[".repeat(9_000), "]".repeat(1_000)),
        &format!(r#"{{"username":"alice","password":"{}"}}"#, "x".repeat(9_000)),
    ] {
        house.asks(json(body)).await.refuses(400, "invalid_request");
    }
    let large = format!(r#"{{"username":"alice","password":"{}"}}"#, "x".repeat(20_000));
    house.asks(json(&large)).await.refuses(413, "invalid_request");
    let form = Ask::post("/v1/clients", &[("username", "alice"), ("password", PASSWORD)]);
    house.asks(form).await.refuses(400, "invalid_request");
    let tokens = Ask::new(Method::POST, "/v1/oauth/token").typed("application/json", r#"{"grant_type":"x"}"#);
    house.asks(tokens).await.refuses(400, "invalid_request");
    house.asks(Ask::post("/v1/oauth/token", &[])).await.refuses(400, "invalid_request");
    let twice = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")];
    house.asks(Ask::post("/v1/oauth/token", &twice)).await.refuses(400, "invalid_request");
    for (method, path, allow) in [
        (Method::GET, "/v1/clients", "POST, OPTIONS"),
        (Method::GET, "/v1/register", "POST, OPTIONS"),
        (Method::GET, "/v1/oauth/token", "POST, OPTIONS"),
        (Method::POST, "/v1/resource", "GET, HEAD, OPTIONS"),
    ] {
        let reply = house.asks(Ask::new(method, path)).await;
        assert_eq!(reply.refuses(405, "invalid_request").header("allow"), Some(allow));
    }
    house.gets("/v1/nowhere").await.refuses(404, "not_found");
    house.gets("/v1/oauth/authorize").await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_said_so_and_uses_nothing_up() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let first = program.is_given().await;
    house.store.refuses_writes();
    program.renews(&first.refresh).await.refuses(503, "temporarily_unavailable");
    house.registers("alice", PASSWORD).await.refuses(503, "temporarily_unavailable");
    house.store.is_gone();
    program.asks(&CREDENTIALS).await.refuses(503, "temporarily_unavailable");
    program.looks(&first.access).await.refuses(503, "temporarily_unavailable");
    house.store.recovers();
    given(&program.renews(&first.refresh).await);
    assert_eq!(house.clients().await.len(), 1);
}
