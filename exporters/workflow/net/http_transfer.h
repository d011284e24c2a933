// One HTTP request in libcurl's hands: what it is told, and what is heard from it while it runs. Only http.cpp uses it.
//
//   transfer.configure(request, url, method, body, trusted, peer);
//   curl_multi_add_handle(multi, transfer.easy);                  // the rest comes as callbacks into hop, answer and clock
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/net/http.h"
#include "workflow/net/url.h"

namespace finwatch::workflow {

// Lines for curl, which reads them where they stand: cleared and filled anew, they allocate only while they grow.
class Lines {
 public:
  void clear() { count_ = 0; }
  std::string& add() {
    if (count_ == texts_.size()) texts_.emplace_back();
    texts_[count_].clear();
    return texts_[count_++];
  }
  curl_slist* list() {
    nodes_.resize(count_);
    for (std::size_t i = 0; i < count_; ++i) nodes_[i] = {texts_[i].data(), i + 1 < count_ ? &nodes_[i + 1] : nullptr};
    return count_ == 0 ? nullptr : nodes_.data();
  }

 private:
  std::vector<std::string> texts_;
  std::vector<curl_slist> nodes_;
  std::size_t count_ = 0;
};

/// The name that is looked up, and its addresses: of the proxy when there is one. Empty addresses when the host is one itself.
struct Peer {
  std::string host;
  std::uint16_t port = 0;
  std::vector<Address> addresses;
};

template <class T>
T info(CURL* easy, CURLINFO which) {
  T value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

// Kept and used again: what never changes is set once.
struct Transfer final : TlsListener {
  Transfer(Loop& its_loop, TlsStore& its_store, std::uint64_t& its_sockets);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// `trusted`: the URL is of the host that was asked for, so it may hear who we are. All must outlive the transfer.
  void configure(const HttpRequest& request, const Url& url, const std::string& method, std::string_view body, bool trusted,
                 const Peer& peer);
  void write_method(const std::string& method, std::string_view body) const;
  void write_headers(std::string_view body, bool trusted);
  void write_identity();
  void write_peer(const Peer& peer);
  void write_tls() const;
  /// Its call is over: what comes late is heard by nobody.
  void release();

  void fail(NetError error, std::string text);
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view part);
  bool on_ready();
  curl_socket_t on_open(const curl_sockaddr& address);
  CURLcode on_ssl_context(void* context);
  void handshake_begins() override { clock->enter(Phase::tls, loop.now()); }
  void handshake_ends() override { clock->enter(Phase::send, loop.now()); }

  Loop& loop;
  TlsStore& store;
  std::uint64_t& sockets;  // the client's count
  CURL* const easy;
  Timer after_sending;
  void* owner = nullptr;  // the call that uses it
  const HttpRequest* request = nullptr;
  const Url* url = nullptr;
  TlsOptions tls;  // of this hop
  HttpHop* hop = nullptr;
  HttpResult* answer = nullptr;
  PhaseClock* clock = nullptr;
  Outcome fault;  // ours, which explains the error that curl makes of it
  std::shared_ptr<Handshake> handshake;
  Lines headers;
  Lines peers;
  std::size_t header_bytes = 0;
  int begun = 0;    // how often the request went out
  int opened = -1;  // the last socket that was made for it
  bool whole_body_at_once = true;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

}  // namespace finwatch::workflow
