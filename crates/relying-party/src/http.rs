//! HTTP as values: requests, responses, cookies, addresses and pages.

pub mod cookie;
pub mod endpoint;
pub mod page;
pub mod page_load;
pub mod public_url;
pub mod request;
pub mod response;
