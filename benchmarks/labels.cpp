// How right the labels of silences are: the shipped rules (or --rules FILE) on tests/data/patterns.jsonl.
// Usage: bench_labels FILE dev|former|held|wordings [--rules RULES] [--misses | --cues]
// For each pattern: how many silences have it, precision and recall with 95 % intervals (E. B. Wilson,
// Probable inference, JASA 22, 1927), and how many of the counter-examples written for it got it.
// --misses prints the wrong lines; of dev alone, for the held lines are never read while rules are changed.
// --cues prints what label models see, a line for each context: its id and the cues, tabs between them. With the part
// "wordings", FILE holds lines as tests/data/wordings.txt has them; each stands for its id (pattern_model.py).

#include "chat/analyze/examples.h"
#include "chat/analyze/rule_set.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "fakes/labelled_contexts.h"

namespace {

using namespace chat;

std::string wilson(int part, int whole) {
    if (whole == 0) {
        return "-";
    }
    constexpr double kZ = 1.959963984540054;
    const double n = whole;
    const double p = part / n;
    const double middle = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
    const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / (1 + kZ * kZ / n);
    char text[64];
    std::snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", p, middle - half, middle + half);
    return text;
}

std::string joined(const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) {
        text += (text.empty() ? "" : ",") + id;
    }
    return text;
}

struct Options {
    std::string file;
    std::string part;
    std::string rules;
    bool misses = false;
    bool cues = false;
};

bool read(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--misses") == 0) {
            options.misses = true;
        } else if (std::strcmp(argv[i], "--cues") == 0) {
            options.cues = true;
        } else if (std::strcmp(argv[i], "--rules") == 0 && i + 1 < argc) {
            options.rules = argv[++i];
        } else {
            (options.file.empty() ? options.file : options.part) = argv[i];
        }
    }
    const bool known = options.part == "dev" || options.part == "former" ||
                       options.part == "held" || (options.part == "wordings" && options.cues);
    return known && !(options.misses && options.part != "dev") &&
           !(options.cues && options.part == "held");
}

void printCues(const std::string& id, const std::set<std::string>& cues) {
    std::fputs(id.c_str(), stdout);
    for (const std::string& cue : cues) {
        std::printf("\t%s", cue.c_str());
    }
    std::putchar('\n');
}

/// Of lines such as wordings.txt has; the line stands for an id.
void printWordingCues(const std::string& file, const analyze::RuleSet& rules) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        const auto example = analyze::parseExample(line.substr(line.find(' ', 2) + 1));
        if (!example) {
            throw std::runtime_error(line + ": " + example.error());
        }
        const analyze::Dialogue dialogue(example->channels, example->silences, rules.ignored);
        printCues(
            line,
            fakes::cuesOf(
                dialogue, example->silences.size() - 1, example->silence, example->parties, rules));
    }
}

int run(const Options& options) {
    analyze::Rules rules = analyze::defaultRules();
    if (options.part == "wordings") {
        printWordingCues(options.file, rules.set());
        return 0;
    }
    if (!options.rules.empty()) {
        std::ifstream file(options.rules);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        auto tested = analyze::testRules(text, options.rules);
        if (!tested) {
            std::fprintf(stderr, "%s\n", tested.error().what.c_str());
            return 3;
        }
        std::printf("%zu of %d examples fail\n", tested->failed.size(), tested->examples);
        for (const analyze::FailedExample& example : tested->failed) {
            std::printf("  %s, line %u: %s -> %s\n",
                        example.rule.c_str(),
                        example.line,
                        example.text.c_str(),
                        joined(example.found).c_str());
        }
        rules = std::move(tested->rules);
    }
    const auto contexts = fakes::labelledContexts(options.file, options.part);
    if (options.cues) {
        for (const auto& context : contexts) {
            const analyze::Dialogue dialogue(
                context.channels, context.silences, rules.set().ignored);
            printCues(context.id,
                      fakes::cuesOf(
                          dialogue, context.number, context.silence, context.parties, rules.set()));
        }
        return 0;
    }
    // Twice: search tables are built as they are needed, and a long run meets them built.
    std::vector<std::vector<std::string>> given(contexts.size());
    double milliseconds[2] = {};
    for (double& each : milliseconds) {
        const auto begun = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < contexts.size(); ++i) {
            given[i] = fakes::predicted(contexts[i], rules);
        }
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begun;
        each = took.count() / static_cast<double>(std::max<std::size_t>(1, contexts.size()));
    }
    std::printf("%s: %zu contexts, %.3f ms each at first, then %.3f ms\n",
                options.part.c_str(),
                contexts.size(),
                milliseconds[0],
                milliseconds[1]);
    std::printf("%-22s%6s  %-24s%-24s%s\n",
                "pattern",
                "n",
                "precision",
                "recall",
                "counter-examples labelled");
    for (const analyze::RuleInfo& info : rules.patterns()) {
        fakes::LabelCount counts;
        int counterExamples = 0;
        int fooled = 0;
        for (std::size_t i = 0; i < contexts.size(); ++i) {
            const auto& context = contexts[i];
            fakes::count(context, info.id, given[i], counts);
            if (context.target == info.id && !context.is(info.id) && !context.mayBe(info.id)) {
                ++counterExamples;
                fooled += std::ranges::find(given[i], info.id) != given[i].end() ? 1 : 0;
            }
        }
        std::printf("%-22s%6d  %-24s%-24s%d of %d\n",
                    info.id.c_str(),
                    counts.positives(),
                    wilson(counts.right, counts.right + counts.wrong).c_str(),
                    wilson(counts.right, counts.positives()).c_str(),
                    fooled,
                    counterExamples);
    }
    if (!options.misses) {
        return 0;
    }
    for (const analyze::RuleInfo& info : rules.patterns()) {
        for (std::size_t i = 0; i < contexts.size(); ++i) {
            fakes::LabelCount one;
            fakes::count(contexts[i], info.id, given[i], one);
            if (one.wrong + one.missed > 0) {
                std::printf("%s %s %s  %s -> %s\n",
                            one.missed > 0 ? "missed" : "wrong",
                            info.id.c_str(),
                            contexts[i].id.c_str(),
                            contexts[i].text.c_str(),
                            joined(given[i]).c_str());
            }
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read(argc, argv, options)) {
        std::fprintf(stderr,
                     "usage: bench_labels FILE dev|former|held|wordings [--rules RULES] "
                     "[--misses (dev) | --cues (not held)]\n");
        return 2;
    }
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", options.file.c_str(), error.what());
        return 3;
    }
}
