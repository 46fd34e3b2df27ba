#include "chat/core/text.h"
#include "chat/source/rest/credential.h"
#include "chat/source/rest/keyring.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "commands.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

constexpr const char* kStatuses =
    "Exit statuses: 0 done; 2 wrong use; 3 it could not be done; 130 stopped by Ctrl-C.";

/// For a person who unlocks the keyring.
constexpr std::chrono::minutes kPatience{2};

/// What is typed is not shown while this is there.
class Unseen {
  public:
    explicit Unseen(StopSignal& signal)
        : signal_(signal) {
        termios terminal{};
        if (!isTerminal(STDIN_FILENO) || ::tcgetattr(STDIN_FILENO, &terminal) != 0) {
            return;
        }
        before_ = terminal;
        signal_.setTerminal(before_);
        terminal.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    }
    ~Unseen() {
        if (before_) {
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
            signal_.setTerminal(std::nullopt);
            fmt::print(stderr, "\n");
        }
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;
    Unseen(Unseen&&) = delete;
    Unseen& operator=(Unseen&&) = delete;

    [[nodiscard]] bool atTerminal() const { return before_.has_value(); }

  private:
    StopSignal& signal_;
    std::optional<termios> before_;
};

/// A text of which nothing stays in memory.
struct Secret {
    std::string text;

    Secret() { text.reserve(source::kLongestSecret + 1); }  // so that it is never moved
    ~Secret() {
        text.resize(text.capacity());
        ::explicit_bzero(text.data(), text.size());
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&&) = delete;
    Secret& operator=(Secret&&) = delete;
};

/// From standard input: a line of a terminal, all of anything else.
Status readSecret(const std::string& name, Secret& secret, StopSignal& signal) {
    constexpr int kLookMs = 100;
    const Unseen unseen(signal);
    if (unseen.atTerminal()) {
        fmt::print(stderr, "Secret for {} (it is not shown): ", name);
    }
    std::string& text = secret.text;
    bool more = true;
    while (more && text.size() <= source::kLongestSecret) {
        if (signal.token().stop_requested()) {
            return fail(ErrorCode::SysStateStopped, "Nothing was put into the keyring");
        }
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, kLookMs) <= 0) {
            continue;
        }
        const std::size_t before = text.size();
        text.resize(source::kLongestSecret + 1);
        const ssize_t count = ::read(STDIN_FILENO, text.data() + before, text.size() - before);
        text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        more = count > 0 && !(unseen.atTerminal() && text.ends_with('\n'));
    }
    const bool tooLong = text.size() > source::kLongestSecret;
    const std::string_view meant = trimmed(text);
    text.erase(0, static_cast<std::size_t>(meant.data() - text.data()));
    text.resize(meant.size());
    if (tooLong || !source::isUsableSecret(text)) {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("A secret is one line of at most {} bytes; nothing was put into "
                                "the keyring",
                                source::kLongestSecret));
    }
    return {};
}

Status logIn(const std::string& name, StopSignal& signal) {
    Secret secret;
    return readSecret(name, secret, signal)
        .and_then(
            [&] { return source::keepInKeyring(name, secret.text, kPatience, signal.token()); })
        .map([&] {
            fmt::print(
                "The keyring has it. The telephony file names it so:\n\n"
                "  [credential]\n"
                "  keyring = \"{}\"\n",
                name);
        });
}

Status logOut(const std::string& name, StopSignal& signal) {
    return source::removeFromKeyring(name, kPatience, signal.token()).map([&] {
        fmt::print("The keyring does not have {} any more.\n", name);
    });
}

using Work = Status (*)(const std::string&, StopSignal&);

int run(const std::string& name, Work work) {
    StopSignal signal;
    const Status done = work(name, signal);
    return done ? kExitDone : endedBy(done.error());
}

CLI::App* added(CLI::App& telephony,
                Action& action,
                const std::string& command,
                const std::string& about,
                Work work) {
    auto name = std::make_shared<std::string>();
    CLI::App* added = telephony.add_subcommand(command, about);
    added->add_option("name", *name, "What the telephony file calls it: keyring = \"NAME\"")
        ->type_name("NAME")
        ->required()
        ->check([](const std::string& text) {
            return source::isKeyringName(text)
                       ? std::string()
                       : "a name is letters, digits and . _ - of at most 64";
        });
    added->final_callback(
        [name, work, &action] { action = [name, work] { return run(*name, work); }; });
    return added;
}

}  // namespace

void addTelephony(CLI::App& app, Action& action) {
    CLI::App* telephony =
        app.add_subcommand("telephony", "The telephone system's credential in the keyring");
    telephony->require_subcommand(1);
    telephony->footer(
        "Examples:\n"
        "  chat telephony login pbx      asks for the secret and puts it into the keyring\n"
        "  chat telephony logout pbx     takes it out\n" +
        std::string(kStatuses));

    added(*telephony, action, "login", "Put the credential into the keyring", logIn)
        ->footer(
            "The secret is read from standard input: a line that is typed, and not shown, or what "
            "another program\nwrites. For kind = \"basic\" it is USER:PASSWORD. One of the same "
            "name is replaced.\n"
            "Examples:\n"
            "  chat telephony login pbx\n"
            "  pass show telephony | chat telephony login pbx\n" +
            std::string(kStatuses));
    added(*telephony, action, "logout", "Take the credential out of the keyring", logOut)
        ->footer("Example:\n  chat telephony logout pbx\n" + std::string(kStatuses));
}

}  // namespace chat::cli
