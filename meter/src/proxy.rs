//! A TCP proxy before the API server that counts, and slows when asked: delay, rate, stall, cut.
//!
//! TLS passes through untouched, so the bytes are those of the wire. All connections of one direction share the link's
//! rate, each in its turn; what a closed connection had queued is dropped with it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Bytes that travel together.
const PACKET: usize = 16 * 1024;

/// Packets under way in one direction of a connection: 4 MB, as large as a kernel lets a window grow. When they
/// are used up the sender is not read from, as on a real link.
const WINDOW: usize = 256;

/// How a link behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Time there and back; a new connection costs one as well.
    pub round_trip: Duration,
    /// Bytes a second towards the client; nothing for no limit.
    pub rate: Option<u64>,
    /// Nothing passes.
    pub stalled: bool,
    /// Connections are closed at once.
    pub refusing: bool,
}

/// What has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes from the client to the server.
    pub up: u64,
    /// Bytes from the server to the client.
    pub down: u64,
    /// Connections that were opened.
    pub connections: u64,
}

impl Counts {
    /// Returns what has passed since an earlier moment.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            up: self.up - earlier.up,
            down: self.down - earlier.down,
            connections: self.connections - earlier.connections,
        }
    }
}

#[derive(Default)]
struct Counters {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

struct Link {
    counters: Counters,
    shape: watch::Sender<Shape>,
    /// Changes when all connections are to be closed.
    cut: watch::Sender<u64>,
    /// When the last byte towards the clients has left; held while it leaves.
    busy: Mutex<Instant>,
}

/// A running proxy. Dropping it closes everything.
pub struct Proxy {
    link: Arc<Link>,
    address: SocketAddr,
    server: SocketAddr,
    accepting: Vec<AbortHandle>,
}

impl Proxy {
    /// Starts a proxy for a server on the runtime.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn start(runtime: &Handle, server: SocketAddr) -> Result<Self> {
        let link = Arc::new(Link {
            counters: Counters::default(),
            shape: watch::Sender::new(Shape::default()),
            cut: watch::Sender::new(0),
            busy: Mutex::new(Instant::now()),
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut proxy = Self { link, address, server, accepting: Vec::new() };
        proxy.address = proxy.listen(runtime, Ipv4Addr::LOCALHOST.into())?;
        Ok(proxy)
    }

    /// Listens at another address too, and returns where.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn listen(&mut self, runtime: &Handle, at: IpAddr) -> Result<SocketAddr> {
        let listener = runtime.block_on(TcpListener::bind((at, 0))).context("no free port")?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        self.accepting.push(accepting.spawn_on(accept(self.link.clone(), listener, self.server), runtime));
        accepting.detach_all();
        Ok(address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has passed so far.
    pub fn counts(&self) -> Counts {
        let counters = &self.link.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            up: read(&counters.up),
            down: read(&counters.down),
            connections: read(&counters.connections),
        }
    }

    /// Changes how the link behaves, for connections that exist too.
    pub fn shape(&self, shape: Shape) {
        self.link.shape.send_replace(shape);
    }

    /// Closes all connections, as a server does that is restarted.
    pub fn cut(&self) {
        self.link.cut.send_modify(|count| *count += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.iter().for_each(AbortHandle::abort);
    }
}

/// Accepts connections; its set of connections dies with it.
async fn accept(link: Arc<Link>, listener: TcpListener, server: SocketAddr) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if !link.shape.borrow().refusing {
                    connections.spawn(connection(link.clone(), client, server));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn connection(link: Arc<Link>, client: TcpStream, server: SocketAddr) {
    let mut cut = link.cut.subscribe();
    link.counters.connections.fetch_add(1, Ordering::Relaxed);
    // The client's handshake with this proxy was local: the link's costs a round trip.
    let round_trip = link.shape.borrow().round_trip;
    tokio::time::sleep(round_trip).await;
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = cut.changed() => {}
        () = async {
            tokio::join!(pass(&link, Way::Up, from_client, to_server), pass(&link, Way::Down, from_server, to_client));
        } => {}
    }
}

/// Passes bytes one way until the sender closes.
async fn pass(link: &Link, way: Way, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let (send, mut under_way) = mpsc::channel::<(Instant, Vec<u8>)>(WINDOW);
    let reading = async move {
        let mut buffer = vec![0; PACKET];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now() + link.shape.borrow().round_trip / 2;
            let packet = buffer.get(..count).unwrap_or_default().to_vec();
            if send.send((due, packet)).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        let mut shape = link.shape.subscribe();
        while let Some((due, packet)) = under_way.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            if way == Way::Down {
                link.leave(packet.len()).await;
            }
            if shape.wait_for(|shape| !shape.stalled).await.is_err() || to.write_all(&packet).await.is_err() {
                break;
            }
            link.count(way, packet.len());
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

impl Link {
    fn count(&self, way: Way, bytes: usize) {
        let counter = match way {
            Way::Up => &self.counters.up,
            Way::Down => &self.counters.down,
        };
        counter.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits until so many bytes have gone through the link's narrow place.
    async fn leave(&self, bytes: usize) {
        let Some(rate) = self.shape.borrow().rate else { return };
        // Booked packet by packet: a connection that is closed while it waits leaves no debt behind but this one's.
        let mut busy = self.busy.lock().await;
        let begin = (*busy).max(Instant::now());
        *busy = begin + Duration::from_nanos(bytes as u64 * 1_000_000_000 / rate.max(1));
        sleep_until(*busy).await;
    }
}
