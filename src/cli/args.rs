//! What can be typed: kubectl's connection flags, k9s's screen flags, and kdeck's own.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use super::complete;
use crate::cluster::{Hidden, Overrides};
use crate::config::LogLevel;
use crate::model::{Problem, ProblemKind};

const EXAMPLES: &str = "Examples:
  kdeck                         the last view of the current context
  kdeck po shop                 pods of namespace shop
  kdeck -c 'deploy @prod /api'  a command line as typed after ':'
  kdeck --once po -A | head     plain text, once
  kdeck demo                    try it without a cluster";

/// A terminal dashboard for Kubernetes: live tables of every kind, faults first.
#[derive(Debug, Parser)]
#[command(name = "kdeck", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// Which cluster, as whom.
    #[command(flatten)]
    pub connection: Connection,
    /// What is shown, and how.
    #[command(flatten)]
    pub deck: Deckwide,
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Command line of the first view, as typed after ':' (kind, namespaces, /filter, @context)
    #[arg(value_name = "VIEW", add = complete::view())]
    pub words: Vec<String>,
}

/// Flags with kubectl's names and meaning.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection (as kubectl)")]
pub struct Connection {
    /// Kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context to start in
    #[arg(long, global = true, value_name = "NAME", add = complete::contexts())]
    pub context: Option<String>,
    /// Cluster entry to use instead of the context's
    #[arg(long, global = true, value_name = "NAME", add = complete::clusters())]
    pub cluster: Option<String>,
    /// User entry to use instead of the context's
    #[arg(long, global = true, value_name = "NAME", add = complete::users())]
    pub user: Option<String>,
    /// Namespace to start in
    #[arg(short, long, global = true, value_name = "NAME", add = complete::namespaces())]
    pub namespace: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to impersonate; may be given several times
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", global = true, value_name = "UID")]
    pub impersonate_uid: Option<String>,
    /// Bearer token (visible in the process list: a kubeconfig is safer)
    #[arg(long, global = true, value_name = "TOKEN", value_parser = hidden)]
    pub token: Option<Hidden>,
    /// File with the authorities that the server's certificate is checked against
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// File with the client's certificate
    #[arg(long, global = true, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,
    /// File with the client's key
    #[arg(long, global = true, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Do not check the server's certificate
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,
    /// Name to check the server's certificate against
    #[arg(long, global = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Longest wait for one answer: 5s, 2m, 1h; 0 for no limit
    #[arg(long, global = true, value_name = "DURATION")]
    pub request_timeout: Option<String>,
    /// Proxy to use instead of the environment's: http, https, socks5, socks5h
    #[arg(long, global = true, value_name = "URL")]
    pub proxy_url: Option<String>,
}

fn hidden(text: &str) -> Result<Hidden, std::convert::Infallible> {
    Ok(Hidden(text.to_owned()))
}

impl Connection {
    /// Returns the flags as the cluster room takes them.
    ///
    /// # Errors
    /// A usage problem when a duration can't be read.
    pub fn overrides(self) -> Result<Overrides, Problem> {
        let request_timeout = match self.request_timeout.as_deref() {
            None => None,
            // kubectl: zero means no limit.
            Some(text) => Some(duration(text)?).filter(|limit| !limit.is_zero()),
        };
        Ok(Overrides {
            kubeconfig: self.kubeconfig,
            context: self.context,
            cluster: self.cluster,
            user: self.user,
            namespace: self.namespace,
            impersonate: self.impersonate,
            impersonate_groups: self.impersonate_groups,
            impersonate_uid: self.impersonate_uid,
            token: self.token,
            certificate_authority: self.certificate_authority,
            client_certificate: self.client_certificate,
            client_key: self.client_key,
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            tls_server_name: self.tls_server_name,
            request_timeout,
            proxy_url: self.proxy_url,
        })
    }
}

/// Flags of the deck itself, most of them with k9s's names.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Screen")]
pub struct Deckwide {
    /// Start with all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Command line of the first view, as typed after ':'
    #[arg(short = 'c', long = "command", global = true, value_name = "LINE")]
    pub line: Option<String>,
    /// Start with all columns, as kubectl's: wide
    #[arg(short = 'o', long, global = true, value_name = "FORMAT", value_parser = PossibleValuesParser::new(["wide"]))]
    pub output: Option<String>,
    /// Print the first view as plain text and end
    #[arg(long, global = true)]
    pub once: bool,
    /// Refuse everything that changes the cluster
    #[arg(long, global = true, conflicts_with = "write")]
    pub readonly: bool,
    /// Allow changes even where the settings say read-only
    #[arg(long, global = true)]
    pub write: bool,
    /// One row of header instead of two, none on a low screen
    #[arg(long, global = true)]
    pub headless: bool,
    /// No crumbs
    #[arg(long, global = true)]
    pub crumbsless: bool,
    /// The light theme in place of a dark one, and the other way round
    #[arg(long, global = true)]
    pub invert: bool,
    /// Where saved tables and texts go
    #[arg(long, global = true, value_name = "DIR")]
    pub screen_dump_dir: Option<PathBuf>,
    /// There is no logo; accepted for k9s's sake
    #[arg(long, global = true, hide = true)]
    pub logoless: bool,
    /// There is no splash screen; accepted for k9s's sake
    #[arg(long, global = true, hide = true)]
    pub splashless: bool,
    /// kdeck watches and never polls; accepted for k9s's sake
    #[arg(short, long, global = true, hide = true, value_name = "SECONDS")]
    pub refresh: Option<f32>,
    /// How much kdeck's own log tells
    #[arg(short = 'l', long, global = true, alias = "logLevel", value_name = "LEVEL",
        value_parser = PossibleValuesParser::new(LogLevel::ALL.map(|(_, name)| name)))]
    pub log_level: Option<String>,
    /// Where kdeck's own log goes
    #[arg(long, global = true, alias = "logFile", value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

impl Deckwide {
    /// Returns the command line of the first view: `-c`, or the words after the flags.
    ///
    /// # Errors
    /// A usage problem when both are given.
    pub fn start(&self, words: &[String]) -> Result<Option<String>, Problem> {
        match (&self.line, words) {
            (Some(line), []) => Ok(Some(line.trim_start_matches(':').to_owned())),
            (None, []) => Ok(None),
            (None, words) => Ok(Some(words.join(" ").trim_start_matches(':').to_owned())),
            (Some(_), words) => {
                let what = format!("--command and {:?} both name the first view", words.join(" "));
                Err(Problem::new(ProblemKind::Usage, what).hint("give one of them"))
            }
        }
    }
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run against a simulated cluster inside the program
    Demo(Demo),
    /// Check terminal, kubeconfig, connection and rights, as a report for a ticket
    Doctor,
    /// Print where every file is
    Info,
    /// Print the version
    Version {
        /// The number only
        #[arg(short, long)]
        short: bool,
    },
    /// Print a page of docs/ as Markdown, or the README's screenshot
    #[command(hide = true)]
    Reference {
        /// Which
        page: super::reference::Page,
    },
    /// Print a completion script
    Completion {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// The simulated cluster.
#[derive(Args, Clone, Debug, Default)]
pub struct Demo {
    /// Fill up to this many pods
    #[arg(long, value_name = "N")]
    pub pods: Option<usize>,
    /// Fill up to this many nodes
    #[arg(long, value_name = "N")]
    pub nodes: Option<usize>,
    /// Only serve, for other clients; print how to reach it, run until interrupted
    #[arg(long)]
    pub serve: bool,
    /// Port to listen on; a free one if not given
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Seed of everything random
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Change the status of so many random pods a second, to see how the deck bears it
    #[arg(long, value_name = "N", hide = true)]
    pub churn: Option<f64>,
    /// Command line of the first view
    #[arg(value_name = "VIEW")]
    pub words: Vec<String>,
}

/// Units of Go's durations, which kubectl's flag takes, in nanoseconds.
const UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];

/// Reads a duration as kubectl does: `1m30s`, `500ms`, a bare number of seconds.
fn duration(text: &str) -> Result<Duration, Problem> {
    let wrong = || {
        let what = format!("--request-timeout {text:?} is no duration");
        Problem::new(ProblemKind::Usage, what).hint("write it as 5s, 2m or 1h30m")
    };
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let (mut rest, mut total) = (text, 0.0);
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        total += number.parse::<f64>().map_err(|_| wrong())? * size;
        rest = tail;
    }
    Duration::try_from_secs_f64(total / 1e9).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Cli {
        Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn the_parser_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_after_the_flags_are_the_first_view() {
        let cli = parse("kdeck -A po shop /api");
        assert!(cli.deck.all_namespaces && cli.command.is_none());
        assert_eq!(cli.deck.start(&cli.words).unwrap().as_deref(), Some("po shop /api"));
        assert_eq!(parse("kdeck po -o wide").deck.output.as_deref(), Some("wide"));
        let cli = parse("kdeck -c :deploy");
        assert_eq!(cli.deck.start(&cli.words).unwrap().as_deref(), Some("deploy"));
        let cli = parse("kdeck @prod -- po -l app=web");
        assert_eq!(cli.words.join(" "), "@prod po -l app=web");
        let cli = parse("kdeck -c po deploy");
        assert_eq!(cli.deck.start(&cli.words).unwrap_err().kind, ProblemKind::Usage);
    }

    #[test]
    fn flags_work_before_and_after_a_subcommand() {
        for line in ["kdeck --context prod doctor", "kdeck doctor --context prod"] {
            let cli = parse(line);
            assert!(matches!(cli.command, Some(Command::Doctor)), "{line}");
            assert_eq!(cli.connection.context.as_deref(), Some("prod"), "{line}");
        }
        let cli = parse("kdeck demo --pods 10 --once -c po");
        assert!(matches!(&cli.command, Some(Command::Demo(demo)) if demo.pods == Some(10)));
        assert!(cli.deck.once && cli.deck.line.is_some());
    }

    #[test]
    fn what_k9s_users_type_is_accepted() {
        let cli = parse("kdeck --logoless --crumbsless --splashless --headless -r 5 -l debug --logFile /x");
        assert!(cli.deck.crumbsless && cli.deck.headless);
        assert_eq!(cli.deck.log_level.as_deref(), Some("debug"));
        let cli = parse("kdeck --invert --screen-dump-dir /tmp/x");
        assert!(cli.deck.invert && cli.deck.screen_dump_dir == Some("/tmp/x".into()));
        assert_eq!(parse("kdeck --logLevel warn").deck.log_level.as_deref(), Some("warn"));
    }

    #[test]
    fn wrong_flags_are_usage_errors() {
        for line in [
            "kdeck --nope",
            "kdeck -l loud",
            "kdeck --readonly --write",
            "kdeck demo --port 70000",
            "kdeck -o yaml",
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).unwrap_err().exit_code(), 2, "{line}");
        }
        let late = Connection { request_timeout: Some("soon".into()), ..Connection::default() };
        assert_eq!(late.overrides().unwrap_err().kind, ProblemKind::Usage);
    }

    #[test]
    fn a_token_is_not_shown_by_debug() {
        let cli = parse("kdeck --token s3cr3t");
        assert!(!format!("{cli:?}").contains("s3cr3t"));
        assert_eq!(cli.connection.overrides().unwrap().token, Some(Hidden("s3cr3t".into())));
    }

    #[test]
    fn durations_read_as_kubectl_reads_them() {
        for (text, millis) in
            [("5s", 5_000), ("1m30s", 90_000), ("500ms", 500), ("1.5h", 5_400_000), ("7", 7_000)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "s", "5 s", "-1s", "5d", "1e99h", "5m3"] {
            assert!(duration(text).is_err(), "{text}");
        }
        let never = Connection { request_timeout: Some("0".into()), ..Connection::default() };
        assert_eq!(never.overrides().unwrap().request_timeout, None);
    }
}
