//! Holds a connection and the bytes that were read from it but not yet used.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::framing::{Framing, chunk_size};
use super::wire_error::WireError;
use super::{MAXIMUM_BODY, MAXIMUM_HEAD};

/// A stream and a buffer.
pub(super) struct Wire<Stream> {
    pub(super) stream: Stream,
    buffer: Vec<u8>,
}

impl<Stream: AsyncRead + AsyncWrite + Unpin> Wire<Stream> {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Reads up to and including the first empty line; `None` if the connection ended before a message began.
    pub(super) async fn head(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        loop {
            if let Some(end) = position(&self.buffer, b"\r\n\r\n") {
                return if end + 4 > MAXIMUM_HEAD {
                    Err(WireError::HeadTooLarge)
                } else {
                    Ok(Some(self.take(end + 4)))
                };
            }
            if self.buffer.len() > MAXIMUM_HEAD {
                return Err(WireError::HeadTooLarge);
            }
            if position(&self.buffer, b"\n\n").is_some() {
                return Err(WireError::malformed("a line feed without carriage return"));
            }
            if !self.fill().await? {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(WireError::Ended("in the middle of a head".to_owned()))
                };
            }
        }
    }

    /// Reads a body. `open` says whether a body without a length extends to the end of the connection.
    pub(super) async fn body(&mut self, framing: Framing, open: bool) -> Result<Vec<u8>, WireError> {
        match framing {
            Framing::Length(length) if length > MAXIMUM_BODY => Err(WireError::BodyTooLarge),
            Framing::Length(length) => self.exactly(length).await,
            Framing::Chunked => self.chunks().await,
            Framing::Open if open => self.rest().await,
            Framing::Open => Ok(Vec::new()),
        }
    }

    async fn rest(&mut self) -> Result<Vec<u8>, WireError> {
        while self.fill().await? {
            if self.buffer.len() > MAXIMUM_BODY {
                return Err(WireError::BodyTooLarge);
            }
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, WireError> {
        let mut body = Vec::new();
        loop {
            let size = chunk_size(&self.line().await?)?;
            if size == 0 {
                self.trailers().await?;
                return Ok(body);
            }
            if body.len().saturating_add(size) > MAXIMUM_BODY {
                return Err(WireError::BodyTooLarge);
            }
            body.extend(self.exactly(size).await?);
            if !self.line().await?.is_empty() {
                return Err(WireError::malformed("a chunk is longer than its size"));
            }
        }
    }

    /// Trailers are read and dropped, as API Gateway drops them.
    async fn trailers(&mut self) -> Result<(), WireError> {
        let mut length = 0;
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(());
            }
            length += line.len();
            if length > MAXIMUM_HEAD {
                return Err(WireError::HeadTooLarge);
            }
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, WireError> {
        loop {
            if let Some(end) = position(&self.buffer, b"\r\n") {
                let line = self.take(end + 2);
                let line = line.strip_suffix(b"\r\n").unwrap_or(&line).to_vec();
                return if line.contains(&b'\n') || line.contains(&b'\r') {
                    Err(WireError::malformed("a stray line end in a chunk"))
                } else {
                    Ok(line)
                };
            }
            if self.buffer.len() > 4_096 {
                return Err(WireError::malformed("a line is too long"));
            }
            self.need().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, WireError> {
        while self.buffer.len() < length {
            self.need().await?;
        }
        Ok(self.take(length))
    }

    async fn need(&mut self) -> Result<(), WireError> {
        if self.fill().await? { Ok(()) } else { Err(WireError::Ended("in the middle of a body".to_owned())) }
    }

    /// Reads once; `false` means the end of the connection.
    async fn fill(&mut self) -> Result<bool, WireError> {
        let mut chunk = vec![0_u8; 16 * 1024];
        let read = self.stream.read(&mut chunk).await.map_err(|error| WireError::Ended(error.to_string()))?;
        self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(read > 0)
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
