#pragma once

#include "chat/core/sha256.h"
#include "chat/net/web_address.h"
#include "chat/source/rest/rest_settings.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "call_sources.h"
#include "fakes/tls_server.h"

namespace chat::source {

/// Twilio's Calls and Recordings over TLS, four calls a page whatever is asked for. Every call is the documented one
/// (tests/data/telephony) with values of the folder's calls in it, or the documented ones as they are.
class TwilioServer {
  public:
    static constexpr const char* kAccount = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static constexpr const char* kPath = "/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/";

    explicit TwilioServer(const CallFolder& folder) {
        int number = 0;
        for (const SourceRecording& recording : folder.listing().recordings) {
            add(recording.attributes, CallFolder::sound(number++));
        }
        std::ranges::reverse(calls_);
        serveCalls();
    }
    /// The documented calls and recordings, word for word.
    TwilioServer() {
        calls_ = documented("twilio_calls.json").at("calls").get<std::vector<nlohmann::json>>();
        const nlohmann::json recordings = documented("twilio_recordings.json");
        serve("Calls/CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0/Recordings.json", recordings.dump());
        serve("Recordings/REaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab.wav", "sound of b");
        serveCalls();
    }

    [[nodiscard]] static nlohmann::json documented(const std::string& file) {
        std::ifstream in(CHAT_SOURCE_DIR "/tests/data/telephony/" + file);
        return nlohmann::json::parse(in);
    }

    [[nodiscard]] TelephonySettings settings() const {
        TelephonySettings settings;
        settings.kind = TelephonyKind::Twilio;
        settings.account = kAccount;
        settings.server.address = server_.address();
        settings.server.certificateFile = server_.certificateFile();
        settings.server.allowAddresses = {"127.0.0.1"};
        settings.server.firstDelay = std::chrono::milliseconds(1);
        settings.server.longestDelay = std::chrono::milliseconds(5);
        settings.numbers = numbers_;
        return settings;
    }

    /// What was asked, as "path?name=value&...", and what was shown to ask it.
    struct Seen {
        std::string target;
        std::string credential;
    };
    [[nodiscard]] std::vector<Seen> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    /// What the page after the first is said to be.
    void lieAboutNext(const std::string& next) { lie_ = next; }
    /// Fails with 500 from this page on.
    void failFrom(std::size_t page) { failFrom_ = page; }

  private:
    static constexpr std::size_t kPerPage = 4;

    static std::string greenwich(const std::string& local) {
        std::tm parts{};
        ::strptime(local.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
        parts.tm_isdst = -1;
        const std::time_t moment = std::mktime(&parts);
        std::tm utc{};
        ::gmtime_r(&moment, &utc);
        return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", utc);
    }

    void add(const CallAttributes& call, const std::string& sound) {
        nlohmann::json entry = documented("twilio_calls.json").at("calls").at(1);
        std::string number;
        if (!call.chain.empty()) {
            number = "+1415555" + sha256Hex(call.chain + call.store).substr(0, 4);
            numbers_[number] = {call.chain, call.store};
        }
        entry["sid"] = call.sid;
        entry["parent_call_sid"] = nullptr;
        entry["annotation"] = call.orderId;
        entry["from"] = call.phone;
        entry["to"] = number;
        entry["start_time"] = nullptr;
        if (!call.startedAt.empty()) {
            entry["start_time"] = greenwich(call.startedAt);
        }
        const nlohmann::json parent = entry;
        calls_.push_back(parent);
        serve("Calls/" + call.sid + ".json", parent.dump());
        if (!call.agent.empty()) {
            entry["parent_call_sid"] = call.sid;
            entry["sid"] = "CA" + sha256Hex(call.sid).substr(0, 32);
            entry["direction"] = "outbound-dial";
            entry["to"] = "client:" + call.agent;
            calls_.push_back(entry);
        }
        const std::string recording = "RE" + sha256Hex(call.sid).substr(0, 32);
        nlohmann::json list = documented("twilio_recordings.json");
        for (nlohmann::json& one : list.at("recordings")) {
            one["call_sid"] = call.sid;
        }
        list.at("recordings").at(1)["sid"] = recording;
        serve("Calls/" + call.sid + "/Recordings.json", list.dump());
        serve("Recordings/" + recording + ".wav", sound);
    }

    void note(const httplib::Request& request) {
        const std::lock_guard lock(mutex_);
        seen_.push_back({request.target, request.get_header_value("Authorization")});
    }

    void serve(const std::string& path, const std::string& content) {
        server_.on(kPath + path, [this, content](const auto& request, auto& response) {
            note(request);
            const std::string mark = "\"" + sha256Hex(content).substr(0, 8) + "\"";
            response.set_header("ETag", mark);
            if (request.has_header("If-Range") && request.get_header_value("If-Range") != mark) {
                // The library has read a range that does not hold for this answer.
                const_cast<httplib::Request&>(request).ranges.clear();
            }
            response.set_content(content, "application/octet-stream");
        });
    }

    void serveCalls() {
        server_.on(std::string(kPath) + "Calls.json", [this](const auto& request, auto& response) {
            note(request);
            nlohmann::json page = documented("twilio_calls.json");
            const std::string asked = request.get_param_value("Page");
            const std::size_t number = asked.empty() ? 0 : std::stoul(asked);
            const std::vector<nlohmann::json> all = fitting(request);
            page["calls"] = nlohmann::json::array();
            const std::size_t end = std::min(all.size(), (number + 1) * kPerPage);
            for (std::size_t i = number * kPerPage; i < end; ++i) {
                page["calls"].push_back(all[i]);
            }
            if (end < all.size()) {
                page["next_page_uri"] = lie_.empty() ? nextOf(request, number) : lie_;
            }
            response.status = number >= failFrom_ ? 500 : 200;
            response.set_content(page.dump(), "application/json");
        });
    }

    /// In the form of the documented page 2's "uri".
    static std::string nextOf(const httplib::Request& request, std::size_t number) {
        std::string next = std::string(kPath) + "Calls.json?";
        for (const auto& [name, value] : request.params) {
            if (!name.starts_with("Page") || name == "PageSize") {
                next += net::percentEncoded(name) + "=" + net::percentEncoded(value) + "&";
            }
        }
        return next +
               fmt::format("Page={}&PageToken=PACAdeadbeefdeadbeefdeadbeefdeadbeef", number + 1);
    }

    /// The calls of the days that are asked for.
    [[nodiscard]] std::vector<nlohmann::json> fitting(const httplib::Request& request) const {
        std::vector<nlohmann::json> all;
        for (const nlohmann::json& call : calls_) {
            const std::string from = request.get_param_value("StartTime>");
            const std::string to = request.get_param_value("StartTime<");
            const nlohmann::json& start = call.at("start_time");
            std::string day;
            if (start.is_string()) {
                std::tm parts{};
                ::strptime(start.get<std::string>().c_str(), "%a, %d %b %Y %H:%M:%S", &parts);
                day = fmt::format("{:%Y-%m-%d %H:%M:%S}", parts);
            }
            if ((from.empty() || day >= from) &&
                (to.empty() || (!day.empty() && day <= to + " 00:00:00"))) {
                all.push_back(call);
            }
        }
        return all;
    }

    std::vector<nlohmann::json> calls_;  ///< newest first
    NumberPlan numbers_;
    std::string lie_;
    std::size_t failFrom_ = SIZE_MAX;
    mutable std::mutex mutex_;
    std::vector<Seen> seen_;
    tests::TlsServer server_;  ///< its threads use all of the above
};

}  // namespace chat::source
