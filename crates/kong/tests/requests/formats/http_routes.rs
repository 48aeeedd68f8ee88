//! Lists the test configurations that are HTTPRoutes with filters on their backends.

use super::Row;
use crate::opened::Passes::{Everybody, Nobody, SignedIn};

pub(crate) const TABLE: &[Row] = &[
    (
        "a filter of any backend without sign-in",
        &[r"
SIGN-IN
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: closed, annotations: {konghq.com/plugins: sign-in}}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: rules}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /first}}]
    backendRefs: [{name: web, port: 80, filters: [{type: URLRewrite}]}, {name: web, port: 81}]
  - matches: [{path: {type: PathPrefix, value: /second}}]
    backendRefs: [{name: web, port: 80}, {name: web, port: 81, filters: [{type: URLRewrite}]}]
  - matches: [{path: {type: PathPrefix, value: /third}}]
    backendRefs:
    - {name: web, port: 80, filters: [{type: RequestMirror, requestMirror: {backendRef: {name: other, port: 80}}}]}
    - {name: web, port: 81}
    - {name: web, port: 82, filters: [{type: RequestRedirect, requestRedirect: {hostname: other.example.com}}]}
  - matches: [{path: {type: PathPrefix, value: /guarded}}]
    backendRefs:
    - {name: web, port: 80}
    - {name: web, port: 81, filters: [{type: ExtensionRef, extensionRef: {group: configuration.konghq.com, kind: KongPlugin, name: sign-in}}]}
  - matches: [{path: {type: PathPrefix, value: /mirrored}}]
    backendRefs:
    - {name: web, port: 80}
    - {name: web, port: 81, filters: [{type: RequestMirror, requestMirror: {backendRef: {name: other, port: 80}}}]}
"],
        "sign-in",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/first/x", Nobody),
            ("GET", "/second", Nobody),
            ("GET", "/third", Nobody),
            ("GET", "/guarded", Nobody),
            ("GET", "/mirrored", Everybody),
        ],
    ),
    (
        "a plugin in the filter of one backend does not take the place of the plugin of the service",
        &[r#"
SIGN-IN
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: staff}
plugin: openid-connect
config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], groups_required: [staff]}
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {konghq.com/plugins: staff}}
spec: {ports: [{port: 80}, {port: 81}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: rules}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs:
    - {name: web, port: 80}
    - {name: web, port: 81, filters: [{type: ExtensionRef, extensionRef: {group: configuration.konghq.com, kind: KongPlugin, name: sign-in}}]}
"#],
        "staff",
        &[("GET", "/", Nobody)],
    ),
    (
        "two backends of a rule with different plugins",
        &[r"
SIGN-IN
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: own, annotations: {konghq.com/plugins: sign-in}}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: rules}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /both}}]
    backendRefs: [{name: web, port: 80}, {name: own, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /own}}]
    backendRefs: [{name: own, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /web}}]
    backendRefs: [{name: web, port: 80}]
"],
        "sign-in",
        &[("GET", "/both", Nobody), ("GET", "/own", SignedIn), ("GET", "/web", Everybody)],
    ),
    (
        "the plugin of a service in another namespace",
        &[r#"
SIGN-IN
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: staff, namespace: apps}
plugin: openid-connect
config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: apps, annotations: {konghq.com/plugins: staff}}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: rules}
spec:
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs: [{name: web, namespace: apps, port: 80}]
"#],
        "staff",
        &[("GET", "/", SignedIn)],
    ),
];
