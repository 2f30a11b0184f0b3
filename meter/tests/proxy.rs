//! The link between a program and its server: what it counts, and how it slows.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use meter::proxy::{Proxy, Shape};
use tokio::runtime::Runtime;

/// Long enough for a busy machine, short enough to fail within a test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that sends back what it gets, a hundredfold.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            std::thread::spawn(move || {
                let mut socket = socket.unwrap();
                let mut buffer = [0; 1_000];
                while let Ok(count @ 1..) = socket.read(&mut buffer) {
                    for _ in 0..100 {
                        if socket.write_all(&buffer[..count]).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    address
}

fn start() -> (Runtime, Proxy) {
    let runtime = Runtime::new().unwrap();
    let proxy = Proxy::start(runtime.handle(), echo()).unwrap();
    (runtime, proxy)
}

fn connect(proxy: &Proxy) -> TcpStream {
    let socket = TcpStream::connect(proxy.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Sends so many bytes and returns how long the answer took.
fn exchange(socket: &mut TcpStream, bytes: usize) -> Duration {
    let begin = Instant::now();
    socket.write_all(&vec![7; bytes]).unwrap();
    socket.read_exact(&mut vec![0; bytes * 100]).unwrap();
    begin.elapsed()
}

#[test]
fn bytes_and_connections_are_counted_both_ways() {
    let (_runtime, proxy) = start();
    let before = proxy.counts();
    exchange(&mut connect(&proxy), 10);
    exchange(&mut connect(&proxy), 20);
    let passed = proxy.counts().since(before);
    assert_eq!((passed.up, passed.down, passed.connections), (30, 3_000, 2));
}

#[test]
fn an_answer_takes_a_round_trip_and_the_first_one_the_handshake_s_too() {
    let (_runtime, proxy) = start();
    let round_trip = Duration::from_millis(60);
    proxy.shape(Shape { round_trip, ..Shape::default() });
    let mut socket = connect(&proxy);
    let first = exchange(&mut socket, 1);
    let second = exchange(&mut socket, 1);
    assert!(first >= round_trip * 2, "{first:?}");
    assert!(second >= round_trip && second < first, "{second:?} {first:?}");
}

#[test]
fn all_connections_share_the_rate() {
    let (_runtime, proxy) = start();
    // 200 kB at 400 kB a second, over two connections: half a second, less what the first packet is not waited for.
    proxy.shape(Shape { rate: Some(400_000), ..Shape::default() });
    let begin = Instant::now();
    let mut second = connect(&proxy);
    let other = std::thread::spawn(move || exchange(&mut second, 1_000));
    exchange(&mut connect(&proxy), 1_000);
    other.join().unwrap();
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(450) && took < PATIENCE / 4, "{took:?}");
}

#[test]
fn a_stalled_link_delivers_once_it_moves_again() {
    let (_runtime, proxy) = start();
    let mut socket = connect(&proxy);
    exchange(&mut socket, 1);
    proxy.shape(Shape { stalled: true, ..Shape::default() });
    socket.write_all(&[7; 10]).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(socket.read(&mut [0; 10]).is_err(), "nothing passes");
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    proxy.shape(Shape::default());
    socket.read_exact(&mut [0; 1_000]).unwrap();
}

#[test]
fn a_cut_closes_what_is_open_and_a_refusing_proxy_what_comes() {
    let (_runtime, proxy) = start();
    let mut socket = connect(&proxy);
    exchange(&mut socket, 1);
    proxy.shape(Shape { refusing: true, ..Shape::default() });
    proxy.cut();
    assert!(matches!(socket.read(&mut [0; 10]), Ok(0) | Err(_)), "closed");
    let mut refused = connect(&proxy);
    let _ = refused.write_all(b"x");
    assert!(matches!(refused.read(&mut [0; 10]), Ok(0) | Err(_)), "closed at once");
    proxy.shape(Shape::default());
    exchange(&mut connect(&proxy), 1);
}
