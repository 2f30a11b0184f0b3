//! The program in pipes: texts, reasons and exit codes.

use std::process::{Output, Stdio};

use crate::server::Server;
use crate::world::{World, kdeck};

fn run(world: &World, args: &[&str]) -> Output {
    world.command(kdeck()).args(args).stdin(Stdio::null()).output().expect("kdeck")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn wrong_command_lines_end_with_two_and_a_sentence() {
    let world = World::new();
    for args in [
        &["--nope"][..],
        &["demo", "--pods", "many"],
        &["demo", "--port", "70000"],
        &["completion", "tcsh"],
        &["--readonly", "--write"],
        &["--request-timeout", "soon"],
        &["-c", "po", "deploy"],
        &["--log-level", "loud"],
    ] {
        let output = run(&world, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", err(&output));
        assert!(out(&output).is_empty(), "{args:?}");
        assert!(err(&output).lines().next().is_some_and(|line| line.len() > 15), "{args:?}");
    }
}

#[test]
fn version_prints_the_number() {
    let world = World::new();
    let output = run(&world, &["version", "-s"]);
    assert_eq!(out(&output).trim(), env!("CARGO_PKG_VERSION"));
    for args in [&["version"][..], &["--version"]] {
        let output = run(&world, args);
        assert!(output.status.success() && out(&output).contains(env!("CARGO_PKG_VERSION")), "{args:?}");
    }
}

#[test]
fn info_names_every_place() {
    let world = World::new();
    let output = run(&world, &["info"]);
    assert!(output.status.success(), "{}", err(&output));
    let text = out(&output);
    for what in ["config", "themes", "state", "cache", "log", "dumps", "kubeconfig"] {
        assert!(text.lines().any(|line| line.starts_with(what)), "{what} in\n{text}");
    }
    assert!(text.contains(world.path().join("kdeck").to_str().unwrap()), "{text}");
    let moved = run(&world, &["info", "--log-file", "/elsewhere/kdeck.log"]);
    assert!(out(&moved).contains("/elsewhere/kdeck.log"));
}

#[test]
fn completion_prints_a_script_that_the_shell_takes() {
    let world = World::new();
    let script = out(&run(&world, &["completion", "bash"]));
    let file = world.file("kdeck.bash", &script);
    let check = format!("source {} && complete -p kdeck", file.display());
    let output = world.command("bash").args(["--norc", "-c", &check]).output().unwrap();
    assert!(output.status.success() && out(&output).contains("kdeck"), "{}", err(&output));
}

#[test]
fn a_shell_is_offered_flags_contexts_namespaces_and_kinds() {
    let world = World::new();
    let server = Server::start(&world);
    let bin = std::path::Path::new(kdeck()).parent().unwrap().display().to_string();
    let world = world
        .with("KUBECONFIG", server.kubeconfig.to_str().unwrap())
        .with("PATH", &format!("{bin}:{}", std::env::var("PATH").unwrap()));
    let script = world.file("kdeck.bash", &out(&run(&world, &["completion", "bash"])));
    let offered = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (last, at) = (words.last().unwrap(), words.len() - 1);
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let ask = format!(
            "source {}; COMP_WORDS=({}); COMP_CWORD={at}; COMP_TYPE=9; _clap_complete_kdeck kdeck '{last}'; \
             printf '%s\n' \"${{COMPREPLY[@]}}\"",
            script.display(),
            quoted.join(" ")
        );
        let output = world.command("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(err(&output).is_empty(), "{line}: {}", err(&output));
        out(&output).lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    for (line, expected) in [
        ("kdeck --hea", "--headless"),
        ("kdeck do", "doctor"),
        ("kdeck --context ", "kdeck-demo"),
        ("kdeck -n sh", "shop"),
        ("kdeck -n kube-system,sh", "kube-system,shop"),
        ("kdeck deploy", "deployments"),
        ("kdeck po sh", "shop"),
        ("kdeck po @kdeck", "@kdeck-demo"),
    ] {
        let offered = offered(line);
        assert!(offered.iter().any(|one| one == expected), "{line}: {offered:?}");
    }
    server.stop();
}

#[test]
fn the_demo_prints_its_pods_once_into_a_pipe() {
    let world = World::new();
    let output = run(&world, &["demo", "--pods", "40", "-A"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    let head = text.lines().next().unwrap_or_default();
    for column in ["NAMESPACE", "NAME", "READY", "STATUS", "AGE"] {
        assert!(head.contains(column), "{column} in {head:?}");
    }
    assert!(text.lines().count() > 20, "{text}");
    assert!(!text.contains('\u{1b}'), "plain text");
}

#[test]
fn a_filter_on_the_command_line_filters_what_is_printed() {
    let world = World::new();
    let output = run(&world, &["demo", "--pods", "40", "--once", "-A", "-c", "po /status!=Running"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    let (mut rows, head) = (text.lines(), text.lines().next().unwrap_or_default());
    rows.next();
    assert!(head.contains("STATUS") && rows.clone().count() > 0, "{text}");
    assert!(rows.all(|row| !row.contains(" Running ")), "{text}");
}

#[test]
fn the_line_for_scripts_reads_the_same_with_once_and_in_a_pipe() {
    let world = World::new();
    let server = Server::start(&world);
    let path = server.kubeconfig.to_str().unwrap().to_owned();
    for args in [&["--once", "-c", "po shop /cart"][..], &["-c", "po shop /cart"]] {
        let output = run(&world, &[&["--kubeconfig", &path], args].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
        let text = out(&output);
        let head = text.lines().next().unwrap_or_default();
        assert!(head.starts_with("NAME ") && head.contains("STATUS"), "{args:?}: one namespace: {text}");
        assert!(text.lines().count() > 1 && text.lines().skip(1).all(|row| row.contains("cart")), "{text}");
    }
    let output = run(&world, &["--kubeconfig", &path, "--once", "-n", "shp"]);
    assert_eq!((output.status.code(), out(&output)), (Some(1), String::new()));
    assert!(err(&output).contains("namespace \"shp\" not found"), "{}", err(&output));
    assert!(err(&output).contains("shop"), "{}", err(&output));
    server.stop();
}

#[test]
fn what_cannot_be_loaded_ends_with_one_and_says_why() {
    let world = World::new();
    let broken = world.file("broken.yaml", "apiVersion: v1\nclusters: [\n");
    let nowhere = world.file("nowhere.yaml", &kubeconfig("https://127.0.0.1:1"));
    for (args, word) in [
        (vec!["--once"], "demo"),
        (vec!["--once", "--kubeconfig", broken.to_str().unwrap()], "broken.yaml"),
        (vec!["--once", "--kubeconfig", nowhere.to_str().unwrap()], "127.0.0.1"),
        (vec!["--once", "--kubeconfig", nowhere.to_str().unwrap(), "--context", "nope"], "nope"),
        (vec!["demo", "--once", "-c", "nosuchkind"], "nosuchkind"),
    ] {
        let output = run(&world, &args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", err(&output));
        assert!(err(&output).contains(word), "{args:?}: {}", err(&output));
        assert!(out(&output).is_empty(), "{args:?}");
    }
}

/// Wrong input of every kind: what is typed, the exit code, words of the sentence on stderr.
#[test]
fn every_wrong_input_is_answered_by_a_sentence_with_its_place_and_a_next_step() {
    let world = World::new();
    let open = world.file("open.yaml", "apiVersion: v1\nclusters: [\n  x: : y\n");
    let shape = world.file("shape.yaml", "apiVersion: v1\nclusters:\n- name: c\n  cluster: [1]\n");
    let (open, shape) = (open.to_str().unwrap(), shape.to_str().unwrap());
    let directory = world.path().to_str().unwrap();
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["--once", "--kubeconfig", open], 1, &["open.yaml:2:11", "hint"]),
        (&["--once", "--kubeconfig", shape], 1, &["shape.yaml:4:12", "hint"]),
        (&["--once", "--kubeconfig", "/nope/config"], 1, &["/nope/config", "hint"]),
        (&["--once", "--kubeconfig", directory], 1, &["directory", "hint"]),
        (&["demo", "--once", "-c", "po /status>>x"], 2, &["status>>x", "number", "hint"]),
        (&["demo", "--once", "-c", "po /("], 2, &["unclosed group", "hint"]),
        (&["demo", "--once", "-c", "po /-l app in (x"], 2, &["label selector", "hint"]),
        (&["demo", "--once", "-c", "po (x"], 2, &["namespace", "hint"]),
        (&["demo", "--once", "-c", "deploymnets"], 1, &["deploymnets", "hint"]),
        (&["demo", "--once", "-c", "qqqqqqqqqq"], 1, &["qqqqqqqqqq", "`kdeck --once aliases`"]),
        (&["demo", "--once", "-c", "no shop"], 2, &["whole cluster", "type kdeck --once no /text"]),
        (&["demo", "--once", "-c", "po qqqqqqqqqq"], 1, &["qqqqqqqqqq", "kdeck --once ns lists", "-A shows"]),
    ];
    for (args, code, words) in cases {
        let output = run(&world, args);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(*code), "{args:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
        assert!(!said.contains("panicked") && out(&output).is_empty(), "{args:?}: {said}");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_said_and_the_view_is_printed_all_the_same() {
    let demo = ["demo", "--once", "--pods", "40", "-A"];
    let printed = |output: &Output, words: &[&str]| {
        assert_eq!(output.status.code(), Some(0), "{}", err(output));
        assert!(words.iter().all(|word| err(output).contains(word)), "{words:?}: {}", err(output));
        assert!(out(output).lines().count() > 20, "{}", out(output));
    };
    let world = World::new();
    printed(&run(&world, &[&demo[..], &["--log-file", "/dev/full"]].concat()), &["/dev/full", "hint"]);
    let file = world.file("file", "");
    let below = file.join("own.log");
    printed(
        &run(&world, &[&demo[..], &["--log-file", below.to_str().unwrap()]].concat()),
        &["own.log", "hint"],
    );
    world.file("kdeck/config.yaml", "theme: [\n");
    printed(&run(&world, &demo), &["config.yaml:1:8", "hint"]);
    let homeless =
        world.command(kdeck()).env_remove("HOME").env_remove("KDECK_CONFIG_DIR").args(demo).output();
    printed(&homeless.unwrap(), &["HOME is not set", "hint"]);
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure_with_a_reason() {
    let world = World::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = world.command(kdeck()).arg("version").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("cannot write to standard output"), "{}", err(&output));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output =
        world.command(kdeck()).args(["completion", "zsh"]).stdout(writer).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "");
}

#[test]
fn the_doctor_finds_the_served_cluster_well_and_an_absent_one_not() {
    let world = World::new();
    let server = Server::start(&world);
    let path = server.kubeconfig.to_str().unwrap().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let output = run(&world, &["doctor", "--kubeconfig", &path]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for word in ["ok", "TLS", "TERM"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    assert!(!text.contains("PRIVATE KEY") && !text.contains("client-key-data"), "{text}");
    let nowhere = world.file("nowhere.yaml", &kubeconfig("https://127.0.0.1:1"));
    let output = run(&world, &["doctor", "--kubeconfig", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    assert!(out(&output).contains('→'), "a next step:\n{}", out(&output));
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!std::path::Path::new(&path).exists(), "the kubeconfig went with the server");
}

#[test]
fn a_token_never_reaches_the_log_or_the_output() {
    let world = World::new();
    let nowhere = world.file("nowhere.yaml", &kubeconfig("https://127.0.0.1:1"));
    let log = world.path().join("own.log");
    let path = nowhere.to_str().unwrap();
    let args = ["--once", "--kubeconfig", path, "--token", "s3cr3t-t0ken", "-l", "trace", "--log-file"];
    let output = run(&world, &[&args[..], &[log.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1));
    let written = std::fs::read_to_string(&log).expect("the log is where the flag says");
    for text in [written, out(&output), err(&output)] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         contexts: [{{name: here, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: u, user: {{token: unused}}}}]\n"
    )
}
