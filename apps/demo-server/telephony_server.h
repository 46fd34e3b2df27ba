#pragma once

#include "chat/core/error.h"
#include "chat/source/folder/folder_source.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "demo-server/faults.h"
#include "demo-server/self_signed.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace chat::demo {

struct ServerSettings {
    std::string host = "127.0.0.1";
    int port = 0;         ///< 0: one that is free
    bool plain = false;   ///< without TLS
    std::string token;    ///< who asks must show it (bearer, or X-API-Key); empty: anybody may ask
    std::string logFile;  ///< one line of JSON for each request, when it arrives; empty: none
};

/// The telephony's interface, schema/telephony.openapi.yaml, over the calls of a folder. Serves any number of connections; faults
/// are as `Faults` has them.
class TelephonyServer {
  public:
    TelephonyServer(source::FolderSource calls,
                    const ServerIdentity& identity,
                    ServerSettings settings,
                    std::unique_ptr<Faults> faults);
    ~TelephonyServer();
    TelephonyServer(const TelephonyServer&) = delete;
    TelephonyServer& operator=(const TelephonyServer&) = delete;
    TelephonyServer(TelephonyServer&&) = delete;
    TelephonyServer& operator=(TelephonyServer&&) = delete;

    /// Binds; gives the address, such as "https://127.0.0.1:40123". Errors: SYS_PERM_UNWRITABLE (the port is taken).
    [[nodiscard]] Result<std::string> bind();
    /// Serves until `stop`, which any thread may call, also before this has begun.
    void serve();
    /// Waits until serving has begun where it has not.
    void stop();

  private:
    void route();
    void answer(const httplib::Request& request, httplib::Response& response);
    struct Question;
    void chains(const Question& question, httplib::Response& response);
    void stores(const Question& question, httplib::Response& response);
    void agents(const Question& question, httplib::Response& response);
    void calls(const Question& question, httplib::Response& response);
    void recording(const Question& question, httplib::Response& response);

    [[nodiscard]] bool mayAsk(const httplib::Request& request) const;
    void log(const httplib::Request& request);
    void named(const Result<std::vector<source::Named>>& all,
               std::string_view idKey,
               std::string_view nameKey,
               const Question& question,
               httplib::Response& response) const;

    source::FolderSource calls_;
    ServerSettings settings_;
    std::unique_ptr<Faults> faults_;
    std::unique_ptr<httplib::Server> server_;
    std::atomic<bool> served_ = false;
    std::mutex mutex_;  ///< of the source and the log
    int version_ = 0;
};

}  // namespace chat::demo
