//! Lists the names of headers that frameworks, servers and applications trust for the user, the origin or the
//! target of a request. Every front uses this list: a front that can remove fields removes all of them;
//! another refuses those in [`CLAIMS`].
//!
//! Names are in [canonical](super::canonical) form. One that ends in `*` is a family.

/// Headers about the origin of a request. Content delivery networks and company proxies add them to ordinary
/// requests, so they are no reason for a refusal.
pub const ADDED_ON_THE_WAY: [&str; 42] = [
    "ali-cdn-real-ip",
    "cf-access-authenticated-user-email",
    "cf-cert-*",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-pseudo-ipv4",
    "cf-visitor",
    "client-ip",
    "cloudfront-forwarded-proto",
    "do-connecting-ip",
    "fastly-client-ip",
    "fastly-ssl",
    "fly-client-ip",
    "forwarded",
    "forwarded-for",
    "incap-client-ip",
    "proxy-client-ip",
    "remote-addr",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-appengine-remote-addr",
    "x-appengine-user-ip",
    "x-appservice-proto",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-forwarded",
    "x-forwarded-*",
    "x-nf-client-connection-ip",
    "x-original-forwarded-*",
    "x-original-remote-addr",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-real-port",
    "x-remote-addr",
    "x-remote-ip",
    "x-sucuri-clientip",
    "x-vercel-forwarded-for",
];

/// Headers that claim a user, a client certificate, or another method, scheme, host or path than was checked.
/// Ordinary clients do not send them.
pub const CLAIMS: [&str; 117] = [
    // Users.
    "ms-aspnetcore-*",
    "oam-remote-user",
    "oidc-*",
    "osso-user-dn",
    "osso-user-guid",
    "proxy-remote-user",
    "remote-email",
    "remote-group",
    "remote-groups",
    "remote-name",
    "remote-user",
    "shib-*",
    "sm-universalid",
    "sm-user*",
    "iv-creds",
    "iv-groups",
    "iv-user",
    "tailscale-user-*",
    "x-amzn-lambda-context",
    "x-amzn-oidc-*",
    "x-amzn-request-context",
    "x-anonymous-consumer",
    "x-apigateway-api-userinfo",
    "x-apigateway-context",
    "x-apigateway-event",
    "x-auth-email",
    "x-auth-groups",
    "x-auth-request-*",
    "x-auth-roles",
    "x-auth-subject",
    "x-auth-user",
    "x-auth-userid",
    "x-auth-username",
    "x-authenticated-*",
    "x-authentik-*",
    "x-consumer-*",
    "x-credential-identifier",
    "x-credential-username",
    "x-endpoint-api-userinfo",
    "x-forwarded-access-token",
    "x-forwarded-email",
    "x-forwarded-group",
    "x-forwarded-groups",
    "x-forwarded-login",
    "x-forwarded-name",
    "x-forwarded-preferred-username",
    "x-forwarded-roles",
    "x-forwarded-user",
    "x-goog-authenticated-user-*",
    "x-id-token",
    "x-iisnode-*",
    "x-jwt-payload",
    "x-ms-client-principal",
    "x-ms-client-principal-*",
    "x-ms-token-aad-*",
    "x-pomerium-claim-*",
    "x-proxy-remote-user",
    "x-proxy-user",
    "x-remote-email",
    "x-remote-extra-*",
    "x-remote-group",
    "x-remote-groups",
    "x-remote-name",
    "x-remote-uid",
    "x-remote-user",
    "x-userinfo",
    "x-vouch-*",
    "x-webauth-*",
    // Client certificates (RFC 9440 and earlier conventions).
    "client-cert",
    "client-cert-chain",
    "ssl-client-*",
    "wl-proxy-client-cert",
    "x-amzn-mtls-*",
    "x-arr-clientcert",
    "x-client-cert*",
    "x-client-dn",
    "x-client-verify",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert",
    "x-forwarded-tls-client-cert-info",
    "x-ssl-*",
    // Schemes.
    "front-end-https",
    "wl-proxy-ssl",
    "x-arr-ssl",
    "x-forwarded-protocol",
    "x-forwarded-scheme",
    "x-forwarded-ssl",
    "x-scheme",
    "x-url-scheme",
    // Methods, hosts and paths.
    "x-envoy-original-*",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-prefix",
    "x-forwarded-uri",
    "x-forwarded-url",
    "x-host",
    "x-host-override",
    "x-http-host-override",
    "x-ingress-path",
    "x-invoke-*",
    "x-matched-path",
    "x-now-route-matches",
    "x-original-host",
    "x-original-method",
    "x-original-path",
    "x-original-prefix",
    "x-original-proto",
    "x-original-scheme",
    "x-original-uri",
    "x-replaced-path",
    "x-rewrite-*",
    "x-script-name",
    "x-waws-unencoded-url",
    // CGI turns `Proxy` into the variable `HTTP_PROXY`. The others make a framework skip a check or answer
    // with another file.
    "proxy",
    "x-accel-mapping",
    "x-middleware-subrequest",
    "x-sendfile-type",
];

/// Tells whether an application may trust a field of this canonical name.
pub(crate) fn applications_trust(canonical: &str) -> bool {
    is_among(&ADDED_ON_THE_WAY, canonical) || is_claim(canonical)
}

/// Tells whether it is one of [`CLAIMS`].
pub(super) fn is_claim(canonical: &str) -> bool {
    is_among(&CLAIMS, canonical)
}

/// Much code looks a field up under the name that CGI gives it (RFC 3875 section 4.1.18), such as
/// `HTTP_CLIENT_IP`, and so also finds a field with exactly that name.
fn is_among(names: &[&str], canonical: &str) -> bool {
    let canonical = canonical.strip_prefix("http-").unwrap_or(canonical);
    let first = canonical.as_bytes().first();
    // Most names differ in the first byte already.
    names.iter().filter(|name| name.as_bytes().first() == first).any(|name| match name.strip_suffix('*') {
        Some(family) => canonical.starts_with(family),
        None => canonical == *name,
    })
}
