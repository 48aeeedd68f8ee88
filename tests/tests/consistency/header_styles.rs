//! Writes the table in docs/proxy.md of the headers of each style; it finds a header by its value.

use std::fmt::Write as _;

use relying_party::configuration::{AccessTokenHeader, HeaderStyle, UpstreamConfiguration};
use relying_party::forwarding::identity_header::{Identity, IdentityKind, identity_headers};
use relying_party::gate::reserved_header::ReservedHeaders;
use relying_party::gate::reserved_header::trusted_header::{ADDED_ON_THE_WAY, CLAIMS};
use relying_party::secret::Secret;
use serde_json::json;

use crate::project::holds;

const STYLES: [(&str, HeaderStyle); 4] = [
    ("vestibule", HeaderStyle::Vestibule),
    ("alb", HeaderStyle::Alb),
    ("kong", HeaderStyle::Kong),
    ("oauth2-proxy", HeaderStyle::OAuth2Proxy),
];

/// A row of the table, and the value that its headers contain.
const ROWS: [(&str, &str); 8] = [
    ("`sub`", "the-subject"),
    ("user name", "the-username"),
    ("`preferred_username`, else the user name", "the-preferred-username"),
    ("e-mail, when verified", "the-email"),
    ("groups", "the-group"),
    ("scopes", "the-scope"),
    ("claims", "eyJwcmVmZXJyZWRfdXNlcm5hbWUiOiJ0aGUtcHJlZmVycmVkLXVzZXJuYW1lIn0"),
    ("access token, unless `upstream_access_token_header` is `none`", "the-access-token"),
];

fn identity() -> Identity {
    let claims = json!({"preferred_username": "the-preferred-username"});
    Identity {
        kind: IdentityKind::Session,
        issuer: "https://id.example.com".to_owned(),
        subject: "the-subject".to_owned(),
        username: Some("the-username".to_owned()),
        email: Some("the-email".to_owned()),
        groups: vec!["the-group".to_owned()],
        scope: Some("the-scope".to_owned()),
        claims: claims.as_object().unwrap().clone(),
        encoded_claims: None,
        access_token: Some(Secret::new("the-access-token")),
        id_token: None,
        load_balancer_data: None,
    }
}

/// The style's own headers; the text above the table describes those that every style has.
fn headers(style: HeaderStyle, identity: Option<&Identity>) -> Vec<(String, String)> {
    let upstream = UpstreamConfiguration {
        url: None,
        ca_bundle: None,
        secret_header: None,
        access_token_header: AccessTokenHeader::Authorization,
        id_token_header: None,
        user_info_header: None,
        hide_credentials: true,
        headers: Vec::new(),
        header_style: style,
    };
    let headers = identity_headers(identity, &upstream);
    let reserved = ReservedHeaders::of(&upstream);
    for (name, _) in &headers {
        assert!(name == "authorization" || reserved.contains(name), "a client may send {name}");
    }
    let everywhere = ["authorization", "x-vestibule-authenticated", "x-vestibule-issuer"];
    headers.into_iter().filter(|(name, _)| !everywhere.contains(&name.as_str())).collect()
}

#[test]
fn the_table_of_header_styles_is_what_is_set() {
    let mut table =
        String::from("| | `vestibule` | `alb` | `kong` | `oauth2-proxy` |\n|---|---|---|---|---|\n");
    let mut told = 0;
    for (row, held) in ROWS {
        let _ = write!(table, "| {row} |");
        for (_, style) in STYLES {
            let headers = headers(style, Some(&identity()));
            let names: Vec<String> = headers
                .iter()
                .filter(|(_, value)| value == held || value.split('.').any(|part| part == held))
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            told += names.len();
            let _ = write!(table, " {} |", names.join(", "));
        }
        table.push('\n');
    }
    let _ = write!(table, "| nobody is signed in |");
    for (_, style) in STYLES {
        let headers = headers(style, None);
        let names: Vec<String> = headers.iter().map(|(name, value)| format!("`{name}: {value}`")).collect();
        let _ = write!(table, " {} |", names.join(", "));
    }
    // The table contains every header that is set.
    let all: usize = STYLES.iter().map(|(_, style)| headers(*style, Some(&identity())).len()).sum();
    assert_eq!(told, all);
    holds("docs/proxy.md", "header styles", &table);
}

#[test]
fn the_list_of_trusted_headers_is_what_is_dropped() {
    let list = format!(
        "**Where a request comes from.** The proxy drops these; an authorizer leaves them as they came:\n\n{}\n\n\
         **Users, certificates, methods, schemes, hosts and paths.** The proxy drops these; an authorizer refuses the request:\n\n{}\n",
        names_in_lines(&ADDED_ON_THE_WAY),
        names_in_lines(&CLAIMS)
    );
    holds("docs/proxy.md", "trusted headers", &list);
}

/// The names, separated by commas, in lines that a diff can show.
fn names_in_lines(names: &[&str]) -> String {
    const WIDTH: usize = 150;
    let mut lines = vec![String::new()];
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 == names.len() { "" } else { "," };
        let word = format!("`{name}`{comma}");
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.join("\n")
}
