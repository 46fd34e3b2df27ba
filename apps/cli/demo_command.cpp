#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/transcribe/installed_models.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;

struct DemoOptions {
    std::string out = "demo-report";
    std::string model = "base";
    bool noTranscribe = false;
};

/// Another program, which ends with this object.
class Program {
  public:
    /// `output`: where its standard output goes; -1: where ours goes.
    Program(const fs::path& file, std::vector<std::string> arguments, int output = -1) {
        arguments.insert(arguments.begin(), file.filename().string());
        std::vector<char*> texts;
        texts.reserve(arguments.size() + 1);
        for (std::string& argument : arguments) {
            texts.push_back(argument.data());
        }
        texts.push_back(nullptr);
        const std::string name = file.string();
        const pid_t parent = ::getpid();
        id_ = ::fork();
        if (id_ == 0) {
            // Nobody is to go on serving when we are killed.
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() == parent && (output < 0 || ::dup2(output, STDOUT_FILENO) >= 0)) {
                ::execv(name.c_str(), texts.data());
            }
            ::_exit(kExitNothingDone);
        }
    }
    ~Program() {
        if (id_ > 0) {
            ::kill(id_, SIGTERM);
            static_cast<void>(wait());
        }
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    Program(Program&&) = delete;
    Program& operator=(Program&&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }

    /// Its exit status; of one that a signal ended, 130.
    int wait() {
        int status = 0;
        while (id_ > 0 && ::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        const bool began = std::exchange(id_, -1) > 0;
        return !began              ? kExitNothingDone
               : WIFEXITED(status) ? WEXITSTATUS(status)
                                   : kExitInterrupted;
    }

  private:
    pid_t id_ = -1;
};

/// A folder for what only the demo needs; gone with this object.
class Workspace {
  public:
    explicit Workspace(StopSignal& signal) {
        std::string name = (fs::temp_directory_path() / "chat-demo-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) {  // 0700
            path_ = name;
            signal.addTemporary(path_);
        }
    }
    ~Workspace() {
        std::error_code ignored;
        if (!path_.empty()) {
            fs::remove_all(path_, ignored);
        }
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    Workspace(Workspace&&) = delete;
    Workspace& operator=(Workspace&&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

Result<fs::path> existing(const fs::path& file) {
    std::error_code error;
    if (fs::exists(file, error)) {
        return file;
    }
    return tl::unexpected(
        systemError(ENOENT, "find", file.string(), ErrorCode::SysDataPathMissing));
}

/// The first line that the server prints.
Result<std::string> addressFrom(int output) {
    std::string line;
    char sign = 0;
    while (::read(output, &sign, 1) == 1 && sign != '\n') {
        line += sign;
    }
    if (!line.starts_with("https://")) {
        return fail(ErrorCode::SysUnkGenericError, "The demo's telephone system does not start");
    }
    return line;
}

bool isInstalled(const std::string& model) {
    const auto models = transcribe::listModels();
    return std::ranges::any_of(models, [&](const transcribe::ModelStatus& status) {
        return status.name == model && status.complete;
    });
}

void say(int step, const std::string& what, const std::string& command) {
    fmt::print("\n{}. {}\n   {}\n\n", step, what, command);
    std::fflush(stdout);
}

/// One of CHAT's own commands.
int command(const std::vector<std::string>& arguments, StopSignal& signal) {
    if (signal.token().stop_requested()) {
        return kExitInterrupted;
    }
    Program chat("/proc/self/exe", arguments);
    // Ctrl-C reaches it by itself.
    signal.setProcess(chat.id());
    ::siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(chat.id()), &ended, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR) {
    }
    signal.setProcess(0);
    return chat.wait();
}

Result<int> demo(const DemoOptions& options, StopSignal& signal) {
    std::error_code error;
    const fs::path programs = fs::read_symlink("/proc/self/exe", error).parent_path();
    const auto server = existing(programs / "chat-demo-server");
    const auto calls = existing(programs.parent_path() / "share/chat/demo/calls.csv");
    for (const auto* found : {&server, &calls}) {
        if (!*found) {
            return tl::unexpected(found->error());
        }
    }
    const Workspace workspace(signal);
    const fs::path authority = workspace.path() / "ca.pem";
    const fs::path telephony = workspace.path() / "telephony.toml";
    const std::string store = (workspace.path() / "store.sqlite").string();

    say(1,
        "A telephone system on this machine, with five recorded calls",
        "chat-demo-server --manifest calls.csv --authority ca.pem");
    std::array<int, 2> ends{};
    if (workspace.path().empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return tl::unexpected(systemError(
            errno, "write to", fs::temp_directory_path().string(), ErrorCode::SysPermUnwritable));
    }
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const Program serving(
        *server, {"--manifest", calls->string(), "--authority", authority.string()}, writing.get());
    writing = FileDescriptor();
    const auto address = addressFrom(reading.get());
    if (!address) {
        return tl::unexpected(address.error());
    }
    fmt::print("   It answers at {}\n", *address);
    const auto written = writeFileAtomically(
        telephony,
        fmt::format("address = \"{}\"\nca_file = \"ca.pem\"\nallow_addresses = [\"127.0.0.1\"]\n",
                    *address));
    if (!written) {
        return tl::unexpected(written.error());
    }

    say(2,
        "Its calls, found and put into the queue",
        "chat search --telephony telephony.toml --any-day --enqueue --batch demo");
    if (const int status = command({"search",
                                    "--telephony",
                                    telephony.string(),
                                    "--any-day",
                                    "--enqueue",
                                    "--batch",
                                    "demo",
                                    "--queue",
                                    store},
                                   signal);
        status != kExitDone) {
        return status;
    }

    std::vector<std::string> run{"run", "--batch", "demo", "--store", store, "--out", options.out};
    const bool words = !options.noTranscribe && isInstalled(options.model);
    if (words) {
        run.insert(run.end(), {"--model", options.model});
    } else {
        run.emplace_back("--no-transcribe");
    }
    say(3,
        "Worked off: recordings fetched, decoded, heard, analyzed",
        "chat run --batch demo" +
            (words ? " --model " + options.model : std::string(" --no-transcribe")));
    if (!words && !options.noTranscribe) {
        fmt::print(
            "   The speech model {0} is not installed, so there are no words: chat models "
            "pull {0}\n\n",
            options.model);
        std::fflush(stdout);
    }
    const int status = command(run, signal);
    if (status == kExitDone) {
        fmt::print(
            "\nThe dashboard, for any browser: {}\n",
            printable((fs::absolute(options.out) / "index.html").lexically_normal().string()));
    }
    return status;
}

}  // namespace

void addDemo(CLI::App& app, Action& action) {
    auto options = std::make_shared<DemoOptions>();
    CLI::App* command = app.add_subcommand(
        "demo", "Show all of it: a telephone system with five calls, queue, run and report");
    command->add_option("-o,--out", options->out, "Folder for the report")
        ->type_name("DIR")
        ->capture_default_str();
    command->add_option("--model", options->model, "Speech model, where it is installed")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_flag("--no-transcribe", options->noTranscribe, "Only what sound tells; no words");
    command->footer(
        "Starts chat-demo-server on a free port of this machine, with the recordings that ship, "
        "and "
        "does with it what\nyou would do with yours; each step is said with its command. Nothing "
        "is left but the report. Under two\nminutes on two cores.\n"
        "Examples:\n"
        "  chat demo\n"
        "  chat demo --out /tmp/demo --no-transcribe\n"
        "Exit statuses: 0 done; 1 some calls failed; 3 nothing could be done; 130 stopped by "
        "Ctrl-C.");
    command->final_callback([options, &action] {
        action = [options]() -> int {
            StopSignal signal;
            const auto status = demo(*options, signal);
            if (status) {
                return *status;
            }
            printError(status.error());
            return kExitNothingDone;
        };
    });
}

}  // namespace chat::cli
