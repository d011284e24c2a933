// What somebody answers in chronyd's place: any datagram is understood within its bounds or refused, and none is waited for.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

#include "core/text.h"
#include "fuzz/fuzz.h"
#include "host/sources/chrony_client.h"
#include "support/collector_test.h"

using namespace finwatch;
using fuzz::require;

namespace {

constexpr std::size_t kHeader = 28;

// Answers every question with a fitting header and `answer`; with its first bit set, that lies over the header, too.
class Answerer {
 public:
  Answerer() : path_(tree_.path("chronyd")), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    require(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
            "the answerer has a socket");
    std::thread([this] { serve(); }).detach();
  }
  const std::string& path() const { return path_; }
  void answer_with(std::string_view data) {
    const std::lock_guard lock(mutex_);
    data_ = data;
  }

 private:
  void serve() {
    char question[256];
    while (true) {
      sockaddr_un from{};
      socklen_t length = sizeof from;
      const ssize_t got = ::recvfrom(socket_.get(), question, sizeof question, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 12) continue;
      const std::lock_guard lock(mutex_);
      constexpr char kReplies[] = {14, 2, 15, 3, 33, 5, 44, 12};  // the command, its reply
      char header[kHeader] = {6, 2, 0, 0, question[4], question[5]};
      for (std::size_t i = 0; i < sizeof kReplies; i += 2)
        if (kReplies[i] == question[5]) header[7] = kReplies[i + 1];
      std::memcpy(header + 16, question + 8, 4);
      std::string reply(header, kHeader);
      const bool over = !data_.empty() && (data_.front() & 1) != 0;
      if (over) reply.replace(0, std::min(data_.size(), kHeader), data_.substr(0, kHeader)).replace(16, 4, question + 8, 4);
      reply += over && data_.size() > kHeader ? data_.substr(kHeader) : data_;
      ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
    }
  }

  test::TemporaryTree tree_;
  std::string path_;
  Descriptor socket_;
  std::mutex mutex_;
  std::string data_;
};

template <class T>
void sound(const Result<T>& result) {
  if (!result) require(utf8_prefix(result.error().message) == result.error().message.size(), "an error is UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* answerer = new Answerer;  // its thread never ends
  static const Env env;
  static auto* client = new host::ChronyClient(std::move(*host::ChronyClient::make("unix:" + answerer->path(), env)));
  answerer->answer_with({reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 400)});
  const SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{5};
  const auto tracking = client->tracking(deadline);
  sound(tracking);
  if (tracking) require(tracking->reference.view().size() < sizeof tracking->reference.text, "a name has its room");
  sound(client->activity(deadline));
  sound(client->count_sources(deadline));
  const auto source = client->source(0, deadline);
  sound(source);
  if (source) require(utf8_prefix(source->name.view()) == source->name.view().size(), "a name is UTF-8");
  return 0;
}
