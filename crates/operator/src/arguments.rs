//! The command line.

use clap::{Args, Parser, Subcommand};
use relying_party::sealing::KeyId;

/// Operates a deployment of vestibule.
///
/// The configuration is that of the functions: VESTIBULE_CONFIG, VESTIBULE_SECRET_ID and the other VESTIBULE_ variables;
/// AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN say where and as whom.
#[derive(Debug, Parser)]
#[command(name = "vestibule-operator", version)]
pub struct Arguments {
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The Secrets Manager secret with `session_secret`, by name or ARN, in place of VESTIBULE_SECRET_ID.
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) secret_id: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The keys that seal sessions: a rotation is append, promote, drop.
    Ring {
        #[command(subcommand)]
        command: RingCommand,
    },
    /// The sessions of a user, where sessions are in a table.
    Sessions {
        #[command(subcommand)]
        command: SessionsCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List them: hashes and times, no tokens.
    List {
        #[command(flatten)]
        user: UserArguments,
    },
    /// End one, by its hash as `list` prints it.
    End {
        #[arg(value_name = "HASH", value_parser = row_hash)]
        session: String,
    },
    /// End all, here and in the Cognito user pool: what the user began until now holds no longer.
    EndAll {
        #[command(flatten)]
        user: UserArguments,
        /// Leave the user pool's own sign-ins as they are.
        #[arg(long)]
        no_provider: bool,
    },
    /// Show the user's revocation, or set it to a time that has passed.
    Revocation {
        #[command(flatten)]
        user: UserArguments,
        /// Seconds since 1970.
        #[arg(long, value_name = "SECONDS")]
        at: Option<i64>,
    },
    /// Print what the table lists the user by, under each key of the ring.
    Hash {
        #[command(flatten)]
        user: UserArguments,
    },
}

#[derive(Args, Debug)]
#[group(id = "who", required = true, args = ["sub", "username"])]
pub(crate) struct UserArguments {
    /// The user, as `sub` of their tokens.
    #[arg(long)]
    pub(crate) sub: Option<String>,
    /// The user, by name or address in the Cognito user pool.
    #[arg(long)]
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
pub(crate) enum RingCommand {
    /// Show the ids of the keys, how far a rotation is, and what comes next and when.
    Show,
    /// Put a new random key at the end of the ring, where it opens and seals nothing yet.
    Append,
    /// Put the new key first, where it seals. Not before every warm function has read it.
    Promote {
        #[command(flatten)]
        step: Step,
    },
    /// Take the old keys away. Not before the longest session has passed, nor while the table has sessions under them.
    Drop {
        #[command(flatten)]
        step: Step,
        #[command(flatten)]
        leave: DropOptions,
    },
    /// Check configuration, ring and table against each other. Fails when something is wrong.
    Check,
}

#[derive(Args, Debug)]
pub(crate) struct Step {
    /// The key that is meant, where the ring does not tell.
    #[arg(long, value_name = "KEY ID")]
    pub(crate) key: Option<KeyId>,
    /// Do not wait for functions to read, or for sessions to end.
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DropOptions {
    /// Drop although sessions in the table are still sealed under the key: they end.
    #[arg(long)]
    pub(crate) end_sessions: bool,
    /// Drop although revocations under the key cannot be written anew: they are deleted, and tokens that they refused and that
    /// have not expired are accepted again.
    #[arg(long)]
    pub(crate) forget_revocations: bool,
}
