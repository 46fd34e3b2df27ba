#pragma once

#include "chat/core/units.h"
#include "chat/queue/job.h"

#include <map>
#include <string>

namespace chat::pipeline {

/// Lengths of calls that were not read yet: guessed from their files' sizes, and put right by what the ended ones with the same end of
/// name had.
class CallLengths {
  public:
    struct Call {
        Seconds known{};    ///< 0: not known
        Seconds guessed{};  ///< 0: not even the size is known
        std::string format;
    };

    [[nodiscard]] static Call of(const queue::Job& job);

    /// A call turned out to be so long.
    void learn(const Call& call, Seconds length);
    [[nodiscard]] Seconds at(const Call& call) const;

  private:
    struct Sums {
        Seconds guessed{};
        Seconds known{};
    };
    std::map<std::string, Sums> formats_;
    Seconds all_{};
    double calls_ = 0;
};

}  // namespace chat::pipeline
