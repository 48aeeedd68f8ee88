//! Makes tokens for tests: valid ones without a browser, and forged ones.

use std::fmt;

use aws_lc_rs::hmac;
use serde_json::{Map, Value, json};

use super::StandIn;
use super::keys::KeyFault;
use super::options::AppClient;
use super::tokens::{self, Grant, Subject};

/// The kind of token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenUse {
    /// An access token.
    Access,
    /// An ID token.
    Id,
}

/// The key that signs a minted token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MintKey {
    /// The key of access tokens.
    Access,
    /// HS256 with the PEM of the published key of access tokens as the secret.
    HmacOfAccessKey,
    /// HS256 with the PEM of the published key of ID tokens as the secret.
    HmacOfIdKey,
    /// The key of ID tokens.
    Id,
    /// No key: `alg` is `none` and the signature is empty.
    None,
    /// An unpublished key, under its own key id.
    Stranger,
    /// An unpublished key, under the key id of access tokens.
    StrangerAsAccess,
    /// An unpublished key, under the key id of ID tokens.
    StrangerAsId,
}

/// The tokens of one sign-in.
#[derive(Clone, Eq, PartialEq)]
pub struct Issued {
    /// The access token.
    pub access_token: String,
    /// The ID token, without a nonce.
    pub id_token: String,
    /// The refresh token, valid at the token endpoint.
    pub refresh_token: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Issued").finish_non_exhaustive()
    }
}

impl StandIn {
    /// Signs a user in without a browser, with all scopes of the client. Returns `None` if there is no such
    /// client or user.
    pub fn issue(&self, client_id: &str, email: &str) -> Option<Issued> {
        let client = self.options().client(client_id)?;
        let grant = self.full_grant(client, email)?;
        let refresh_token = self.add_refresh_token(&grant, self.now() + client.refresh_token_validity);
        let access = self.claims_of(client, &grant, TokenUse::Access)?;
        let access_token = self.mint(&Value::Object(access), &json!({}), MintKey::Access).ok()?;
        let id = self.claims_of(client, &grant, TokenUse::Id)?;
        let id_token = self.mint(&Value::Object(id), &json!({}), MintKey::Id).ok()?;
        Some(Issued { access_token, id_token, refresh_token })
    }

    /// The claims of a valid token at this time; a test changes one and calls [`mint`](Self::mint). Returns
    /// `None` if there is no such client or user.
    pub fn claims(&self, client_id: &str, email: &str, token_use: TokenUse) -> Option<Value> {
        let client = self.options().client(client_id)?;
        let grant = self.full_grant(client, email)?;
        self.claims_of(client, &grant, token_use).map(Value::Object)
    }

    /// Signs any claims. The header is the one that fits the key; members of `header` replace its members or
    /// add to them, and a null removes one.
    ///
    /// # Errors
    /// [`KeyFault`] if the key does not sign.
    pub fn mint(&self, claims: &Value, header: &Value, key: MintKey) -> Result<String, KeyFault> {
        let mut members = self.header(key);
        for (name, value) in header.as_object().into_iter().flatten() {
            if value.is_null() {
                members.remove(name);
            } else {
                members.insert(name.clone(), value.clone());
            }
        }
        self.mint_raw(&Value::Object(members).to_string(), &claims.to_string(), key)
    }

    /// Signs any text as header and claims, for example JSON with duplicate members.
    ///
    /// # Errors
    /// [`KeyFault`] if the key does not sign.
    pub fn mint_raw(&self, header: &str, claims: &str, key: MintKey) -> Result<String, KeyFault> {
        let state = self.state();
        let keys = &state.keys;
        tokens::compact(header, claims, |message| match key {
            MintKey::Access => keys.access.sign(message),
            MintKey::HmacOfAccessKey => Ok(hs256(&keys.access.public_pem(), message)),
            MintKey::HmacOfIdKey => Ok(hs256(&keys.id.public_pem(), message)),
            MintKey::Id => keys.id.sign(message),
            MintKey::None => Ok(Vec::new()),
            MintKey::Stranger | MintKey::StrangerAsAccess | MintKey::StrangerAsId => {
                keys.stranger.sign(message)
            }
        })
    }

    fn header(&self, key: MintKey) -> Map<String, Value> {
        let state = self.state();
        let keys = &state.keys;
        let (kid, alg) = match key {
            MintKey::Access | MintKey::StrangerAsAccess => (keys.access.kid(), "RS256"),
            MintKey::HmacOfAccessKey => (keys.access.kid(), "HS256"),
            MintKey::HmacOfIdKey => (keys.id.kid(), "HS256"),
            MintKey::Id | MintKey::StrangerAsId => (keys.id.kid(), "RS256"),
            MintKey::None => (keys.access.kid(), "none"),
            MintKey::Stranger => (keys.stranger.kid(), "RS256"),
        };
        [("kid", kid), ("alg", alg)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect()
    }

    fn full_grant(&self, client: &AppClient, email: &str) -> Option<Grant> {
        let sub = self.state().directory.by_email(email).map(|user| user.sub.clone())?;
        Some(Grant {
            client_id: client.client_id.clone(),
            sub,
            scopes: client.scopes.clone(),
            auth_time: self.now(),
            origin_jti: self.uuid(),
            event_id: self.uuid(),
            resource: None,
        })
    }

    fn claims_of(
        &self,
        client: &AppClient,
        grant: &Grant,
        token_use: TokenUse,
    ) -> Option<Map<String, Value>> {
        let (issuer, now, jti) = (self.issuer(), self.now(), self.uuid());
        let state = self.state();
        let user = state.directory.by_sub(&grant.sub)?;
        let subject = Subject { issuer: &issuer, user, client, grant, now };
        Some(match token_use {
            TokenUse::Access => tokens::access_claims(subject, &jti),
            TokenUse::Id => {
                let mut claims = tokens::id_claims(subject, &jti, None, "");
                // There is no access token that it could be the hash of.
                claims.remove("at_hash");
                claims
            }
        })
    }
}

fn hs256(secret: &str, message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message).as_ref().to_vec()
}
