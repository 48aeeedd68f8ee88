"""What the fronts' deployments differ in."""

FRONTS = ["http-api", "function-url", "default"]
# Prefixes of sign-in domains; each has a line in the hosts file of the network.
DOMAINS = [f"{front}-sign-in" for front in FRONTS] + ["taken", "free"]
