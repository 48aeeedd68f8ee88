//! An upstream on loopback that sends exactly the bytes that a test defines.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The actions of the server on one connection, one for each request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Writes these bytes and waits for the next request.
    Answer(Vec<u8>),
    /// Writes these bytes and closes.
    Last(Vec<u8>),
    /// Writes these bytes and then nothing more.
    Stall(Vec<u8>),
}

/// A server and the requests that it received.
pub(crate) struct Server {
    pub(crate) authority: String,
    received: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Server {
    /// Takes one list of actions for each connection, in order; further connections are closed at once.
    pub(crate) async fn start(connections: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let received: Arc<Mutex<Vec<(usize, String)>>> = Arc::default();
        let record = Arc::clone(&received);
        tokio::spawn(async move {
            let mut connections = connections.into_iter().enumerate();
            while let Ok((stream, _)) = listener.accept().await {
                if let Some((number, acts)) = connections.next() {
                    tokio::spawn(play(stream, number, acts, Arc::clone(&record)));
                }
            }
        });
        Self { authority, received }
    }

    /// The received requests, each with the number of its connection.
    pub(crate) fn received(&self) -> Vec<(usize, String)> {
        self.received.lock().unwrap().clone()
    }
}

async fn play(
    mut stream: TcpStream,
    number: usize,
    acts: Vec<Act>,
    record: Arc<Mutex<Vec<(usize, String)>>>,
) {
    for act in acts {
        let Some(request) = read(&mut stream).await else { return };
        record.lock().unwrap().push((number, request));
        match act {
            Act::Answer(bytes) => stream.write_all(&bytes).await.unwrap(),
            Act::Last(bytes) => return stream.write_all(&bytes).await.unwrap(),
            Act::Stall(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Reads one request with its body.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text);
        }
    }
}
