//! Imports each of the 234 parameters alone, and checks that the output is exactly the one that its verdict
//! announces.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bearer_tokens;
mod former_names;

use std::collections::BTreeMap;

use kong::{Import, InputFile, import};
use relying_party::configuration::kong::{PARAMETERS, Parameter, Verdict};
use serde_json::{Map, Value, json};

/// One parameter per line: its name, a value other than Kong's default, the lines that are written for it,
/// and the parameters that it needs to have an effect; `acl` is another plugin. After `=` follow the lines
/// that are written for those.
const VALUES: &str = include_str!("values.txt");

struct Row {
    parameter: &'static Parameter,
    value: Value,
    written: &'static str,
    company: Map<String, Value>,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let mut parts = line.split('\t');
        let name = parts.next().unwrap();
        let value = serde_json::from_str(parts.next().unwrap()).unwrap();
        let written = parts.next().unwrap_or_default();
        let company = serde_json::from_str(&format!("{{{}}}", parts.next().unwrap_or_default())).unwrap();
        Row { parameter: Parameter::find(name).unwrap(), value, written, company }
    };
    VALUES.lines().map(row).collect()
}

/// Verdicts on values that differ from the verdict on their parameter.
const OTHERWISE: [(&str, Verdict, &str); 5] = [
    ("auth_methods", Verdict::Kept, "`auth_methods`"),
    ("client_secret", Verdict::Mapped, IN_SECRETS),
    ("session_secret", Verdict::Mapped, KEY_IN_SECRETS),
    ("consumer_claims", Verdict::NeedsYou, CONSUMERS),
    ("principals", Verdict::NeedsYou, CONSUMERS),
];

const IN_SECRETS: &str =
    "in `secrets.json`; put it into the secret that `ClientSecretArn` names, and delete the file";
const KEY_IN_SECRETS: &str = "in `secrets.json`; the templates make a key of their own, and a deployment without them reads it from the secret that `VESTIBULE_SECRET_ID` names";
const CONSUMERS: &str =
    "put Kong's consumers into the group `consumers` at the provider; `groups_required` requires it";

fn announced(parameter: &Parameter) -> (Verdict, String) {
    let Parameter { name, verdict, here, .. } = *parameter;
    if let Some((_, verdict, text)) = OTHERWISE.iter().find(|(other, ..)| *other == name) {
        return (*verdict, (*text).to_owned());
    }
    let text = match (verdict, here) {
        (Verdict::Kept, "") => format!("`{name}`"),
        (Verdict::Kept, here) => format!("`{name}`: {here}"),
        (_, here) => here.to_owned(),
    };
    (verdict, text)
}

fn imported(more: &Map<String, Value>) -> Import {
    let mut config =
        json!({ "issuer": "https://id.example.com", "client_id": ["web"], "client_secret": ["a secret"] });
    config.as_object_mut().unwrap().extend(more.clone());
    let acl = config.as_object_mut().unwrap().remove("acl");
    let mut plugins = vec![json!({ "name": "openid-connect", "config": config })];
    plugins.extend(acl.map(|acl| json!({ "name": "acl", "config": acl })));
    let document = json!({ "_format_version": "3.0", "services": [{
        "name": "web", "url": "https://web.example.com",
        "plugins": plugins,
        "routes": [{ "name": "web", "hosts": ["shop.example.com"], "paths": ["/"] }],
    }], "consumers": [{ "username": "visitor" }] });
    import(vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }], |_| None)
        .unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// Every line that is written for the application, without its indentation and the JSON punctuation at its
/// end.
fn written(import: &Import) -> Vec<&str> {
    let files = import
        .files
        .iter()
        .filter(|file| ["web/vestibule.yaml", "web/secrets.json"].contains(&file.path.as_str()));
    files
        .flat_map(|file| file.text.lines())
        .map(|line| line.trim_start_matches(['-', ' ']).trim_end_matches(','))
        .collect()
}

/// The lines of the report about `name`.
fn lines<'i>(import: &'i Import, name: &str) -> BTreeMap<&'i str, (Verdict, &'i str)> {
    let whole = format!("services[0].plugins[0].config.{name}");
    let is_of = |setting: &&kong::Setting| {
        setting.name.strip_prefix(&whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    };
    let line = |setting: &'i kong::Setting| (setting.name.as_str(), (setting.verdict, setting.text.as_str()));
    import.report.settings.iter().filter(is_of).map(line).collect()
}

#[test]
fn each_is_among_the_values() {
    let names: Vec<&str> = rows().iter().map(|row| row.parameter.name).collect();
    let table: Vec<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
    assert_eq!(names, table);
}

#[test]
fn each_has_the_line_that_its_verdict_announces() {
    let mut wrong = Vec::new();
    for Row { parameter, value, company, .. } in rows() {
        let import = imported(&with(&company, parameter.name, value));
        let lines = lines(&import, parameter.name);
        let (verdict, text) = announced(parameter);
        if lines.is_empty() || lines.values().any(|told| *told != (verdict, text.as_str())) {
            wrong.push(format!("{}: {lines:?}, not {:?}", parameter.name, (verdict, text)));
        }
        let needs = &import.applications.first().unwrap().needs;
        let is_told = needs.iter().any(|need| need.contains(&format!("`{}`", parameter.name)));
        if verdict == Verdict::NeedsYou && !is_told {
            wrong.push(format!("{}: nobody is asked: {needs:?}", parameter.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Kept and changed values are written, and the table of values lists every other line that is written for a
/// parameter.
#[test]
fn each_is_written_as_its_verdict_announces() {
    let mut wrong = Vec::new();
    for Row { parameter, value, written: expected, company } in rows() {
        let (before, after) = (imported(&company), imported(&with(&company, parameter.name, value)));
        let (before, after) = (written(&before), written(&after));
        let told = match (announced(parameter).0, expected.strip_prefix('=')) {
            (_, Some(already)) if !after.contains(&already) => format!("`{already}` is not written"),
            (_, None) if !expected.is_empty() && !after.contains(&expected) => {
                format!("`{expected}` is not written: {after:?}")
            }
            (_, None) if !expected.is_empty() && before.contains(&expected) => {
                format!("`{expected}` is written without it too")
            }
            (Verdict::Kept | Verdict::Mapped, None) if expected.is_empty() => {
                "nothing comes of it".to_owned()
            }
            (_, None) if expected.is_empty() && before != after => {
                format!("changes what is written: {after:?}")
            }
            _ => continue,
        };
        wrong.push(format!("{}: {told}", parameter.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn with(company: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let own = (name.to_owned(), value);
    company.clone().into_iter().chain([own]).collect()
}

/// Entries and values whose outcome differs from that of their parameter alone.
#[test]
fn entries_that_differ_from_their_parameter() {
    for (members, name, verdict, text) in [
        (
            json!({"login_redirect_uri": ["https://shop.example.com/a", "https://shop.example.com/b"]}),
            "login_redirect_uri[1]",
            Verdict::NeedsYou,
            "one is taken",
        ),
        (json!({"audience": ["a", "b"]}), "audience[1]", Verdict::NeedsYou, "one is taken"),
        (
            json!({"authorization_query_args_names": ["prompt", "lang"], "authorization_query_args_values": ["login"]}),
            "authorization_query_args_names[1]",
            Verdict::NeedsYou,
            "`authorization_query_args_values` has no entry",
        ),
        (
            json!({"upstream_headers_names": ["X-A"], "upstream_headers_claims": ["a", "b"]}),
            "upstream_headers_claims[1]",
            Verdict::NeedsYou,
            "`upstream_headers_names` has no entry",
        ),
        (
            json!({"search_user_info": true}),
            "search_user_info",
            Verdict::NeedsYou,
            "name `userinfo_endpoint`",
        ),
        (
            json!({"search_user_info": true, "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"}),
            "search_user_info",
            Verdict::Always,
            "an ID token of Cognito's",
        ),
        (
            json!({"userinfo_endpoint": "https://id.example.com/me"}),
            "userinfo_endpoint",
            Verdict::Always,
            "without `search_user_info`",
        ),
        (
            json!({"disable_session": ["bearer", "authorization_code"]}),
            "disable_session[1]",
            Verdict::NeedsYou,
            "a sign-in always makes a session",
        ),
        (
            json!({"disable_session": ["password"]}),
            "disable_session[0]",
            Verdict::Refused,
            "a bearer token never makes a session",
        ),
        (json!({"timeout": 30000}), "timeout", Verdict::Refused, "each call to the provider ends after"),
        (
            json!({"client_auth": ["client_secret_post"], "revocation_endpoint_auth_method": "client_secret_basic"}),
            "revocation_endpoint_auth_method",
            Verdict::NeedsYou,
            "differs from `client_auth`",
        ),
        (
            json!({"authenticated_groups_claim": ["teams"]}),
            "authenticated_groups_claim[0]",
            Verdict::Always,
            "no `acl` plugin",
        ),
        (
            json!({"redirect_uri": ["https://shop.example.com/a", "https://other.example.com/b"]}),
            "redirect_uri[1]",
            Verdict::NeedsYou,
            "the callback is below `public_url`",
        ),
        (
            json!({"consumer_by": ["username", "custom_id"]}),
            "consumer_by[0]",
            Verdict::Always,
            "as Kong has it by default",
        ),
        (
            json!({"require_pushed_authorization_requests": false}),
            "require_pushed_authorization_requests",
            Verdict::Always,
            "as Kong has it by default",
        ),
    ] {
        let import = imported(members.as_object().unwrap());
        let name = format!("services[0].plugins[0].config.{name}");
        let setting = import.report.settings.iter().find(|setting| setting.name == name).unwrap();
        assert_eq!(setting.verdict, verdict, "{members}: {}", setting.text);
        assert!(setting.text.starts_with(text), "{members}: {}", setting.text);
    }
}

/// One client on two routes is one application, and keeps the callbacks of both.
#[test]
fn callbacks_of_every_route() {
    let plugin = |callback: &str| {
        json!([{ "name": "openid-connect", "config": {
        "issuer": "https://id.example.com", "client_id": ["web"], "auth_methods": ["password"], "redirect_uri": [callback] } }])
    };
    let document = json!({ "_format_version": "3.0", "services": [{ "name": "web", "url": "https://web.example.com", "routes": [
        { "name": "a", "hosts": ["shop.example.com"], "paths": ["/a"], "plugins": plugin("https://shop.example.com/a/back") },
        { "name": "b", "hosts": ["shop.example.com"], "paths": ["/b"], "plugins": plugin("https://shop.example.com/b/back") },
    ]}]});
    let import =
        import(vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }], |_| None)
            .unwrap();
    let [application] = import.applications.as_slice() else { panic!("{:?}", import.applications) };
    assert_eq!(application.callbacks, ["https://shop.example.com/a/back", "https://shop.example.com/b/back"]);
    let methods = import.report.settings.iter().filter(|setting| setting.name.ends_with("auth_methods[0]"));
    let texts: Vec<&str> = methods.map(|setting| setting.text.as_str()).collect();
    assert_eq!(texts, ["people type their password at the provider"; 2]);
}

/// If no file has a consumer, it is unknown whether a plugin refuses its requests. Sign-in is required and
/// the report asks for the file.
#[test]
fn an_anonymous_consumer_that_no_file_has_is_asked_about() {
    for (consumer, asked, is_optional) in
        [("visitor", false, true), ("guest", true, false), ("", false, false)]
    {
        let import = imported(json!({ "anonymous": consumer }).as_object().unwrap());
        let needs = &import.applications.first().unwrap().needs;
        assert_eq!(needs.iter().any(|need| need.starts_with("`anonymous`")), asked, "{needs:?}");
        assert_eq!(written(&import).contains(&"auth: optional"), is_optional, "{consumer}");
        let told = lines(&import, "anonymous");
        let is_unset = told.values().all(|(_, text)| *text == "is empty, so it is not set");
        assert_eq!(is_unset, consumer.is_empty(), "{told:?}");
    }
}

/// The templates have one host, so the report asks about a second one or a port.
#[test]
fn hosts_that_no_template_has_are_asked_about() {
    for (callback, asked) in
        [("https://shop.example.com/back", false), ("https://shop.example.com:8447/back", true)]
    {
        let import = imported(json!({ "redirect_uri": [callback] }).as_object().unwrap());
        let needs = &import.applications.first().unwrap().needs;
        assert_eq!(needs.iter().any(|need| need.contains("on port 443")), asked, "{callback}: {needs:?}");
    }
}

/// Nobody has to fill in a placeholder of a setting that has no effect here.
#[test]
fn a_placeholder_without_effect_is_not_asked_about() {
    let import = imported(
        json!({ "cache_tokens_salt": "$SALT", "audience": ["$AUDIENCE"], "session_redis_password": "$PASSWORD" })
            .as_object()
            .unwrap(),
    );
    for (name, asked) in [("cache_tokens_salt", false), ("audience", true), ("session_redis_password", false)]
    {
        let told = lines(&import, name);
        assert!(told.values().all(|(verdict, _)| (*verdict == Verdict::NeedsYou) == asked), "{told:?}");
    }
}

/// With consumers an `acl` plugin asks for the groups of the consumer, not for those of the claim.
#[test]
fn the_claim_of_groups_beside_consumers_is_not_read() {
    for (always, is_read) in [(true, true), (false, false)] {
        let import = imported(
            json!({
                "consumer_claim": ["sub"], "authenticated_groups_claim": ["realm_access", "roles"],
                "acl": { "allow": ["staff"], "always_use_authenticated_groups": always, "hide_groups_header": true },
            })
            .as_object()
            .unwrap(),
        );
        let told = lines(&import, "authenticated_groups_claim");
        let wanted = if is_read { "`groups_claim` does that" } else { "nothing reads this claim" };
        assert!(told.values().all(|(_, text)| text.ends_with(wanted)), "{told:?}");
        let hides =
            import.report.settings.iter().find(|setting| setting.name.ends_with("hide_groups_header"));
        assert_eq!(hides.unwrap().verdict, Verdict::Always);
    }
}

/// Exports have lists of entities without any entry, which nobody has to look at.
#[test]
fn an_empty_list_of_entities_is_not_asked_about() {
    let text = "_format_version: \"3.0\"\nupstreams: []\nservices:\n- name: a\n  url: https://a.example.com\n  plugins: \n  - {name: openid-connect, config: {issuer: \"https://id.example.com\", client_id: [a]}}\n  routes:\n  - {name: a, hosts: [a.example.com], plugins: []}\n";
    let import =
        import(vec![InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() }], |_| None).unwrap();
    let empty: Vec<(&str, Verdict)> = import
        .report
        .settings
        .iter()
        .filter(|setting| setting.text == "is empty")
        .map(|setting| (setting.name.as_str(), setting.verdict))
        .collect();
    assert_eq!(empty, [("upstreams", Verdict::Always), ("services[0].routes[0].plugins", Verdict::Always)]);
}
