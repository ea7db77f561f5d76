//! Kills hosts under load, at random instants, and checks what they promised.
//!
//! Two kinds of hosts are killed. One is a program of this package (`crash host`, see [`serve`]): the library embedded,
//! with SQLite and the real sandbox, under some dozens of orders at once. The other is the real `hephaestus run`, killed
//! and started again until its instance ends ([`command`]). The steps of both are `tests/guests/ledger-steps`; they tell
//! a ledger in this process ([`witness`]) when they begin, and it outlives them.
//!
//! A [`campaign`] goes on like this: a host is started, gets orders, and is killed; what was acknowledged until then is
//! known here. After most kills a copy of what it left is read ([`look`]), never the file itself: the next host finds
//! what the last one left, write-ahead log included. At the end of each epoch one host brings everything to an end, and
//! the checker of `hephaestus-ledger` says what was broken. Each instance must end as its [`plan`] says.
//!
//! What is drawn (plans, orders, instants of kills) follows the seed. What comes of it depends on how fast the machine
//! is, so the same seed is the same load, not the same run.

pub mod campaign;
pub mod command;
pub mod early;
pub mod life;
pub mod load;
pub mod look;
pub mod model;
pub mod places;
pub mod plan;
pub mod protocol;
pub mod serve;
pub mod tally;
pub mod witness;
