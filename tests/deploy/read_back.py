"""Parameters whose effect is not visible in use: the expected answers of the emulator's API about the created resources."""

POOL_AND_CLIENT = {
    "PoolName": "people",
    "PasswordLength": "16",
    "Mfa": "OPTIONAL",
    "ClientName": "reports",
    "CallbackUrls": "https://b.example.com/cb,http://localhost:3000/cb",
    "LogoutUrls": "https://b.example.com/bye",
    "Scopes": "openid,email,profile,phone",
    "ReadAttributes": "email,email_verified,family_name,given_name,locale,phone_number,phone_number_verified",
    "WriteAttributes": "email,family_name,given_name,locale",
    "AccessTokenMinutes": "30",
    "RefreshTokenDays": "7",
    "ResourceServer": "https://api.example.com",
    "ResourceServerScopes": "read,write",
}


def pool_and_client(account, outputs):
    cognito = account.client("cognito-idp")
    pool_id = outputs["UserPoolId"]
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert (pool["Name"], pool["UserPoolTier"]) == ("people", "ESSENTIALS")
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 16
    assert pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] == ["PASSWORD"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert factors(cognito, pool_id) == ("OPTIONAL", True)
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=outputs["ClientId"])["UserPoolClient"]
    assert "ClientSecret" not in client
    assert client["ClientName"] == "reports"
    assert client["CallbackURLs"] == [outputs["CallbackUrl"], "https://b.example.com/cb", "http://localhost:3000/cb"]
    assert client["LogoutURLs"] == [outputs["Url"] + "/oauth2/signed-out", "https://b.example.com/bye"]
    assert client["SupportedIdentityProviders"] == ["COGNITO"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]
    for name, member in {"Scopes": "AllowedOAuthScopes", "ReadAttributes": "ReadAttributes", "WriteAttributes": "WriteAttributes"}.items():
        assert sorted(client[member]) == sorted(POOL_AND_CLIENT[name].split(",")), member
    validity = {name: client[f"{name}TokenValidity"] for name in ("Access", "Id", "Refresh")}
    assert validity == {"Access": 30, "Id": 30, "Refresh": 7}
    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"}
    server = cognito.describe_resource_server(UserPoolId=pool_id, Identifier="https://api.example.com")["ResourceServer"]
    assert [scope["ScopeName"] for scope in server["Scopes"]] == ["read", "write"]


def factors(cognito, pool_id):
    """Returns the MFA setting, and whether an authenticator app's code counts as a factor."""
    setting = cognito.get_user_pool_mfa_config(UserPoolId=pool_id)
    return setting["MfaConfiguration"], setting.get("SoftwareTokenMfaConfiguration", {}).get("Enabled", False)
