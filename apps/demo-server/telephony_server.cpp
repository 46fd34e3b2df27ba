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

#include "demo-server/requests.h"

namespace chat::demo {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kThreads = 64;
constexpr std::size_t kMaxRequestsOfConnection = 1'000'000;
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kSlowBlockBytes = 1024;
constexpr std::size_t kMaxBodyBytes = 64 * 1024;  ///< nobody needs to send one
constexpr const char* kJson = "application/json";
constexpr const char* kOctets = "application/octet-stream";
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

void methodRefused(httplib::Response& response) {
    response.set_header("Allow", "GET, HEAD");
    problem(response, 405, "Everything here is read with GET.");
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
                sendText(response, kOctets, packed, faults);
                return true;
            }
            case FaultKind::Deep: {
                const auto depth = static_cast<std::size_t>(fault.number);
                sendText(
                    response, kJson, std::string(depth, '[') + std::string(depth, ']'), faults);
                return true;
            }
            case FaultKind::Empty:
                response.set_content("", kOctets);
                return true;
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

/// Of the parameters that are there, one that no search can have.
std::optional<std::string_view> emptyParameter(const httplib::Request& request) {
    for (const source::FilterField& field : source::filterFields()) {
        const std::string name(field.name);
        if (request.has_param(name) && request.get_param_value(name).empty()) {
            return field.name;
        }
    }
    return std::nullopt;
}

}  // namespace

/// A request that is for something, and how it is to go wrong.
struct TelephonyServer::Question {
    const httplib::Request& request;
    std::string id;
    httplib::Ranges ranges;
    const std::vector<Fault>& faults;
};

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
    served_ = true;
}

void TelephonyServer::stop() {
    // The library passes over a stop that comes before it listens, and would then listen for ever.
    constexpr std::chrono::milliseconds kLook{1};
    while (!server_->is_running() && !served_) {
        std::this_thread::sleep_for(kLook);
    }
    server_->stop();
}

bool TelephonyServer::mayAsk(const httplib::Request& request) const {
    return settings_.token.empty() ||
           request.get_header_value("Authorization") == "Bearer " + settings_.token ||
           request.get_header_value("X-API-Key") == settings_.token;
}

void TelephonyServer::answer(const httplib::Request& request, httplib::Response& response) {
    using Answer = void (TelephonyServer::*)(const Question&, httplib::Response&);
    constexpr std::array<std::pair<std::string_view, Answer>, 5> kAnswers{
        {{"chains", &TelephonyServer::chains},
         {"stores", &TelephonyServer::stores},
         {"agents", &TelephonyServer::agents},
         {"calls", &TelephonyServer::calls},
         {"recording", &TelephonyServer::recording}}};
    // Else the library would cut them out of any answer, of those to mistakes too.
    httplib::Ranges ranges = takeRanges(request);
    const auto target = targetOf(request.path);
    if (!target) {
        return problem(response, 404, "There is nothing at this address.");
    }
    if (!mayAsk(request)) {
        response.set_header("WWW-Authenticate", "Bearer");
        return problem(response, 401, "A valid credential is needed.");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return methodRefused(response);
    }
    const std::vector<Fault> faults = faults_->next(target->place);
    if (answeredByFault(request, response, faults)) {
        return;
    }
    const Answer give =
        std::ranges::find(kAnswers, target->place, &std::pair<std::string_view, Answer>::first)
            ->second;
    (this->*give)({request, target->id, std::move(ranges), faults}, response);
}

void TelephonyServer::route() {
    const auto answered = [this](const httplib::Request& request, httplib::Response& response) {
        answer(request, response);
    };
    const char* const all = R"([\s\S]*)";
    server_->Get(all, answered).Post(all, answered).Put(all, answered);
    server_->Patch(all, answered).Delete(all, answered).Options(all, answered);
    server_->set_payload_max_length(kMaxBodyBytes);
    server_->set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
            log(request);
            // The library knows no TRACE, and waits for a body of a POST that says nothing of one until
            // the connection ends.
            if (hasBody(request)) {
                return httplib::Server::HandlerResponse::Unhandled;
            }
            answer(request, response);
            return httplib::Server::HandlerResponse::Handled;
        });
    server_->set_error_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
            if (!response.body.empty() || response.has_header("Content-Range")) {
                return;
            }
            if (request.path.empty() && !request.method.empty()) {
                // A method that the library does not know, which has left the rest of the request unread.
                response.set_header("Connection", "close");
                return methodRefused(response);
            }
            if (response.status != 416) {
                return problem(response, response.status, "The request cannot be answered.");
            }
            // The library refuses ranges that it cannot read; RFC 9110 has who does not know a unit pass over them.
            log(request);
            response.status = 200;
            answer(request, response);
        });
}

void TelephonyServer::log(const httplib::Request& request) {
    if (settings_.logFile.empty()) {
        return;
    }
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
                            const Question& question,
                            httplib::Response& response) const {
    if (!all) {
        return problem(response, all.error());
    }
    Json list = Json::array();
    for (const source::Named& one : *all) {
        const std::string before(find(question.faults, FaultKind::Names) != nullptr ? kHostile
                                                                                    : "");
        list.push_back({{std::string(idKey), one.id}, {std::string(nameKey), before + one.name}});
    }
    std::string text = list.dump();
    const std::string mark = "\"" + sha256Hex(text).substr(0, 32) + "\"";
    response.set_header("ETag", mark);
    if (question.request.get_header_value("If-None-Match") == mark) {
        response.status = 304;
        return;
    }
    sendText(response, kJson, std::move(text), question.faults);
}

void TelephonyServer::chains(const Question& question, httplib::Response& response) {
    const std::unique_lock lock(mutex_);
    named(calls_.chains({}), "chainId", "name", question, response);
}

void TelephonyServer::stores(const Question& question, httplib::Response& response) {
    const std::unique_lock lock(mutex_);
    named(calls_.stores(question.id, {}), "storeId", "storeName", question, response);
}

void TelephonyServer::agents(const Question& question, httplib::Response& response) {
    for (const char* const name : {"chainId", "storeId"}) {
        if (question.request.has_param(name) && !isId(question.request.get_param_value(name))) {
            return problem(response, 400, fmt::format("{} cannot be one.", name));
        }
    }
    const std::unique_lock lock(mutex_);
    named(calls_.agents(question.request.get_param_value("chainId"),
                        question.request.get_param_value("storeId"),
                        {}),
          "agentId",
          "agentName",
          question,
          response);
}

void TelephonyServer::calls(const Question& question, httplib::Response& response) {
    const httplib::Request& request = question.request;
    const auto limit = limitOf(request);
    if (!limit) {
        return problem(response, 400, "limit is not a number");
    }
    if (const auto name = emptyParameter(request)) {
        return problem(response, 400, fmt::format("{} is empty", *name));
    }
    if (request.has_param("cursor") && request.get_param_value("cursor").empty()) {
        return problem(response, 400, "cursor is empty");
    }
    const std::unique_lock lock(mutex_);
    const auto page =
        calls_.search(filterOf(request), {*limit, request.get_param_value("cursor")}, {});
    if (!page) {
        return problem(response, page.error());
    }
    const bool hostile = find(question.faults, FaultKind::Names) != nullptr;
    Json list = Json::array();
    for (const source::FoundCall& found : page->calls) {
        list.push_back(jsonOf(found, std::string(hostile ? kHostile : "")));
    }
    Json answer{{"calls", std::move(list)}, {"total", page->total.value_or(0)}};
    if (!page->next.empty()) {
        answer["cursor"] = page->next;
    }
    sendText(response, kJson, answer.dump(), question.faults);
}

void TelephonyServer::recording(const Question& question, httplib::Response& response) {
    auto opened = calls_.openRecording(question.id);
    if (!opened) {
        return problem(response, 404, opened.error().what);
    }
    const std::size_t size = opened->whole.bytes.value_or(0);
    std::string mark = opened->whole.versionMark;
    if (find(question.faults, FaultKind::Change) != nullptr) {
        const std::unique_lock lock(mutex_);
        mark = fmt::format("\"v{}\"", ++version_);
    }
    response.set_header("ETag", mark);
    response.set_header("Accept-Ranges", "bytes");
    const Part part = partOf(question.request, question.ranges, size, mark);
    if (part == Part::Missing) {
        response.status = 416;
        response.set_header("Content-Range", fmt::format("bytes */{}", size));
        return;
    }
    const char* const type = mediaTypeOf(opened->path);
    if (size == 0) {
        return response.set_content("", type);
    }
    if (part == Part::Some) {
        putBack(question.request, question.ranges, size);
    }
    send(
        response,
        type,
        size,
        [file = std::make_shared<FileDescriptor>(std::move(opened->file))](std::size_t offset,
                                                                           std::size_t most) {
            std::string block(most, '\0');
            const ssize_t count =
                ::pread(file->get(), block.data(), block.size(), static_cast<off_t>(offset));
            block.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            return block;
        },
        question.faults);
}

}  // namespace chat::demo
