//! Writing to the standard streams. A reader that went away (`| head`) is no reason to fail: the exit code still says how
//! it came out.

use std::io::{self, Write};

/// Writes text to standard output.
pub(crate) fn stdout(text: &str) -> io::Result<()> {
    tolerate_closed(write_all(&mut io::stdout().lock(), text))
}

/// Writes a line to standard error. Whoever can't read it can't be told so either.
pub(crate) fn stderr_line(line: &str) {
    let _ = write_all(&mut io::stderr().lock(), &format!("{line}\n"));
}

fn write_all(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn tolerate_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
