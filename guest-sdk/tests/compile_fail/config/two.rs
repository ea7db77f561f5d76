//! Two configurations.

use hephaestus_guest::{Config, Finished, step, workflow};

workflow! {
    order v1 {
        remind(Channel::Mail, 3) => done,
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
enum Channel {
    Mail,
    Post,
}

#[step]
fn remind(Config(channel): Config<Channel>) -> Finished {
    match channel {
        Channel::Mail | Channel::Post => Finished,
    }
}

fn main() {}
