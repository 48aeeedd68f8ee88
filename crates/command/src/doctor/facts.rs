//! Holds everything that the checks look at, as values.

use aws::deployed_facts::{ClientFacts, FunctionFacts, PoolFacts, Seen, StackFacts, TableFacts};

/// A deployment. What was not asked for, because what comes before it is not known, is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stack: StackFacts,
    pub(crate) functions: Vec<Deployed>,
    pub(crate) client: Option<Seen<ClientFacts>>,
    pub(crate) pool: Option<Seen<PoolFacts>>,
    pub(crate) has_branding: Option<Seen<bool>>,
    pub(crate) table: Option<Seen<TableFacts>>,
    pub(crate) time_to_live: Option<Seen<Option<String>>>,
}

/// A function of the stack.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    /// Its logical id.
    pub(crate) id: String,
    /// Its name in Lambda.
    pub(crate) name: String,
    pub(crate) function: Seen<FunctionFacts>,
    pub(crate) reserved_concurrency: Seen<Option<i32>>,
    /// Its configuration, or every fault of it. `None` where its variables are not known.
    pub(crate) configuration: Option<Result<Configured, Vec<String>>>,
}

/// The part of a configuration that has its counterpart in AWS. No secret is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configured {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) pool: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) public_url: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) logout_redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    /// The ids of the keys; the first seals.
    pub(crate) keys: Vec<String>,
    pub(crate) table: Option<String>,
    pub(crate) is_cookie: bool,
    pub(crate) revokes: bool,
    pub(crate) refresh_lead: i64,
    pub(crate) longest_session: i64,
    /// The seconds for which a rotated refresh token is said to be taken again: `Some(None)` where rotation is said to be off, `None`
    /// where nothing is said.
    #[expect(clippy::option_option, reason = "nothing said is another thing than rotation that is off")]
    pub(crate) rotation_grace: Option<Option<i64>>,
}

impl Facts {
    /// The configurations that are known, with the ids of their functions.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (&str, &Configured)> {
        self.functions
            .iter()
            .filter_map(|one| Some((one.id.as_str(), one.configuration.as_ref()?.as_ref().ok()?)))
    }

    /// The configuration that the others are compared with.
    pub(crate) fn reference(&self) -> Option<&Configured> {
        self.configured().next().map(|(_, configured)| configured)
    }

    pub(crate) fn deployed(&self) -> impl Iterator<Item = (&Deployed, &FunctionFacts)> {
        self.functions.iter().filter_map(|one| Some((one, one.function.as_ref().ok()?)))
    }

    pub(crate) fn app_client(&self) -> Option<&ClientFacts> {
        self.client.as_ref()?.as_ref().ok()
    }

    pub(crate) fn session_table(&self) -> Option<&TableFacts> {
        self.table.as_ref()?.as_ref().ok()
    }
}
