// jemalloc reads this by its name (jemalloc(3), "TUNING"). Huge pages: the tensors of speech recognition are tens
// of MiB each, and every fresh small page of one costs a fault.
const char* malloc_conf = "thp:always";
