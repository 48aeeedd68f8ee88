//! A proxy before moto that treats requests as the test defines.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::moto;

/// The treatment of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// moto answers the request.
    Well,
    /// The proxy answers with this text of an HTTP response; moto does not see the request.
    Answer(String),
    /// The same for the requests of one operation; moto answers the others.
    AnswerTo(&'static str, String),
    /// The connection breaks.
    Reset,
    /// moto processes the request, and the connection breaks before the response.
    Unheard,
    /// The requests of one operation, or all if it is empty, get no response; moto answers the others.
    Silent(&'static str),
}

/// The proxy.
pub(crate) struct Faulty {
    pub(crate) url: String,
    mode: Arc<Mutex<Mode>>,
}

impl Faulty {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mode = Arc::new(Mutex::new(Mode::Well));
        let shared = Arc::clone(&mode);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mode = shared.lock().unwrap().clone();
                tokio::spawn(answer(stream, mode));
            }
        });
        Self { url, mode }
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }
}

/// Serves one request for each connection, because each response closes it.
async fn answer(mut client: TcpStream, mode: Mode) {
    let Some(request) = read_message(&mut client).await else { return };
    // The service does not matter: the services in these tests share no operation name.
    let is = |operation: &str| String::from_utf8_lossy(&request).contains(&format!(".{operation}\r\n"));
    match mode {
        Mode::Answer(text) => drop(client.write_all(text.as_bytes()).await),
        Mode::AnswerTo(operation, text) if is(operation) => drop(client.write_all(text.as_bytes()).await),
        Mode::Silent(operation) if operation.is_empty() || is(operation) => std::future::pending().await,
        Mode::Well | Mode::AnswerTo(..) | Mode::Silent(_) => {
            drop(client.write_all(&forwarded(&request).await).await);
        }
        Mode::Reset => {}
        Mode::Unheard => drop(forwarded(&request).await),
    }
}

/// Returns moto's response, which closes its connection.
pub(crate) async fn forwarded(request: &[u8]) -> Vec<u8> {
    let mut moto = TcpStream::connect(moto::url().trim_start_matches("http://")).await.unwrap();
    let head_end = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, body) = request.split_at(head_end);
    moto.write_all(head).await.unwrap();
    moto.write_all(b"\r\nconnection: close").await.unwrap();
    moto.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    moto.read_to_end(&mut answer).await.unwrap();
    answer
}

/// Reads the head and a body of `Content-Length` bytes.
pub(crate) async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
