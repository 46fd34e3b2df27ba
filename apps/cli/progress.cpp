#include "progress.h"

#include "chat/core/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "eta_text.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using Clock = std::chrono::steady_clock;

/// A file costs something even when it is small: its weight is its bytes and this much.
constexpr double kBytesOfAnyFile = 100'000;
constexpr std::size_t kMostColumns = 100;
/// One for each worker, within these bounds.
constexpr std::size_t kLiveCalls = 4;
constexpr std::size_t kMostLiveCalls = 16;

}  // namespace

Progress::Progress(Style style, StopSignal& signal, bool keys)
    : style_(style)
    , color_(showsColor(STDERR_FILENO))
    , keys_(keys)
    , signal_(signal)
    , started_(Clock::now()) {}

void Progress::listed(const std::vector<std::uint64_t>& bytes) {
    for (const std::uint64_t size : bytes) {
        weights_.push_back(static_cast<double>(size) + kBytesOfAnyFile);
    }
    whole_ = std::accumulate(weights_.begin(), weights_.end(), 0.0);
}

void Progress::gathering(const std::filesystem::path& hiddenFolder) {
    signal_.addTemporary(hiddenFolder);
}

void Progress::working(std::size_t call,
                       const std::string& path,
                       std::string_view stage,
                       double share) {
    Working& one = working_[call];
    one = {path, std::string(stage), std::max(one.share, share)};
    draw(false);
}

void Progress::ended(std::size_t call, const pipeline::CallOutcome& outcome) {
    working_.erase(call);
    ended_ += weights_[call];
    ++endedCalls_;
    if (style_ == Style::Plain) {
        printEnded(outcome);
    }
    draw(true);
}

void Progress::state(const pipeline::WorkerState& state) {
    state_ = state;
    draw(false);
}

void Progress::expected(const pipeline::Forecast& forecast) {
    forecast_ = forecast;
    forecastAt_ = Clock::now();
    if (style_ == Style::Json) {
        fmt::print(stderr, "{}\n", expectedJson(forecast).dump());
    }
    draw(false);
}

void Progress::workerProcess(pid_t process) {
    signal_.setProcess(process);
    if (process == 0) {
        state_.reset();
        working_.clear();  // what it had in hand, if it died
    }
}

void Progress::reported(const std::string& batch, const std::filesystem::path& folder) {
    if (style_ == Style::Quiet || style_ == Style::Json) {
        return;
    }
    clear();
    fmt::print(stderr,
               "Batch {} is done: {}\n",
               printable(batch),
               printable((folder / "index.html").string()));
    draw(true);
}

void Progress::printEnded(const pipeline::CallOutcome& outcome) {
    const std::string head =
        fmt::format("[{}/{}] {}: ", endedCalls_, weights_.size(), printable(outcome.path));
    const std::string expected = endedCalls_ < weights_.size() ? expectedText() : "";
    if (outcome.error) {
        fmt::print(stderr,
                   "{}{} ({})\n",
                   head,
                   printable(outcome.error->what),
                   errorName(outcome.error->code));
    } else {
        fmt::print(stderr,
                   "{}{} long, {} {}, {:.1f} s quiet{}{}\n",
                   head,
                   clockText(outcome.duration.count()),
                   outcome.silences,
                   outcome.silences == 1 ? "silence" : "silences",
                   outcome.silence.count(),
                   outcome.reused ? " (from the store)" : "",
                   expected.empty() ? "" : "; " + expected);
    }
}

void Progress::draw(bool evenIfRecent) {
    const auto now = Clock::now();
    if (style_ != Style::Live || (!evenIfRecent && now - drawn_ < std::chrono::milliseconds(100))) {
        return;
    }
    drawn_ = now;
    const auto width =
        std::min(kMostColumns, static_cast<std::size_t>(terminalWidth(STDERR_FILENO)) - 1);
    std::string text = lines_ > 0 ? fmt::format("\x1B[{}A\x1B[J", lines_) : "";
    lines_ = 0;
    for (const auto& [call, one] : working_) {
        if (lines_ ==
            (state_ ? std::clamp<std::size_t>(
                          static_cast<std::size_t>(state_->workers), kLiveCalls, kMostLiveCalls)
                    : kLiveCalls)) {
            break;
        }
        const std::string tail = fmt::format(
            "  {:<7} {} {:>3.0f} %", one.stage, expectedBar(one.share, 20, {}), one.share * 100);
        const std::size_t room = width - std::min(width, columns(tail));
        text += padded(printable(one.path), room) + (color_ ? "\x1B[2m" : "") + tail +
                (color_ ? "\x1B[0m" : "") + "\n";
        ++lines_;
    }
    text += overallLine(width) + "\n";
    ++lines_;
    if (state_) {
        text += fitted(stateLine(*state_), width - 1) + "\n";
        ++lines_;
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

std::string Progress::overallLine(std::size_t width) const {
    double share = ended_;
    for (const auto& [call, one] : working_) {
        share += weights_[call] * one.share;
    }
    share = whole_ > 0 ? share / whole_ : 0;
    std::string tail = fmt::format("  {:>3.0f} %", share * 100);
    const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
    if (const std::optional<pipeline::Forecast>& forecast = forecast_) {
        const std::string expected = expectedText();
        const std::optional<double>& perMinute = forecast->perMinute;
        tail += expected.empty() ? "" : "  " + expected;
        tail += perMinute ? fmt::format("  {:.1f} a minute", *perMinute) : "";
    } else if (share > 0.05 && elapsed > 2) {
        // Nobody forecasts; before this it would jump more than it tells.
        tail += fmt::format("  {} left", clockText(elapsed / share * (1 - share) + 0.5));
    }
    const std::string head = fmt::format("{} of {} calls  ", endedCalls_, weights_.size());
    const std::size_t used = columns(head) + columns(tail);
    const std::size_t room = width > used + 10 ? std::min<std::size_t>(width - used, 40) : 10;
    return fitted(
        head + expectedBar(share, room, forecast_ ? forecast_->eta : pipeline::Eta{}) + tail,
        width);
}

/// Empty before the first estimate, and when nothing is left.
std::string Progress::expectedText() const {
    const std::optional<pipeline::Forecast>& forecast = forecast_;
    return forecast && forecast->left > 0 ? cli::expectedText(*forecast, Clock::now() - forecastAt_)
                                          : "";
}

std::string Progress::stateLine(const pipeline::WorkerState& state) const {
    const auto several = [](std::size_t count, const char* one, const char* more) {
        return fmt::format("{} {}", count, count == 1 ? one : more);
    };
    return fmt::format("{}{}, {} of speech and {} waiting, {} MiB{}",
                       several(static_cast<std::size_t>(state.workers), "worker", "workers"),
                       keys_ ? " (keys + -)" : "",
                       several(state.windows, "window", "windows"),
                       several(state.ready, "call", "calls"),
                       state.memory >> 20U,
                       state.memoryShort ? "; memory is short: no call is begun" : "");
}

void Progress::clear() {
    if (lines_ > 0) {
        fmt::print(stderr, "\x1B[{}A\x1B[J", lines_);
        std::fflush(stderr);
        lines_ = 0;
    }
}

}  // namespace chat::cli
