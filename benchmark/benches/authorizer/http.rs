//! As much of HTTP/1.1 as a Runtime API on loopback needs.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

/// One request: method, path and body.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
}

/// Reads the next request of a connection; `None` when the client has closed it.
pub(crate) fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let request =
        Request { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default() };
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
        skip_chunks(stream)?;
    } else {
        skip(stream, length)?;
    }
    Ok(Some(request))
}

fn skip_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    loop {
        let mut size = String::new();
        stream.read_line(&mut size)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        skip(stream, size + 2)?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn skip(stream: &mut BufReader<TcpStream>, bytes: u64) -> io::Result<()> {
    io::copy(&mut stream.take(bytes), &mut io::sink()).map(drop)
}
