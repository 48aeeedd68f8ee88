//! The command line.

use aws::Profile;
use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use offline::Offline;
use relying_party::sealing::KeyId;

const EXAMPLES: &str = "Examples:
  vestibule import kong kong.yaml                    the configuration of a Kong Gateway
  vestibule check                                    every fault of vestibule.yaml
  vestibule check explain GET /admin --as groups=staff
  vestibule doctor --stack my-app                    what is wrong with a deployment
  vestibule keys show --stack my-app                 the keys that seal sessions, and the next step
  vestibule sessions list --stack my-app --username ada@example.com
  vestibule completion bash > ~/.local/share/bash-completion/completions/vestibule

Exit codes: 0 done, and nothing is wrong; 1 refused, or faults found; 2 no such argument; 3 AWS, a table or a file cannot be
read, so the result is unknown; 4 done in part; 130 interrupted.";

/// Imports and checks configurations of vestibule, and operates its deployments.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The profile and region of AWS that the user chose.
    pub fn profile(&self) -> Profile {
        let Command::Operation(command) = &self.command else { return Profile::default() };
        match command {
            Operation::Keys { deployment, .. }
            | Operation::ClientSecret { deployment, .. }
            | Operation::Sessions { deployment, .. } => {
                Profile { name: deployment.profile.clone(), region: deployment.region.clone() }
            }
            Operation::Doctor(options) => {
                Profile { name: options.profile.clone(), region: options.region.clone() }
            }
            Operation::Completion { .. } => Profile::default(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Offline(Offline),
    #[command(flatten)]
    Operation(Operation),
}

/// The commands that `cargo run` does not have.
#[derive(Debug, Subcommand)]
pub(crate) enum Operation {
    /// Show the keys that seal sessions, or replace one in three steps: append, promote, drop.
    #[command(alias = "ring", after_help = KEYS_EXAMPLES)]
    Keys {
        #[command(flatten)]
        deployment: DeploymentArguments,
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Replace the secret of the Cognito app client in two steps: rotate, drop.
    #[command(after_help = CLIENT_SECRET_EXAMPLES)]
    ClientSecret {
        #[command(flatten)]
        deployment: DeploymentArguments,
        #[command(subcommand)]
        command: ClientSecretCommand,
    },
    /// List or end the sessions of a user, where sessions are in a table.
    #[command(after_help = SESSIONS_EXAMPLES)]
    Sessions {
        #[command(flatten)]
        deployment: DeploymentArguments,
        #[command(subcommand)]
        command: SessionsCommand,
    },
    /// Find the faults of a deployment, their consequences and their repairs. Changes nothing without --fix.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorOptions),
    /// Print the script by which a shell completes the command line.
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completion {
        /// The shell.
        shell: Shell,
    },
}

const KEYS_EXAMPLES: &str = "Examples:
  vestibule keys show --stack my-app --profile operations
  vestibule keys show        key ids, the state of a rotation, the next step and its earliest time
  vestibule keys append
  vestibule keys promote     6 minutes later
  vestibule keys drop        the longest session and 6 minutes later";

const CLIENT_SECRET_EXAMPLES: &str = "Examples:
  vestibule client-secret rotate --stack my-app
  vestibule client-secret drop --stack my-app    6 minutes later";

const SESSIONS_EXAMPLES: &str = "Examples:
  vestibule sessions list --username ada@example.com
  vestibule sessions end-all --sub 5f1c0e9a-8d3b-4c52-9e0f-7a6b5c4d3e2f";

const DOCTOR_EXAMPLES: &str = "Examples:
  vestibule doctor --stack my-app
  vestibule doctor --stack my-app --profile operations --json
  vestibule doctor --stack my-app --fix             make the repairs that interrupt nobody, after confirmation";

const COMPLETION_EXAMPLES: &str = "Examples:
  vestibule completion zsh > ~/.zfunc/_vestibule
  vestibule completion fish > ~/.config/fish/completions/vestibule.fish";

/// Selects the deployment, and whether to repair it.
#[derive(Args, Clone, Debug)]
pub(crate) struct DoctorOptions {
    /// The CloudFormation stack.
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: String,
    /// After confirmation, make the repairs that are reversible and interrupt nobody, then check again.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Do not ask before a repair.
    #[arg(long, requires = "fix")]
    pub(crate) yes: bool,
    /// The profile of the AWS CLI. Default: AWS_PROFILE.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The region. Default: AWS_REGION, then the profile's.
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
}

/// Selects the deployment.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct DeploymentArguments {
    /// The CloudFormation stack, whose functions name configuration, table, pool and secrets. VESTIBULE_
    /// variables are not read then.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "secret_id")]
    pub(crate) stack: Option<String>,
    /// The profile of the AWS CLI, also one with single sign-on, a role or a credential process. Default: AWS_PROFILE.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The region. Default: AWS_REGION, then the profile's.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// Name or ARN of the Secrets Manager secret with `session_secret`, in place of VESTIBULE_SECRET_ID.
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) secret_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientSecretCommand {
    /// Show the ids of the secrets that Cognito accepts, the next step and its earliest time.
    #[command(after_help = CLIENT_SECRET_EXAMPLES)]
    Show,
    /// Create a second secret in Cognito and give it to the functions. Cognito still accepts the first one.
    #[command(after_help = CLIENT_SECRET_EXAMPLES)]
    Rotate,
    /// Delete the older secret, once every running function has read the new one.
    #[command(after_help = CLIENT_SECRET_EXAMPLES)]
    Drop {
        /// Do not wait until functions have read the new secret.
        #[arg(long)]
        now: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List the sessions by hash, with their times and without tokens.
    #[command(after_help = SESSIONS_EXAMPLES)]
    List {
        #[command(flatten)]
        user: UserArguments,
    },
    /// End one session.
    #[command(after_help = SESSIONS_EXAMPLES)]
    End {
        /// The hash of the session, as `list` prints it.
        #[arg(value_name = "HASH", value_parser = row_hash)]
        session: String,
    },
    /// End all sessions of a user, here and in the Cognito user pool, and refuse tokens of earlier sign-ins.
    #[command(after_help = SESSIONS_EXAMPLES)]
    EndAll {
        #[command(flatten)]
        user: UserArguments,
        /// Do not end the sign-ins at the user pool.
        #[arg(long)]
        no_provider: bool,
    },
    /// Show the user's revocation, or set it to a time that has passed.
    #[command(after_help = SESSIONS_EXAMPLES)]
    Revocation {
        #[command(flatten)]
        user: UserArguments,
        /// The time to set, in seconds since 1970.
        #[arg(long, value_name = "SECONDS")]
        at: Option<i64>,
    },
    /// Print the hashes by which the table lists the user, one for each key of the ring.
    #[command(after_help = SESSIONS_EXAMPLES)]
    Hash {
        #[command(flatten)]
        user: UserArguments,
    },
}

#[derive(Args, Debug)]
#[group(skip)]
#[command(group(ArgGroup::new("user").required(true)))]
pub(crate) struct UserArguments {
    /// The `sub` in the user's tokens.
    #[arg(long, group = "user")]
    pub(crate) sub: Option<String>,
    /// The user's name or e-mail address in the Cognito user pool.
    #[arg(long, group = "user")]
    pub(crate) username: Option<String>,
    /// The issuer of the tokens, in place of the configured one.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
}

fn row_hash(text: &str) -> Result<String, &'static str> {
    let hash = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hash { Ok(text.to_owned()) } else { Err("a session's hash is 64 hex digits") }
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the ids of the keys, the state of a rotation, the next step and its earliest time.
    #[command(after_help = KEYS_EXAMPLES)]
    Show,
    /// Put a new random key at the end of the ring. It opens sessions and does not seal any yet.
    #[command(after_help = KEYS_EXAMPLES)]
    Append,
    /// Put the new key first, so that it seals, once every running function has read it.
    #[command(after_help = KEYS_EXAMPLES)]
    Promote {
        #[command(flatten)]
        step: Step,
    },
    /// Remove the old keys, once the longest session is over and the table has no session under them.
    #[command(after_help = KEYS_EXAMPLES)]
    Drop {
        #[command(flatten)]
        step: Step,
        #[command(flatten)]
        leave: DropOptions,
    },
    /// Compare configuration, ring and table, and fail when something is wrong.
    #[command(after_help = KEYS_EXAMPLES)]
    Check,
}

#[derive(Args, Debug)]
pub(crate) struct Step {
    /// The id of the key, where the ring does not show which one is new.
    #[arg(long, value_name = "KEY ID")]
    pub(crate) key: Option<KeyId>,
    /// Do not wait until functions have read the ring; `drop` waits until sessions have ended too.
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DropOptions {
    /// Drop the key and end the sessions in the table that it sealed.
    #[arg(long)]
    pub(crate) end_sessions: bool,
    /// Drop the key and delete the revocations under it that cannot be rewritten. Unexpired tokens that they
    /// refused are accepted again.
    #[arg(long)]
    pub(crate) forget_revocations: bool,
}
