//! Checks tokens: signatures and keys, ID tokens, access tokens, and their claims.

pub mod access_token;
pub mod claims;
pub mod id_token;
pub mod jwks;
pub mod jws;
pub mod leeway;
pub mod load_balancer;
#[cfg(test)]
pub(crate) mod test_tokens;
