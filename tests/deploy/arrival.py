"""The place of each parameter in the answers of the emulator's APIs: one function for each parameter returns the value found there."""

import functools
import json

LISTS = {"CallbackUrls", "LogoutUrls", "Scopes", "ReadAttributes", "WriteAttributes", "SupportedIdentityProviders", "ResourceServerScopes"}
RULES = ["Login", "Callback", "Logout", "Session", "Proxy"]


class Deployed:
    """A deployed stack and what the APIs say about its resources."""

    def __init__(self, account, beforehand, front, stack, outputs):
        self.account, self.beforehand, self.front, self.stack, self.outputs = account, beforehand, front, stack, outputs
        resources = account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    @functools.cached_property
    def functions(self):
        """Returns the configurations of the functions that serve requests."""
        client = self.account.client("lambda")
        names = [name for logical, name in self.ids.items() if logical.endswith("Function") and logical not in ("CheckFunction", "ClientAddressFunction")]
        return [client.get_function_configuration(FunctionName=name) for name in names]

    def same(self, member):
        """Returns what all functions have as this member."""
        found = [member(function) for function in self.functions]
        assert all(value == found[0] for value in found), found
        return found[0]

    def variable(self, name):
        found = {function["Environment"]["Variables"].get(name) for function in self.functions} - {None}
        assert len(found) == 1, (name, found)
        return found.pop()

    @functools.cached_property
    def document(self):
        text = self.account.client("secretsmanager").get_secret_value(SecretId=f"{self.stack}/vestibule/client")["SecretString"]
        return json.loads(text)

    @functools.cached_property
    def pool(self):
        return self.account.client("cognito-idp").describe_user_pool(UserPoolId=self.outputs["UserPoolId"])["UserPool"]

    @functools.cached_property
    def client(self):
        names = {"UserPoolId": self.outputs["UserPoolId"], "ClientId": self.outputs["ClientId"]}
        return self.account.client("cognito-idp").describe_user_pool_client(**names)["UserPoolClient"]

    @property
    def resource_server(self):
        listed = self.account.client("cognito-idp").list_resource_servers(UserPoolId=self.outputs["UserPoolId"], MaxResults=50)
        [server] = listed["ResourceServers"]
        return server

    @property
    def sign_in_domain(self):
        domain = self.document["user_pool_domain"]
        described = self.account.client("cognito-idp").describe_user_pool_domain(Domain=domain)["DomainDescription"]
        assert described["UserPoolId"] == self.outputs["UserPoolId"], described
        return described

    def record_types(self, name):
        listed = self.account.client("route53").list_resource_record_sets(HostedZoneId=self.beforehand.zone)["ResourceRecordSets"]
        return {record["Type"] for record in listed if record["Name"].rstrip(".") == name}

    def record(self, name):
        """Returns the zone in which a name has a record."""
        return self.beforehand.zone if self.record_types(name) else None

    @functools.cached_property
    def address(self):
        """Returns the custom domain's host name, certificate, policy and address type."""
        if self.front == "http-api":
            domain = self.account.client("apigatewayv2").get_domain_name(DomainName=self.ids["ApiDomain"])
            [configuration] = domain["DomainNameConfigurations"]
            return {"name": domain["DomainName"], "certificate": configuration["CertificateArn"], "addresses": configuration.get("IpAddressType")}
        if self.front == "default":
            domain = self.account.client("apigateway").get_domain_name(domainName=self.ids["ApiDomain"])
            return {
                "name": domain["domainName"],
                "certificate": domain["regionalCertificateArn"],
                "policy": domain["securityPolicy"],
                "mode": domain["endpointAccessMode"],
                "addresses": domain["endpointConfiguration"]["ipAddressType"],
            }
        if self.front == "function-url":
            [name] = self.distribution["Aliases"]["Items"]
            return {"name": name, "certificate": self.distribution["ViewerCertificate"]["ACMCertificateArn"]}
        name = self.document["public_url"]
        name = name if isinstance(name, str) else name[0]
        found = {"name": name.removeprefix("https://")}
        if "Listener" in self.ids:
            [listener] = self.elb.describe_listeners(ListenerArns=[self.ids["Listener"]])["Listeners"]
            found |= {"certificate": listener["Certificates"][0]["CertificateArn"], "addresses": self.load_balancer["IpAddressType"]}
        return found

    @functools.cached_property
    def distribution(self):
        return self.account.client("cloudfront").get_distribution_config(Id=self.ids["Distribution"])["DistributionConfig"]

    @property
    def elb(self):
        return self.account.client("elbv2")

    @functools.cached_property
    def load_balancer(self):
        return self.elb.describe_load_balancers(LoadBalancerArns=[self.ids["LoadBalancer"]])["LoadBalancers"][0]

    @functools.cached_property
    def door(self):
        """Returns the addresses that the load balancer's security group lets in, by port."""
        [group] = self.account.client("ec2").describe_security_groups(GroupIds=[self.ids["LoadBalancerSecurityGroup"]])["SecurityGroups"]
        return group["IpPermissions"]

    def priority(self, rule):
        [found] = self.elb.describe_rules(RuleArns=[self.ids[f"{rule}Rule"]])["Rules"]
        return found["Priority"]

    @functools.cached_property
    def integrations(self):
        api = self.ids["Api"]
        found = [
            method["methodIntegration"]
            for resource in self.account.client("apigateway").get_resources(restApiId=api, limit=500, embed=["methods"])["items"]
            for method in resource.get("resourceMethods", {}).values()
            if method["methodIntegration"]["type"] == "HTTP_PROXY"
        ]
        members = ("connectionType", "connectionId", "integrationTarget", "responseTransferMode", "timeoutInMillis")
        assert len(found) == 2 and all(found[0][member] == found[1][member] for member in members), found
        return found[0]

    def reserved(self, function):
        return self.account.client("lambda").get_function_concurrency(FunctionName=function["FunctionName"])["ReservedConcurrentExecutions"]


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def own(urls):
    """Leaves out the addresses of the stack, which stand first."""
    return ",".join(urls[1:])


def upstream(it):
    return it.integrations["uri"].split("/{")[0].rstrip("/") if it.front == "default" else it.variable("VESTIBULE_UPSTREAM_URL")


def streaming(it):
    if it.front == "default":
        return text((it.integrations["responseTransferMode"], it.integrations["timeoutInMillis"]) == ("STREAM", 900000))
    return it.variable("VESTIBULE_RESPONSE_STREAMING")


def addresses(it):
    found = it.address["addresses"]
    assert it.record_types(it.address["name"]) == ({"A", "AAAA"} if found == "dualstack" else {"A"})
    return found


def passkeys(it):
    """Returns whether the client takes them, and so the pool if the stack made it."""
    found = "ALLOW_USER_AUTH" in it.client["ExplicitAuthFlows"]
    assert "UserPoolStack" not in it.ids or found == ("WEB_AUTHN" in it.pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])
    return text(found)


def configuration_secret(part):
    return lambda it: it.variable("VESTIBULE_CONFIGURATION_SECRET").split("#")[part]


def mfa(it):
    return it.account.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=it.outputs["UserPoolId"])["MfaConfiguration"]


def retention(it):
    [group] = it.account.client("logs").describe_log_groups(logGroupNamePrefix=f"/vestibule/{it.stack}")["logGroups"]
    return text(group["retentionInDays"])


def keeps_endpoint(it):
    return text(not it.account.client("apigatewayv2").get_api(ApiId=it.ids["Api"])["DisableExecuteApiEndpoint"])


def callback_paths(it):
    found = it.document["redirect_uri"]
    origin = it.outputs["Url"]
    return [uri.removeprefix(origin) for uri in ([found] if isinstance(found, str) else found)]


def proxy(it):
    [found] = [function for function in it.functions if "-ProxyFunction" in function["FunctionName"]]
    return found


def vpc_of_groups(it):
    [group] = it.account.client("ec2").describe_security_groups(GroupIds=[it.ids["LoadBalancerSecurityGroup"]])["SecurityGroups"]
    return group["VpcId"]


PLACES = {
    "UpstreamUrl": upstream,
    "SelfSignUp": lambda it: text(not it.pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]),
    "Domain": lambda it: it.sign_in_domain["Domain"],
    "StageName": lambda it: it.account.client("apigateway").get_stages(restApiId=it.ids["Api"])["item"][0]["stageName"],
    "CloudFront": lambda it: text(it.distribution["Enabled"]),
    "CloudFrontReadTimeout": lambda it: text(it.distribution["Origins"]["Items"][0]["CustomOriginConfig"]["OriginReadTimeout"]),
    "CustomDomainName": lambda it: it.address["name"],
    "KeptDomainName": lambda it: it.document["public_url"][1].removeprefix("https://"),
    "CertificateArn": lambda it: it.address["certificate"],
    "HostedZoneId": lambda it: it.record(it.address["name"]),
    "KeepEndpoint": keeps_endpoint,
    "TlsPolicy": lambda it: it.address["policy"],
    "EndpointAccessMode": lambda it: it.address["mode"],
    "IpAddressType": addresses,
    "VpcId": vpc_of_groups,
    "LoadBalancerSubnetIds": lambda it: ",".join(zone["SubnetId"] for zone in it.load_balancer["AvailabilityZones"]),
    "LoadBalancerScheme": lambda it: it.load_balancer["Scheme"],
    "ClientCidr": lambda it: it.door[0]["IpRanges"][0]["CidrIp"],
    "ClientIpv6Cidr": lambda it: next(entry["Ipv6Ranges"][0]["CidrIpv6"] for entry in it.door if entry.get("Ipv6Ranges")),
    "ListenerArn": lambda it: it.ids["ProxyRule"].replace(":listener-rule/", ":listener/").rsplit("/", 1)[0],
    "ListenerForwardedFor": lambda it: "unknown" if proxy(it)["Environment"]["Variables"].get("VESTIBULE_CLIENT_ADDRESS_HEADER") else "append",
    **{f"{rule}RulePriority": functools.partial(lambda rule, it: it.priority(rule), rule) for rule in RULES},
    "GroupsRequired": lambda it: ",".join(it.document["groups_required"]),
    "Routes": lambda it: json.dumps(it.document["routes"]),
    "Configuration": lambda it: json.dumps(it.document["configuration"]),
    "ConfigurationSecret": configuration_secret(0),
    "ConfigurationSecretVersion": configuration_secret(1),
    "UpstreamSecretHeader": lambda it: it.document["upstream_secret_header"],
    "SubnetIds": lambda it: ",".join(proxy(it)["VpcConfig"]["SubnetIds"]),
    "SecurityGroupIds": lambda it: ",".join(proxy(it)["VpcConfig"]["SecurityGroupIds"]),
    "VpcLinkId": lambda it: it.integrations["connectionId"],
    "VpcLinkTarget": lambda it: it.integrations["integrationTarget"],
    "PoolName": lambda it: it.pool["Name"],
    "PasswordLength": lambda it: text(it.pool["Policies"]["PasswordPolicy"]["MinimumLength"]),
    "Mfa": mfa,
    "Passkeys": passkeys,
    "SenderArn": lambda it: it.pool["EmailConfiguration"]["SourceArn"],
    "SenderAddress": lambda it: it.pool["EmailConfiguration"]["From"],
    "SignInCertificateArn": lambda it: it.sign_in_domain["CustomDomainConfig"]["CertificateArn"],
    "SignInHostedZoneId": lambda it: it.record(it.sign_in_domain["Domain"]),
    "PoolDeletionProtection": lambda it: it.pool["DeletionProtection"],
    "UserPoolId": lambda it: it.document["issuer"].rsplit("/", 1)[-1],
    "ClientName": lambda it: it.client["ClientName"],
    "ClientType": lambda it: "confidential" if "client_secret" in it.document else "public",
    "CallbackPath": lambda it: callback_paths(it)[0],
    "SecondCallbackPath": lambda it: callback_paths(it)[1],
    "CallbackUrls": lambda it: own([url for url in it.client["CallbackURLs"] if url not in it.document["redirect_uri"][1:]]),
    "LogoutUrls": lambda it: ",".join(url for url in it.client["LogoutURLs"] if not url.endswith("/oauth2/signed-out")),
    "SupportedIdentityProviders": lambda it: ",".join(it.client["SupportedIdentityProviders"]),
    "Scopes": lambda it: ",".join(it.document["scopes"]),
    "ReadAttributes": lambda it: ",".join(it.client["ReadAttributes"]),
    "WriteAttributes": lambda it: ",".join(it.client["WriteAttributes"]),
    "AccessTokenMinutes": lambda it: text(it.client["AccessTokenValidity"]),
    "RefreshTokenDays": lambda it: text(it.client["RefreshTokenValidity"]),
    "ResourceServer": lambda it: it.resource_server["Identifier"],
    "ResourceServerScopes": lambda it: ",".join(scope["ScopeName"] for scope in it.resource_server["Scopes"]),
    "ClientId": lambda it: it.document["client_id"],
    "ClientSecretArn": lambda it: it.document["client_secret_source"].removeprefix("secret:"),
    "Issuer": lambda it: it.document["issuer"],
    "SessionStorage": lambda it: it.variable("VESTIBULE_SESSION_STORAGE"),
    "SessionTable": lambda it: it.variable("VESTIBULE_SESSION_TABLE"),
    "SessionKeyArn": lambda it: it.variable("VESTIBULE_SECRET_ID"),
    "Architecture": lambda it: it.same(lambda function: function["Architectures"][0]),
    "MemorySize": lambda it: text(it.same(lambda function: function["MemorySize"])),
    "Timeout": lambda it: text(proxy(it)["Timeout"]),
    "ResponseStreaming": streaming,
    "ReservedConcurrency": lambda it: text(it.same(it.reserved)),
    "LogLevel": lambda it: it.variable("VESTIBULE_LOG_LEVEL"),
    "LogRetentionDays": retention,
}
