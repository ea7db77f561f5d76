//! Every combination of events, run through the joins.
