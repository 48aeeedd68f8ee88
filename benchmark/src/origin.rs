//! Runs the servers on loopback that a function calls: the provider's keys, a table, an upstream.

use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::http::{Request, Watch, read_request};

/// Writes one response.
pub type Response = Arc<dyn Fn(&Request, &mut TcpStream) -> io::Result<()> + Send + Sync>;

/// Answers every request of every connection until the process ends; returns the address.
///
/// # Errors
///
/// No port is available.
pub fn serve(answer: Response) -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A broken connection ends here; its client notices.
            thread::spawn(move || drop(converse(stream, &answer)));
        }
    });
    Ok(address)
}

/// Gives the same response to every request.
pub fn fixed(content_type: &str, body: &[u8]) -> Response {
    let whole = whole(content_type, body);
    Arc::new(move |_, stream| stream.write_all(&whole))
}

/// A whole response with a body.
pub fn whole(content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn converse(stream: TcpStream, answer: &Response) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let watch: Watch = Arc::new(|_| ());
    while let Some(request) = read_request(&mut stream, &watch)? {
        answer(&request, stream.get_mut())?;
    }
    Ok(())
}
