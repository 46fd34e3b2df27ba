#include "chat/source/telephony/open_telephony.h"

#include "chat/source/folder/folder_source.h"
#include "chat/source/rest/rest_source.h"
#include "chat/source/twilio/twilio_source.h"

namespace chat::source {

Result<std::unique_ptr<CallSource>> openTelephony(const TelephonySettings& settings,
                                                  const Clock& clock,
                                                  const std::stop_token& stop,
                                                  CatalogCache* cache) {
    switch (settings.kind) {
        case TelephonyKind::Twilio:
            return openTwilioSource(settings, clock);
        case TelephonyKind::Asterisk:
            return listAsteriskRecordings(settings.asterisk, settings.numbers)
                .and_then(
                    [&](const SourceListing& listing) { return FolderSource::open(listing, stop); })
                .map([](FolderSource&& folder) -> std::unique_ptr<CallSource> {
                    return std::make_unique<FolderSource>(std::move(folder));
                });
        case TelephonyKind::Rest:
            break;
    }
    return openRestSource(settings.server, clock, cache);
}

}  // namespace chat::source
