//! Nothing but the benchmark in `benches/`: it has no dependencies, so that `cargo bench` builds it in a moment.
