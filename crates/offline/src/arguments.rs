//! Reads the command line of these subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use relying_party::configuration::Role;
use relying_party::gate::front::Front;
use relying_party::http::request;

const CHECK_EXAMPLES: &str = "Examples:
  vestibule check                                     vestibule.yaml in this folder
  vestibule check deployments                         every vestibule.yaml below a folder
  vestibule check --front alb --json vestibule.yaml   for a program
  vestibule check explain GET /admin/x --as groups=staff
  vestibule check schema > vestibule.schema.json      for an editor

Exit codes: 0 no fault, 1 faults found, 2 no such argument, 3 a file cannot be read.";

const IMPORT_EXAMPLES: &str = "Examples:
  vestibule import kong kong.yaml                        into the folder vestibule
  vestibule import kong services.yaml plugins.yaml --out moved
  vestibule import kong kong.yaml --front alb            to be deployed behind a load balancer
  DECK_CLIENT_ID=... vestibule import kong kong.yaml     fills in ${{ env \"DECK_CLIENT_ID\" }}

Exit codes: 0 imported, 1 faults found and nothing written, 2 no such argument, 3 a file cannot be read or written.";

const EXPLAIN_EXAMPLES: &str = "Examples:
  vestibule check explain GET /admin/x                            somebody who is not signed in
  vestibule check explain GET /admin/x --as groups=staff,admins   somebody with a session
  vestibule check explain POST /api --bearer --as scope=write     a client with an access token
  vestibule check explain GET /api --script                       a request of a script
  vestibule check explain PUT /api --preflight                    the CORS preflight before a PUT
  vestibule check explain GET https://b.example.com/page?logout   at one of several hosts, asking for sign-out";

/// The commands that need neither AWS nor a network.
#[derive(Clone, Debug, Subcommand)]
pub enum Offline {
    /// Find every fault of a configuration, with its line, or explain how a request is answered.
    Check(CheckArguments),
    /// Import the configuration of another gateway.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// The gateway.
        #[command(subcommand)]
        command: ImportCommand,
    },
}

/// The gateways whose configuration is read.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportCommand {
    /// Import from Kong Gateway: decK files, `kong config db_export`, the Admin API's JSON, Kubernetes manifests.
    Kong(ImportArguments),
}

/// `import`.
#[derive(Args, Clone, Debug)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct ImportArguments {
    /// All files of one gateway, together.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The folder to write: a folder below it for each application, and report.md.
    #[arg(long, value_name = "DIR", default_value = "vestibule")]
    pub out: PathBuf,
    /// The front of the deployment, for which samconfig.toml and the rules are written.
    #[arg(long, value_enum, default_value_t = FrontKind::HttpApi)]
    pub front: FrontKind,
    /// Replace the folder of an earlier import, with all that is in it.
    #[arg(long)]
    pub force: bool,
}

/// `check`.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = CHECK_EXAMPLES)]
pub struct CheckArguments {
    /// A command to run instead of looking for faults.
    #[command(subcommand)]
    pub command: Option<CheckCommand>,
    /// Documents, YAML or JSON; below a folder every vestibule.yaml, .yml and .json, and the parameters in a
    /// samconfig.toml beside it.
    #[arg(value_name = "FILE|DIR", default_value = "vestibule.yaml")]
    pub paths: Vec<PathBuf>,
    /// How the documents are deployed.
    #[command(flatten)]
    pub deployed: Deployed,
    /// Fail also for warnings, such as a setting without effect.
    #[arg(long)]
    pub strict: bool,
}

/// How a document is deployed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Deployed {
    /// The front of the deployment. Default: `http-api` where the document has `upstream_url`, else `rest`.
    #[arg(long, value_enum)]
    pub front: Option<FrontKind>,
    /// The documents have only some of the keys; the stack sets the others, such as `issuer` and `client_id`.
    #[arg(long)]
    pub part: bool,
}

/// The subcommands of `check`, which do more than look for faults.
#[derive(Clone, Debug, Subcommand)]
pub enum CheckCommand {
    /// Show which rule decides about a request, what it requires, and the answer.
    Explain(ExplainArguments),
    /// Print the JSON Schema of a document, for editors.
    #[command(after_help = CHECK_EXAMPLES)]
    Schema,
}

/// `check explain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ExplainArguments {
    /// The method of the request, such as GET.
    #[arg(value_parser = method)]
    pub method: Method,
    /// The path below `public_url` as a client sends it, or the whole URL where `public_url` has several hosts.
    #[arg(value_parser = path)]
    pub path: String,
    /// The document.
    #[arg(long, value_name = "FILE", default_value = "vestibule.yaml")]
    pub config: PathBuf,
    /// A claim of the person or client: `groups=staff,admins`, `scope=read`, `realm_access.roles=admin` where the
    /// document names that claim. May be given several times.
    #[arg(long = "as", value_name = "CLAIM=VALUE,...", value_parser = claim)]
    pub claims: Vec<(String, String)>,
    /// The request has an access token in `Authorization` instead of a session.
    #[arg(long)]
    pub bearer: bool,
    /// The request has no credential. This is the default without `--as` and `--bearer`.
    #[arg(long, conflicts_with_all = ["claims", "bearer"])]
    pub anonymous: bool,
    /// The request comes from a script, not from a browser that opens a page.
    #[arg(long)]
    pub script: bool,
    /// The request is the CORS preflight that a browser sends before a request with this method.
    #[arg(long, conflicts_with_all = ["claims", "bearer", "anonymous", "script"])]
    pub preflight: bool,
    /// How the document is deployed.
    #[command(flatten)]
    pub deployed: Deployed,
}

/// The fronts of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FrontKind {
    /// A REST API with the authorizer.
    Rest,
    /// An HTTP API with `proxy`.
    HttpApi,
    /// A function URL with `proxy`.
    FunctionUrl,
    /// An Application Load Balancer with `proxy`.
    Alb,
}

impl FrontKind {
    /// The functions behind it that answer with this configuration.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Rest => &[Role::Authorizer, Role::Login, Role::Callback, Role::Session, Role::Logout],
            Self::HttpApi | Self::FunctionUrl => &[Role::Proxy],
            Self::Alb => &[Role::Proxy, Role::Login, Role::Callback, Role::Session, Role::Logout],
        }
    }

    /// The front as an import knows it.
    pub(crate) const fn imported(self) -> kong::Front {
        match self {
            Self::Rest => kong::Front::Rest,
            Self::HttpApi => kong::Front::HttpApi,
            Self::FunctionUrl => kong::Front::FunctionUrl,
            Self::Alb => kong::Front::Alb,
        }
    }

    /// The front as the gate knows it.
    pub(crate) const fn front(self) -> Front {
        match self {
            Self::Rest => Front::Rest,
            Self::HttpApi => Front::Proxy,
            Self::FunctionUrl => Front::FunctionUrl,
            Self::Alb => Front::LoadBalancer,
        }
    }

    /// Why its template cannot have a key with this value, if so.
    pub(crate) fn fixed(self, key: &str, value: &str) -> Option<&'static str> {
        match (key, self) {
            ("auth_prefix", Self::Rest | Self::Alb) if value != "/oauth2" => Some(
                "must be `/oauth2`, because the template's routes are there; choose `http-api` or `function-url` for another one",
            ),
            ("response_streaming", Self::Rest | Self::HttpApi | Self::Alb) if value == "true" => {
                Some("is `true`, and only a function URL streams")
            }
            _ => None,
        }
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::HttpApi => "http-api",
            Self::FunctionUrl => "function-url",
            Self::Alb => "alb",
        }
    }
}

fn method(text: &str) -> Result<Method, &'static str> {
    request::method(text).ok_or("a method has capital letters, as GET")
}

fn path(text: &str) -> Result<String, &'static str> {
    let is_address = text.starts_with("https://") || text.starts_with("http://");
    if text.starts_with('/') || is_address {
        Ok(text.to_owned())
    } else {
        Err("a path starts with a slash, and an address with https://")
    }
}

fn claim(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a claim is written as NAME=VALUE"),
    }
}
