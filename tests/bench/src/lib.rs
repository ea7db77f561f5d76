//! How fast, beside what the machine can do: ratios, each measured against its limit in the same run.
