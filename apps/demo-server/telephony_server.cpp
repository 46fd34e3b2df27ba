#include "demo-server/telephony_server.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

namespace chat::demo {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kThreads = 64;
constexpr std::size_t kMaxRequestsOfConnection = 1'000'000;
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kSlowBlockBytes = 1024;
constexpr const char* kJson = "application/json";
/// Acts in a page, on a terminal, in a path, in a spreadsheet and in the order of what is read.
constexpr std::string_view kHostile =
    "<script>alert(1)</script>\x1B[31m\x07../../=cmd|'/C calc'!A0\xE2\x80\xAE ";

const Fault* find(const std::vector<Fault>& faults, FaultKind kind) {
    const auto found = std::ranges::find(faults, kind, &Fault::kind);
    return found == faults.end() ? nullptr : &*found;
}

void problem(httplib::Response& response, int status, const std::string& message) {
    response.status = status;
    response.set_content(Json{{"message", message}}.dump(-1, ' ', true), kJson);
}

void problem(httplib::Response& response, const Error& error) {
    problem(response, error.code == ErrorCode::ApiDataNotFound ? 404 : 400, error.what);
}

/// Gives bytes of a body from an offset on; an empty text at the end.
using Bytes = std::function<std::string(std::size_t offset, std::size_t most)>;

/// Sends a body with what faults make of it.
void send(httplib::Response& response,
          const char* type,
          std::size_t size,
          const Bytes& bytes,
          const std::vector<Fault>& faults) {
    const Fault* lie = find(faults, FaultKind::Lie);
    const Fault* cut = find(faults, FaultKind::Cut);
    const Fault* slow = find(faults, FaultKind::Slow);
    const auto announced = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(size) + (lie != nullptr ? lie->number : 0));
    auto left = std::make_shared<std::size_t>(
        cut != nullptr ? static_cast<std::size_t>(std::max(cut->number, 0)) : SIZE_MAX);
    const std::chrono::milliseconds pause(slow != nullptr ? slow->number : 0);
    response.set_content_provider(
        static_cast<std::size_t>(announced),
        type,
        [bytes, left, pause](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            std::this_thread::sleep_for(pause);
            const std::size_t most =
                std::min({length, *left, pause.count() > 0 ? kSlowBlockBytes : kBlockBytes});
            const std::string block = bytes(offset, most);
            *left -= block.size();
            return sink.write(block.data(), block.size()) && !block.empty();
        });
}

/// Bytes that a packing makes little of.
std::string packedZeros(std::size_t megabytes) {
    constexpr int kGzip = 15 + 16;
    constexpr std::size_t kMegabyte = 1 << 20;
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
    std::string zeros(kMegabyte, ' ');
    std::string packed;
    std::string block(kBlockBytes, '\0');
    for (std::size_t i = 0; i < megabytes; ++i) {
        stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
        stream.avail_in = static_cast<uInt>(zeros.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(block.data());
            stream.avail_out = static_cast<uInt>(block.size());
            deflate(&stream, i + 1 == megabytes ? Z_FINISH : Z_NO_FLUSH);
            packed.append(block, 0, block.size() - stream.avail_out);
        } while (stream.avail_out == 0);
    }
    deflateEnd(&stream);
    return packed;
}

void sendText(httplib::Response& response,
              const char* type,
              std::string text,
              const std::vector<Fault>& faults) {
    const bool bodyFault = find(faults, FaultKind::Lie) != nullptr ||
                           find(faults, FaultKind::Cut) != nullptr ||
                           find(faults, FaultKind::Slow) != nullptr;
    if (!bodyFault) {
        response.set_content(text, type);
        return;
    }
    const std::size_t size = text.size();
    send(
        response,
        type,
        size,
        [text = std::move(text)](std::size_t offset, std::size_t most) {
            return offset < text.size() ? text.substr(offset, most) : std::string();
        },
        faults);
}

/// Answers that have nothing to do with what was asked. False when there is none to give.
bool answeredByFault(const httplib::Request& request,
                     httplib::Response& response,
                     const std::vector<Fault>& faults) {
    for (const Fault& fault : faults) {
        switch (fault.kind) {
            case FaultKind::Delay:
                std::this_thread::sleep_for(std::chrono::milliseconds(fault.number));
                break;
            case FaultKind::Status:
                problem(response, fault.number, "This server was told to fail.");
                return true;
            case FaultKind::RateLimit:
                problem(response, 429, "Too many requests.");
                response.set_header("Retry-After", std::to_string(fault.number));
                return true;
            case FaultKind::Redirect:
                response.set_redirect(fault.value + request.path);
                return true;
            case FaultKind::Bomb: {
                const std::string packed = packedZeros(static_cast<std::size_t>(fault.number));
                response.set_header("Content-Encoding", "gzip");
                sendText(response, "application/octet-stream", packed, faults);
                return true;
            }
            case FaultKind::Deep: {
                const auto depth = static_cast<std::size_t>(fault.number);
                sendText(
                    response, kJson, std::string(depth, '[') + std::string(depth, ']'), faults);
                return true;
            }
            case FaultKind::Page:
                sendText(response, "text/html", "<html><body>Please log in.</body></html>", faults);
                return true;
            default:
                break;
        }
    }
    return false;
}

source::SearchFilter filterOf(const httplib::Request& request) {
    source::SearchFilter filter;
    for (const source::FilterField& field : source::filterFields()) {
        filter.*field.value = request.get_param_value(std::string(field.name));
    }
    return filter;
}

std::optional<std::size_t> limitOf(const httplib::Request& request) {
    if (!request.has_param("limit")) {
        return source::PageRequest{}.limit;
    }
    return wholeNumber<std::size_t>(request.get_param_value("limit"));
}

/// A call as the interface has it; what is not known is left out.
Json jsonOf(const source::FoundCall& found, const std::string& before) {
    Json json{{"callSid", found.call.sid}};
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            json[key] = value;
        }
    };
    add("startedAt", found.call.startedAt);
    add("chainName", found.call.chain.empty() ? "" : before + found.call.chain);
    add("storeName", found.call.store.empty() ? "" : before + found.call.store);
    add("agentName", found.call.agent.empty() ? "" : before + found.call.agent);
    add("orderId", found.call.orderId);
    add("telId", found.telId);
    add("custId", found.call.phone);
    return json;
}

/// The library has read ranges that do not hold for this answer.
void forgetRanges(const httplib::Request& request) {
    // The library's own object is not const; it gives no other way to say so.
    const_cast<httplib::Request&>(request).ranges.clear();
}

}  // namespace

TelephonyServer::TelephonyServer(source::FolderSource calls,
                                 const ServerIdentity& identity,
                                 ServerSettings settings,
                                 std::unique_ptr<Faults> faults)
    : calls_(std::move(calls))
    , settings_(std::move(settings))
    , faults_(std::move(faults)) {
    if (settings_.plain) {
        server_ = std::make_unique<httplib::Server>();
    } else {
        server_ =
            std::make_unique<httplib::SSLServer>(identity.certificate.get(), identity.key.get());
    }
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_max_count(kMaxRequestsOfConnection);
    server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    route();
}

TelephonyServer::~TelephonyServer() = default;

Result<std::string> TelephonyServer::bind() {
    const int port = settings_.port == 0 ? server_->bind_to_any_port(settings_.host)
                     : server_->bind_to_port(settings_.host, settings_.port) ? settings_.port
                                                                             : -1;
    if (port <= 0) {
        return fail(ErrorCode::SysPermUnwritable,
                    fmt::format("{}:{} cannot be listened at", settings_.host, settings_.port));
    }
    return fmt::format("{}://{}:{}", settings_.plain ? "http" : "https", settings_.host, port);
}

void TelephonyServer::serve() {
    server_->listen_after_bind();
}

void TelephonyServer::stop() {
    server_->stop();
}

bool TelephonyServer::mayAsk(const httplib::Request& request) const {
    return settings_.token.empty() ||
           request.get_header_value("Authorization") == "Bearer " + settings_.token ||
           request.get_header_value("X-API-Key") == settings_.token;
}

void TelephonyServer::on(const std::string& pattern,
                         std::string_view place,
                         void (TelephonyServer::*answer)(const httplib::Request&,
                                                         httplib::Response&,
                                                         const std::vector<Fault>&)) {
    server_->Get(
        pattern,
        [this, place, answer](const httplib::Request& request, httplib::Response& response) {
            if (!mayAsk(request)) {
                response.set_header("WWW-Authenticate", "Bearer");
                return problem(response, 401, "A valid credential is needed.");
            }
            const std::vector<Fault> faults = faults_->next(place);
            if (!answeredByFault(request, response, faults)) {
                (this->*answer)(request, response, faults);
            }
        });
}

void TelephonyServer::route() {
    on("/chains", "chains", &TelephonyServer::chains);
    on("/chains/(.+)/stores", "stores", &TelephonyServer::stores);
    on("/agents", "agents", &TelephonyServer::agents);
    on("/calls", "calls", &TelephonyServer::calls);
    on("/calls/(.+)/recording", "recording", &TelephonyServer::recording);
    server_->set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty() && response.status == 404) {
            problem(response, 404, "There is nothing at this address.");
        }
    });
    if (!settings_.logFile.empty()) {
        server_->set_pre_routing_handler(
            [this](const httplib::Request& request, httplib::Response&) {
                log(request);
                return httplib::Server::HandlerResponse::Unhandled;
            });
    }
}

void TelephonyServer::log(const httplib::Request& request) {
    Json parameters = Json::object();
    for (const auto& [name, value] : request.params) {
        parameters[name] = value;
    }
    const Json line{
        {"path", request.path},
        {"parameters", parameters},
        {"range", request.get_header_value("Range")},
        {"ifRange", request.get_header_value("If-Range")},
        {"ifNoneMatch", request.get_header_value("If-None-Match")},
        {"credential", request.has_header("Authorization") || request.has_header("X-API-Key")},
        {"port", request.remote_port}};
    const std::lock_guard lock(mutex_);
    std::ofstream(settings_.logFile, std::ios::app)
        << line.dump(-1, ' ', true, Json::error_handler_t::replace) << '\n';
}

void TelephonyServer::named(const Result<std::vector<source::Named>>& all,
                            std::string_view idKey,
                            std::string_view nameKey,
                            const httplib::Request& request,
                            httplib::Response& response,
                            const std::vector<Fault>& faults) const {
    if (!all) {
        return problem(response, all.error());
    }
    Json list = Json::array();
    for (const source::Named& one : *all) {
        const std::string before(find(faults, FaultKind::Names) != nullptr ? kHostile : "");
        list.push_back({{std::string(idKey), one.id}, {std::string(nameKey), before + one.name}});
    }
    std::string text = list.dump();
    const std::string mark = "\"" + sha256Hex(text).substr(0, 32) + "\"";
    response.set_header("ETag", mark);
    if (request.get_header_value("If-None-Match") == mark) {
        response.status = 304;
        return;
    }
    sendText(response, kJson, std::move(text), faults);
}

void TelephonyServer::chains(const httplib::Request& request,
                             httplib::Response& response,
                             const std::vector<Fault>& faults) {
    const std::unique_lock lock(mutex_);
    named(calls_.chains({}), "chainId", "name", request, response, faults);
}

void TelephonyServer::stores(const httplib::Request& request,
                             httplib::Response& response,
                             const std::vector<Fault>& faults) {
    const std::unique_lock lock(mutex_);
    named(calls_.stores(request.matches[1], {}), "storeId", "storeName", request, response, faults);
}

void TelephonyServer::agents(const httplib::Request& request,
                             httplib::Response& response,
                             const std::vector<Fault>& faults) {
    const std::unique_lock lock(mutex_);
    named(calls_.agents(request.get_param_value("chainId"), request.get_param_value("storeId"), {}),
          "agentId",
          "agentName",
          request,
          response,
          faults);
}

void TelephonyServer::calls(const httplib::Request& request,
                            httplib::Response& response,
                            const std::vector<Fault>& faults) {
    const auto limit = limitOf(request);
    if (!limit) {
        return problem(response, 400, "limit is not a number");
    }
    const std::unique_lock lock(mutex_);
    const auto page =
        calls_.search(filterOf(request), {*limit, request.get_param_value("cursor")}, {});
    if (!page) {
        return problem(response, page.error());
    }
    Json list = Json::array();
    for (const source::FoundCall& found : page->calls) {
        list.push_back(
            jsonOf(found, std::string(find(faults, FaultKind::Names) != nullptr ? kHostile : "")));
    }
    Json answer{{"calls", std::move(list)}, {"total", page->total.value_or(0)}};
    if (!page->next.empty()) {
        answer["cursor"] = page->next;
    }
    sendText(response, kJson, answer.dump(), faults);
}

void TelephonyServer::recording(const httplib::Request& request,
                                httplib::Response& response,
                                const std::vector<Fault>& faults) {
    auto opened = calls_.openRecording(request.matches[1]);
    if (!opened) {
        return problem(response, 404, opened.error().what);
    }
    const std::size_t size = opened->whole.bytes.value_or(0);
    std::string mark = opened->whole.versionMark;
    if (find(faults, FaultKind::Change) != nullptr) {
        const std::unique_lock lock(mutex_);
        mark = fmt::format("\"v{}\"", ++version_);
    }
    response.set_header("ETag", mark);
    response.set_header("Accept-Ranges", "bytes");
    if (request.has_header("If-Range") && request.get_header_value("If-Range") != mark) {
        forgetRanges(request);
    }
    if (!request.ranges.empty() && request.ranges.front().first >= static_cast<ssize_t>(size)) {
        forgetRanges(request);
        response.status = 416;
        response.set_header("Content-Range", fmt::format("bytes */{}", size));
        return;
    }
    if (size == 0) {
        return response.set_content("", "application/octet-stream");
    }
    send(
        response,
        "application/octet-stream",
        size,
        [file = std::make_shared<FileDescriptor>(std::move(opened->file))](std::size_t offset,
                                                                           std::size_t most) {
            std::string block(most, '\0');
            const ssize_t count =
                ::pread(file->get(), block.data(), block.size(), static_cast<off_t>(offset));
            block.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            return block;
        },
        faults);
}

}  // namespace chat::demo
