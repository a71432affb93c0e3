// The people and applications that the client tests need.
export const PASSWORD = "cobalt lantern harbour 27";
export const SECRET = "vPq4yZc8Lr2Nt6Wx9Bd3Fg7Hj5Km1Sa0";
export const REDIRECT_URI = "https://app.example.org/cb";
export const SIGNED_OUT_URI = "https://app.example.org/bye";

const web = (id, more = "") => `
[[clients]]
id = "${id}"
name = "Application ${id}"
type = "web"
secret = "${SECRET}"
redirect_uris = ["${REDIRECT_URI}"]
post_logout_redirect_uris = ["${SIGNED_OUT_URI}"]
scopes = ["openid", "profile", "email", "address", "phone", "offline_access"]
consent = "skip"
${more}`;

export const declared = `
[[users]]
username = "ana"
email = "ana@example.org"
email_verified = true
password = "${PASSWORD}"
profile = { given_name = "Ana", family_name = "Ruiz", locale = "en", address = { locality = "Brighton", country = "GB" } }
${web("web")}
${web("es256", 'id_token_alg = "ES256"\naccess_token_alg = "ES256"')}
${web("eddsa", 'id_token_alg = "EdDSA"')}
${web("opaque", 'access_token = "opaque"')}
${web("asks").replace('"skip"', '"ask"')}
${web("readme").replace('"skip"', '"ask"').replace(REDIRECT_URI, "http://localhost:7777/callback")}

[[clients]]
id = "page"
name = "A single page"
type = "spa"
redirect_uris = ["${REDIRECT_URI}"]
scopes = ["openid", "profile", "offline_access"]
consent = "skip"

[[clients]]
id = "robot"
name = "Deploy robot"
type = "service"
secret = "${SECRET}"
grants = ["client_credentials"]
scopes = ["deploy"]

[[scopes]]
name = "deploy"
description = "Deploy what was built"
claims = []
`;
