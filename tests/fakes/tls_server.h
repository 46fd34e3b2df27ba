#pragma once

#include <httplib.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "demo-server/self_signed.h"
#include "fakes/temporary_folder.h"

namespace chat::tests {

/// A real HTTPS server on 127.0.0.1 with a certificate of its own for that address, made anew each
/// time. Tests say what each path answers and look at what was asked.
class TlsServer {
  public:
    using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;
    struct Seen {
        std::string path;
        std::string range;
        std::string ifRange;
    };

    TlsServer()
        : server_(identity_.certificate.get(), identity_.key.get()) {
        static_cast<void>(demo::writeAuthority(identity_, certificateFile()));
        server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
            handlerOf(request)(request, response);
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    ~TlsServer() {
        server_.stop();
        thread_.join();
    }
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    TlsServer(TlsServer&&) = delete;
    TlsServer& operator=(TlsServer&&) = delete;

    [[nodiscard]] std::string address(const std::string& path = {},
                                      const std::string& host = "127.0.0.1") const {
        return "https://" + host + ":" + std::to_string(port_) + path;
    }
    [[nodiscard]] std::string certificateFile() const {
        return (folder_.path() / "authority.pem").string();
    }

    void on(const std::string& path, Handler handler) {
        const std::lock_guard lock(mutex_);
        handlers_[path] = std::move(handler);
    }
    /// Serves bytes, or a range of them, with a strong version mark.
    void serve(const std::string& path, std::string content, std::string mark = "\"v1\"") {
        on(path,
           [content = std::move(content), mark = std::move(mark)](const auto&, auto& response) {
               response.set_header("ETag", mark);
               response.set_content(content, "application/octet-stream");
           });
    }
    /// The same, but the connection ends after `bytes` more bytes.
    void serveCut(const std::string& path, std::string content, std::size_t bytes) {
        on(path, [content = std::move(content), bytes](const auto&, auto& response) {
            auto left = std::make_shared<std::size_t>(bytes);
            response.set_header("ETag", "\"v1\"");
            response.set_content_provider(
                content.size(),
                "application/octet-stream",
                [content, left](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                    const std::size_t count = std::min(length, *left);
                    *left -= count;
                    sink.write(content.data() + offset, count);
                    return count == length;
                });
        });
    }

    [[nodiscard]] std::vector<Seen> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

  private:
    Handler handlerOf(const httplib::Request& request) {
        const std::lock_guard lock(mutex_);
        seen_.push_back({request.path,
                         request.get_header_value("Range"),
                         request.get_header_value("If-Range")});
        const auto found = handlers_.find(request.path);
        return found != handlers_.end()
                   ? found->second
                   : [](const auto&, httplib::Response& response) { response.status = 404; };
    }

    TemporaryFolder folder_;
    demo::ServerIdentity identity_ = demo::makeIdentity();
    httplib::SSLServer server_;
    int port_ = 0;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::map<std::string, Handler> handlers_;
    std::vector<Seen> seen_;
};

}  // namespace chat::tests
