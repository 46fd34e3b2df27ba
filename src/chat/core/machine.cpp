#include "chat/core/machine.h"

#include "chat/core/text.h"

#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

namespace chat {

std::string hostName() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? printable(name.data()) : "";
}

std::string userName() {
    std::array<char, 4096> text{};
    passwd entry{};
    passwd* found = nullptr;
    const uid_t user = ::geteuid();
    return ::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr
               ? printable(found->pw_name)
               : "uid " + std::to_string(user);
}

std::uint64_t freeMemory() {
    std::ifstream file("/proc/meminfo");
    std::string name;
    std::uint64_t kibibytes = 0;
    std::string unit;
    while (file >> name >> kibibytes && std::getline(file, unit)) {
        if (name == "MemAvailable:") {
            return kibibytes * 1024;
        }
    }
    return 0;
}

double machineLoad() {
    double minute = 0;
    return ::getloadavg(&minute, 1) == 1 ? minute : 0;
}

std::uint64_t peakMemory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace chat
