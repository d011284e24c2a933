// What stands in files of its own: addresses with a key in them, and keys.
//
//   Result<Secret> url = read_url_file("channels.dingtalk.url_file", setup.url_file, Wire::provider);
//   Result<Secret> key = read_secret_file("channels.sms.key_secret_file", setup.key_secret_file);
//
// An error names the key of the configuration, the file and the next step, never what is in it.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/secret.h"

namespace finwatch::notifier {

/// Where an address may lead without TLS: to this machine always; of the house's own gateway also to private addresses in numbers.
enum class Wire : unsigned char { provider, house };

/// The one line of the file, without blanks around it. config when no file is named, it cannot be read, is empty or has more lines.
Result<Secret> read_secret_file(std::string_view key, const std::string& path);
/// The same, of an address that check_url() accepts.
Result<Secret> read_url_file(std::string_view key, const std::string& path, Wire wire);
/// https://host…, or http:// where `wire` allows it; config otherwise, beginning with `key`.
Status check_url(std::string_view key, std::string_view url, Wire wire);

}  // namespace finwatch::notifier
