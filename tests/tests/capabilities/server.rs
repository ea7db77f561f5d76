//! A web server on the loopback interface, that answers as its paths say, and remembers who asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// Method and path.
    pub(crate) line: String,
    /// In lower case: name, value.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::listen(None).await
    }

    pub(crate) async fn start_with_tls(tls: TlsAcceptor) -> Self {
        Self::listen(Some(tls)).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let received = Arc::default();
        let remember = Arc::clone(&received);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, remember) = (tls.clone(), Arc::clone(&remember));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &remember).await,
                        // A client that doesn't trust it goes away.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &remember).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self {
            address,
            received,
            task: task.abort_handle(),
        }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("nobody panics").clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    remember: &Mutex<Vec<Received>>,
) -> Option<()> {
    let request = receive(&mut stream).await?;
    remember.lock().ok()?.push(request.clone());
    answer(&mut stream, &request).await?;
    stream.shutdown().await.ok()
}

async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut request = Received::default();
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    for (at, line) in head.split("\r\n").enumerate() {
        match line.split_once(": ") {
            Some((name, value)) if at > 0 => {
                request
                    .headers
                    .push((name.to_ascii_lowercase(), value.to_owned()));
            }
            _ => request.line = line.trim_end_matches(" HTTP/1.1").to_owned(),
        }
    }
    let length = request.header("content-length").and_then(|it| it.parse().ok());
    let body_end = head_end + 4 + length.unwrap_or(0usize);
    while bytes.len() < body_end {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    request.body = String::from_utf8_lossy(&bytes[head_end + 4..]).into_owned();
    Some(request)
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), request: &Received) -> Option<()> {
    let (_, path) = request.line.split_once(' ')?;
    let path = path.split('?').next()?;
    let mut words = path.trim_start_matches('/').split('/');
    let (what, how) = (words.next()?, words.next().unwrap_or_default());
    let text = match what {
        "echo" => plain(200, &request.body),
        "status" => plain(how.parse().ok()?, "as you wish"),
        "redirect" => "HTTP/1.1 302 Found\r\nlocation: /echo\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "cut-off" => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned(),
        "rubbish" => "what?\r\n\r\n".to_owned(),
        "long-head" => format!(
            "HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n",
            "x".repeat(1 << 20)
        ),
        "large" => plain(200, &"x".repeat(how.parse().ok()?)),
        "endless" => return endless(stream).await,
        // Neither an answer nor an end.
        "silent" => std::future::pending().await,
        "half" => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
                .await
                .ok()?;
            std::future::pending().await
        }
        _ => plain(404, "not here"),
    };
    stream.write_all(text.as_bytes()).await.ok()
}

fn plain(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} So\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn endless(stream: &mut (impl AsyncWrite + Unpin)) -> Option<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    loop {
        stream.write_all(&[b'x'; 4096]).await.ok()?;
    }
}
