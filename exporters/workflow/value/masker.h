// Hides secrets in whatever is shown to a person: as they are, and in every form in which a request or an answer may carry them.
//
//   Masker masker;
//   masker.add(password.reveal());
//   log(masker.mask(error));               // "login as lu with ****"
//
// A value is found as it is, in base64 (also as a part of a longer text in base64, such as user:password) and base64url, in
// hexadecimal, and percent-encoded, JSON-escaped and XML-escaped.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::workflow {

class Masker {
 public:
  static constexpr std::string_view kMask = "****";

  /// A secret that a person gave, of any length but none.
  void add(std::string_view secret);
  /// What was made of a secret. One of fewer than four characters hides nothing, and would hide every "1" in a page.
  void add_derived(std::string_view value);

  /// `text` with each stretch that holds secrets as "****". All of it is "****" once there are more secrets than can be kept.
  std::string mask(std::string_view text) const;
  /// The first `most` characters of the masked text, "…" behind them when something was cut, one line, valid UTF-8.
  std::string excerpt(std::string_view text, std::size_t most = 200) const;

 private:
  void prepare() const;

  std::set<std::string, std::less<>> secrets_;
  bool overflown_ = false;
  // Made of secrets_ when a text is first masked: most runs never show anything.
  mutable std::vector<std::string> forms_;  // by first byte, then the longest first
  mutable std::size_t prepared_ = 0;        // how many secrets are in forms_
  mutable std::size_t longest_ = 0;
};

}  // namespace finwatch::workflow
