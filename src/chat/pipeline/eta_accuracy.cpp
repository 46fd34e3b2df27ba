#include "chat/pipeline/eta_accuracy.h"

#include <cmath>
#include <map>

namespace chat::pipeline {

namespace {

struct Sums {
    std::size_t made = 0;
    std::size_t held = 0;
    std::size_t measured = 0;
    double error = 0;
    double width = 0;

    void add(const store::KeptPrediction& one) {
        ++made;
        held += one.lower <= one.came && one.came <= one.upper ? 1 : 0;
        if (one.came > Seconds{0}) {
            ++measured;
            error += std::abs((one.remaining - one.came) / one.came);
            width += (one.upper - one.lower) / one.came;
        }
    }

    [[nodiscard]] EtaAccuracy at(int percent) const {
        const auto mean = [&](double sum) {
            return measured == 0 ? 0 : sum / static_cast<double>(measured);
        };
        return {percent, made, held, wilsonInterval(held, made), mean(error), mean(width)};
    }
};

}  // namespace

std::vector<EtaAccuracy> etaAccuracy(std::span<const store::KeptPrediction> predictions) {
    std::map<int, Sums> points;
    Sums all;
    for (const store::KeptPrediction& one : predictions) {
        points[one.percent].add(one);
        all.add(one);
    }
    std::vector<EtaAccuracy> accuracy;
    accuracy.reserve(points.size() + 1);
    for (const auto& [percent, sums] : points) {
        accuracy.push_back(sums.at(percent));
    }
    if (all.made > 0) {
        accuracy.push_back(all.at(0));
    }
    return accuracy;
}

}  // namespace chat::pipeline
