//! Imports small files in the forms that users publish.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kong::{Front, Import, InputFile, import, import_for};

fn imported(text: &str) -> Import {
    import(vec![InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() }], |_| None).unwrap()
}

fn names(import: &Import) -> Vec<&str> {
    import.applications.iter().map(|application| application.name.as_str()).collect()
}

fn document<'i>(import: &'i Import, name: &str) -> &'i str {
    let path = format!("{name}/vestibule.yaml");
    &import.files.iter().find(|file| file.path == path).unwrap().text
}

fn needs(import: &Import) -> Vec<&str> {
    import.applications.iter().flat_map(|application| &application.needs).map(String::as_str).collect()
}

/// Kong generates a salt and a secret for each plugin, and a dump contains every setting.
#[test]
fn one_client_is_one_application() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: users
  url: http://users.example.com
  routes: [{name: users, paths: [/users]}]
  plugins:
  - name: openid-connect
    config: {issuer: "https://id.example.com", client_id: a, client_secret: [s], auth_methods: bearer, cache_tokens_salt: one, session_secret: 0123456789abcdef-0123456789abcdef, roles_required: [user], logout_query_arg: null}
- name: orders
  url: http://orders.example.com
  routes: [{name: orders, paths: [/orders]}]
  plugins:
  - name: openid-connect
    config: {issuer: "https://id.example.com", client_id: [a], client_secret: s, auth_methods: [bearer], cache_tokens_salt: two, session_secret: abcdef0123456789-abcdef0123456789, verify_nonce: false}
"#,
    );
    assert_eq!(names(&import), ["users"]);
    assert!(import.report.first.iter().any(|line| line.contains("`verify_nonce` is off")));
    let said = |line: usize, name: &str| {
        let is_it = |setting: &&kong::Setting| setting.line == line && setting.name.ends_with(name);
        import.report.settings.iter().find(is_it).unwrap().text.clone()
    };
    assert!(said(9, "session_secret").contains("in `secrets.json`"));
    assert!(said(15, "session_secret").contains("an application has one"));
    let secrets = import.files.iter().find(|file| file.path == "users/secrets.json").unwrap();
    assert!(secrets.text.contains("0123456789abcdef-") && !secrets.text.contains("abcdef0123456789-a"));
}

/// A terminal shows how many files, routes and applications are done of all.
#[test]
fn the_progress_is_told() {
    let file = |name: &str, text: &str| InputFile { name: name.to_owned(), text: text.to_owned() };
    let services = "_format_version: \"3.0\"\nservices:\n- name: a\n  url: http://a.example.com\n  routes: [{name: a, paths: [/a]}, {name: b, paths: [/b]}, {name: c, paths: [/c]}]\n";
    let plugins = "_format_version: \"3.0\"\nplugins: [{name: openid-connect, config: {issuer: https://id.example.com, client_id: [a], client_secret: [s]}}]\n";
    let told = std::cell::RefCell::new(Vec::new());
    let files = vec![file("services.yaml", services), file("plugins.yaml", plugins)];
    let watch = |at: kong::Progress| told.borrow_mut().push(format!("{} {}/{}", at.what, at.done, at.all));
    import_for(Front::default(), files, |_| None, &watch).unwrap();
    let expected = "files 0/2, files 1/2, files 2/2, routes 0/3, routes 1/3, routes 2/3, routes 3/3, applications 0/1, applications 1/1";
    assert_eq!(told.into_inner().join(", "), expected);
}

/// The parameters ask for what the client needs: nothing for a public one.
#[test]
fn the_parameters_name_only_files_that_were_written() {
    for (client, sentence) in [
        ("client_secret: [s]", Some("Put secrets.json into a secret,")),
        ("client_secret: [$SECRET]", Some("Put the client's secret, which the input does not have,")),
        ("client_auth: [none]", None),
    ] {
        let text = format!(
            "_format_version: \"3.0\"\nservices:\n- name: shop\n  url: http://shop.example.com\n  routes: [{{name: shop, paths: [/]}}]\n  plugins: [{{name: openid-connect, config: {{issuer: https://id.example.com, client_id: [a], {client}}}}}]\n"
        );
        let import = imported(&text);
        let of = |name: &str| import.files.iter().find(|file| file.path == format!("shop/{name}"));
        let parameters = &of("samconfig.toml").unwrap().text;
        assert_eq!(parameters.contains("ClientSecretArn"), sentence.is_some(), "{client}: {parameters}");
        assert!(sentence.is_none_or(|sentence| parameters.contains(sentence)), "{client}: {parameters}");
        assert_eq!(parameters.contains("secrets.json"), of("secrets.json").is_some(), "{client}");
    }
}

/// A secret takes 65,536 bytes.
#[test]
fn a_configuration_that_no_secret_takes_is_told() {
    let of = |count: usize| {
        let route = |route: usize| {
            let path = "x".repeat(40);
            format!(
                "  - {{name: r{route}, paths: [/a-path-of-some-length/{route}/{path}], methods: [PUT]}}\n"
            )
        };
        let routes = (0..count).map(route).collect::<Vec<_>>().concat();
        let text = format!(
            "_format_version: \"3.0\"\nservices:\n- name: shop\n  url: http://shop.example.com\n  plugins:\n  - name: openid-connect\n    config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s]}}\n  routes:\n{routes}"
        );
        let import = imported(&text);
        needs(&import).iter().any(|need| need.contains("65,536"))
    };
    assert!(!of(20));
    assert!(of(500));
}

/// One argument that no token request may carry does not take the others with it, and each is reported.
#[test]
fn token_arguments_one_by_one() {
    let text = r#"
_format_version: "3.0"
services:
- name: shop
  url: http://shop.example.com
  routes: [{name: shop, paths: [/]}]
  plugins:
  - name: openid-connect
    config:
      issuer: https://id.example.com
      client_id: [a]
      client_secret: [s]
      token_post_args_names: [resource, grant_type, refresh_token, "", "a b", resource, empty, filled, last, alone]
      token_post_args_values: [api, x, x, x, x, other, "", $VALUE, end]
"#;
    let file = InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() };
    let import = import(vec![file], |_| Some("from-the-shell".to_owned())).unwrap();
    let secrets = import.files.iter().find(|file| file.path == "shop/secrets.json").unwrap();
    let secrets: serde_json::Value = serde_json::from_str(&secrets.text).unwrap();
    let expected = serde_json::json!({"resource": "api", "last": "end"});
    assert_eq!(secrets.get("token_post_args"), Some(&expected));
    let left_out: Vec<&str> = import
        .report
        .settings
        .iter()
        .filter(|setting| setting.name.contains("token_post_args_names") && setting.text.contains("left out"))
        .map(|setting| setting.name.rsplit('.').next().unwrap_or_default())
        .collect();
    let places: Vec<String> =
        [1, 2, 3, 4, 5, 6, 7, 9].map(|place| format!("token_post_args_names[{place}]")).to_vec();
    assert_eq!(left_out, places);
    assert!(needs(&import).iter().any(|need| need.contains("an argument of the input is left out")));
}

/// A plugin that only accepts sender-constrained tokens is not joined with one that accepts any.
#[test]
fn bound_tokens_are_another_application() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: a
  url: http://a.example.com
  routes: [{name: a, paths: [/a]}]
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], auth_methods: [bearer]}}]
- name: b
  url: http://b.example.com
  routes: [{name: b, paths: [/b]}]
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], auth_methods: [bearer], proof_of_possession_mtls: strict}}]
"#,
    );
    assert_eq!(names(&import), ["a", "b"]);
}

#[test]
fn a_value_to_fill_in_is_asked_for() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: web
  url: https://web.example.com
  routes: [{name: web, paths: ["~/u/(?<id>\\d+)"]}]
  plugins: [{name: openid-connect, config: {issuer: "https://login.example.com/<tenant-id>/v2.0", client_id: [<client-id>], client_secret: ["{vault://env/secret}"], redirect_uri: ["https://{vault://env/host}/callback"]}}]
"#,
    );
    let needs = needs(&import);
    for asked in [
        "name the provider in `issuer` (was `https://login.example.com/<tenant-id>/v2.0`)",
        "name the client in `client_id` (is `<client-id>`)",
        "put `client_secret` into the secret that `ClientSecretArn` names (was a placeholder)",
        "name the address that browsers see in `public_url`",
    ] {
        assert!(needs.contains(&asked), "{asked}: {needs:#?}");
    }
    let document = document(&import, "web");
    assert!(
        !document.lines().any(|line| !line.starts_with('#')
            && !line.starts_with("client_id")
            && line.contains(['<', '{'])),
        "{document}"
    );
}

#[test]
fn a_callback_by_http_keeps_its_path() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: web
  url: https://web.example.com
  routes: [{name: web, hosts: [web.example.com], paths: [/]}]
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], redirect_uri: ["http://web.example.com/sign-in/done"]}}]
"#,
    );
    assert!(document(&import, "web").contains("\nredirect_uri: https://web.example.com/sign-in/done\n"));
    let asked = "register the callback `https://web.example.com/sign-in/done` at the provider in place of `http://web.example.com/sign-in/done`: people sign in by https only";
    assert!(needs(&import).contains(&asked), "{:#?}", needs(&import));
}

/// For an `acl` plugin Kong uses the groups of the consumer, not those in the token.
#[test]
fn groups_of_consumers() {
    let of = |acl: &str, config: &str| {
        let import = imported(&format!(
            r#"
_format_version: "3.0"
services:
- name: web
  url: https://web.example.com
  routes: [{{name: web, paths: [/]}}]
  plugins:
  - {{name: openid-connect, config: {{issuer: "https://id.example.com", client_id: [a], client_secret: [s], {config}}}}}
  - {{name: acl, config: {{allow: [partners, staff], {acl}}}}}
"#
        ));
        let lines = document(&import, "web").lines().filter(|line| line.contains("groups_"));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let claim = "authenticated_groups_claim: [roles]";
    assert_eq!(of("", claim), ["groups_required: [[partners], [staff]]", "groups_claim: [roles]"]);
    let both = ["groups_required: [[partners, consumers], [staff, consumers]]"];
    assert_eq!(of("", "consumer_claim: [sub]"), both);
    assert_eq!(of("", &format!("consumer_claims: [[sub]], {claim}")), both);
    assert_eq!(
        of(
            "always_use_authenticated_groups: true",
            &format!("consumer_claim: [sub], consumer_optional: true, {claim}")
        ),
        ["groups_required: [[partners], [staff]]", "groups_claim: [roles]"]
    );
}

const WEB: &str = r#"
_format_version: "3.0"
services:
- name: web
  url: https://web.example.com
  routes:
  - {name: web, hosts: HOSTS, paths: [/], strip_path: false}
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], redirect_uri: CALLBACKS}}]
"#;

/// The pages in Kong's guide are on three ports of one host.
#[test]
fn ports_of_one_host_are_one_application() {
    let import = imported(
        &WEB.replace("HOSTS", "[app.example.com, \"app.example.com:8446\", \"app.example.com:8443\"]")
            .replace("CALLBACKS", "[\"https://app.example.com:8443/done\"]"),
    );
    assert_eq!(names(&import), ["web"]);
    let document = document(&import, "web");
    assert!(
        document.contains("\npublic_url: [https://app.example.com:8443, https://app.example.com:8446]\n")
    );
    assert!(document.contains(
        "\nredirect_uri: [https://app.example.com:8443/done, https://app.example.com:8446/oauth2/callback]\n"
    ));
    let parameters = import.files.iter().find(|file| file.path == "web/samconfig.toml").unwrap();
    assert!(parameters.text.contains(r#""CustomDomainName=\"app.example.com\"""#), "{}", parameters.text);
    assert!(
        parameters.text.contains(r#""CallbackPath=\"/done\"""#) && !parameters.text.contains("CallbackUrls")
    );
    assert!(
        needs(&import)
            .iter()
            .any(|need| need.contains("register the callback `https://app.example.com/done`"))
    );
    // Another route is on one port only, so the ports differ.
    let more = "  - {name: admin, hosts: [\"app.example.com:8446\"], paths: [/admin], plugins: [{name: key-auth}]}\n  plugins:";
    let import = self::imported(
        &WEB.replace("HOSTS", "[\"app.example.com:8446\", \"app.example.com:8443\"]")
            .replace("CALLBACKS", "[]")
            .replacen("  plugins:", more, 1),
    );
    assert_eq!(names(&import), ["web-app-example-com-8443", "web-app-example-com-8446"]);
}

#[test]
fn each_front_has_its_parameters_and_rules() {
    let text = WEB.replace("HOSTS", "[app.example.com]").replace("CALLBACKS", "[]").replace(
        "client_secret: [s]",
        "client_secret: [s], upstream_headers_names: [x-mail], upstream_headers_claims: [email]",
    ) + "- name: other\n  url: https://other.example.com\n  routes: [{name: other, hosts: [app.example.com], paths: [/other]}, {name: own, hosts: [app.example.com], paths: [/own], service: {name: web}}]\n";
    let of = |front| {
        let file = InputFile { name: "kong.yaml".to_owned(), text: text.clone() };
        import_for(front, vec![file], |_| None, &|_| {}).unwrap()
    };
    for (front, environment, template, needed) in [
        (Front::Rest, "[default.deploy", ".aws-sam/build/", "VpcLinkId"),
        (Front::HttpApi, "[http-api.deploy", ".aws-sam/http-api/", "SubnetIds"),
        (Front::FunctionUrl, "[function-url.deploy", ".aws-sam/function-url/", "us-east-1"),
        (Front::Alb, "[alb.deploy", ".aws-sam/alb/", "ListenerArn"),
    ] {
        let import = of(front);
        let parameters = &import.files.iter().find(|file| file.path == "web/samconfig.toml").unwrap().text;
        for part in [environment, template, needed] {
            assert!(parameters.contains(part), "{front:?}: {part}: {parameters}");
        }
        assert_eq!(parameters.contains("CloudFront="), front == Front::FunctionUrl, "{front:?}");
        let document = document(&import, "web");
        let is_rest = front == Front::Rest;
        for name in ["  upstream_url: https://other.example.com", "  strip_path: true", "upstream_headers:"] {
            assert_eq!(document.contains(name), !is_rest, "{front:?}: {name}: {document}");
        }
        let is_told =
            |need: &&str| need.starts_with("add to samconfig.toml") && need.contains("`CertificateArn`");
        assert!(needs(&import).iter().any(is_told), "{front:?}");
        let closed = import.report.first.iter().any(|line| line.contains("`/other/*` is closed"));
        assert_eq!(closed, is_rest, "{front:?}: {:?}", import.report.first);
        assert_eq!(needs(&import).iter().any(|need| need.starts_with("`upstream_headers`")), is_rest);
    }
}

/// The output of a gateway with many applications grows linearly, not quadratically.
#[test]
fn an_application_names_no_routes_of_others() {
    let service = |number: usize| {
        format!(
            "- name: s{number}\n  url: http://s{number}.example.com\n  routes: [{{name: r{number}, paths: [/p{number}]}}]\n  plugins: [{{name: openid-connect, config: {{issuer: \"https://id.example.com\", client_id: [c{number}], client_secret: [s]}}}}]\n"
        )
    };
    let length = |count: usize| {
        let services: String = (10..10 + count).map(service).collect();
        let import = imported(&format!("_format_version: \"3.0\"\nservices:\n{services}"));
        assert_eq!(names(&import).len(), count);
        let document = document(&import, "s12");
        let rules = document.split_once("\nroutes:\n").unwrap().1;
        assert!(rules.contains("/p12/*") && !rules.contains("/p13"), "{rules}");
        assert!(
            rules.ends_with("- paths: [\"/*\"]\n  groups_required: [[\"no route of Kong leads here\"]]\n")
        );
        import.files.iter().map(|file| file.text.len()).sum::<usize>()
    };
    assert!(length(20) < 3 * length(10));
}

/// A route of another application stays closed even if the application's own rule would open it.
#[test]
fn a_route_of_another_stays_closed() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: a
  url: http://a.example.com
  routes: [{name: a, paths: [/]}]
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s]}}]
- name: b
  url: http://b.example.com
  routes: [{name: b, paths: [/b]}]
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [b], client_secret: [s]}}]
"#,
    );
    assert!(
        document(&import, "a")
            .contains("- paths: [\"/b/*\"]\n  groups_required: [[\"no route of Kong leads here\"]]\n")
    );
    assert!(
        document(&import, "b")
            .contains("- paths: [\"/*\"]\n  groups_required: [[\"no route of Kong leads here\"]]\n")
    );
}

/// A plugin of a service, or of everything, has no effect where each route has its own. Kong accepts that.
#[test]
fn a_plugin_may_be_replaced_on_each_route() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - name: a
    paths: [/a]
    plugins:
    - name: openid-connect
      config: {issuer: "https://id.example.com", client_id: a, groups_required: [staff]}
  plugins:
  - name: openid-connect
    config: {issuer: "https://id.example.com", client_id: a, roles_required: [user]}
plugins:
- name: openid-connect
  config: {issuer: "https://id.example.com", client_id: a}
"#,
    );
    assert_eq!(names(&import).len(), 1);
    let document = document(&import, names(&import).first().unwrap());
    assert!(document.contains("groups_required: [[staff]]"), "{document}");
    assert!(!document.contains("roles_required"), "{document}");
    let report = &import.files.iter().find(|file| file.path == "report.md").unwrap().text;
    assert!(report.contains("another `openid-connect` plugin is on each of its routes"), "{report}");
}

#[test]
fn a_path_that_every_application_leaves_to_another_is_named_first() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: shop
  url: https://shop.internal.example.com
  plugins:
  - name: openid-connect
    config: {issuer: "https://login.example.com", client_id: [shop], redirect_uri: ["https://shop.example.com/callback"], session_idling_timeout: 900}
  routes:
  - {name: all, hosts: [shop.example.com], paths: [/]}
  - name: report
    hosts: [shop.example.com]
    paths: ["~/report/\\d+$"]
    plugins:
    - name: openid-connect
      config: {issuer: "https://login.example.com", client_id: [shop], redirect_uri: ["https://shop.example.com/callback"]}
"#,
    );
    let first = import.report.first.join("\n");
    assert!(first.contains("every path of this application is closed to everybody"), "{first}");
    assert!(first.contains("`/report/*` is closed at this host"), "{first}");
}

#[test]
fn a_closed_start_page_asks_for_another_one() {
    let import = imported(
        r#"
_format_version: "3.0"
services:
- name: web
  url: https://web.example.com
  routes: [{name: web, hosts: [shop.example.com], paths: [/shop]}]
  plugins: [{name: openid-connect, config: {issuer: "https://login.example.com", client_id: [shop]}}]
"#,
    );
    assert!(
        needs(&import).iter().any(|need| need.starts_with("`/` is closed, and")),
        "{:#?}",
        needs(&import)
    );
}
