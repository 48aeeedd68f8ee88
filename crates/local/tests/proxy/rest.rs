//! Tests servers behind a REST API, which can only overwrite headers: no server sees two headers of one name,
//! whichever way the gateway compares names and whichever spelling the client uses.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use local::api_gateway::{Backends, Behaviour, HeaderNames};
use local::stack;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::nginx::Nginx;
use crate::{Way, ask, session_cookie, site};

/// Starts the deployed template's API with `upstream`, and returns its address.
async fn rest_api(upstream: &str, header_names: HeaderNames) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let site = site(Way::HttpApi, upstream, &authority, json!({}));
    let behaviour = Behaviour { header_names, ..Behaviour::default() };
    let api = stack::rest_api(&format!("http://{upstream}"), behaviour).unwrap();
    let gateway = api.with(Backends::new(stack::functions_of(&site))).unwrap();
    tokio::spawn(gateway.serve(listener, std::future::pending::<()>()));
    authority
}

/// Prints `Authorization` and `Cookie` as CGI variables and as a list, with a bar between several values.
const WSGI: &str = "
def application(environ, start):
    start('200 OK', [('Content-Type', 'text/plain')])
    told = [environ.get('HTTP_' + name, 'none') for name in ('AUTHORIZATION', 'COOKIE')]
    return ['|'.join(told).encode()]
";

const NODE: &str = "
const [, port] = process.argv[1].split(':')
require('http').createServer((request, response) => {
  const told = ['authorization', 'cookie'].map((name) => (request.headersDistinct[name] || ['none']).join('+'))
  response.end(told.join('|'))
}).listen(Number(port), '127.0.0.1')
";

/// A server process that ends with its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program whose last argument is its listening address.
async fn start(program: &str, arguments: &[&str]) -> (Server, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let authority = format!("127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.args(arguments).arg(&authority).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Server(command.spawn().unwrap_or_else(|fault| panic!("{program}: {fault}")));
    while TcpStream::connect(&authority).await.is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "{program} ended");
        tokio::task::yield_now().await;
    }
    (server, authority)
}

async fn gunicorn() -> (Server, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join("told.py"), WSGI).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/venv/bin/gunicorn");
    assert!(program.exists(), "gunicorn is not there: run tests/tools first");
    start(program.to_str().unwrap(), &["--chdir", folder.to_str().unwrap(), "told:application", "--bind"])
        .await
}

#[tokio::test]
async fn servers_behind_a_rest_api_see_one_authorization_and_one_cookie() {
    let nginx = Nginx::start("rest", "127.0.0.1:9").await;
    let (_gunicorn, gunicorn) = gunicorn().await;
    let (_node, node) = start("node", &["-e", NODE]).await;
    let cookie = session_cookie();
    for names in [HeaderNames::CaseSensitive, HeaderNames::CaseInsensitive] {
        for (server, upstream) in [("nginx", &nginx.authority), ("gunicorn", &gunicorn), ("node", &node)] {
            let api = rest_api(upstream, names).await;
            for [authorization, cookies] in
                [["Authorization", "Cookie"], ["authorization", "cookie"], ["authorization", "Cookie"]]
            {
                // The token is not checked and the cookie is one of vestibule's: both are overwritten.
                let fields =
                    format!("{authorization}: Bearer a.b.c\r\n{cookies}: {cookie}=secret; theme=dark\r\n");
                let answer = ask(&api, "GET", "/told", &fields, b"").await;
                let case = format!("{server} {names:?} {fields}: {answer:?}");
                assert_eq!(answer.status, 200, "{case}");
                let told = String::from_utf8(answer.body).unwrap();
                assert!(!told.contains("secret") && !told.contains("a.b.c"), "{case}");
                if server != "nginx" {
                    assert_eq!(told, "-|theme=dark", "{case}");
                }
            }
        }
    }
}
