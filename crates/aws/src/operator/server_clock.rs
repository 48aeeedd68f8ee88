//! Compares this machine's clock with that of AWS, by the `Date` header of its responses.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::HttpRequest,
};
use aws_smithy_types::{DateTime, date_time::Format};

/// The difference to AWS's clock, once it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerClock(Arc<Mutex<Option<i64>>>);

impl ServerClock {
    /// The seconds by which AWS's clock was ahead at the last response.
    pub(crate) fn difference(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wraps a client to record the `Date` of each response.
    pub(crate) fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        let clock = self.clone();
        http_client_fn(move |settings, components| {
            let connector = client.http_connector(settings, components);
            SharedHttpConnector::new(Watching { connector, clock: clock.clone() })
        })
    }

    fn take(&self, date: Option<&str>) {
        let Some(date) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok()) else {
            return;
        };
        let here = DateTime::from(SystemTime::now());
        let difference = date.secs().saturating_sub(here.secs());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(difference);
    }
}

#[derive(Debug)]
struct Watching {
    connector: SharedHttpConnector,
    clock: ServerClock,
}

impl HttpConnector for Watching {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let response = self.connector.call(request);
        let clock = self.clock.clone();
        HttpConnectorFuture::new(async move {
            let response = response.await;
            if let Ok(response) = &response {
                clock.take(response.headers().get("date"));
            }
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ServerClock;

    #[test]
    fn the_date_of_an_answer_is_compared_and_what_is_none_is_left() {
        let clock = ServerClock::default();
        for date in [None, Some(""), Some("yesterday"), Some("Thu, 99 Jan 1970 00:00:00 GMT")] {
            clock.take(date);
            assert_eq!(clock.difference(), None, "{date:?}");
        }
        clock.take(Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(clock.difference().is_some_and(|difference| difference < -86_400 * 365));
        clock.take(Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert!(clock.difference().is_some_and(|difference| difference > 86_400 * 365));
    }
}
