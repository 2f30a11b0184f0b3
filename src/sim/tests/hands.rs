//! A simulated cluster for hands: `cargo test --lib serve_for_hands -- --ignored --nocapture`.
//!
//! `KDECK_SIM_KUBECONFIG` says where the kubeconfigs go (`<path>` for admin, `<path>.dev`), `KDECK_SIM_PODS`
//! and `KDECK_SIM_RATE` shape the world. It serves until its standard input ends.

use std::io::Read;

use super::super::{Options, start};

fn env<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "serves until standard input ends"]
async fn serve_for_hands() {
    let path: String = env("KDECK_SIM_KUBECONFIG", "sim.kubeconfig".to_owned());
    let begin = std::time::Instant::now();
    let options =
        Options { pods: env("KDECK_SIM_PODS", 0), rate: env("KDECK_SIM_RATE", 1.0), ..Options::default() };
    let sim = start(options).await.unwrap();
    std::fs::write(&path, sim.kubeconfig("admin")).unwrap();
    std::fs::write(format!("{path}.dev"), sim.kubeconfig("dev")).unwrap();
    println!("{} after {:?}", sim.url(), begin.elapsed());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}
