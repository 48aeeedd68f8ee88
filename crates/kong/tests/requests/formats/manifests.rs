//! Lists the test configurations that are manifests of the ingress controller.

use super::Row;
use crate::opened::Passes::{Everybody, Nobody, SignedIn};

pub(crate) const TABLE: &[Row] = &[
    (
        "a host alias is a host of the Ingress",
        &[r#"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in, konghq.com/host-aliases: "b.example.com,c.example.com"}}
spec: {rules: [{host: a.example.com, http: {paths: [{path: /admin, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {rules: [{host: b.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in-b-example-com",
        &[("GET", "/admin", SignedIn), ("GET", "/admin/x", SignedIn), ("GET", "/", Everybody)],
    ),
    (
        "a manifest of an earlier version names its service otherwise",
        &[r"
SIGN-IN
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /admin, backend: {serviceName: web, servicePort: 8080}}]}}]}
"],
        "sign-in",
        &[("GET", "/admin/x", SignedIn), ("GET", "/", Nobody)],
    ),
    (
        "a path that some routers read as an expression protects both",
        &[r#"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: "/~/admin/\\d+", pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in",
        &[("GET", "/admin/7", SignedIn), ("GET", "/admin/7/x", SignedIn), ("GET", "/x", Everybody)],
    ),
    (
        "headers and server names of annotations tell requests apart",
        &[r#"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: for-robots, annotations: {konghq.com/headers.x-robot: "yes"}}
spec: {rules: [{http: {paths: [{path: /admin, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: by-name, annotations: {konghq.com/snis: inside.example.com}}
spec: {rules: [{http: {paths: [{path: /status, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: calls, annotations: {konghq.com/protocols: "grpc,grpcs"}}
spec: {rules: [{http: {paths: [{path: /calls, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in",
        &[
            ("GET", "/admin", SignedIn),
            ("GET", "/admin/x", SignedIn),
            ("GET", "/status", SignedIn),
            ("GET", "/calls/x", SignedIn),
            ("GET", "/", SignedIn),
        ],
    ),
    (
        "paths as the controller reads them",
        &[r#"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: doubled, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: //admin, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}, {path: //exact, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: expressions, annotations: {konghq.com/plugins: sign-in, konghq.com/regex-prefix: "/@"}}
spec: {rules: [{http: {paths: [{path: "/@/files/(a|b)$", pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: without-type, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: "/~/v\\d+/x", backend: {service: {name: web, port: {number: 80}}}}, {path: /plain, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in",
        &[
            ("GET", "/admin", SignedIn),
            ("GET", "/admin/x", SignedIn),
            ("GET", "/exact", SignedIn),
            ("GET", "/files/a", SignedIn),
            ("GET", "/v1/x", SignedIn),
            ("GET", "/plain", SignedIn),
            ("GET", "/plain/x", SignedIn),
        ],
    ),
    (
        "an Ingress whose class nobody calls Kong's opens nothing",
        &[r"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: public}
spec: {controller: ingress-controllers.konghq.com/kong}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {ingressClassName: public, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {ingressClassName: public, rules: [{http: {paths: [{path: /open, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: kongs, annotations: {kubernetes.io/ingress.class: kong}}
spec: {rules: [{http: {paths: [{path: /too, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: inside}
spec: {ingressClassName: nginx-inside, rules: [{http: {paths: [{path: /metrics, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: old, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {rules: [{http: {paths: [{path: /old, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"],
        "sign-in",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/open", Everybody),
            ("GET", "/too", Everybody),
            ("GET", "/metrics", Nobody),
            ("GET", "/metrics/x", Nobody),
            ("GET", "/old", Nobody),
        ],
    ),
    (
        "a default backend is a route, with the plugins of its Ingress",
        &[r"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {rules: [{http: {paths: [{path: /open, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"],
        "sign-in",
        &[("GET", "/", SignedIn), ("GET", "/x", SignedIn), ("GET", "/open/x", Everybody)],
    ),
    (
        "a plugin on the anonymous KongConsumer ends its requests",
        &[r"
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: sign-in}
plugin: openid-connect
config: {issuer: https://id.example.com, client_id: [a], client_secret: [s], anonymous: nobody}
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: go-away}
plugin: request-termination
config: {status_code: 401}
---
apiVersion: configuration.konghq.com/v1
kind: KongConsumer
metadata: {name: nobody, annotations: {konghq.com/plugins: go-away}}
username: nobody
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"],
        "sign-in",
        &[("GET", "/", SignedIn), ("GET", "/x", SignedIn)],
    ),
    (
        "settings in a secret of Kubernetes may ask for more",
        &[r#"
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: sign-in}
plugin: openid-connect
config: {issuer: https://id.example.com, client_id: [a], client_secret: [s]}
configPatches: [{path: /groups_required, valueFrom: {secretKeyRef: {name: s, key: groups}}}]
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: with-secret}
plugin: openid-connect
config: {issuer: https://id.example.com, client_id: [a]}
configPatches: [{path: /client_secret, valueFrom: {secretKeyRef: {name: s, key: secret}}}]
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: list}
plugin: acl
configFrom: {secretKeyRef: {name: s, key: acl}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: secret, annotations: {konghq.com/plugins: with-secret}}
spec: {rules: [{http: {paths: [{path: /secret, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: listed, annotations: {konghq.com/plugins: "with-secret, list"}}
spec: {rules: [{http: {paths: [{path: /listed, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "with-secret",
        &[("GET", "/", Nobody), ("GET", "/secret", SignedIn), ("GET", "/listed", Nobody)],
    ),
    (
        "a KongIngress counts in older controllers only",
        &[r#"
SIGN-IN
---
apiVersion: configuration.konghq.com/v1
kind: KongIngress
metadata: {name: writes}
route: {methods: [POST]}
---
apiVersion: configuration.konghq.com/v1
kind: KongIngress
metadata: {name: robots}
route: {headers: {x-robot: ["yes"]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: open}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in, konghq.com/override: writes}}
spec: {rules: [{http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: robots}
spec: {rules: [{http: {paths: [{path: /a/b, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in",
        &[
            ("GET", "/a", SignedIn),
            ("POST", "/a/x", SignedIn),
            ("GET", "/a/b", SignedIn),
            ("GET", "/", Everybody),
        ],
    ),
    (
        "plugins of other namespaces, and of the cluster",
        &[r#"
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: sign-in, namespace: shared}
plugin: openid-connect
config: CONFIG
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: sign-in, namespace: elsewhere}
plugin: cors
config: {}
---
apiVersion: configuration.konghq.com/v1
kind: KongClusterPlugin
metadata: {name: everywhere, labels: {global: "true"}}
plugin: acl
config: {allow: [staff]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: "shared:sign-in"}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: other}
spec: {rules: [{http: {paths: [{path: /other, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
"#],
        "sign-in",
        &[("GET", "/", Nobody), ("GET", "/other", Nobody)],
    ),
    (
        "filters and conditions of an HTTPRoute",
        &[r"
SIGN-IN
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: closed}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    filters: [{type: ExtensionRef, extensionRef: {group: configuration.konghq.com, kind: KongPlugin, name: sign-in}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /asked}, queryParams: [{name: a, value: b}]}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /moved}}]
    filters: [{type: RequestRedirect, requestRedirect: {hostname: other.example.com}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /open}}]
    filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-a]}}]
    backendRefs: [{name: web, port: 80}]
"],
        "sign-in",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/asked", SignedIn),
            ("GET", "/moved", Nobody),
            ("GET", "/open/x", Nobody),
        ],
    ),
    (
        "an Ingress or a rule of an HTTPRoute without sign-in, whose requests or responses Kong changes",
        &[r#"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: rewritten, annotations: {konghq.com/rewrite: /health, konghq.com/strip-path: "true"}}
spec: {rules: [{http: {paths: [{path: /public, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: rules}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /url}}]
    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /health}}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /response}}]
    filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [x-token]}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /backend}}]
    backendRefs: [{name: web, port: 80, filters: [{type: URLRewrite}]}]
  - matches: [{path: {type: PathPrefix, value: /unknown}}]
    filters: [{type: ExternalAuth, externalAuth: {}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /untyped}}]
    filters: [{urlRewrite: {}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /mirrored}}]
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: other, port: 80}}}]
    backendRefs: [{name: web, port: 80}]
"#],
        "sign-in",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/public/admin", Nobody),
            ("GET", "/url/x", Nobody),
            ("GET", "/response", Nobody),
            ("GET", "/backend", Nobody),
            ("GET", "/unknown", Nobody),
            ("GET", "/untyped", Nobody),
            ("GET", "/mirrored", Everybody),
        ],
    ),
];
