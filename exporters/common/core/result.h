// Errors are values. A function that can fail in an ordinary way returns Result<T>, or Status when it has nothing to give.
//
//   Result<Port> port = parse_port(text);
//   if (!port) return port.error();
//   use(*port);
//
// Errc is a closed set: its name becomes the label `reason`, so it never grows with user input. The message is for the log.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace finwatch {

enum class Errc : unsigned char {
  no_data,      // the source does not exist on this machine: nothing is wrong
  unavailable,  // the source exists and did not answer
  permission,   // the source refused us
  timeout,      // the deadline passed
  malformed,    // the source answered something we cannot read
  config,       // the operator asked for something impossible
  internal,     // our mistake
};

inline constexpr int kErrcCount = 7;

constexpr std::string_view to_string(Errc code) {
  constexpr std::string_view kNames[kErrcCount] = {"no_data",   "unavailable", "permission", "timeout",
                                                   "malformed", "config",      "internal"};
  return kNames[static_cast<unsigned char>(code)];
}

struct Error {
  Errc code = Errc::internal;
  std::string message;
};

/// The error that an errno stands for: ENOENT, ENODEV and ENXIO are no_data, EACCES and EPERM permission.
Error error_from_errno(int number, std::string_view what);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  Result(Errc code, std::string message = {}) : state_(std::in_place_index<1>, Error{code, std::move(message)}) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }
  T value_or(T fallback) const& { return *this ? **this : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

}  // namespace finwatch
