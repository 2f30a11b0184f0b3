//! A wire that can be cut: it stands between a client and a server on loopback.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The wire.
pub struct Proxy {
    /// Where clients connect.
    pub port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    is_cut: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts a wire to a port.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner { is_cut: AtomicBool::new(false), open: Mutex::default() });
        let wire = inner.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Taken and closed at once while cut: the port stays ours.
                if !wire.is_cut.load(Ordering::SeqCst)
                    && let Ok(server) = TcpStream::connect(("127.0.0.1", server))
                {
                    wire.join(client, server);
                }
            }
        });
        Self { port, inner }
    }

    /// Cuts every connection, and every new one, until mended.
    pub fn cut(&self) {
        self.inner.is_cut.store(true, Ordering::SeqCst);
        for stream in self.inner.open.lock().expect("streams").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.inner.is_cut.store(false, Ordering::SeqCst);
    }
}

impl Inner {
    fn join(&self, client: TcpStream, server: TcpStream) {
        let both = [(&client, &server), (&server, &client)];
        for (from, to) in both {
            let (from, to) = (from.try_clone().expect("fd"), to.try_clone().expect("fd"));
            std::thread::spawn(move || copy(from, to));
        }
        self.open.lock().expect("streams").extend([client, server]);
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
