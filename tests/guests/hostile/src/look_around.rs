//! Looks for what a guest that was granted nothing must not find.

use std::io::Read;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::{env, fs, io};

/// What was found, as a list of JSON strings: `[]` where the sandbox is tight. `port` is one that somebody listens at.
pub fn look_around(port: &str) -> String {
    let mut found = Vec::new();
    let mut note = |what: &str, there: bool| {
        if there {
            found.push(format!("\"{what}\""));
        }
    };
    note("environment", env::vars_os().next().is_some());
    note("arguments", env::args_os().next().is_some());
    note(
        "files to read",
        fs::read("/etc/passwd").is_ok() || fs::read("Cargo.toml").is_ok(),
    );
    note(
        "folders",
        ["/", ".", "/tmp"]
            .iter()
            .any(|folder| fs::read_dir(folder).is_ok()),
    );
    note(
        "files to write",
        fs::write("/tmp/hostile", "x").is_ok() || fs::write("hostile", "x").is_ok(),
    );
    let address = format!("127.0.0.1:{port}");
    note("tcp", TcpStream::connect(&address).is_ok());
    note("tcp to listen", TcpListener::bind("127.0.0.1:0").is_ok());
    note(
        "udp",
        UdpSocket::bind("127.0.0.1:0")
            .and_then(|udp| udp.send_to(b"x", &address))
            .is_ok(),
    );
    note(
        "names",
        ("localhost", 80)
            .to_socket_addrs()
            .is_ok_and(|mut found| found.next().is_some()),
    );
    let mut byte = [0];
    note(
        "standard input",
        io::stdin().read(&mut byte).is_ok_and(|count| count > 0),
    );
    format!("[{}]", found.join(", "))
}
