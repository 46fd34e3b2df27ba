// chat-demo-server: the telephony's interface served from a folder of recordings, for trying CHAT out and for tests.

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/source/recordings.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <thread>

#include "demo-server/telephony_server.h"

namespace {

using namespace chat;

constexpr int kDone = 0;
constexpr int kWrongUse = 2;
constexpr int kNothingDone = 3;

constexpr std::size_t kMaxTokenBytes = 4096;

struct Options {
    std::vector<std::string> paths;
    std::string manifest;
    std::string filePattern;
    std::string authority;
    std::string tokenFile;
    std::vector<std::string> faults;
    demo::ServerSettings server;
};

int failed(const Error& error) {
    fmt::print(stderr,
               "chat-demo-server: {} ({})\n{}\n",
               printable(error.what),
               errorName(error.code),
               errorInfo(error.code).wayOut);
    return error.code == ErrorCode::CfgValSetting ? kWrongUse : kNothingDone;
}

Result<source::FolderSource> callsOf(const Options& options) {
    source::ListingOptions listing;
    if (!options.manifest.empty()) {
        listing.manifest = options.manifest;
    }
    listing.filePattern = options.filePattern;
    const std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
    return source::listRecordings(paths, listing).and_then([](const source::SourceListing& found) {
        return source::FolderSource::open(found, {});
    });
}

/// Serves until SIGINT or SIGTERM.
int run(Options& options) {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto faults = std::make_unique<demo::Faults>();
    for (const std::string& fault : options.faults) {
        if (auto added = faults->add(fault); !added) {
            return failed(added.error());
        }
    }
    if (!options.tokenFile.empty()) {
        const auto token = readFile(options.tokenFile, kMaxTokenBytes, ErrorCode::CfgValSetting);
        if (!token) {
            return failed(token.error());
        }
        options.server.token = trimmed(*token);
    }
    auto calls = callsOf(options);
    if (!calls) {
        return failed(calls.error());
    }
    const demo::ServerIdentity identity = demo::makeIdentity();
    if (!options.authority.empty()) {
        if (auto written = demo::writeAuthority(identity, options.authority); !written) {
            return failed(written.error());
        }
    }
    demo::TelephonyServer server(std::move(*calls), identity, options.server, std::move(faults));
    const auto address = server.bind();
    if (!address) {
        return failed(address.error());
    }
    fmt::print("{}\n", *address);
    std::fflush(stdout);
    std::jthread serving([&] { server.serve(); });
    int signal = 0;
    ::sigwait(&signals, &signal);
    server.stop();
    return kDone;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        CLI::App app(
            "Serves CHAT's telephony interface (schema/telephony.openapi.yaml) from a folder of "
            "recordings.");
        Options options;
        app.add_option("paths", options.paths, "Recordings, or folders of them")->type_name("PATH");
        app.add_option("--manifest", options.manifest, "What is said of each file, CSV or JSON")
            ->type_name("FILE");
        app.add_option("--file-pattern",
                       options.filePattern,
                       "What file names say, e.g. {store}_{agent}_{date}_{time}_{sid}")
            ->type_name("PATTERN");
        app.add_option("--host", options.server.host, "Address to listen at")
            ->type_name("ADDRESS")
            ->capture_default_str();
        app.add_option("--port", options.server.port, "Port; 0 for one that is free")
            ->check(CLI::Range(0, 65535))
            ->type_name("N")
            ->capture_default_str();
        app.add_option("--authority",
                       options.authority,
                       "Writes the certificate to be trusted there, PEM; made anew at each start")
            ->type_name("FILE");
        app.add_flag("--plain", options.server.plain, "Without TLS");
        app.add_option(
               "--token-file", options.tokenFile, "What who asks must show (bearer, X-API-Key)")
            ->type_name("FILE");
        app.add_option("--log", options.server.logFile, "One line of JSON for each request")
            ->type_name("FILE");
        app.add_option("--fault", options.faults, "Misbehaves: " + demo::Faults::form())
            ->type_name("FAULT");
        app.footer(
            "The first line printed is the server's address; it serves until Ctrl-C.\n"
            "Examples:\n"
            "  chat-demo-server --manifest demo/calls.csv --authority ca.pem --port 8443\n"
            "  chat-demo-server recordings/ --fault 'calls:rate-limit=1*2' --fault "
            "'recording:cut=10000*3'");
        try {
            app.parse(argc, argv);
            if (options.paths.empty() && options.manifest.empty()) {
                throw CLI::RequiredError("PATH or --manifest");
            }
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? kDone : kWrongUse;
        }
        return run(options);
    } catch (const std::exception& error) {
        return failed({ErrorCode::SysUnkGenericError, "The server had to end", error.what()});
    }
}
