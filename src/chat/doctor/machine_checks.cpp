#include "chat/core/machine.h"
#include "chat/core/memory_use.h"
#include "chat/core/text.h"
#include "chat/doctor/checks.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <optional>
#include <thread>

namespace chat::doctor {

namespace fs = std::filesystem;

namespace {

/// With less than this the next batch will hardly be done.
constexpr std::uintmax_t kLeastRoom = 200'000'000;
constexpr std::uintmax_t kLittleRoom = 2'000'000'000;
/// What the smallest model takes with the program around it, about.
constexpr std::uint64_t kLittleMemory = 1'000'000'000;
constexpr auto kFarFuture = std::chrono::years(20);

/// What is free where a folder is or will be; nothing where nobody says.
std::optional<std::uintmax_t> roomFor(fs::path folder) {
    std::error_code error;
    folder = fs::absolute(folder, error).lexically_normal();
    while (!fs::exists(folder, error) && folder != folder.root_path()) {
        folder = folder.parent_path();
    }
    const fs::space_info space = fs::space(folder, error);
    return error ? std::nullopt : std::optional(space.available);
}

/// The paths that give one of `rights` to somebody, each as a word of a shell.
std::string withRights(const std::vector<fs::path>& paths, mode_t rights, int& count) {
    std::string words;
    for (const fs::path& path : paths) {
        struct stat status{};
        if (::stat(path.c_str(), &status) == 0 && (status.st_mode & rights) != 0) {
            words += " " + shellWord(path.string());
            ++count;
        }
    }
    return words;
}

}  // namespace

Check checkDisk(const std::vector<NeedsRoom>& folders) {
    Check check{"disk", Health::Ok, "", "", ""};
    std::uintmax_t least = std::numeric_limits<std::uintmax_t>::max();
    for (const NeedsRoom& one : folders) {
        const auto room = roomFor(one.folder);
        check.what += fmt::format("{}{} for {}",
                                  check.what.empty() ? "free: " : ", ",
                                  room ? sizeText(*room) : "unknown",
                                  one.purpose);
        if (room && *room < least) {
            least = *room;
            check.place = one.folder.string();
        }
    }
    if (least < kLittleRoom) {
        check.health = least < kLeastRoom ? Health::Fail : Health::Warn;
        check.wayOut =
            "Make room there, or put the store elsewhere: chat config set store FILE, and the "
            "report: --out DIR.";
    } else {
        check.place.clear();
    }
    return check;
}

Check checkPermissions(const std::vector<fs::path>& own, const std::vector<fs::path>& shared) {
    int readable = 0;
    int writable = 0;
    const std::string toClose = withRights(own, S_IRWXG | S_IRWXO, readable);
    const std::string toProtect = withRights(shared, S_IWGRP | S_IWOTH, writable);
    if (readable + writable == 0) {
        return {"permissions", Health::Ok, "files and folders of CHAT are yours alone", "", ""};
    }
    std::string what;
    std::string wayOut;
    if (readable > 0) {
        what = fmt::format("{} of CHAT's files and folders can be used by others", readable);
        wayOut = "chmod go-rwx" + toClose;
    }
    if (writable > 0) {
        what +=
            fmt::format("{}models or settings can be changed by others", what.empty() ? "" : "; ");
        wayOut += (wayOut.empty() ? "chmod go-w" : " && chmod go-w") + toProtect;
    }
    return {"permissions", Health::Warn, what, "", wayOut};
}

Check checkClock(const Clock& clock, std::chrono::system_clock::time_point made) {
    const auto now = clock.now();
    if (now < made || now > made + kFarFuture) {
        return {"clock",
                Health::Fail,
                now < made ? "it says a time before this program was made"
                           : "it says a time twenty years after this program was made",
                "",
                "Set it: timedatectl set-ntp true"};
    }
    const auto before = clock.steadyNow();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (clock.steadyNow() <= before || clock.now() < now) {
        return {"clock",
                Health::Fail,
                "it stands still or goes backwards",
                "",
                "Look at the machine's time: timedatectl status"};
    }
    std::error_code error;
    const char* zone = std::getenv("TZ");  // NOLINT(concurrency-mt-unsafe): before any thread
    if (zone == nullptr && !fs::exists("/etc/localtime", error)) {
        return {"clock",
                Health::Warn,
                "the time zone is not known: hours are those of UTC",
                "",
                "Set it: timedatectl set-timezone Europe/Berlin"};
    }
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return {"clock",
            Health::Ok,
            fmt::format("it goes, and its zone is {} hours off UTC",
                        static_cast<double>(local.tm_gmtoff) / 3600),
            "",
            ""};
}

Check checkMachine(int mostMemory) {
    struct sysinfo info{};
    const std::uint64_t all =
        ::sysinfo(&info) == 0 ? std::uint64_t{info.totalram} * info.mem_unit : 0;
    const std::uint64_t free = freeMemory();
    const std::string what = fmt::format("{} cores, load {:.1f}; {} of memory, {} free",
                                         std::max(1U, std::thread::hardware_concurrency()),
                                         machineLoad(),
                                         sizeText(all),
                                         sizeText(free));
    const double inUse = 100 * memoryShareInUse();
    if (inUse > mostMemory) {
        return {"machine",
                Health::Warn,
                fmt::format("{}; {:.0f} % is in use, and beyond {} % no call is begun",
                            what,
                            inUse,
                            mostMemory),
                "",
                "End other programs, or allow more: chat config set most-memory 90"};
    }
    if (free != 0 && free < kLittleMemory) {
        return {"machine",
                Health::Warn,
                what,
                "",
                "End other programs, or take a small model: chat config set model tiny.en"};
    }
    return {"machine", Health::Ok, what, "", ""};
}

}  // namespace chat::doctor
