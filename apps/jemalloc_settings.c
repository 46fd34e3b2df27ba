// jemalloc reads this by its name (jemalloc(3), "TUNING").
//
// Huge pages: the tensors of speech recognition are tens of MiB each, and every fresh small page of one costs a fault.
// No threshold of oversize: what is above it is given back to the system at once and comes zeroed again for the next layer.
// Two arenas: each keeps such tensors to itself, and more of them would keep more than threads use at a time.
const char* malloc_conf = "thp:always,oversize_threshold:0,narenas:2";
