"""The differences between the fronts' deployments, and the resources that an account has before them."""

FRONTS = ["http-api", "function-url", "default", "alb"]
# The host name of the load balancer, and of other fronts when they get a custom domain.
HOST, CUSTOM_HOST, TAKEN_HOST, MOVED_HOST = "alb.example.com", "app.example.com", "taken.example.com", "moved.example.com"
CLOUDFRONT_HOST = "cloudfront.example.com"
# Host names of the updated stacks, in the order of the updates.
HOSTS_OF_UPDATES = ["updated.example.com", "updated-rest.example.com", "updated-again.example.com"]


def updated_domain(front):
    return f"updated-{front}"


# Prefixes of sign-in domains; each has a line in the hosts file of the network.
DOMAINS = [
    *(f"{front}-sign-in" for front in FRONTS),
    *(f"again-{front}" for front in FRONTS),
    "first-taken-domain",
    "first-taken-host",
    *(updated_domain(front) for front in FRONTS),
    "moved-alb",
    "behind-cloudfront",
    "settings",
    "given",
    *(f"looked-{front}" for front in FRONTS),
]


class Beforehand:
    """Creates a hosted zone, a certificate and the account's own network."""

    def __init__(self, account):
        self.account = account
        self.route53 = account.client("route53")
        zone = self.route53.create_hosted_zone(Name="example.com", CallerReference="once")
        self.zone = zone["HostedZone"]["Id"].rsplit("/", 1)[-1]
        self.certificate = account.client("acm").request_certificate(DomainName="*.example.com")["CertificateArn"]
        # CloudFront accepts certificates from one region only.
        self.certificate_for_cloudfront = account.client("acm", "us-east-1").request_certificate(DomainName="*.example.com")["CertificateArn"]
        subnets = account.client("ec2").describe_subnets()["Subnets"][:2]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = ",".join(subnet["SubnetId"] for subnet in subnets)

    def parameters(self, front, host=HOST):
        if front != "alb":
            return {}
        return {**self.custom_domain(host), "VpcId": self.vpc, "LoadBalancerSubnetIds": self.subnets}

    def delete_record(self, name):
        listed = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        [record] = [record for record in listed if record["Name"].rstrip(".") == name]
        changes = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
        self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=changes)

    def session_table(self, name):
        """Creates a table as docs/configuration.md describes, and returns its name."""
        names = ["session", "user", "provider_session"]
        keys = {key: [{"AttributeName": key, "KeyType": "HASH"}] for key in names}
        projected = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["signed_in_at", "seen_at", "renewed_at", "ttl"]}
        self.account.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in names],
            KeySchema=keys["session"],
            GlobalSecondaryIndexes=[{"IndexName": key, "KeySchema": keys[key], "Projection": projected} for key in names[1:]],
        )
        return name

    def custom_domain(self, host):
        return {"CustomDomainName": host, "HostedZoneId": self.zone, "CertificateArn": self.certificate}
