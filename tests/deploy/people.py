"""Users of a pool, made as docs/deploy.md says, and their sign-in on the pool's own page."""

import base64
import hashlib
import hmac
import shlex

ADA, ADAS_PASSWORD = "ada@example.com", "a-password-of-ada"
GRACE, GRACES_PASSWORD = "grace@example.com", "a-password-of-grace"


def invite_ada(account, outputs):
    """Runs AddUserCommand of the outputs; the mail with the temporary password is not read, so it is set."""
    words = shlex.split(outputs["AddUserCommand"])
    assert words[:3] == ["aws", "cognito-idp", "admin-create-user"]
    options, name = {}, None
    for word in words[3:]:
        if word.startswith("--"):
            name = options.setdefault(word[2:], [])
        else:
            name.append(word)
    account.client("cognito-idp").admin_create_user(
        UserPoolId=options["user-pool-id"][0],
        Username=options["username"][0],
        UserAttributes=[dict(zip(("Name", "Value"), (part.split("=", 1)[1] for part in pair.split(",")))) for pair in options["user-attributes"]],
        DesiredDeliveryMediums=options["desired-delivery-mediums"],
        TemporaryPassword="temporary-password",
    )


def sign_up_grace(account, outputs):
    """Signs up by herself. The emulator has no page for that, so this calls what the page calls."""
    cognito = account.client("cognito-idp")
    client = cognito.describe_user_pool_client(UserPoolId=outputs["UserPoolId"], ClientId=outputs["ClientId"])["UserPoolClient"]
    known = {"ClientId": outputs["ClientId"], "Username": GRACE}
    if "ClientSecret" in client:
        digest = hmac.digest(client["ClientSecret"].encode(), (GRACE + outputs["ClientId"]).encode(), hashlib.sha256)
        known["SecretHash"] = base64.b64encode(digest).decode()
    attributes = {"email": GRACE, "given_name": "Grace", "family_name": "Example"}
    cognito.sign_up(**known, Password=GRACES_PASSWORD, UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()])
    # The emulator sends this code to everybody.
    cognito.confirm_sign_up(**known, ConfirmationCode="123456")


def sign_in(browser, url, name, password):
    """From `url` over the pool's page to wherever that leads."""
    page = browser.follow(browser.send(url))
    # By discovery the emulator leads to its page under another name than that of the pool's domain.
    assert ".amazoncognito.com/" in page.url or "/oauth2/authorize?" in page.url, page
    return browser.submit(page, username=name, password=password)
