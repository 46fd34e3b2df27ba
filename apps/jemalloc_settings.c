// jemalloc reads this by its name (jemalloc(3), "TUNING").
//
// No threshold of oversize: what is above it is given back to the system at once and comes zeroed again for the next layer.
// Nothing goes back by time: what one layer frees the next one needs. It does between calls (pipeline/calls_in_hand.cpp).
// Two arenas: each keeps such tensors to itself, and more of them would keep more than threads use at a time.
const char* malloc_conf = "oversize_threshold:0,narenas:2,dirty_decay_ms:-1";
