"""Obtains, introspects and revokes a token with the generated Python client. Arguments: ISSUER CLIENT_ID SECRET."""

import base64
import sys

from countersign_client import AuthenticatedClient
from countersign_client.api.metadata import keys, openid_configuration
from countersign_client.api.tokens import introspect, revoke, token
from countersign_client.models import (
    IntrospectionResponse,
    OAuthError,
    TokenReference,
    TokenRequest,
    TokenResponse,
)

issuer, client_id, secret = sys.argv[1:]


def client(secret: str) -> AuthenticatedClient:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return AuthenticatedClient(base_url=issuer, token=basic, prefix="Basic", raise_on_unexpected_status=True)


robot = client(secret)

metadata = openid_configuration.sync(client=robot)
assert metadata.issuer == issuer, metadata
assert keys.sync(client=robot).keys, "keys are published"

granted = token.sync(client=robot, body=TokenRequest(grant_type="client_credentials", scope="deploy"))
assert isinstance(granted, TokenResponse), granted
assert granted.scope == "deploy", granted

alive = introspect.sync(client=robot, body=TokenReference(token=granted.access_token))
assert isinstance(alive, IntrospectionResponse), alive
assert alive.active is True and alive.client_id == client_id, alive

gone = revoke.sync_detailed(client=robot, body=TokenReference(token=granted.access_token))
assert gone.status_code == 200, gone

dead = introspect.sync(client=robot, body=TokenReference(token=granted.access_token))
assert dead.active is False, dead

refused = token.sync_detailed(client=client("wrong"), body=TokenRequest(grant_type="client_credentials"))
assert refused.status_code == 401 and isinstance(refused.parsed, OAuthError), refused
assert refused.parsed.error == "invalid_client", refused.parsed
print("obtained, introspected, revoked")
