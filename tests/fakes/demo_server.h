#pragma once

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace chat::tests {

/// The program chat-demo-server, run as a person would, for as long as this lives.
class DemoServer {
  public:
    /// `arguments` are put behind those that name the log and the certificate in `folder`.
    DemoServer(std::filesystem::path folder, const std::vector<std::string>& arguments)
        : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        std::vector<std::string> texts{CHAT_BINARY_DIR "/bin/chat-demo-server",
                                       "--log",
                                       logFile(),
                                       "--authority",
                                       certificateFile()};
        texts.insert(texts.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        argv.reserve(texts.size() + 1);
        for (std::string& text : texts) {
            argv.push_back(text.data());
        }
        argv.push_back(nullptr);
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
            return;
        }
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
        if (::posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
            process_ = 0;
        }
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(pipe[1]);
        char letter = 0;
        while (::read(pipe[0], &letter, 1) == 1 && letter != '\n') {
            address_ += letter;
        }
        ::close(pipe[0]);
    }
    ~DemoServer() {
        if (process_ > 0) {
            ::kill(process_, SIGTERM);
            ::waitpid(process_, nullptr, 0);
        }
    }
    DemoServer(const DemoServer&) = delete;
    DemoServer& operator=(const DemoServer&) = delete;
    DemoServer(DemoServer&&) = delete;
    DemoServer& operator=(DemoServer&&) = delete;

    /// Empty when it could not be started.
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::string certificateFile() const { return folder_ / "authority.pem"; }

    /// What it was asked, as chat-demo-server --log writes it.
    [[nodiscard]] std::vector<nlohmann::json> seen() const {
        std::vector<nlohmann::json> requests;
        std::ifstream lines(logFile());
        for (std::string line; std::getline(lines, line);) {
            requests.push_back(nlohmann::json::parse(line));
        }
        return requests;
    }

  private:
    [[nodiscard]] std::string logFile() const { return folder_ / "requests.jsonl"; }

    std::filesystem::path folder_;
    std::string address_;
    pid_t process_ = 0;
};

}  // namespace chat::tests
