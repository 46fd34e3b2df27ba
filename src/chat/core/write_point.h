#pragma once

namespace chat {

/// Names the place in the code from which this thread writes to the disk, for as long as it lives; the innermost counts.
///
/// Whatever changes a file stands below one: what is written there may be the last thing that this process does, and the
/// tests of faults (tests/faults/) end it at each of these places. They read the name through `chat_write_point`; a write
/// without one fails them. Names are like "store: end of a stage" and literals. Costs two stores.
class [[nodiscard]] WritePoint {
  public:
    explicit WritePoint(const char* name);
    ~WritePoint();
    WritePoint(const WritePoint&) = delete;
    WritePoint& operator=(const WritePoint&) = delete;
    WritePoint(WritePoint&&) = delete;
    WritePoint& operator=(WritePoint&&) = delete;

  private:
    const char* before_;
};

}  // namespace chat

/// The name of the point that the calling thread is at; null at none. For libraries that are loaded beside the program.
// NOLINTNEXTLINE(readability-identifier-naming): C has no namespaces
extern "C" const char* chat_write_point();
