//! A road to PostgreSQL that can be slow or closed.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Road {
    delay_ms: AtomicU64,
    closed: AtomicBool,
    over: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

/// Passes bytes on to a server.
pub(crate) struct Proxy {
    road: Arc<Road>,
    address: SocketAddr,
    target: String,
}

impl Proxy {
    /// In front of the server of a database address.
    pub(crate) fn before(url: &str) -> Self {
        let place = url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let road = Arc::new(Road::default());
        let (accepting, target) = (Arc::clone(&road), place.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.over.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(stream) = stream {
                    pass(&accepting, stream, &target);
                }
            }
        });
        Self { road, address, target: place }
    }

    /// The database's address by this road.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(&self.target, &self.address.to_string())
    }

    /// Lets every piece wait.
    pub(crate) fn delay(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap();
        self.road.delay_ms.store(ms, Ordering::Relaxed);
    }

    /// Cuts every connection and lets none through.
    pub(crate) fn close(&self) {
        self.road.closed.store(true, Ordering::Relaxed);
        for stream in self.road.streams.lock().unwrap().drain(..) {
            // The other end may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub(crate) fn open(&self) {
        self.road.closed.store(false, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.road.over.store(true, Ordering::Relaxed);
        self.close();
        // Wakes the thread that accepts, so that it ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn pass(road: &Arc<Road>, near: TcpStream, target: &str) {
    if road.closed.load(Ordering::Relaxed) {
        return;
    }
    let Ok(far) = TcpStream::connect(target) else { return };
    for stream in [&near, &far] {
        let _ = stream.set_nodelay(true);
        if let Ok(copy) = stream.try_clone() {
            road.streams.lock().unwrap().push(copy);
        }
    }
    let pairs = [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))];
    for (from, to) in pairs {
        let (Ok(from), Ok(to), road) = (from, to, Arc::clone(road)) else { return };
        std::thread::spawn(move || copy(&road, from, to));
    }
}

fn copy(road: &Road, mut from: TcpStream, mut to: TcpStream) {
    let mut part = [0; 16384];
    while let Ok(read) = from.read(&mut part) {
        if read == 0 {
            break;
        }
        let delay = road.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            std::thread::sleep(Duration::from_millis(delay));
        }
        if to.write_all(&part[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
