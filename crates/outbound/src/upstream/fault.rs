//! Reduces the client's errors, which carry addresses, to their kind, which does not.

use std::error::Error;

use hyper_util::client::legacy;
use relying_party::forwarding::UpstreamFault;

use crate::upstream::connection::{ConnectFault, Used};

/// Judges an error before the head was there.
pub(crate) fn before_head(error: &legacy::Error) -> UpstreamFault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(ConnectFault(fault)) = error.downcast_ref() {
            return *fault;
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return in_exchange(error);
        }
        cause = error.source();
    }
    UpstreamFault::Broken
}

/// Judges an error of an open connection.
pub(crate) fn in_exchange(error: &hyper::Error) -> UpstreamFault {
    if error.is_timeout() {
        UpstreamFault::TimedOut
    } else if error.is_parse() || error.is_user() {
        UpstreamFault::ResponseMalformed
    } else {
        UpstreamFault::Broken
    }
}

/// Whether the connection had carried an answer before it broke: it was closed while it waited.
pub(crate) fn was_kept(error: &legacy::Error) -> bool {
    let Some(connected) = error.connect_info() else { return false };
    let mut extensions = http::Extensions::new();
    connected.get_extras(&mut extensions);
    extensions.get::<Used>().is_some_and(Used::is_marked)
}
