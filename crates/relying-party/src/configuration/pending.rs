//! Stand-ins until the modules of the tokens land.
#![expect(missing_docs, reason = "temporary")]
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerIssuer {
    pub issuer: String,
    pub jwks_endpoint: Option<String>,
    pub kind: IssuerKind,
    pub audiences: Vec<String>,
    pub client_ids: Vec<String>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    Cognito,
    Other,
}
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Requirements {}
impl Requirements {
    pub fn satisfied(&self, _claims: &Map<String, Value>, _scope: Option<&str>) -> Result<(), ()> {
        Ok(())
    }
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(pub Vec<String>);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    Rs256,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    Basic,
    Post,
    None,
}
