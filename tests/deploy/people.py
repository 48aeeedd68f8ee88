"""Users of a pool, created as docs/deploy.md describes, and their sign-in on the pool's own page."""

import base64
import hashlib
import hmac
import shlex

ADA, ADAS_PASSWORD = "ada@example.com", "a-password-of-ada"
GRACE, GRACES_PASSWORD = "grace@example.com", "a-password-of-grace"


def invite_ada(account, outputs):
    """Runs AddUserCommand from the outputs, and sets a password in place of the temporary one in the mail."""
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
    """Signs up Grace. The emulator has no page for that, so this makes the API calls of that page."""
    cognito = account.client("cognito-idp")
    client = cognito.describe_user_pool_client(UserPoolId=outputs["UserPoolId"], ClientId=outputs["ClientId"])["UserPoolClient"]
    known = {"ClientId": outputs["ClientId"], "Username": GRACE}
    if "ClientSecret" in client:
        digest = hmac.digest(client["ClientSecret"].encode(), (GRACE + outputs["ClientId"]).encode(), hashlib.sha256)
        known["SecretHash"] = base64.b64encode(digest).decode()
    attributes = {"email": GRACE, "given_name": "Grace", "family_name": "Example"}
    cognito.sign_up(**known, Password=GRACES_PASSWORD, UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()])
    # The emulator sends the same code to every user.
    cognito.confirm_sign_up(**known, ConfirmationCode="123456")


def sign_in(browser, url, name, password):
    """Signs in from `url` on the pool's page and returns the final page."""
    page = browser.follow(browser.send(url))
    # With discovery the emulator's sign-in page has another host than the pool's domain.
    assert ".amazoncognito.com/" in page.url or "/oauth2/authorize?" in page.url, page
    return browser.submit(page, username=name, password=password)
