//! A service on loopback that answers each request as the test defines.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The service. The last response repeats; an empty one closes the connection without a response.
pub(crate) struct Answering {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Answering {
    pub(crate) async fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { url, requests: Arc::default() };
        let requests = Arc::clone(&service.requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                let index = {
                    let mut requests = requests.lock().unwrap();
                    requests.push(request);
                    requests.len() - 1
                };
                let answer = answers.get(index).or(answers.last()).unwrap();
                // The client may already have closed the connection because the response is too large.
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        service
    }

    /// Every request so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A response of AWS JSON 1.1 with a body.
pub(crate) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    let head = "Content-Type: application/x-amz-json-1.1\r\nConnection: close\r\n";
    format!("HTTP/1.1 {status} x\r\n{head}Content-Length: {length}\r\n\r\n{body}")
}

/// A refusal of AWS JSON 1.1.
pub(crate) fn refusal(status: u16, code: &str) -> String {
    answer(status, &format!(r#"{{"__type":"{code}","message":"because"}}"#))
}

/// Reads a request with a body of `Content-Length` bytes, or without one.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap()),
        }
    }
}
