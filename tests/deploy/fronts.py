"""What the fronts' deployments differ in, and what an account has beforehand for them."""

FRONTS = ["http-api", "function-url", "default", "alb"]
# The host name of the load balancer, and of other fronts when they get a custom domain.
HOST, CUSTOM_HOST = "alb.example.com", "app.example.com"
# Prefixes of sign-in domains; each has a line in the hosts file of the network.
DOMAINS = [f"{front}-sign-in" for front in FRONTS] + ["taken", "free"]


class Beforehand:
    """A zone, a certificate and the account's own network."""

    def __init__(self, account):
        zone = account.client("route53").create_hosted_zone(Name="example.com", CallerReference="once")
        self.zone = zone["HostedZone"]["Id"].rsplit("/", 1)[-1]
        self.certificate = account.client("acm").request_certificate(DomainName="*.example.com")["CertificateArn"]
        subnets = account.client("ec2").describe_subnets()["Subnets"][:2]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = ",".join(subnet["SubnetId"] for subnet in subnets)

    def parameters(self, front):
        if front != "alb":
            return {}
        return {
            "CustomDomainName": HOST,
            "HostedZoneId": self.zone,
            "CertificateArn": self.certificate,
            "VpcId": self.vpc,
            "LoadBalancerSubnetIds": self.subnets,
        }
