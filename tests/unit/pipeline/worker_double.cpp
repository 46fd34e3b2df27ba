// A worker's process as `chat worker` is one, with a transcriber double. Its arguments say what befalls it:
//   MISHAP STAGE PATH [MARKER]   when a call whose path ends so reaches that stage; with a file MARKER only once
// or "short": memory suffices for no model but a smaller one.
// Mishaps: die (kill -9), exit (status 0 in the middle of it), stall (it stands still), babble (it says what no worker says).

#include "chat/core/clock.h"
#include "chat/pipeline/worker_seat.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

#include "fakes/fake_transcriber.h"

namespace {

using namespace chat;

class Mishap final : public pipeline::WorkerObserver {
  public:
    Mishap(std::string_view kind, std::string_view stage, std::string_view path, const char* marker)
        : kind_(kind)
        , stage_(stage)
        , path_(path)
        , marker_(marker) {}

    void working(const queue::Job& job, std::string_view stage, double) override {
        if (stage != stage_ || !job.path.ends_with(path_) || happened()) {
            return;
        }
        if (kind_ == "die") {
            ::raise(SIGKILL);
        } else if (kind_ == "exit") {
            ::_exit(0);
        } else if (kind_ == "babble") {
            [[maybe_unused]] const ssize_t put = ::write(STDOUT_FILENO, "hello\n", 6);
        }
        while (true) {
            ::pause();
        }
    }
    void ended(const queue::Job&, const pipeline::CallOutcome&) override {}

  private:
    [[nodiscard]] bool happened() const {
        return marker_ != nullptr && ::open(marker_, O_CREAT | O_EXCL | O_CLOEXEC, 0600) < 0;
    }

    std::string_view kind_;
    std::string_view stage_;
    std::string_view path_;
    const char* marker_;
};

}  // namespace

int main(int argc, char** argv) {
    Mishap mishap(argc > 3 ? argv[1] : "",
                  argc > 3 ? argv[2] : "",
                  argc > 3 ? argv[3] : "",
                  argc > 4 ? argv[4] : nullptr);
    const bool memoryShort = argc > 1 && std::string_view(argv[1]) == "short";
    const auto load = [&](const pipeline::SpeechModel& model,
                          int replicas) -> Result<std::unique_ptr<transcribe::Transcriber>> {
        if (memoryShort && model.name != "smaller") {
            return fail(ErrorCode::TrResMemoryError, "There is not enough memory for the model.");
        }
        return std::make_unique<tests::FakeTranscriber>(replicas);
    };
    const auto smaller = [](const pipeline::SpeechModel& model) {
        auto found = std::make_shared<pipeline::SpeechModel>(model);
        found->name = "smaller";
        found->fingerprint = "smaller";
        return found;
    };
    return pipeline::serveAsWorker(STDIN_FILENO, {load, smaller, &mishap}, SystemClock());
}
