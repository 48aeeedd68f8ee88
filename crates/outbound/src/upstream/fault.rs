//! Reduces the client's errors to their kind, because the errors contain addresses.

use std::error::Error;

use hyper_util::client::legacy;
use relying_party::forwarding::UpstreamFault;

use crate::upstream::connection::{ConnectFault, Used};

/// Classifies an error that occurred before the head was received.
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

/// Classifies an error of an open connection.
pub(crate) fn in_exchange(error: &hyper::Error) -> UpstreamFault {
    if error.is_timeout() {
        UpstreamFault::TimedOut
    } else if error.is_parse() || error.is_user() {
        UpstreamFault::ResponseMalformed
    } else {
        UpstreamFault::Broken
    }
}

/// Whether the connection had carried a response before it broke, so that it was closed while idle.
pub(crate) fn was_kept(error: &legacy::Error) -> bool {
    let Some(connected) = error.connect_info() else { return false };
    let mut extensions = http::Extensions::new();
    connected.get_extras(&mut extensions);
    extensions.get::<Used>().is_some_and(Used::is_marked)
}
