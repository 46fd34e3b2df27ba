#include "chat/net/curl_client.h"

#include "chat/core/text.h"
#include "chat/net/curl_engine.h"
#include "chat/net/web_address.h"

#include <fmt/format.h>

#include <utility>

namespace chat::net {

namespace {

HttpError refusedAddress(std::string what) {
    return {HttpFault::AddressRefused, std::move(what), {}, {}};
}

HttpError stopped(const std::string& host) {
    return {HttpFault::Stopped, host + " was not asked to the end", {}, {}};
}

/// The host of an address that may be asked.
tl::expected<std::string, HttpError> checkedHost(const std::string& address,
                                                 const AccessRules& rules) {
    const auto origin = originOf(address);
    if (!origin) {
        return tl::unexpected(refusedAddress("The address that was to be asked is not one"));
    }
    if (origin->scheme != "https" && !(origin->scheme == "http" && rules.allowHttp)) {
        return tl::unexpected(
            refusedAddress(fmt::format("{} was to be asked over {}, which is not safe",
                                       printable(origin->host),
                                       printable(origin->scheme))));
    }
    if (!isAmong(origin->host, rules.allowedHosts)) {
        return tl::unexpected(refusedAddress(
            fmt::format("{} is not a host that may be asked", printable(origin->host))));
    }
    return origin->host;
}

/// One of those who ask a host, for as long as this lives.
class Place {
  public:
    Place(HostPlaces& places, const std::string& host, const std::stop_token& stop)
        : places_(places)
        , host_(host)
        , taken_(places.take(host, stop)) {}
    ~Place() {
        if (taken_) {
            places_.give(host_);
        }
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;

  private:
    HostPlaces& places_;
    const std::string& host_;
    bool taken_;
};

/// Has a transfer worked on for as long as this lives.
class Underway {
  public:
    Underway(CurlEngine& engine, CurlTransfer& transfer)
        : engine_(engine)
        , transfer_(transfer) {
        engine_.begin(transfer_);
    }
    ~Underway() { engine_.end(transfer_); }
    Underway(const Underway&) = delete;
    Underway& operator=(const Underway&) = delete;
    Underway(Underway&&) = delete;
    Underway& operator=(Underway&&) = delete;

  private:
    CurlEngine& engine_;
    CurlTransfer& transfer_;
};

}  // namespace

CurlClient::CurlClient(AccessRules rules)
    : rules_(std::move(rules))
    , places_(rules_.connectionsPerHost)
    , engine_(std::make_unique<CurlEngine>(rules_.connectionsPerHost)) {}
CurlClient::~CurlClient() = default;

tl::expected<HttpHead, HttpError> CurlClient::get(const HttpRequest& request,
                                                  const TakeBody& take,
                                                  const std::stop_token& stop) {
    const auto host = checkedHost(request.address, rules_);
    if (!host) {
        return tl::unexpected(host.error());
    }
    const Place place(places_, *host, stop);
    if (stop.stop_requested()) {
        return tl::unexpected(stopped(*host));
    }
    CurlTransfer transfer(request, rules_);
    if (transfer.handle() == nullptr || !engine_->works()) {
        return tl::unexpected(
            HttpError{HttpFault::Memory, "There was not enough memory for a request", {}, {}});
    }
    {
        const Underway underway(*engine_, transfer);
        transfer.handOn(take, [&] { engine_->resume(transfer); }, stop);
    }
    if (stop.stop_requested()) {
        return tl::unexpected(stopped(*host));
    }
    return transfer.outcome(*host);
}

}  // namespace chat::net
