//! Roof: open the store, build the engine, mount every face, run until told to stop.
