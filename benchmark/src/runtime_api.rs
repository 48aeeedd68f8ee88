//! Implements Lambda's Runtime API for one process.

use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::{Request, Watch, read_request};

/// The year 2100, in milliseconds.
const NEVER: u128 = 4_102_444_800_000;

/// One request of the process.
pub enum Heard {
    /// The process asks for an event.
    Next(Instant),
    /// The process answered an event or reported a failure; the time is that of the last byte.
    Answered(Instant, Request),
}

/// The API: events go in, the requests of the process come out.
pub struct RuntimeApi {
    /// The address of the API.
    pub address: SocketAddr,
    /// Takes events.
    pub events: Sender<Vec<u8>>,
    /// The requests of the process.
    pub heard: Receiver<Heard>,
}

impl RuntimeApi {
    /// Starts the API. `watch` gets streamed responses as they arrive; an invocation may take `time`, or any time
    /// if it is `None`.
    ///
    /// # Errors
    ///
    /// No port is available.
    pub fn start(watch: Watch, time: Option<Duration>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (events, waiting) = channel();
        let (tell, heard) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (waiting, tell, watch) = (Arc::clone(&waiting), tell.clone(), Arc::clone(&watch));
                // A broken connection means that the process has ended, which its owner notices.
                thread::spawn(move || drop(answer(stream, &waiting, &tell, &watch, time)));
            }
        });
        Ok(Self { address, events, heard })
    }
}

fn answer(
    stream: TcpStream,
    events: &Mutex<Receiver<Vec<u8>>>,
    tell: &Sender<Heard>,
    watch: &Watch,
    time: Option<Duration>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream, watch)? {
        if request.method == "GET" && request.path.ends_with("/invocation/next") {
            tell.send(Heard::Next(Instant::now())).map_err(io::Error::other)?;
            let events = events.lock().map_err(|_| io::Error::other("poisoned"))?;
            let event = events.recv().map_err(io::Error::other)?;
            let deadline = time.map_or(NEVER, |time| milliseconds(SystemTime::now() + time));
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: \
                 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:authorizer\r\n\
                 content-length: {}\r\n\r\n",
                event.len()
            );
            stream.get_mut().write_all(&[head.as_bytes(), &event].concat())?;
        } else {
            tell.send(Heard::Answered(Instant::now(), request)).map_err(io::Error::other)?;
            stream.get_mut().write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
    Ok(())
}

fn milliseconds(at: SystemTime) -> u128 {
    at.duration_since(UNIX_EPOCH).map_or(NEVER, |since| since.as_millis())
}
