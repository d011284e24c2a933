// A password that cannot be printed by accident: no operator<<, no conversion to text, wiped when it goes.
//
//   Secret password = reader.secret("password");          // from `password`, or from the file that `password_file` names
//   connect(user, password.reveal());                      // the one door out
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace finwatch {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { wipe(); }

  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void wipe() {
    // Over the whole room, because a short text that was moved away still lies there. Volatile, or it would be left out as dead.
    volatile char* bytes = text_.data();
    for (std::size_t i = 0; i < text_.capacity(); ++i) bytes[i] = 0;
    text_.clear();
  }

  std::string text_;
};

/// Every byte is looked at, so that the time does not tell how many agree. Nothing equals an empty secret.
inline bool same_secret(std::string_view one, std::string_view other) {
  if (one.size() != other.size() || one.empty()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]));
  return difference == 0;
}

}  // namespace finwatch
