#include "chat/core/memory_use.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

// jemalloc's, in programs that take their memory from it.
extern "C" __attribute__((weak)) int mallctl(
    const char* name, void* old, std::size_t* oldLength, void* fresh, std::size_t freshLength);

namespace chat {

namespace {

namespace fs = std::filesystem;

/// The lines `NAME NUMBER ...` of a file of the kernel; a colon after the name is dropped.
std::map<std::string, std::uint64_t> numbersIn(const fs::path& path) {
    std::map<std::string, std::uint64_t> numbers;
    std::ifstream file(path);
    std::string name;
    std::uint64_t number = 0;
    std::string rest;
    while (file >> name >> number && std::getline(file, rest)) {
        if (name.ends_with(':')) {
            name.pop_back();
        }
        numbers[name] = number;
    }
    return numbers;
}

/// The number that a file consists of; 0 for none ("max" means no limit).
std::uint64_t numberIn(const fs::path& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    return file >> number ? number : 0;
}

double shareOfMachine(const fs::path& root) {
    const auto memory = numbersIn(root / "proc/meminfo");
    const auto total = memory.find("MemTotal");
    const auto available = memory.find("MemAvailable");
    if (total == memory.end() || available == memory.end() || total->second == 0) {
        return 0;
    }
    return 1 - static_cast<double>(std::min(available->second, total->second)) /
                   static_cast<double>(total->second);
}

struct GroupFiles {
    const char* limit;
    const char* used;
    const char* kept;  ///< of files, in memory.stat
};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file"};
constexpr GroupFiles kVersion1{
    "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

/// The fullest of a group and those around it, up to `top`. In a container its own group is often `top` itself, under
/// another path: one that is not there is passed over.
double shareOfGroups(const fs::path& top, std::string_view group, const GroupFiles& files) {
    double share = 0;
    fs::path folder = top / fs::path(group).relative_path();
    for (;;) {
        if (const std::uint64_t limit = numberIn(folder / files.limit)) {
            const std::uint64_t used = numberIn(folder / files.used);
            const auto kept = numbersIn(folder / "memory.stat")[files.kept];
            share = std::max(
                share,
                static_cast<double>(used - std::min(used, kept)) / static_cast<double>(limit));
        }
        if (folder == top || folder == folder.parent_path()) {
            return share;
        }
        folder = folder.parent_path();
        if (folder.native().size() <= top.native().size()) {
            folder = top;
        }
    }
}

}  // namespace

double memoryShareInUse(const fs::path& root) {
    double share = shareOfMachine(root);
    const fs::path groups = root / "sys/fs/cgroup";
    std::ifstream file(root / "proc/self/cgroup");
    std::string line;
    while (std::getline(file, line)) {
        // NUMBER:CONTROLLERS:PATH; version 2 names no controllers.
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
        const auto path = std::string_view(line).substr(second + 1);
        if (controllers.empty()) {
            share = std::max(share, shareOfGroups(groups, path, kVersion2));
        } else if (controllers == "memory") {
            share = std::max(share, shareOfGroups(groups / "memory", path, kVersion1));
        }
    }
    return std::clamp(share, 0.0, 1.0);
}

std::uint64_t processMemory() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void returnFreedMemory() {
    if (mallctl != nullptr) {
        // MALLCTL_ARENAS_ALL
        mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
    } else {
        ::malloc_trim(0);
    }
}

}  // namespace chat
