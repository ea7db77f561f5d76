//! `examples/embed-axum` as a process, and a client for it: HTTP/1.1 with one request per connection is a few lines, and
//! needs no library whose features every other test would be compiled with.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Nothing takes longer than this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// The service, while it runs. Killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    /// Kept open: the service may write to it.
    _stdout: BufReader<ChildStdout>,
    address: String,
}

/// What the service answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Service {
    /// Starts it on a database; returns when it listens.
    pub(crate) fn start(database: &Path) -> Self {
        let mut command = Command::new(hephaestus_tests::example("embed-axum"));
        command
            .arg(hephaestus_tests::component("order-flow"))
            .arg(database);
        command.args(["--listen", "127.0.0.1:0"]).env_remove("RUST_LOG");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("it doesn't listen (its log is above): {line:?}"));
        Self {
            address: address.to_owned(),
            _stdout: stdout,
            child,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path}"), &[], "")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.request(&format!("POST {path}"), headers, &body.to_string())
    }

    /// Sends one request, and reads until the service closes the connection.
    pub(crate) fn request(&self, what: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!(
            "{what} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        let mut connection = TcpStream::connect(&self.address).expect("it listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        connection.write_all(text.as_bytes()).expect("it reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: head.to_lowercase(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }

    /// Asks for an order until it is as `is_reached` says.
    pub(crate) fn order(&self, id: &str, is_reached: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let order = self.get(&format!("/orders/{id}")).expect(200).body;
            if is_reached(&order) {
                return order;
            }
            assert!(begin.elapsed() < PATIENCE, "{order}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a signal is sent");
        self.child.wait().expect("it is gone");
    }

    /// Another signal, by its name; returns when the service has ended.
    pub(crate) fn end_with(mut self, signal: &str) -> ExitStatus {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(self.child.id().to_string());
        assert!(kill.status().expect("kill runs").success(), "a signal is sent");
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it ends");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ended already, or the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// Checks the status, showing everything if it is another one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The `id` in the body.
    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().expect("an id")
    }
}
