"""What the fronts' deployments differ in, and what an account has beforehand for them."""

FRONTS = ["http-api", "function-url", "default", "alb"]
# The host name of the load balancer, and of other fronts when they get a custom domain.
HOST, CUSTOM_HOST, TAKEN_HOST, MOVED_HOST = "alb.example.com", "app.example.com", "taken.example.com", "moved.example.com"
# Prefixes of sign-in domains; each has a line in the hosts file of the network.
DOMAINS = [
    *(f"{front}-sign-in" for front in FRONTS),
    *(f"again-{front}" for front in FRONTS),
    "first-taken-domain",
    "first-taken-host",
    "updated-http-api",
    "moved-alb",
    "behind-cloudfront",
    "settings",
    "given",
]


class Beforehand:
    """A zone, a certificate and the account's own network."""

    def __init__(self, account):
        zone = account.client("route53").create_hosted_zone(Name="example.com", CallerReference="once")
        self.zone = zone["HostedZone"]["Id"].rsplit("/", 1)[-1]
        self.certificate = account.client("acm").request_certificate(DomainName="*.example.com")["CertificateArn"]
        subnets = account.client("ec2").describe_subnets()["Subnets"][:2]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = ",".join(subnet["SubnetId"] for subnet in subnets)

    def parameters(self, front, host=HOST):
        if front != "alb":
            return {}
        return {**self.custom_domain(host), "VpcId": self.vpc, "LoadBalancerSubnetIds": self.subnets}

    def custom_domain(self, host):
        return {"CustomDomainName": host, "HostedZoneId": self.zone, "CertificateArn": self.certificate}
