#pragma once

#include "chat/pipeline/processing_time.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

/// Recorded stage times (benchmarks/data/stage_times.csv), and calls of any length put together from them.
namespace chat::bench {

struct Row {
    pipeline::CallSize size;
    pipeline::StageTimes took;
};

inline std::vector<Row> readRows(const char* path) {
    std::ifstream file(path);
    std::vector<Row> rows;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream cells(line);
        std::string cell;
        std::vector<std::string> row;
        while (std::getline(cells, cell, ',')) {
            row.push_back(cell);
        }
        const auto seconds = [&](std::size_t column) { return Seconds{std::stod(row.at(column))}; };
        rows.push_back({{seconds(2), seconds(3)}, {seconds(4), seconds(5), seconds(6)}});
    }
    std::ranges::sort(rows, {}, [](const Row& row) { return row.size.audio; });
    return rows;
}

using Random = std::mt19937_64;

/// A call of about that length, put together from recorded ones: of those that are left to fill the length, one of the
/// nearest in length, until it is full. Nothing is drawn from the model that predicts.
inline Row drawCall(const std::vector<Row>& rows, double length, Random& random) {
    constexpr std::ptrdiff_t kNear = 10;
    Row call{{Seconds{0}, Seconds{0}}, {}};
    do {
        const Seconds left = Seconds{length} - call.size.audio;
        const auto at =
            std::ranges::lower_bound(rows, left, {}, [](const Row& row) { return row.size.audio; });
        const auto last = static_cast<std::ptrdiff_t>(rows.size()) - 1;
        // Much to fill: any of the longer half, so that not the same few make up every long call.
        const bool isLong = at == rows.end();
        const std::ptrdiff_t low =
            isLong ? last / 2 : std::max<std::ptrdiff_t>(0, at - rows.begin() - kNear / 2);
        const std::ptrdiff_t high = isLong ? last : std::min(last, low + kNear);
        const Row& part = rows[static_cast<std::size_t>(
            std::uniform_int_distribution<std::ptrdiff_t>(low, high)(random))];
        call.size.audio += part.size.audio;
        *call.size.speech += part.size.speech.value_or(Seconds{0});
        call.took.sound += part.took.sound;
        call.took.words += part.took.words;
        call.took.analysis += part.took.analysis;
    } while (call.size.audio.count() < length * 0.9);
    return call;
}

/// Lengths in seconds as call centers have them, from 3 s to two hours.
inline double lognormalLength(double median, double spread, Random& random) {
    return std::clamp(std::lognormal_distribution<>(std::log(median), spread)(random), 3.0, 7200.0);
}

}  // namespace chat::bench
