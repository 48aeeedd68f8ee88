#![expect(clippy::unwrap_used, reason = "a test that cannot continue should stop")]

use relying_party::configuration::{Configuration, Sources};

use super::front_address::addresses_behind;
use super::*;

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn choices(public_port: u16, text: &str) -> Choices {
    let [api_gateway_port, http_api_port, load_balancer_port, upstream_port] = [(); 4].map(|()| free_port());
    let text =
        text.replace("PORT", &if public_port == 0 { api_gateway_port } else { public_port }.to_string());
    let configuration = Some(OwnDocument { name: "my.yaml".to_owned(), text });
    Choices {
        api_gateway_port,
        http_api_port,
        load_balancer_port,
        upstream_port,
        configuration,
        ..Choices::documented()
    }
}

const OWN: &str = "issuer: https://id.example.com
client_id: a
public_url: http://localhost:PORT
session_secret: for the local stack on loopback and nothing else
";

fn fronts_of(addresses: &Addresses) -> [&String; 3] {
    let Addresses { api_gateway, http_api, load_balancer, .. } = addresses;
    [api_gateway, http_api.as_ref().unwrap(), load_balancer.as_ref().unwrap()]
}

#[tokio::test]
async fn a_document_with_addresses_of_its_own_starts_and_each_front_has_its_callback() {
    for more in [
        "",
        "redirect_uri: http://localhost:PORT/oauth2/callback\n",
        "redirect_uri: http://localhost:PORT/auth\n",
        "redirect_uri: [http://localhost:PORT/oauth2/callback, http://localhost:PORT/auth]\n",
        "login_redirect_uri: http://localhost:PORT/home\nlogout_redirect_uri: http://localhost:PORT/bye\n",
    ] {
        let stack = Stack::bind(choices(0, &format!("{OWN}{more}"))).await.unwrap();
        let paths: Vec<&str> =
            ["/oauth2/callback", "/auth"].into_iter().filter(|path| more.contains(path)).collect();
        let paths = if paths.is_empty() { vec!["/oauth2/callback"] } else { paths };
        let addresses = stack.addresses();
        let of_front = |front: &String| {
            let front = front.clone();
            paths.iter().map(move |path| format!("{front}{path}"))
        };
        let expected: Vec<String> = fronts_of(addresses).into_iter().flat_map(of_front).collect();
        assert_eq!(stack.callbacks(), expected, "{more}");
        let page = if more.contains("/bye") { "/bye" } else { "/oauth2/signed-out" };
        let pages: Vec<String> = fronts_of(addresses).iter().map(|front| format!("{front}{page}")).collect();
        assert_eq!(stack.signed_out_pages(), pages, "{more}");
        assert_eq!(stack.warnings(), [""; 0], "{more}");
    }
}

#[tokio::test]
async fn a_public_url_elsewhere_is_warned_of() {
    let stack = Stack::bind(choices(3_000, OWN)).await.unwrap();
    let warning = stack.warnings().first().unwrap();
    assert!(warning.contains("public_url is http://localhost:3000/"), "{warning}");
    assert_eq!(stack.callbacks().first().unwrap(), "http://localhost:3000/oauth2/callback");
}

#[tokio::test]
async fn a_setting_without_effect_is_warned_of_by_its_line_and_the_own_ones_of_the_stack_are_none() {
    let stack = Stack::bind(choices(0, &format!("{OWN}session_table: a\n"))).await.unwrap();
    let expected = "my.yaml:5:1: session_table: has an effect only with `session_storage: dynamodb`";
    assert_eq!(stack.warnings(), [expected]);
    let elsewhere = format!("{OWN}upstream_url: http://127.0.0.1:9333\n");
    let stack = Stack::bind(choices(0, &elsewhere)).await.unwrap();
    let expected = "my.yaml:5:1: upstream_url: is ignored here: name the application by --upstream";
    assert_eq!(stack.warnings(), [expected]);
    let [api_gateway_port, http_api_port, load_balancer_port, cognito_port, upstream_port] =
        [(); 5].map(|()| free_port());
    let plain = Choices {
        api_gateway_port,
        http_api_port,
        load_balancer_port,
        cognito_port,
        upstream_port,
        ..Choices::documented()
    };
    assert_eq!(Stack::bind(plain).await.unwrap().warnings(), [""; 0]);
}

#[tokio::test]
async fn variables_are_keys_here_too_and_what_is_not_read_is_said() {
    let environment = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let with = |environment| Choices { environment, ..choices(0, OWN) };
    let refused = Stack::bind(with(environment("VESTIBULE_LEEWAY", "x"))).await.err().unwrap().to_string();
    assert!(refused.starts_with("VESTIBULE_LEEWAY: "), "{refused}");
    for name in ["VESTIBULE_CONFIG", "VESTIBULE_SECRET_ID"] {
        let stack = Stack::bind(with(environment(name, "x"))).await.unwrap();
        assert!(stack.warnings().first().unwrap().contains(name));
    }
}

#[test]
fn addresses_of_the_first_front_are_moved_and_foreign_ones_stay() {
    let text = "issuer: https://id.example.com
client_id: a
client_auth: none
public_url: http://localhost:8400
redirect_uri: [http://localhost:8400/auth, http://localhost:8400/sso]
session_secret: for the local stack on loopback and nothing else
login_redirect_uri: http://localhost:8400/home
logout_redirect_uri: https://www.example.com/bye
forbidden_redirect_uri: http://localhost:8400/denied
unauthorized_redirect_uri: /welcome
routes: [{paths: /welcome, auth: none}]
";
    let sources = Sources { document: Some(text), ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
    let moved = addresses_behind("http://localhost:8401", &configuration);
    let expected = [
        ("VESTIBULE_LOGIN_REDIRECT_URI", "http://localhost:8401/home"),
        ("VESTIBULE_LOGOUT_REDIRECT_URI", "https://www.example.com/bye"),
        ("VESTIBULE_FORBIDDEN_REDIRECT_URI", "http://localhost:8401/denied"),
        ("VESTIBULE_UNAUTHORIZED_REDIRECT_URI", "http://localhost:8401/welcome"),
        ("VESTIBULE_REDIRECT_URI", "http://localhost:8401/auth,http://localhost:8401/sso"),
    ];
    assert_eq!(moved, expected.map(|(name, value)| (name, value.to_owned())));
}
