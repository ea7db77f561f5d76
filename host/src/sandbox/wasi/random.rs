//! Random numbers for guests whose step wasn't granted any: the same for each attempt of a step of an instance, and
//! others for each other step and instance. So two tries of a step choose the same "random" name, and who doesn't know
//! the id of the instance can't foretell where a hash table puts what.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryRng};
use sha2::{Digest, Sha256};

/// What the numbers of one guest follow from. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Seed(Arc<Mutex<ChaCha20Rng>>);

impl Default for Seed {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(numbers(None))))
    }
}

impl Seed {
    /// What the interface for seeds of hash tables answers.
    pub(super) fn of_tables(idempotency_key: Option<&str>) -> u128 {
        let mut seed = [0; 16];
        numbers(idempotency_key).fill_bytes(&mut seed);
        u128::from_le_bytes(seed)
    }

    /// The numbers begin again: those that belong to this idempotency key.
    pub(super) fn set(&self, idempotency_key: Option<&str>) {
        *self.numbers() = numbers(idempotency_key);
    }

    fn numbers(&self) -> MutexGuard<'_, ChaCha20Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A named generator, not the library's standard one: that may be another one in its next version.
fn numbers(idempotency_key: Option<&str>) -> ChaCha20Rng {
    let key = idempotency_key.unwrap_or_default();
    ChaCha20Rng::from_seed(Sha256::digest(format!("hephaestus random 1\n{key}")).into())
}

impl TryRng for Seed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.numbers().next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.numbers().next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.numbers().fill_bytes(bytes);
        Ok(())
    }
}
