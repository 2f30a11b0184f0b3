//! The keeper of a connection: goes through the stages, tries again after a failure, and notices when the
//! machine slept or has moved to another network.

use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Request;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::stack::Stack;
use super::text::{clean, now};
use super::track::Track;
use crate::model::{Problem, ProblemKind, Timestamp};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// Between two successful probes at least: a request that fails again and again must not become a storm.
const BETWEEN: Duration = Duration::from_secs(1);
/// How long a probe may wait for the server.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(5);
/// The wall clock ran this much further than the monotonic one: the machine slept.
const SLEPT: Duration = Duration::from_secs(20);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Version {
    git_version: String,
}

/// Goes through all stages once, on a connection of its own. Returns the server's version, if it tells.
pub(crate) async fn probe(stack: &Stack, track: &Track, limit: Duration) -> Result<Option<String>, Problem> {
    const NO_LIMIT: Duration = Duration::from_secs(300);
    let limit = stack.target.request_timeout.map_or(limit, |most| most.min(limit));
    let way = stack.credentials.describe();
    let renewing = async {
        // A plugin has its own, longer patience.
        let identity = stack.credentials.current().await?;
        Ok((identity, format!("{} by {way}", stack.target.shown_user())))
    };
    let mut identity = track.run("credentials", &way, NO_LIMIT, renewing).await?;
    let request = Request::get("/version")
        .header("accept", "application/json")
        .body(Vec::new())
        .map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))?;
    let asking = stack.on_new(&request, &identity, track);
    let mut response = match tokio::time::timeout(limit, asking).await {
        Ok(outcome) => outcome?,
        Err(_) => return Err(track.timed_out(limit)),
    };
    let access = async {
        if response.status() == http::StatusCode::UNAUTHORIZED
            && let Some(renewed) = stack.credentials.renew(&identity).await?
        {
            identity = renewed;
            response = stack.exchange(&request, &identity, limit, &Track::quiet()).await?;
        }
        match stack.settled(&request, response).await {
            Ok(answer) => {
                stack.link.answered(answer.headers());
                let bytes = answer.into_body().read_all(64 * 1024).await?;
                let version: Version = serde_json::from_slice(&bytes).map_err(|_| {
                    Problem::new(ProblemKind::Malformed, "the server's /version is not an API server's")
                        .hint("check the server URL")
                })?;
                let version = clean(&version.git_version);
                Ok((Some(version.clone()).filter(|text| !text.is_empty()), version))
            }
            // A server may keep its version to itself; it is there all the same.
            Err(problem) if matches!(problem.kind, ProblemKind::Forbidden | ProblemKind::NotFound) => {
                Ok((None, "connected; the version may not be read".to_owned()))
            }
            Err(problem) => Err(problem),
        }
    };
    track.run("access", "", limit + Duration::from_secs(60), access).await
}

/// Keeps the link known: runs until its task is dropped.
pub(crate) async fn keep(stack: Arc<Stack>, wake: Arc<Notify>) {
    let mut attempt = 0;
    loop {
        attempt += 1;
        stack.link.update(|state| {
            state.attempt = attempt;
            state.retry_at = None;
        });
        let track = Track::shown(stack.link.clone());
        let began = Instant::now();
        match probe(&stack, &track, PATIENCE).await {
            Ok(version) => {
                attempt = 0;
                stack.link.update(|state| {
                    state.attempt = 0;
                    state.version = version.map(|text| text.as_str().into()).or_else(|| state.version.take());
                });
                measure(&stack).await;
                watch_over(&stack, &wake, began + BETWEEN).await;
            }
            Err(problem) => {
                tracing::warn!(cluster = stack.target.cluster, attempt, "not connected: {}", problem.what);
                let delay = delay(attempt, problem.retry_after);
                let at = now().0 + i64::try_from(delay.as_millis().div_ceil(1000)).unwrap_or_default();
                stack.link.update(|state| {
                    state.connected = false;
                    state.problem = Some(problem);
                    state.retry_at = Some(Timestamp(at));
                });
                pause(&stack, &wake, delay).await;
            }
        }
    }
}

/// One small request on the standing connection: without its handshakes it is a round trip.
async fn measure(stack: &Stack) {
    if let Ok(request) = Request::get("/version").header("accept", "application/json").body(Vec::new())
        && let Ok(answer) = stack.send(request, PATIENCE).await
    {
        // Read to its end, so that the connection can be used again.
        drop(answer.into_body().read_all(64 * 1024).await);
    }
}

/// Waits until there is a reason to look at the way again.
async fn watch_over(stack: &Stack, wake: &Notify, earliest: Instant) {
    let mut place = Place::look(stack);
    loop {
        tokio::select! {
            () = stack.link.lost.notified() => {
                // A permit may be left from a failure that is mended already.
                if !stack.link.connected() {
                    break;
                }
            }
            () = wake.notified() => break,
            () = tokio::time::sleep(LOOK) => {
                if let Some(change) = place.change(Place::look(stack)) {
                    tracing::info!("{change}: connections are made anew");
                    stack.pool.cut();
                    break;
                }
            }
        }
    }
    tokio::time::sleep_until(earliest).await;
}

/// Waits before the next attempt; a call of the user's, a wake-up of the machine or another network ends it early.
async fn pause(stack: &Stack, wake: &Notify, delay: Duration) {
    let until = Instant::now() + delay;
    let mut place = Place::look(stack);
    while Instant::now() < until {
        let step = LOOK.min(until.saturating_duration_since(Instant::now()));
        tokio::select! {
            () = wake.notified() => return,
            () = tokio::time::sleep(step) => {
                if place.change(Place::look(stack)).is_some() {
                    stack.pool.cut();
                    return;
                }
            }
        }
    }
}

/// Where in time and in the network this machine is.
///
/// The wall clock goes on while the machine sleeps, the monotonic one does not. The address that it would use
/// towards the server changes with the network and with a VPN: what was open before leads nowhere, and would
/// be noticed only by its silence.
#[derive(Clone, Debug)]
struct Place {
    wall: SystemTime,
    steady: Instant,
    /// `None` before the first connection, and while there is no way to the server at all.
    address: Option<IpAddr>,
}

impl Place {
    fn look(stack: &Stack) -> Self {
        let peer = *stack.link.peer.lock();
        Self { wall: SystemTime::now(), steady: Instant::now(), address: peer.and_then(route) }
    }

    /// Returns what makes the new place another one, and goes there.
    fn change(&mut self, now: Self) -> Option<&'static str> {
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        let change = if wall > now.steady.duration_since(self.steady) + SLEPT {
            Some("the machine slept or its clock was set")
        } else if self.address.is_some() && now.address != self.address {
            Some("the network changed")
        } else {
            None
        };
        *self = now;
        change
    }
}

/// Returns the address that the system would send from; a datagram's socket asks for it and sends nothing.
fn route(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Doubles from half a second to half a minute, a quarter more or less, so that a thousand clients
/// of a returning server don't come at once; never earlier than the server asked for.
fn delay(attempt: u32, asked: Option<u32>) -> Duration {
    let base = FIRST_DELAY.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST_DELAY);
    // The hasher's keys are random: enough for jitter, and no dependency.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let percent = 75 + u32::try_from(random % 51).unwrap_or_default();
    (base * percent / 100).max(Duration::from_secs(asked.unwrap_or_default().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_half_a_minute_and_obey_the_server() {
        for (attempt, seconds) in [(1, 0.5), (2, 1.0), (5, 8.0), (7, 30.0), (4_000_000, 30.0)] {
            let got = delay(attempt, None).as_secs_f64();
            assert!((seconds * 0.74..=seconds * 1.26).contains(&got), "attempt {attempt}: {got}");
        }
        assert_eq!(delay(1, Some(17)), Duration::from_secs(17));
    }

    #[test]
    fn a_wall_clock_that_ran_ahead_is_a_sleep_and_another_address_another_network() {
        let seconds = Duration::from_secs;
        let home: Option<IpAddr> = Some([192, 168, 1, 7].into());
        let vpn: Option<IpAddr> = Some([10, 8, 0, 2].into());
        let begin = SystemTime::UNIX_EPOCH + seconds(1_000_000);
        let steady = Instant::now();
        for (before, wall, address, want) in [
            (home, 5, home, None),
            (home, 6, home, None),
            (home, 3600, home, Some("slept")),
            // A clock set back.
            (home, -60_i64, home, None),
            (home, 5, vpn, Some("network")),
            // The cable was pulled; and it is in again: the keeper is at its attempts by then.
            (home, 5, None, Some("network")),
            (None, 5, home, None),
        ] {
            let mut place = Place { wall: begin, steady, address: before };
            let far = seconds(wall.unsigned_abs());
            let wall = if wall < 0 { begin - far } else { begin + far };
            let now = Place { wall, steady: steady + seconds(5), address };
            let change = place.change(now.clone());
            assert_eq!(change.is_some(), want.is_some(), "{now:?}");
            assert!(change.unwrap_or_default().contains(want.unwrap_or_default()), "{change:?}");
            assert_eq!(place.change(now), None, "told once");
        }
    }

    #[test]
    fn the_way_to_this_machine_starts_at_this_machine() {
        assert_eq!(route("127.0.0.1:6443".parse().unwrap()), Some([127, 0, 0, 1].into()));
    }
}
