// An http:// or https:// address taken apart, and put together without what is secret in it.
//
//   Result<Url> url = Url::parse("https://user:pass@Erp.example/a?b=c");
//   url->text()          // "https://erp.example/a?b=c": never the user
//   url->join("../d")    // what a Location header means here
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/secret.h"

namespace finwatch::workflow {

class Url {
 public:
  /// config, with what is wrong, for anything but http and https.
  static Result<Url> parse(const std::string& text);
  Result<Url> join(const std::string& location) const;

  const std::string& text() const { return text_; }
  bool is_secure() const { return secure_; }
  const std::string& host() const { return host_; }  // lower case, without brackets
  std::uint16_t port() const { return port_; }
  const std::string& path() const { return path_; }
  std::string_view user() const { return user_; }  // empty when there is none
  const Secret& password() const { return password_; }
  bool same_origin(const Url& other) const { return secure_ == other.secure_ && port_ == other.port_ && host_ == other.host_; }

 private:
  static Result<Url> take_apart(void* handle);

  std::string text_;
  std::string host_;
  std::string path_;
  std::string user_;
  Secret password_;
  std::uint16_t port_ = 0;
  bool secure_ = false;
};

/// `url` as it may be shown: without user and password, also when it is not a URL at all.
std::string without_user(const std::string& url);

}  // namespace finwatch::workflow
