//! Implements as much of HTTP/1.1 as a Runtime API on loopback needs.

use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

/// More bytes than the head of a streamed response has in any benchmark.
pub const LONGEST_PRELUDE: u64 = 2_048;

/// Sees every piece of a chunked body as it arrives.
pub type Watch = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// One request.
pub struct Request {
    /// The method.
    pub method: String,
    /// The target.
    pub path: String,
    /// The body if it has a length; of a chunked body at most [`LONGEST_PRELUDE`].
    pub body: Vec<u8>,
    /// The length of the body.
    pub length: u64,
    /// The fields after a chunked body, names in lower case.
    pub trailers: Vec<(String, String)>,
    /// The time when the first piece of a chunked body arrived.
    pub first_chunk: Option<Instant>,
}

/// Reads the next request of a connection; `None` if the client has closed it.
///
/// # Errors
///
/// The received bytes are not HTTP, or none arrived.
pub fn read_request(stream: &mut BufReader<TcpStream>, watch: &Watch) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        body: Vec::new(),
        length: 0,
        trailers: Vec::new(),
        first_chunk: None,
    };
    let mut chunked = false;
    for (name, value) in fields(stream)? {
        match name.as_str() {
            "content-length" => request.length = value.parse().map_err(io::Error::other)?,
            "transfer-encoding" => chunked = value.ends_with("chunked"),
            _ => {}
        }
    }
    if chunked {
        skip_chunks(stream, &mut request, watch)?;
    } else if io::copy(&mut stream.take(request.length), &mut request.body)? != request.length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(request))
}

/// Reads fields up to the empty line, with names in lower case.
fn fields(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let mut field = String::new();
        if stream.read_line(&mut field)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = field.trim_end().split_once(':') else { return Ok(fields) };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// Also records when the first piece after the head of a streamed response arrived. That head is a chunk of its own,
/// followed by eight NUL bytes (AWS Lambda developer guide, "Custom runtime with response streaming").
fn skip_chunks(stream: &mut BufReader<TcpStream>, request: &mut Request, watch: &Watch) -> io::Result<()> {
    loop {
        let mut size = String::new();
        stream.read_line(&mut size)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        if size == 0 {
            request.trailers = fields(stream)?;
            return Ok(());
        }
        exactly(stream, size, &mut Chunk { request, watch })?;
        exactly(stream, 2, &mut io::sink())?;
        if request.first_chunk.is_none() && request.length > LONGEST_PRELUDE {
            request.first_chunk = Some(Instant::now());
        }
    }
}

/// The bytes of a chunk as they arrive.
struct Chunk<'a> {
    request: &'a mut Request,
    watch: &'a Watch,
}

impl Write for Chunk<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = LONGEST_PRELUDE.saturating_sub(self.request.length);
        self.request.length += io::copy(&mut &*piece, &mut io::sink())?;
        io::copy(&mut piece.take(room), &mut self.request.body)?;
        (self.watch)(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn exactly(stream: &mut BufReader<TcpStream>, bytes: u64, into: &mut impl Write) -> io::Result<()> {
    match io::copy(&mut stream.take(bytes), into)? {
        copied if copied == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
