//! As much of HTTP/1.1 as a Runtime API on loopback needs.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::time::Instant;

/// More bytes than the head of a streamed reply has in any benchmark.
const LONGEST_PRELUDE: u64 = 2_048;

/// One request.
pub struct Request {
    /// The method.
    pub method: String,
    /// The target.
    pub path: String,
    /// The body, where it has a length; what is chunked is not kept.
    pub body: Vec<u8>,
    /// When the first piece of a chunked body was there.
    pub first_chunk: Option<Instant>,
}

/// Reads the next request of a connection; `None` when the client has closed it.
///
/// # Errors
///
/// What came is no HTTP, or nothing came.
pub fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        body: Vec::new(),
        first_chunk: None,
    };
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut field = String::new();
        stream.read_line(&mut field)?;
        let field = field.trim_end().to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        chunked |= field.starts_with("transfer-encoding:") && field.ends_with("chunked");
    }
    if chunked {
        request.first_chunk = skip_chunks(stream)?;
    } else {
        stream.take(length).read_to_end(&mut request.body)?;
    }
    Ok(Some(request))
}

/// When the first piece after the head of a streamed reply was there: that head is a chunk of its own, then eight NUL
/// bytes (AWS Lambda developer guide, "Custom runtime with response streaming").
fn skip_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Instant>> {
    let (mut read, mut first) = (0, None);
    loop {
        let mut size = String::new();
        stream.read_line(&mut size)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        skip(stream, size + 2)?;
        if size == 0 {
            return Ok(first);
        }
        read += size;
        if first.is_none() && read > LONGEST_PRELUDE {
            first = Some(Instant::now());
        }
    }
}

fn skip(stream: &mut BufReader<TcpStream>, bytes: u64) -> io::Result<()> {
    io::copy(&mut stream.take(bytes), &mut io::sink()).map(drop)
}
