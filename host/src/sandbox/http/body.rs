//! A body that ends, whoever sends it: it has so many bytes at most, and so much time between two pieces.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep};
use wasmtime_wasi_http::Error;

use super::{Bounds, Timer, Trip};
use crate::sandbox::tally::Tally;

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the guest.
    Out,
    /// To the guest.
    In,
}

/// A body within bounds.
pub(super) struct Bounded<B> {
    body: B,
    direction: Direction,
    most_bytes: usize,
    bytes_left: usize,
    bounds: Bounds,
    tally: Tally,
    /// Runs while a piece is waited for.
    patience: Option<Timer>,
}

impl<B> Bounded<B> {
    pub(super) fn new(body: B, trip: &Trip, direction: Direction) -> Self {
        let bounds = trip.bounds;
        let most_bytes = match direction {
            Direction::Out => bounds.request_bytes,
            Direction::In => bounds.response_bytes,
        };
        Self {
            body,
            direction,
            most_bytes,
            bytes_left: most_bytes,
            bounds,
            tally: trip.tally.clone(),
            patience: None,
        }
    }

    fn too_large(&self) -> Error {
        let most = Some(self.most_bytes as u64);
        match self.direction {
            Direction::Out => Error::HttpRequestBodySize(most),
            Direction::In => Error::HttpResponseBodySize(most),
        }
    }

    /// Whether the time between two pieces is over.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let bounds = self.bounds;
        let patience = self
            .patience
            .get_or_insert_with(|| Box::pin(sleep(bounds.between_bytes)));
        patience.as_mut().poll(cx).map(|()| match self.direction {
            Direction::Out => Error::ConnectionWriteTimeout,
            Direction::In => Error::ConnectionReadTimeout,
        })
    }
}

impl<B: Body<Data = Bytes, Error = Error> + Unpin> Body for Bounded<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            return this.poll_patience(cx).map(|error| Some(Err(error)));
        };
        if let Some(patience) = &mut this.patience {
            patience
                .as_mut()
                .reset(Instant::now() + this.bounds.between_bytes);
        }
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let bytes = frame.data_ref().map_or(0, Buf::remaining);
        Poll::Ready(Some(match this.bytes_left.checked_sub(bytes) {
            Some(left) => {
                this.bytes_left = left;
                match this.direction {
                    Direction::Out => this.tally.bytes_out(bytes),
                    Direction::In => this.tally.bytes_in(bytes),
                }
                Ok(frame)
            }
            None => Err(this.too_large()),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
